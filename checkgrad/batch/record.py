"""A graded submission and whose it is; results.jsonl holds one a line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from checkgrad.model import Report
from checkgrad.render import json


class Submitter(Struct, frozen=True):
    """Who handed in, as the platform names them; the id is unique within a class."""

    id: str
    name: str = ""
    email: str = ""


class Record(Struct, frozen=True):
    """One line of results.jsonl."""

    student: Submitter
    source: str  # the submission: a path, or archive.zip!path/inside
    sha256: str  # of its files
    key: str  # stands for all that the report depends on: equal keys, equal report
    report: Report
    late: bool = False  # as the platform says


def encode(record: Record) -> bytes:
    """Return *record* as one line of JSON, its end included."""
    return msgspec.json.encode(json.plain(record)) + b"\n"


def decode(line: bytes) -> Record:
    """Return the record on *line*; raise msgspec.MsgspecError if there is none."""
    return json.convert(msgspec.json.decode(line), Record)


def read(path: Path) -> Iterator[Record]:
    """Yield the records in a results.jsonl, in its order, one in memory at a time.

    A line torn at the end is left out, and so is one that another version of checkgrad wrote.
    """
    with path.open("rb") as file:
        for line in file:
            with suppress(msgspec.MsgspecError):
                yield decode(line)
