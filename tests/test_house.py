"""Laws of the house: no file is long, words of student code stand in one room."""

import ast
from pathlib import Path

import pytest

import checkgrad

PACKAGE = Path(checkgrad.__file__).parent
FILES = {str(p.relative_to(PACKAGE)): p for p in sorted(PACKAGE.rglob("*.py"))}
LONGEST = 400


def test_no_file_is_long_but_content():
    # content may be as long as it needs
    others = {n: p for n, p in FILES.items() if not n.startswith("exercises/")}
    assert not {n for n, p in others.items() if len(p.read_text().splitlines()) > LONGEST}


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith(("reading/", "networks/"))])
def test_no_word_of_student_code_stands_outside_its_room(name):
    tree = ast.parse(FILES[name].read_text())
    tables = [n for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign) and n.value]
    called = [c.func for n in tables for c in ast.walk(n.value) if isinstance(c, ast.Call)]
    assert "listed" not in {getattr(function, "id", "") for function in called}


@pytest.mark.parametrize("name", FILES)
def test_no_file_imports_what_is_private_to_another(name):
    tree = ast.parse(FILES[name].read_text())
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    own = [n for n in froms if n.level or (n.module or "").startswith("checkgrad")]
    assert not [a.name for n in own for a in n.names if a.name.startswith("_")]


# The gradient check is a public face of its own; pytest shows the name of the class that collects an exercise.
NAMED_TWICE = {"Kind", "Verdict", "Exercise"}


def test_every_type_has_a_name_of_its_own():
    found = {}
    for name, path in FILES.items():
        for node in ast.parse(path.read_text()).body:
            targets = node.targets if isinstance(node, ast.Assign) else [node]
            names = [getattr(one, "id", getattr(one, "name", "")) for one in targets]
            types = [one for one in names if one[:1].isupper() and not one.isupper()]
            for one in types:
                found.setdefault(one, []).append(name)
    assert {one: places for one, places in found.items() if len(places) > 1}.keys() == NAMED_TWICE
