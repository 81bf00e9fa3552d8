"""Report <-> JSON, and the schema of that JSON. Numbers that JSON lacks are the strings "nan", "inf", "-inf"."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import msgspec

from checkgrad.model import Report
from checkgrad.render.shield import shielded

T = TypeVar("T")
NOT_FINITE = ("nan", "inf", "-inf")


def render(report: Report) -> str:
    """Return *report* as JSON text; equal reports give equal text."""
    data = msgspec.to_builtins(report, enc_hook=_numpy)
    return dumps({"schema": report.schema, **data})


def parse(text: str | bytes) -> Report:
    """Return the report that *text* holds; raise msgspec.MsgspecError saying what does not fit."""
    return convert(msgspec.json.decode(text), Report)


def plain(thing: Any) -> Any:
    """Return *thing*, a report or what holds one, as data that JSON can carry."""
    return _portable(msgspec.to_builtins(thing, enc_hook=_numpy))


def convert(data: Any, kind: type[T]) -> T:
    """Return the *kind*, a report or what holds one under "report", that plain() made *data* of."""
    report = data.get("report", data) if isinstance(data, dict) else {}
    for outcome in report.get("outcomes", ()) if isinstance(report, dict) else ():
        _revive(outcome)
    # lax: a number may be one of the strings of NOT_FINITE
    return msgspec.convert(data, kind, strict=False)


def dumps(data: Any) -> str:
    """Write plain *data* as JSON that every parser reads and a person can: a row of numbers is one line."""
    return _text(_portable(data), "") + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what render() writes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A checkgrad report",
        **_loosened(msgspec.json.schema(Report)),
    }


def _text(data: Any, indent: str) -> str:
    deeper = indent + " "
    if isinstance(data, dict) and data:
        items = [f"{_one_line(key)}: {_text(value, deeper)}" for key, value in data.items()]
        return _block("{", items, "}", indent)
    if isinstance(data, list) and any(isinstance(item, list | dict) for item in data):
        return _block("[", [_text(item, deeper) for item in data], "]", indent)
    return _one_line(data)


def _block(opening: str, items: list[str], closing: str, indent: str) -> str:
    lines = f",\n{indent} ".join(items)
    return f"{opening}\n{indent} {lines}\n{indent}{closing}"


def _one_line(data: Any) -> str:
    return msgspec.json.encode(data).decode()


def _portable(data: Any) -> Any:
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    if isinstance(data, str):
        return shielded(data).encode("utf-8", "replace").decode()  # a lone surrogate has no JSON
    if isinstance(data, list | tuple):
        return [_portable(item) for item in data]
    if isinstance(data, dict):
        return {_portable(key): _portable(value) for key, value in data.items()}
    return data


def _numpy(value: Any) -> Any:
    """Arrays and NumPy scalars, where the model says a number or lists of numbers."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise NotImplementedError(f"{type(value).__name__} has no place in a report")


def _revive(outcome: Any) -> None:
    """Put the numbers back where the model allows anything, so that no type tells them from text."""
    example = outcome.get("example") if isinstance(outcome, dict) else None
    if isinstance(example, dict):
        for name in ("arguments", "got", "expected"):
            example[name] = _numbers(example.get(name))


def _numbers(value: Any) -> Any:
    if isinstance(value, str):
        return float(value) if value in NOT_FINITE else value
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    return value


def _loosened(node: Any) -> Any:
    if isinstance(node, list):
        return [_loosened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "number":
        rest = {key: value for key, value in node.items() if key != "type"}
        return {"anyOf": [{"type": "number"}, {"enum": list(NOT_FINITE)}], **rest}
    return {key: _loosened(value) for key, value in node.items()}


if __name__ == "__main__":  # python -m checkgrad.render.json > checkgrad/render/schema.json
    print(dumps(schema()), end="")
