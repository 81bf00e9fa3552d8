"""Text that came from a submission, made safe to show."""

from __future__ import annotations

import re

# Control characters, and those that reorder or hide text. A line break and a tab stay.
UNSAFE = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0xAD,
    0x61C,
    0x180E,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xFFFE, 0x10000),
    *range(0xE0000, 0xE0080),
)
REPLACED = {code: "\N{REPLACEMENT CHARACTER}" for code in UNSAFE if code not in (0x09, 0x0A)}
REPLACED[0x0D] = ""
CI_COMMAND = re.compile(r"(?m)^(\s*:):|#(?=#(\[|vso))")


def clean(text: str, longest: int = 10_000) -> str:
    """*text* without control, bidi and invisible characters and commands to CI systems, bounded."""
    safe = text[:longest].translate(REPLACED)
    safe = CI_COMMAND.sub(lambda found: found[0][:-1] + " :" if ":" in found[0] else "# ", safe)
    return safe if len(text) <= longest else safe + " ..."


def in_a_line(text: str, longest: int = 10_000) -> str:
    """*text* as clean() gives it, in one line."""
    return re.sub(r"[\t\n]", "\N{REPLACEMENT CHARACTER}", clean(text, longest))
