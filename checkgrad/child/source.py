"""The text of a submission: decoded, freed of notebook magics, parsed; or why that cannot be done."""

from __future__ import annotations
import __future__

import ast
import io
import json
import re
import tokenize
import warnings
from bisect import bisect_right
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import CodeType
from typing import Any

PYTHON_2 = (
    (re.compile(r"^\s*print\s+[^\s(=]|^\s*print\s*$"), "print without parentheses"),
    (re.compile(r"^\s*print\s*>>"), "print >>"),
    (re.compile(r"^\s*except\s+[\w.()\s,]+,\s*\w+\s*:"), "except with a comma"),
    (re.compile(r"^\s*raise\s+\w+\s*,"), "raise with a comma"),
    (re.compile(r"^\s*exec\s+[\"'\w]"), "exec without parentheses"),
    (re.compile(r"<>"), "<> for !="),
)


class Unreadable(Exception):
    """Why a file is no Python that can be loaded: one sentence, with its line."""


@dataclass(frozen=True)
class Document:
    """The Python text of a file; of a notebook, also the line at which each cell begins."""

    text: str
    cells: tuple[int, ...] = ()

    def where(self, line: int) -> str:
        """Where the reader finds *line*."""
        if not self.cells:
            return f"line {line}"
        cell = bisect_right(self.cells, line)
        return f"cell {cell}, line {line - self.cells[cell - 1] + 1}"

    def line(self, number: int) -> str:
        """The text of a line, shortened."""
        lines = self.text.split("\n")
        return lines[number - 1].strip()[:120] if 0 < number <= len(lines) else ""


def read(path: str) -> Document:
    """The Python of a `.py` or `.ipynb` file."""
    with open(path, "rb") as file:
        raw = file.read()
    if b"\0" in raw:
        raise Unreadable(f"line {line_of(raw, raw.index(0))}: contains a NUL byte; is it Python?")
    return notebook(raw) if path.endswith(".ipynb") else Document(decoded(raw))


def decoded(raw: bytes) -> str:
    """Text of bytes, under the encoding they declare; UTF-8 otherwise, but for comments."""
    try:
        text = raw.decode(declared(raw))
    except UnicodeDecodeError as error:
        if not only_in_comments(raw):
            where = line_of(raw, error.start)
            raise Unreadable(f"line {where}: not {error.encoding} text; save it as UTF-8") from None
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
    """The code cells of a notebook one after the other, magics and shell lines left out."""
    try:
        texts = [cell_text(cell) for cell in json.loads(raw.decode("utf-8"))["cells"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = type(error).__name__
        raise Unreadable(f"not a notebook that can be read ({reason})") from None
    starts = [1]
    for text in texts:
        starts.append(starts[-1] + text.count("\n") + 1)
    return Document("\n".join(texts), tuple(starts[:-1]) or (1,))


def cell_text(cell: dict[str, Any]) -> str:
    """The Python of one cell; empty for a cell of text or of another language."""
    if cell["cell_type"] != "code":
        return ""
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    if text.lstrip().startswith("%%") and not text.lstrip().startswith(("%%time", "%%capture")):
        return ""
    return "\n".join(map(without_magic, text.splitlines()))


def without_magic(line: str) -> str:
    """*line*, or a comment in its place where it speaks to IPython."""
    text = line.lstrip()
    if text.startswith(("%", "!", "?")) or text.rstrip().endswith("?"):
        return line[: len(line) - len(text)] + "pass  # " + text
    return line


def parse(document: Document, name: str) -> tuple[ast.Module, list[CodeType]]:
    """The syntax tree and the code of each statement, or Unreadable with the line and what is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(document.text, name)
            flags = reduce(or_, map(future, tree.body), 0)
            return tree, [code_of(statement, name, flags) for statement in tree.body]
    except SyntaxError as error:
        raise Unreadable(python_2(document) or syntax_problem(error, document)) from None
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        raise Unreadable(f"too deeply nested to be read ({type(error).__name__})") from None


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


def syntax_problem(error: SyntaxError, document: Document) -> str:
    """Line, message and text of a syntax error."""
    line = error.lineno or 1
    shown = document.line(line)
    return f"{document.where(line)}: {error.msg}" + (f": {shown}" if shown else "")


def python_2(document: Document) -> str:
    """The sentence that says so if the text is Python 2, else ""."""
    for number, line in enumerate(document.text.split("\n"), 1):
        for pattern, what in PYTHON_2:
            if pattern.search(line):
                where = document.where(number)
                return f"{where}: this is Python 2 ({what}); checkgrad reads Python 3"
    return ""
