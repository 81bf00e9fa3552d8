"""What a convention is: a choice of which no alternative is a mistake, with code that shows what it may excuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Convention:
    """One thing to choose.

    usual: the choice of those who say nothing. others: alternatives that no exercise registers.
    question: what an assignment answers with it; "" where it cannot be pinned.
    words: choices as the report says them; said: any other, with {} in the place of the choice.
    accepts: a module whose last function is right by one of the other choices, and wrong without it.
    refuses: a module whose last function stays wrong, whatever is chosen.
    """

    key: str
    usual: str
    accepts: str
    refuses: str
    question: str = ""
    others: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    said: str = ""

    def in_words(self, choice: str) -> str:
        """A choice, as the report says it."""
        return self.words.get(choice) or (self.said or f"{self.key} {{}}").format(choice)
