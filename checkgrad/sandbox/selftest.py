"""What isolation this machine really gives: a worker tries forbidden acts, and only what was stopped counts."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from checkgrad import scratch
from checkgrad.child import wire
from checkgrad.child.confine import Cell
from checkgrad.model import Isolation
from checkgrad.sandbox import answers
from checkgrad.sandbox.launch import SITE, Launcher, without
from checkgrad.sandbox.patience import Patience
from checkgrad.sandbox.session import Session
from checkgrad.sandbox.stage import hand_over, remove

# For strict isolation one of each, beside a flawless self-test.
NEEDED = (("seccomp",), ("landlock", "bubblewrap"))
WITHIN = 30.0


@dataclass(frozen=True)
class SelfTest:
    """The layers that a worker put in place, and each forbidden act with whether it was stopped.

    usable: can a submission be loaded behind these layers? inside: the layers that each worker puts in place.
    """

    usable: bool
    layers: tuple[str, ...]
    inside: frozenset[str]
    acts: tuple[tuple[str, bool], ...]

    @property
    def isolation(self) -> Isolation:
        stopped = sum(held for _, held in self.acts)
        return Isolation(
            layers=list(self.layers),
            verified=f"{stopped}/{len(self.acts)}",
            level="weak" if self.missing else "strict",
        )

    @property
    def missing(self) -> str:
        """What strict isolation lacks, "" for nothing."""
        absent = [" or ".join(one) for one in NEEDED if not any(map(self.has, one))]
        if absent:
            return f"{' and '.join(absent)}: not in place"
        open_to = [name for name, held in self.acts if not held]
        return f"not stopped: {', '.join(open_to)}" if open_to else ""

    def has(self, layer: str) -> bool:
        return any(one.startswith(layer) for one in self.layers)


def self_test(launcher: Launcher, user: int) -> SelfTest:
    """Try the forbidden acts in a worker of *launcher*."""
    folder = Path(tempfile.mkdtemp(dir=launcher.folder))
    own = scratch.new()
    try:
        secret = own / "secret"
        secret.write_text(secrets.token_hex())
        (folder / "submission").touch()
        hand_over(folder, user)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            library = os.fspath(next(SITE.glob("pytest/__init__.py"), secret))
            targets = (os.getpid(), str(secret), listener.getsockname()[1], library)
            return tried(launcher, Cell(str(folder), 1 << 30, user, without()), targets)
    finally:
        remove(folder)
        scratch.remove(own)


def tried(launcher: Launcher, cell: Cell, targets: tuple[int, str, int, str]) -> SelfTest:
    session = Session(launcher.start(), cell)
    try:
        session.begin(wire.PROBE, targets)
        patience = Patience(WITHIN, session.process.pid, time.monotonic() + WITHIN)
        _, _, body = session.receive(patience, 1 << 16)
        usable, told = answers.fields(wire.decode(body), 2)
        acts = answers.several(told, lambda pair: answers.fields(pair, 2))
        layers = (*launcher.layers, *session.layers)
        inside = frozenset(session.layers)
        return SelfTest(usable is True, layers, inside, tuple((str(n), s is True) for n, s in acts))
    finally:
        session.process.end()
