"""This very checkgrad as a wheel, so that a machine that no package index serves can install it."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
WHEEL = "Wheel-Version: 1.0\nGenerator: checkgrad\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, for archives; the same files give the same bytes


def built() -> tuple[str, bytes]:
    """Return the name of the wheel and its bytes."""
    ours = distribution("checkgrad")
    about = f"checkgrad-{ours.version}.dist-info"
    files = {
        f"checkgrad/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in ("METADATA", "entry_points.txt"):
        files[f"{about}/{name}"] = (ours.read_text(name) or "").encode()
    files[f"{about}/WHEEL"] = WHEEL.encode()
    listed = [f"{name},{_digest(content)},{len(content)}\n" for name, content in files.items()]
    files[f"{about}/RECORD"] = "".join([*listed, f"{about}/RECORD,,\n"]).encode()
    return f"checkgrad-{ours.version}-py3-none-any.whl", _zipped(files)


def _digest(content: bytes) -> str:
    found = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={found.decode().rstrip('=')}"


def _zipped(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, BEGINNING)
            member.external_attr = 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return raw.getvalue()
