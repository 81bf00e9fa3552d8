"""How many samples there were in the module's own work, by the labels that its calls were handed."""

from __future__ import annotations

from collections.abc import Iterator

from checkgrad.sandbox.watching import WatchedCall, What


def sizes_of_labels(call: WatchedCall, results: bool) -> Iterator[int]:
    """The sizes of the labels that a call was handed, or gave; of a row of labels only beside samples as many.

    Exercises stand side by side in a notebook, each tried with a few numbers of its own.
    """
    handed = [what for _, what in call.arguments]
    beside = {
        n for what in handed if what.kind == "array" and len(what.shape) > 1 for n in what.shape
    }
    for what in [call.result] if results else handed:
        flat = what.kind == "array" and len(what.shape) == 1 and call.function
        yield from (n for n in along_samples(what) if not flat or n in beside)


def along_samples(what: What) -> Iterator[int]:
    """The sizes of labels along their samples."""
    if what.kind != "array":
        for one in what.items if what.kind == "list" else ():
            yield from along_samples(one)
        return
    shape = what.shape
    if (
        len(shape) == 1
        and what.character in ("labels", "bits")
        and what.dtype in ("i", "u")
        or len(shape) == 2
        and what.character == "one-hot"
        and shape[1] > 1
    ):
        yield shape[0]
    elif len(shape) == 2 and what.character == "one-hot in columns":
        yield shape[1]
