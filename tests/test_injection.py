"""Whatever text a submission brings along steers no terminal, no page, no XML and no CI."""

import base64
import json
from xml.etree import ElementTree

import pytest

from checkgrad.grading import grade
from checkgrad.render import FORMATS
from checkgrad.render.terminal import summary

TEXT = (
    "\x1b]0;title\x07\x1b[31m\x9b1m\u202e\u2066<script>alert(1)</script><img src=x onerror=y>]]>&lt;"
    "{{7*7}}${7*7}\u2028\x00\r\n::error::x\n  ::set-output name=a::b\n##[error]y\n##vso[task]\n"
)
SOURCE = f"""
'''{TEXT.encode("unicode_escape").decode()}'''
import warnings
import numpy as np
TEXT = {TEXT!r}
print(TEXT)
TABLE = {{TEXT: np.tanh, "sigmoid": lambda z: TEXT}}
Odd = type(TEXT.replace("\\0", ""), (Exception,), {{}})
def softmax(z):
    print(TEXT)
    warnings.warn(TEXT)
    raise ValueError(TEXT)
def relu(z):
    raise Odd(TEXT)
def tanh(z):
    return TEXT
def sigmoid(z):
    return {{TEXT: TEXT}}
def leaky_relu(z, alpha=TEXT):
    return type(TEXT.replace("\\0", ""), (), {{}})()
class {"Long" * 200}:
    def forward(self, x): return x
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("x") / "\x1b[31m\u202e<b>::error::.py"
    path.write_text(SOURCE)
    return grade(path)


def texts(value):
    """Every string in decoded JSON."""
    if isinstance(value, dict):
        return [t for item in value.items() for t in texts(item)]
    if isinstance(value, list | tuple):
        return [t for item in value for t in texts(item)]
    return [value] if isinstance(value, str) else []


def read(name, text):
    """What stands in a file of this format, as its reader would show it."""
    if name in ("json", "gradescope", "prairielearn"):
        return texts(json.loads(text))
    if name == "github":
        return texts(json.loads(base64.b64decode(text)))
    if name == "junit":
        root = ElementTree.fromstring(text)
        return [t for e in root.iter() for t in (e.text or "", e.tail or "", *e.attrib.values())]
    return [text]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_format_carries_what_steers_its_reader(report, name):
    shown = read(name, FORMATS[name](report))
    assert any("alert(1)" in text for text in shown)
    for text in shown:
        assert not any(ord(c) < 32 and c not in "\t\n" or 0x7F <= ord(c) < 0xA0 for c in text)
        assert not set("\u202e\u2066\u2028") & set(text)
        assert not any(
            line.lstrip().startswith(("::", "##[", "##vso")) for line in text.split("\n")
        )


def test_the_page_takes_none_of_it_for_its_own(report):
    page = FORMATS["html"](report)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>::error" not in page
    assert "49" not in page.split("alert(1)")[1][:60]


def test_the_terminal_shows_it_in_no_colour_of_its_own(report):
    assert "\x1b" not in summary(report, 80, colour=False)
    assert "\x1b]" not in summary(report, 80, colour=True)


LONG = """
import numpy as np
def softmax(z):
    raise ValueError({message!r})
def sigmoid(z):
    raise ValueError({message!r})
"""
# broken at whatever column, one of these lines would begin with it
ORDERS = {
    "orders": "".join(f"A {'w' * n} ::error::x " for n in range(1, 90)),
    "orders in long words": "".join(f"{'w' * n}::error::x" for n in range(1, 90)),
    "formulas": "".join(f"A {'w' * n} =HYPERLINK(1) +1 -1 @x " for n in range(1, 90)),
    "groups": "".join(f"A {'w' * n} ##[error]x " for n in range(1, 90)),
}


@pytest.mark.parametrize("message", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"json"}))
def test_no_line_begins_with_an_order_or_a_formula_because_it_was_wrapped(tmp_path, message, name):
    (tmp_path / "hw.py").write_text(LONG.format(message=message))
    shown = read(name, FORMATS[name](grade(tmp_path / "hw.py")))
    lines = [line.lstrip() for text in shown for line in text.split("\n")]
    assert any("wwwww" in line for line in lines)
    assert not any(line.startswith(("::", "##[")) for line in lines)
    assert not any(line.startswith(("=H", "+1", "-1", "@x")) for line in lines)
