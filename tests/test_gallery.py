"""The committed sample reports are what today's code writes; rebuild them with `tox -e reports`."""

import ast
import json as plain
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from checkgrad.grading import grade
from checkgrad.render import FORMATS, json

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "reports" / "gallery"
SAMPLES = ROOT / "reports" / "samples"
PAGES = {path.stem: path for path in sorted(GALLERY.glob("*.html"))}
TOLD = {"title", "h1", "h2", "h3", "h4", "li", "strong", "style"}
every_page = pytest.mark.parametrize("name", PAGES)


class Outline(HTMLParser):
    """Headings, verdicts, diagnoses and style of a page, and all addresses that lead out of it."""

    def __init__(self, page):
        super().__init__()
        self.within, self.told, self.outside = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag in TOLD:
            self.within.append(tag)
            self.told.append(tag)
        addresses = (v for n, v in attrs if n in ("src", "href", "srcset", "data", "action"))
        self.outside += [v for v in addresses if not v.startswith(("#", "data:"))]

    def handle_endtag(self, tag):
        if tag in TOLD:
            self.within.remove(tag)

    def handle_data(self, data):
        if self.within and data.strip():
            self.told[-1] += " " + data.strip()


def test_every_sample_has_its_page():
    tree = ast.parse((ROOT / "reports" / "rebuild.py").read_text())
    (table,) = (node for node in ast.walk(tree) if isinstance(node, ast.Dict))
    assert {key.value for key in table.keys} == set(PAGES)


@pytest.mark.parametrize("submission", ["broken_import.py", "notebook.ipynb"])
def test_a_page_says_what_a_fresh_report_says(submission):
    fresh = json.parse(FORMATS["json"](grade(SAMPLES / submission)))
    page = PAGES[submission.partition(".")[0]].read_text("utf-8")
    assert Outline(page).told == Outline(FORMATS["html"](fresh)).told


@every_page
def test_a_page_has_todays_style_and_schema(name):
    page = PAGES[name].read_text("utf-8")
    fresh = FORMATS["html"](grade(SAMPLES / "broken_import.py"))
    for pattern in (r"<style>.*?</style>", r'<meta name="generator"[^>]*>'):
        assert re.findall(pattern, page, re.S) == re.findall(pattern, fresh, re.S) != []


@every_page
def test_a_page_needs_nothing_from_outside(name):
    page = PAGES[name].read_text("utf-8")
    assert Outline(page).outside == []
    assert not re.search(r"url\((?!#)|@import|<script|<iframe|<link", page)
    assert len(page.encode()) <= 600_000


def test_hostile_text_is_text():
    page = PAGES["hostile"].read_text("utf-8")
    assert "&lt;script&gt;alert(" in page and "&lt;/pre&gt;" in page
    assert "\x1b" not in page


def test_the_pages_show_what_they_are_for():
    told = {name: "\n".join(Outline(path.read_text("utf-8")).told) for name, path in PAGES.items()}
    assert "Nothing to fix" in told["all_right"] and "Not right yet" not in told["all_right"]
    assert "which is the rule for tanh" in told["classic_mistakes"]
    assert "Fix this first: the file itself" in told["broken_import"]
    assert "over the limit" in told["hostile"] and "stopped with an error" in told["hostile"]
    assert "Training your network" in told["three_classes"]


RUN = """
import json, sys
import numpy as np
told, cells = json.load(sys.stdin)
for code in told:
    names = {}
    exec(cells + code, names)
    alike = [np.array_equal(a, b) for a, b in zip(names["got"], names["expected"])] if isinstance(
        names["got"], (list, tuple)) else [np.allclose(names["got"], names["expected"])]
    print("~same" if all(alike) else "~different")
"""


@pytest.mark.parametrize(
    "name, submission",
    [
        ("classic_mistakes", ROOT / "reference_models" / "classic_mistakes.py"),
        ("three_classes", ROOT / "reference_models" / "relu_classifier.py"),
        ("notebook", SAMPLES / "notebook.ipynb"),
    ],
)
def test_every_snippet_shows_its_fault_beside_the_submission(name, submission):
    page = PAGES[name].read_text("utf-8")
    code = [unescape(c) for c in re.findall(r'class="code copy"><code>(.*?)</code>', page, re.S)]
    cells = ""
    if submission.suffix == ".ipynb":
        found = plain.loads(submission.read_text())["cells"]
        cells = "\n".join("".join(c["source"]) for c in found if c["cell_type"] == "code")
        cells = re.sub("(?m)^%.*|^.*plt.*", "", cells) + "\n"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RUN], input=plain.dumps([code, cells]), text=True,
                          capture_output=True, cwd=submission.parent)  # fmt: skip
    assert done.stderr == ""
    assert re.findall("~.*", done.stdout) == ["~different"] * len(code) != []
