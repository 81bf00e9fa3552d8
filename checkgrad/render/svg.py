"""SVG as matplotlib writes it -> SVG that may stand in a page: small, without style attributes, coloured by CSS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

import numpy as np

SVG = "http://www.w3.org/2000/svg"
HREF = "{http://www.w3.org/1999/xlink}href"
SHARED = "shared"  # ids that start so are of groups that other pictures use again

# Colours that stand for a role; the page's style sheet gives each role its colour in light, dark and print.
ROLES = {
    "#010101": "ink",
    "#020202": "faint",
    "#030303": "yours",
    "#040404": "due",
    "#050505": "high",
    "#060606": "low",
    "#070707": "paper",
    "#080808": "class0",
    "#090909": "class1",
    "#0a0a0a": "class2",
    "#0b0b0b": "class3",
}
COLOUR = {role: colour for colour, role in ROLES.items()}
KEPT = {
    "d", "x", "y", "width", "height", "transform", "clip-path", "viewBox",
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
    "stroke-dashoffset", "stroke-linejoin", "stroke-linecap", "opacity", "font-size", "font-weight",
    "text-anchor",
}  # fmt: skip
BROKEN = re.compile(r"-?\d+\.\d+")
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
CURVED = re.compile("[CQcqA]")


def tidy(source: str, prefix: str, labelled_by: str, reuse: Sequence[str] = ()) -> str:
    """Return the picture *source* for use in a page, its ids starting with *prefix*.

    *labelled_by* are the ids of the elements that describe it; *reuse* are ids of groups of another
    picture, to draw on top.
    """
    root = ElementTree.fromstring(source)
    referenced = set(_references(root)) - {""}
    width, height = root.get("viewBox", "0 0 1 1").split()[2:]
    _tidy(root, prefix, referenced)
    for name in reuse:
        ElementTree.SubElement(root, "use", {"href": f"#{name}"})
    root.attrib = {
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-labelledby": labelled_by,
    }
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _references(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        yield element.get(HREF, "").lstrip("#")
        yield from re.findall(r"url\(#([^)]+)\)", element.get("clip-path", ""))


def _tidy(element: ElementTree.Element, prefix: str, referenced: set[str]) -> None:
    element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    _attributes(element, prefix, referenced)
    children: list[ElementTree.Element] = []
    for child in element:
        if child.tag not in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
            _tidy(child, prefix, referenced)
            # a group that says nothing gives way to what it holds
            children += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = [child for child in children if len(child) or child.tag not in ("g", "defs")]
    element.tail = None
    if element.tag != "text":
        element.text = None


def _attributes(element: ElementTree.Element, prefix: str, referenced: set[str]) -> None:
    given = element.attrib | dict(_declarations(element.attrib.get("style", "")))
    kept = {name: value for name, value in given.items() if name in KEPT}
    roles = dict(_roles(kept))
    element.attrib = {
        name: _value(name, value, prefix) for name, value in kept.items() if name not in roles
    }
    if kept.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if roles and (element.tag, roles) != ("text", {"fill": "f-ink"}):
        element.set("class", " ".join(roles.values()))
    if (target := given.get(HREF, "")).startswith("#"):
        element.set("href", f"#{prefix}{target[1:]}")
    elif target.startswith("data:image/png;base64,"):
        element.set("href", target)
    name = given.get("id", "")
    if name in referenced or name.startswith(SHARED):
        element.set("id", prefix + name)


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _value(name: str, value: str, prefix: str) -> str:
    if name == "clip-path":
        return value.replace("#", f"#{prefix}")
    if name == "d":
        return _path(value)
    if name in ("x", "y", "transform"):
        return _rounded(value, 1)
    return value


def _path(d: str) -> str:
    """A shorter path that looks the same; large ones without the points that lie on a straight line."""
    if len(d) < 400:
        return _rounded(d, 2)
    if CURVED.search(d):
        return _rounded(d, 1)
    parts = [part for part in d.split("M") if part.strip()]
    return "".join(_polygon(part) for part in parts)


def _polygon(part: str) -> str:
    points = np.array(NUMBERS.findall(part), float).reshape(-1, 2).round(1)
    # along an edge of the picture a field needs its corners only
    level = (points[:-2] == points[1:-1]) & (points[1:-1] == points[2:])
    corner = np.concatenate([[True], ~level.any(axis=1), [True]]) if len(points) > 2 else ...
    kept = points[corner]
    line = "L".join(f"{x:g} {y:g}" for x, y in kept.tolist())
    return f"M{line}z" if part.rstrip().endswith("z") else f"M{line}"


def _rounded(value: str, places: int) -> str:
    shorter = BROKEN.sub(lambda m: f"{round(float(m[0]), places):g}", value)
    return " ".join(shorter.split())


def _roles(kept: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("fill", "stroke"):
        if role := ROLES.get(kept.get(name, "")):
            yield name, f"{name[0]}-{role}"


def shade(colour: str, strength: float) -> tuple[float, float, float, float]:
    """A colour of a role at a strength between 0 and 1."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue, strength
