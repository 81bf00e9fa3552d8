"""Training loops of all files, each with what it reaches in the files that it imports."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from .inventory import TrainingLoop
from .loops import Scope, loops_of, scopes_of
from .source import Document
from .suspects import gradient_pieces


def training_loops(
    trees: Mapping[str, ast.Module],
    documents: Mapping[str, Document],
    graded: Collection[str],
    own: Collection[str],
) -> Iterator[TrainingLoop]:
    """The loops that seem to train something.

    graded: the files of the submission; own: these and what they import. Of others those loops count that reach them.
    """
    scopes = {file: scopes_in(tree) for file, tree in trees.items()}
    mine = {scope.name for file in own for scope in scopes[file]}
    for file, tree in trees.items():
        with contextlib.suppress(RecursionError):
            document = documents[file]
            others = [scope for other in trees if other != file for scope in scopes[other]]
            pieces = gradient_pieces(tree, document) if file in own else ()
            found = loops_of(tree, file, document, pieces, others)
            if file in graded:
                yield from found
            elif file in own:
                yield from (replace(loop, user="imported") for loop in found)
            else:
                yield from _of_users(found, file, mine)


def _of_users(found: Iterator[TrainingLoop], file: str, mine: set[str]) -> Iterator[TrainingLoop]:
    """The loops of a file that uses the submission, which reach what is defined there."""
    for loop in found:
        if loop.number >= 0 and mine & set(loop.reaches):
            plain = set(loop.updates) <= mine and set(loop.reaches) <= mine
            yield replace(loop, name=f"{loop.name} of {file}", user="plain" if plain else "mixed")


def scopes_in(tree: ast.Module) -> list[Scope]:
    """The functions of a file; none where it is nested too deeply."""
    try:
        return [scope for scope in scopes_of(tree) if scope.name]
    except RecursionError:
        return []
