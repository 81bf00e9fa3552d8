"""From the bytes of a TOML file to its keys; what does not fit is told with the path of its key."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import inspect

from checkgrad.assignment.errors import BadAssignment, nearest
from checkgrad.assignment.file import AssignmentFile

PLAIN: dict[Any, type] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.BoolType: bool,
}
PLACE = re.compile(r" - at `\$[^`]*`$")


T = TypeVar("T")


def decode(text: bytes, form: type[T]) -> T:
    """Return what a TOML file of this *form* says, or raise BadAssignment with the path of the key that is wrong."""
    try:
        data = msgspec.toml.decode(text)
    except msgspec.DecodeError as error:
        raise BadAssignment(f"no TOML: {error}") from None
    except UnicodeDecodeError as error:
        raise BadAssignment(f"no text: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise BadAssignment("no TOML that can be read: its brackets are nested too deep") from None
    except (ValueError, MemoryError) as error:  # numbers of thousands of digits
        raise BadAssignment(f"no TOML that can be read: {str(error).split(';')[0]}") from None
    if wrong := _wrong(data, inspect.type_info(form), ""):
        raise BadAssignment(wrong)
    return msgspec.convert(data, form)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of an assignment file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A checkgrad assignment",
        **msgspec.json.schema(AssignmentFile),
    }


def _wrong(data: Any, kind: Any, path: str) -> str:
    """The first thing that does not fit *kind*, with its path; "" if all fits."""
    if isinstance(kind, inspect.UnionType):
        kind = next(k for k in kind.types if not isinstance(k, inspect.NoneType))
    if isinstance(kind, inspect.StructType) and isinstance(data, dict):
        return _wrong_fields(data, kind, path)
    if isinstance(kind, inspect.DictType) and isinstance(data, dict):
        found = (_wrong(value, kind.value_type, _joined(path, key)) for key, value in data.items())
        return next(filter(None, found), "")
    if isinstance(kind, inspect.ListType) and isinstance(data, list):
        wrong = (_wrong(item, kind.item_type, f"{path}[{i}]") for i, item in enumerate(data))
        return next(filter(None, wrong), "")
    return _does_not_convert(data, kind, path)


def _wrong_fields(data: dict[str, Any], kind: inspect.StructType, path: str) -> str:
    fields = {field.encode_name: field for field in kind.fields}
    for key, value in data.items():
        if key not in fields:
            return f"{_joined(path, key)}: no such key{nearest(key, fields)}"
        if wrong := _wrong(value, fields[key].type, _joined(path, key)):
            return wrong
    lacking = (name for name, field in fields.items() if field.required and name not in data)
    return next((f"{path}: lacks {name}" for name in lacking), "")


def _does_not_convert(data: Any, kind: Any, path: str) -> str:
    try:
        msgspec.convert(data, _type_of(kind))
    except msgspec.ValidationError as error:
        return f"{path}: {PLACE.sub('', str(error)).lower()}"
    return ""


def _type_of(kind: Any) -> Any:
    """The Python type that an inspected one stands for."""
    if isinstance(kind, inspect.LiteralType):
        return Literal[tuple(kind.values)]
    if isinstance(kind, inspect.ListType):
        return list
    if isinstance(kind, inspect.StructType):
        return kind.cls
    if isinstance(kind, inspect.DictType):
        return dict
    return PLAIN[type(kind)]


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


# python -m checkgrad.assignment.decode > checkgrad/assignment/schema.json
if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
