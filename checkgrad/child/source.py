"""The text of a submission: decoded, freed of notebook magics, parsed; or why that cannot be done."""

from __future__ import annotations
import __future__

import ast
import codecs
import io
import json
import re
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import CodeType
from typing import Any

from .inventory import Span

PYTHON_2 = (
    (re.compile(r"^\s*print\s+[^\s(=]|^\s*print\s*$"), "print without parentheses"),
    (re.compile(r"^\s*print\s*>>"), "print >>"),
    (re.compile(r"^\s*except\s+[\w.()\s,]+,\s*\w+\s*:"), "except with a comma"),
    (re.compile(r"^\s*raise\s+\w+\s*,"), "raise with a comma"),
    (re.compile(r"^\s*exec\s+[\"'\w]"), "exec without parentheses"),
    (re.compile(r"<>"), "<> for !="),
)
# What speaks to IPython: a magic, a shell line or a question, also as the value of an assignment.
MAGIC = re.compile(r"\s*([%!?]|[\w.,()\[\] ]+=\s*[%!]|[\w.]+\?)")
MARK = re.compile(r"(?m)^\ufeff+")  # what some editors put before a text
WOULD_BIND = re.compile(r"(?m)^(?:async +)?(?:(?:def|class) +)?(\w+)(?: *[(:]| *=[^=])")


class Unreadable(Exception):
    """Why a file is no Python that can be loaded: one sentence, with its line."""


@dataclass(frozen=True)
class Document:
    """The Python text of a file; of a notebook, also the line at which each cell begins.

    places: for each cell how many lines of the notebook's own file stand before its first, 0 where that is not known.
    """

    text: str
    cells: tuple[int, ...] = ()
    places: tuple[int, ...] = ()

    def place(self, cell: int) -> int:
        """How many lines of the file stand before the first of a cell."""
        return self.places[cell - 1] if cell and self.places else 0

    def cell(self, line: int) -> int:
        """The number of the cell that holds *line*, from 1; 0 if there are none."""
        return bisect_right(self.cells, line)

    def where(self, line: int) -> str:
        """Where the reader finds *line*."""
        cell = self.cell(line)
        return f"cell {cell}, line {line - self.before(cell)}" if cell else f"line {line}"

    def before(self, cell: int) -> int:
        """How many lines stand before a cell."""
        return self.cells[cell - 1] - 1 if cell else 0

    def span(self, file: str, line: int, end_line: int) -> Span:
        """These lines as the reader counts them."""
        cell = self.cell(line)
        before = self.before(cell)
        return Span(file, line - before, max(line, end_line) - before, cell, self.place(cell))

    def line(self, number: int) -> str:
        """The text of a line, shortened."""
        lines = self.text.split("\n")
        return lines[number - 1].strip()[:120] if 0 < number <= len(lines) else ""


def read(path: str) -> Document:
    """The Python of a `.py` or `.ipynb` file."""
    with open(path, "rb") as file:
        raw = in_bytes_of_ascii(file.read())
    if b"\0" in raw:
        raise Unreadable(f"line {line_of(raw, raw.index(0))}: contains a NUL byte; is it Python?")
    return notebook(raw) if path.endswith(".ipynb") else Document(decoded(raw))


def in_bytes_of_ascii(raw: bytes) -> bytes:
    """*raw*, in UTF-8 where its first bytes say that it is UTF-16."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace").encode("utf-8", "replace")
    return raw


def decoded(raw: bytes) -> str:
    """Text of bytes, under the encoding they declare; UTF-8 otherwise, but for comments."""
    try:
        text = raw.decode(declared(raw))
    except UnicodeDecodeError as error:
        if not only_in_comments(raw):
            where = line_of(raw, error.start)
            raise Unreadable(f"line {where}: not {error.encoding} text; save it as UTF-8") from None
        text = raw.decode("latin-1")
    return MARK.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def declared(raw: bytes) -> str:
    """The encoding that the first lines declare."""
    try:
        return tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
    except SyntaxError as error:
        if str(error).startswith("unknown encoding"):
            raise Unreadable(f"line 1: {error}") from None
        return "utf-8"


def line_of(raw: bytes, offset: int) -> int:
    return raw.count(b"\n", 0, offset) + 1


def only_in_comments(raw: bytes) -> bool:
    """Are all bytes beyond ASCII behind a `#`?"""
    return all(line.isascii() or line.partition(b"#")[0].isascii() for line in raw.split(b"\n"))


def notebook(raw: bytes) -> Document:
    """The code cells of a notebook one after the other."""
    try:
        texts = [cell_text(cell) for cell in json.loads(raw.decode("utf-8-sig"))["cells"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = type(error).__name__
        raise Unreadable(f"not a notebook that can be read ({reason})") from None
    starts = [1]
    for text in texts:
        starts.append(starts[-1] + text.count("\n") + 1)
    places = tuple(places_of(raw.decode("utf-8-sig").split("\n"), texts))
    return Document("\n".join(texts), tuple(starts[:-1]) or (1,), places)


def places_of(lines: Sequence[str], cells: Sequence[str]) -> Iterator[int]:
    """How many lines of a notebook's file stand before the first of each cell, where each line of a cell has its own."""
    spelled = [line.strip().rstrip(",") for line in lines]
    at = 0
    for cell in cells:
        texts = cell.splitlines(keepends=True)
        forms = [[json.dumps(text, ensure_ascii=only) for text in texts] for only in (True, False)]
        places = range(at, len(spelled)) if texts else ()
        found = next((n for n in places if _stands_at(spelled, n, forms)), None)
        yield found or 0
        at = at if found is None else found + len(texts)


def _stands_at(spelled: Sequence[str], place: int, forms: Sequence[Sequence[str]]) -> bool:
    first = (form for form in forms if spelled[place] == form[0])
    return any(spelled[place : place + len(form)] == form for form in first)


def cell_text(cell: dict[str, Any]) -> str:
    """The text of one cell; empty for a cell of text or of another language."""
    if cell["cell_type"] != "code":
        return ""
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    text = MARK.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.lstrip().startswith("%%") and not text.lstrip().startswith(("%%time", "%%capture")):
        return ""
    return text


@dataclass(frozen=True)
class Parsed:
    """The statements of a document in order, each with its code.

    text: what they were read from. lost: of each cell that is no Python the line at which it begins, what is
    wrong with it, and the names that it would have bound.
    """

    tree: ast.Module
    codes: list[CodeType]
    text: str
    lost: tuple[tuple[int, str, tuple[str, ...]], ...] = ()


def parse(document: Document, name: str) -> Parsed:
    """The statements of *document*, or Unreadable with the line and what is wrong with it."""
    if not document.cells:
        tree, codes = parse_part(document.text, 1, name, 0, document)
        return Parsed(tree, codes, document.text)
    return parse_cells(document, name)


def parse_cells(document: Document, name: str) -> Parsed:
    """The statements of all cells that are Python; Unreadable if none is."""
    whole, codes, texts, lost = ast.Module([], []), [], [], []
    flags = 0
    for start, cell in cells_of(document):
        text = without_magic(cell)
        try:
            tree, more = parse_part(text, start, name, flags, document)
        except Unreadable as error:
            lost.append((start, str(error), tuple(WOULD_BIND.findall(cell))))
            texts.append("\n" * cell.count("\n"))
            continue
        flags |= reduce(or_, map(future, tree.body), 0)
        whole.body += tree.body
        codes += more
        texts.append(text)
    if lost and not codes:
        raise Unreadable(lost[0][1])
    return Parsed(whole, codes, "\n".join(texts), tuple(lost))


def cells_of(document: Document) -> list[tuple[int, str]]:
    """The first line and the text of each cell."""
    lines = document.text.split("\n")
    ends = [*(start - 1 for start in document.cells[1:]), len(lines)]
    return [
        (start, "\n".join(lines[start - 1 : end]))
        for start, end in zip(document.cells, ends, strict=True)
    ]


def without_magic(cell: str) -> str:
    """The text of a cell with a `pass` for each line that speaks to IPython and at which Python stumbles."""
    lines = cell.split("\n")
    for _ in lines:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse("\n".join(lines))
        except SyntaxError as error:
            at = (error.lineno or 1) - 1
            if not (at < len(lines) and MAGIC.match(lines[at])):
                break
            silence(lines, at)
        except (RecursionError, MemoryError, ValueError, OverflowError):
            break  # whoever parses it next says so
        else:
            break
    return "\n".join(lines)


def silence(lines: list[str], at: int) -> None:
    """Make a comment of a line, and of those that a backslash at its end adds to it."""
    goes_on, before = True, "pass  # "
    while goes_on and at < len(lines):
        goes_on = lines[at].rstrip().endswith("\\")
        text = lines[at].lstrip()
        lines[at] = lines[at][: len(lines[at]) - len(text)] + before + text
        at, before = at + 1, "# "


def parse_part(
    text: str, start: int, name: str, flags: int, document: Document
) -> tuple[ast.Module, list[CodeType]]:
    """The syntax tree of *text*, which begins at line *start* of a document, and the code of each statement."""
    moved = start - 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, name)
            moved = 0  # from here on lines are those of the document
            ast.increment_lineno(tree, start - 1)
            flags |= reduce(or_, map(future, tree.body), 0)
            return tree, [code_of(statement, name, flags) for statement in tree.body]
    except SyntaxError as error:
        line = (error.lineno or 1) + moved
        raise Unreadable(
            python_2(text, start, document) or syntax_problem(error.msg, line, document)
        ) from None
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        where = f"{document.where(start)}: " if document.cells else ""
        raise Unreadable(f"{where}too deeply nested to be read ({type(error).__name__})") from None


def code_of(statement: ast.stmt, name: str, flags: int) -> CodeType:
    tree = ast.Module([statement], [])
    code: CodeType = compile(tree, name, "exec", flags, dont_inherit=True)
    return code


def future(statement: ast.stmt) -> int:
    """Compiler flags of a `from __future__ import`, 0 for any other statement."""
    if not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
        return 0
    known = (getattr(__future__, alias.name, None) for alias in statement.names)
    return reduce(or_, (feature.compiler_flag for feature in known if feature), 0)


def syntax_problem(message: str, line: int, document: Document) -> str:
    """Line, message and text of a syntax error."""
    shown = document.line(line)
    return f"{document.where(line)}: {message}" + (f": {shown}" if shown else "")


def python_2(text: str, start: int, document: Document) -> str:
    """The sentence that says so if *text*, which begins at line *start* of a document, is Python 2, else ""."""
    for number, line in enumerate(text.split("\n"), start):
        for pattern, what in PYTHON_2:
            if pattern.search(line):
                where = document.where(number)
                return f"{where}: this is Python 2 ({what}); checkgrad reads Python 3"
    return ""
