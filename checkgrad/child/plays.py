"""Plays: how the pieces of a module that it never runs itself are called one after the other, as source text.

A piece is a loop that nothing reaches, a function that takes one step of a training, or one that gives gradients. A
play is found backwards from its call, by running: what a name holds is what its own caller assigns to it, else what
a function that returns it by this name gives, else what the module holds, else small data of ours; parameters that
nothing makes are drawn. A form of data is tried only where something is asked that it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import process_time
from typing import Any

from .loops import Scope
from .play import Play, Stop, Unplayed
from .play_forms import FORMS, DataForm
from .play_house import Caller, PlayHouse
from .play_writer import PlayWriter

MOST_TRIED, SECONDS = (
    150,
    10.0,
)  # the time only ends what is slow by itself: counting is the same on every machine
MOST_SIZES, MOST_ERRORS = 4, 3


class Plays:
    """All plays of a piece. stops: what it stopped with itself, where it was called as everything says.

    sizes: of features and classes, as the code asked for them.
    """

    def __init__(
        self, house: PlayHouse, name: str, number: int, sizes: tuple[int, int] | None = None
    ) -> None:
        self.house, self.number = house, number
        self.piece = house.scopes.get(name)
        self.stops: list[Stop] = []
        self.tried = 0
        self.sizes = sizes
        self.until = process_time() + SECONDS

    def found(self, forms: Sequence[DataForm] = FORMS) -> Iterator[Play]:
        """The plays, in one form of data after the other."""
        if self.piece is None:
            return
        piece = self.piece
        last = self.piece.name.rpartition(".")[2]
        callers = (*self.house.callers(last, but=self.piece), None)
        known: set[tuple[object, ...]] = set()
        told: set[tuple[object, ...]] = set()
        for form in forms:
            for i, caller in enumerate(callers):
                if self.tried > MOST_TRIED or process_time() > self.until:
                    return
                play = self._in_sizes(piece, form, caller, i, known)
                if play is not None and play.kind not in told:
                    told.add(play.kind)
                    yield play
                if play is not None:
                    break

    def _in_sizes(
        self, piece: Scope, form: DataForm, caller: Caller | None, number: int, known: set[Any]
    ) -> Play | None:
        """A play in this form, in the sizes that the code goes on to need; *known*: what was tried."""
        if self.sizes:
            features, classes = self.sizes
            several = min(form.classes, classes) > 1
            form = replace(form, features=features, classes=classes if several else form.classes)
        waiting, seen = [form], {form}
        for _ in range(MOST_SIZES):
            if not waiting:
                break
            form = waiting.pop(0)
            if any(
                one[0] == number and all(getattr(form, n) == v for n, v in one[1]) for one in known
            ):
                continue
            self.tried += 1
            writer = PlayWriter(self.house, form, piece)
            try:
                return writer.play(self.number, caller)
            except Unplayed:
                asked = tuple((name, getattr(form, name)) for name in sorted(writer.drawn.asked))
                known.add((number, asked))
                self.stops += writer.stops
                sized = [new for said in writer.errors[:MOST_ERRORS] for new in form.resized(said)]
                if not sized and len(seen) > 1 and form.features > 1:
                    self.sizes = form.features, form.classes
                new = [one for one in dict.fromkeys(sized) if one not in seen]
                seen |= set(new)
                waiting += new
            finally:
                self.house.restore()
        return None
