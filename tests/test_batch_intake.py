"""Who handed in what: the names that platforms give, and archives that are up to no good."""

import csv
import json
import os
import random
import resource
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from checkgrad import cli
from checkgrad.batch import unwrap
from checkgrad.batch.archive import Archive
from checkgrad.batch.intake import handed_in
from checkgrad.batch.record import Submitter
from checkgrad.batch.shelf import Packed
from checkgrad.sandbox.stage import stage
from checkgrad.targets import BadTarget

SOURCE = "def sigmoid(z):\n    return 1 / (1 + 2.718281828459045 ** -z)\n"
METADATA = """\
submission_41:
  :submitters:
  - :name: Doe, Jane
    :sid: '0017'
    :email: jane@example.edu
  :created_at: 2026-04-26 17:34:00.861687000 Z
  :results:
    output: |-
      :submitters:
      - :name: not one of them
submission_42:
  :submitters:
  - :name: "Ann \\"A\\" A"
    :email: ann@example.edu
  - :name: Bob O'B
    :sid: 222
submission_43:
  :submitters: []
"""


EMPTY = "is empty; a submission is a .py file, a notebook (.ipynb) or a folder or .zip of them"


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path.name


def inner(folder, members):
    zipped(folder / "inner.zip", members)
    return (folder / "inner.zip").read_bytes()


def found(names, *, classes=False):
    """Who handed in what: the files by the student, or what was found instead."""
    with handed_in(names, classes=classes) as (handed, _):
        return {h.student: laid_out(h) for h in handed}


def laid_out(handed):
    try:
        with TemporaryDirectory() as folder, handed.opened(Path(folder)) as work:
            path = work.path
            stage(path, within=Path(folder))
            return sorted([path.name] if path.is_file() else [p.name for p in path.rglob("*.*")])
    except BadTarget as problem:
        return str(problem)


def graded(*names, out="out", codes=(0,)):
    """The rows of grades.csv by student, of a class that was graded."""
    assert cli.main(["grade", *names, "--no-html", "--out", out, "-j1"]) in codes
    with open(Path(out, "grades.csv"), newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_canvas_says_who_by_number_and_late_or_anonymous_makes_no_difference(here):
    name = zipped(
        here / "submissions.zip",
        {
            "doejane_4711_98765_hw.py": SOURCE,
            "doejane_4711_98766_more_2.py": SOURCE,
            "roebob_LATE_4712_98767_my_hw-1.py": SOURCE,
            "LATE_anon_x7Ab2_98768_hw.py": SOURCE,
            "doejane_4711_text.html": "<p>",
        },
    )
    assert found([name]) == {
        Submitter("4711", "doejane"): ["hw.py", "more_2.py"],
        Submitter("4712", "roebob"): ["my_hw-1.py"],
        Submitter("anon_x7Ab2"): ["hw.py"],
    }


@pytest.mark.parametrize(
    "entry", ["file_/hw.py", "file/hw.py", "file_hw.py"], ids=["folders", "no end", "flat"]
)
def test_moodle_says_who_by_name_and_participant(here, entry):
    name = zipped(
        here / "moodle.zip",
        {
            f"Jane van Doe_4711_assignsubmission_{entry}": SOURCE,
            "Jane van Doe_4711_assignsubmission_onlinetext_/onlinetext.html": "<p>",
            f"Zoë O'B_12_assignsubmission_{entry}": SOURCE,
        },
    )
    people = [Submitter("4711", "Jane van Doe"), Submitter("12", "Zoë O'B")]
    assert found([name]) == dict.fromkeys(people, ["hw.py"])


def test_gradescope_says_who_in_its_metadata_and_a_group_is_each_of_them(here):
    top = "assignment_7_export"
    name = zipped(
        here / "export.zip",
        {
            f"{top}/submission_metadata.yml": METADATA,
            f"{top}/submission_41/hw.py": SOURCE,
            f"{top}/submission_42/src/hw.py": SOURCE,
            f"{top}/submission_42/src/util.py": SOURCE,
        },
    )
    together = ["hw.py", "util.py"]
    assert found([name]) == {
        Submitter("0017", "Doe, Jane", "jane@example.edu"): ["hw.py"],
        Submitter("ann@example.edu", 'Ann "A" A', "ann@example.edu"): together,
        Submitter("222", "Bob O'B"): together,
        Submitter("submission_43"): EMPTY,
    }


def test_a_folder_is_one_submission_unless_it_is_called_a_class(here):
    for place in ("week/ann", "week/bob"):
        (here / place).mkdir(parents=True)
        (here / place / "hw.py").write_text(SOURCE)
    (here / "week" / "cid.py").write_text(SOURCE)
    zipped(here / "week" / "dan.zip", {"hw.py": SOURCE})
    whole = ["cid.py", "dan.zip", "hw.py", "hw.py"]
    assert found(["week"]) == {Submitter("week"): whole}
    assert found(["week"], classes=True) == {
        Submitter("ann"): ["hw.py"],
        Submitter("bob"): ["hw.py"],
        Submitter("cid"): ["cid.py"],
        Submitter("dan"): ["hw.py"],
    }


def test_an_archive_packed_as_a_folder_is_that_folder(here):
    name = zipped(here / "week.zip", {"week/ann.py": SOURCE, "week/bob.py": SOURCE})
    assert found([name]) == {Submitter("ann"): ["ann.py"], Submitter("bob"): ["bob.py"]}


def test_a_bad_archive_of_one_student_is_that_student_s(here):
    name = zipped(
        here / "class.zip",
        {
            "ann.py": SOURCE,
            "bob.zip": inner(here, {"../../hw.py": SOURCE}),
            "cid.zip": b"no archive",
            "dan.zip": inner(here, {"hw.py": SOURCE, "data.bin": b"0" * 10}),
        },
    )
    told = {student.id: files for student, files in found([name]).items()}
    assert told["ann"] == ["ann.py"] and told["dan"] == ["hw.py"]
    assert "would land outside" in told["bob"] and "cannot be unpacked" in told["cid"]


def test_only_sources_leave_an_archive(here):
    (here / "to").mkdir()
    members = ["a/hw.py", "a/.git/x.py", "__MACOSX/a/hw.py", "a/data.npz", "a/b.ipynb", "./c.py"]
    archive = Archive(here / zipped(here / "class.zip", dict.fromkeys(members, "x")), "class.zip")
    archive.unpack(archive.members, here / "to")
    found = sorted(p.name for p in here.joinpath("to").rglob("*.*"))
    assert found == ["b.ipynb", "c.py", "hw.py"]


# What one student hands in, beside which the others keep their marks, and what staff is told of it.
def flagged(at, value):
    """An archive that says of its member that it is encrypted, or packed in an unknown way."""
    raw = bytearray(inner(Path.cwd(), {"hw.py": SOURCE}))
    raw[raw.rindex(b"PK\1\2") + at] = raw[at - 2] = value
    return bytes(raw)


def badly_named():
    return inner(Path.cwd(), {"hwü.py": SOURCE}).replace("hwü.py".encode(), b"hw\xff\xfe.py")


def nested():
    return inner(Path.cwd(), {"hw.zip": inner(Path.cwd(), {"hw.py": SOURCE})})


ODD = {
    "only a PDF": ({"mal/report.pdf": b"%PDF"}, "holds report.pdf, and no Python file"),
    "many other files": ({f"mal/{i}.txt": "" for i in range(5)}, "0.txt, 1.txt, 2.txt and 2 more"),
    "an empty folder": ({"mal/": ""}, EMPTY),
    "an archive of another kind": ({"mal.rar": b"Rar!"}, "holds mal.rar, and no Python file"),
    "no archive": ({"mal.zip": b"no archive"}, "mal.zip: cannot be unpacked"),
    "an encrypted archive": (lambda: {"mal.zip": flagged(8, 1)}, "mal.zip: is encrypted"),
    "an unknown method": (lambda: {"mal.zip": flagged(10, 12)}, "packed in a way that is not read"),
    "a name that is no text": (lambda: {"mal.zip": badly_named()}, "mal.zip: cannot be unpacked"),
    "a path that climbs": ({"mal/a/../../../hw.py": SOURCE}, "would land outside"),
    "an archive that climbs": (
        lambda: {"mal.zip": inner(Path.cwd(), {"../hw.py": SOURCE})},
        "would land outside",
    ),
    "a file and a folder of one name": (
        {"mal/x.py": SOURCE, "mal/x.py/y.py": SOURCE},
        "a file and a folder that are both called mal/x.py",
    ),
    "a file and a folder, the other way round": (
        {"mal/x.py/y.py": SOURCE, "mal/x.py": SOURCE},
        "a file and a folder that are both called mal/x.py",
    ),
    "a name that is too long": ({f"mal/{'x' * 300}.py": SOURCE}, "cannot be a file here"),
    "a file that is too large": ({"mal/hw.py": "#" * (2 << 20) + "#"}, "larger than 2 MB"),
    "too much": (
        {f"mal/{i}.py": "#" * 2_000_000 for i in range(11)},
        "unpacks to more than 20 MB",
    ),
    "too much in an archive": (
        lambda: {"mal.zip": inner(Path.cwd(), {f"{i}.py": "#" * 2_000_000 for i in range(11)})},
        "mal.zip: unpacks to more than 20 MB",
    ),
    "too many files": ({f"mal/{i}.py": "" for i in range(201)}, "more than 200 files"),
    "metadata of its own": (
        {
            "mal/submission_metadata.yml": "submission_3:\n  :submitters:\n  - :name: Ann\n    :sid: ann\n",
            "mal/submission_3/hw.py": "def sigmoid(z): return z\n",
        },
        ["hw.py"],
    ),
    "a dot folder": (
        lambda: {"mal.zip": inner(Path.cwd(), {"./": "", "hw.py": SOURCE})},
        ["hw.py"],
    ),
    "an archive in an archive": (lambda: {"mal.zip": nested()}, ["hw.py"]),
    "a good archive and a bad one": (
        lambda: {
            "mal/a.zip": b"no archive",
            "mal/b.zip": inner(Path.cwd(), {"hw.py": SOURCE}),
        },
        ["hw.py"],
    ),
    "names that differ in case": ({"mal/hw.py": SOURCE, "mal/HW.py": SOURCE}, ["HW.py", "hw.py"]),
    "forms of Unicode": (
        {"mal/h\u00fc.py": SOURCE, "mal/hu\u0308.py": SOURCE},
        ["hu\u0308.py", "h\u00fc.py"],
    ),
    "control characters": ({"mal/h\x07\u202ew.py": SOURCE}, ["h\x07\u202ew.py"]),
}


@pytest.mark.parametrize(("members", "told"), ODD.values(), ids=ODD)
def test_whatever_one_student_hands_in_all_have_a_row_and_the_others_their_marks(
    here, members, told
):
    members = members() if callable(members) else members
    zipped(here / "class.zip", {"ann.py": SOURCE, **members, "zoe/hw.py": SOURCE})
    entries = {student.id: files for student, files in found(["class.zip"]).items()}
    assert list(entries) == ["ann", "mal", "zoe"]
    assert (entries["ann"], entries["zoe"]) == (["ann.py"], ["hw.py"])
    assert entries["mal"] == told if isinstance(told, list) else told in entries["mal"]
    assert str(here) not in str(told)


@pytest.mark.parametrize("how", ["zip", "folder"])
def test_who_handed_in_nothing_has_a_row_and_stands_in_the_review_queue(here, how):
    members = {"ann.py": SOURCE, "bob/report.pdf": "%PDF"}
    name = zipped(here / "class.zip", members)
    if how == "folder":
        zipfile.ZipFile(name).extractall("class")
        name = "class"
    rows = graded(name, *(["--class"] if how == "folder" else []))
    assert {student: row["state"] for student, row in rows.items()} == {
        "ann": "graded",
        "bob": "not read",
    }
    page = Path("out/class.html").read_text()
    assert "bob</a>" in page or "bob</span>" in page
    assert "holds report.pdf, and no Python file (.py) and no notebook (.ipynb)" in page


def test_entries_of_one_name_are_called_by_all_of_it_and_staff_is_told(here, capsys):
    rows = graded(zipped(here / "class.zip", {"ann.py": SOURCE, "ann/hw.py": "", "bob.py": SOURCE}))
    assert sorted(rows) == ["ann", "ann.py", "bob"]
    assert "more than one entry of 'ann'" in capsys.readouterr().err


def test_names_of_files_bring_no_control_characters_into_any_table(here):
    rows = graded(
        zipped(
            here / "class.zip", {"a\u202eb.py": SOURCE, "a\u2066b.py": SOURCE, "c\x07\n.py": SOURCE}
        )
    )
    assert len(rows) == 3
    written = Path("out/grades.csv").read_text() + Path("out/results.jsonl").read_text()
    assert not any(character in written for character in "\u202e\u2066\x07")
    assert all("\n" not in student for student in rows)


def test_late_is_a_column(here):
    rows = graded(
        zipped(here / "c.zip", {"annlee_4734_2_hw.py": SOURCE, "bobfox_LATE_4735_3_hw.py": SOURCE})
    )
    assert {student: row["late"] for student, row in rows.items()} == {"4734": "", "4735": "late"}
    lines = Path("out/results.jsonl").read_text().splitlines()
    assert [json.loads(line)["late"] for line in lines] == [False, True]


TWO = {"activations.py": SOURCE, "losses.py": "from activations import sigmoid\n"}


@pytest.mark.parametrize("above", ["", "hw/", "hw/src/"])
def test_modules_beside_each_other_in_an_archive_find_each_other(here, above):
    made = inner(here, {**{above + name: text for name, text in TWO.items()}, "hw/README.md": "x"})
    name = zipped(here / "c.zip", {"annlee_4734_2_hw.zip": made, "bobfox_4735_3_hw.py": SOURCE})
    rows = graded(name)
    assert rows["4734"]["state"] == rows["4735"]["state"] == "graded"
    assert rows["4734"]["right"] == rows["4734"]["checks"]


def test_a_notebook_in_an_archive_finds_the_module_beside_it(here):
    cell = {"cell_type": "code", "source": "from act import sigmoid", "metadata": {}, "outputs": []}
    notebook = json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 4, "metadata": {}})
    made = inner(here, {"hw/hw.ipynb": notebook, "hw/act.py": SOURCE})
    (row,) = graded(zipped(here / "c.zip", {"ann.zip": made})).values()
    assert (row["state"], row["right"]) == ("graded", row["checks"])


CLASSES = {
    "Canvas": [f"s{n}fox_47{n}_{n}_hw.py" for n in range(3)],
    "Moodle": [f"S F_47{n}_assignsubmission_file_/hw.py" for n in range(3)],
    "Gradescope": ["submission_metadata.yml", "submission_1/hw.py", "submission_2/hw.py"],
    "archives": [f"{name}.zip" for name in ("ann", "bob", "cid")],
    "folders with": [f"{name}/hw.py" for name in ("ann", "bob", "cid")],
    "define the same": [f"{name}.py" for name in ("ann", "bob", "cid")],
}


def laid(here, names, content=SOURCE):
    for name in names:
        path = here / "week" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.mark.parametrize(("said", "names"), CLASSES.items(), ids=CLASSES)
def test_a_folder_that_looks_like_a_class_is_none_by_chance(here, capsys, said, names):
    laid(here, names)
    assert cli.main(["grade", "week", "--out", "out", "--no-html", "-j1"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert "--class" in line and said in line
    assert not (here / "out").exists()
    if said != "archives":
        assert list(graded("week", "--no-class")) == ["week"]


@pytest.mark.parametrize(
    "names",
    [
        ["hw.py", "helpers.py"],
        ["src/hw.py", "tests/test_hw.py", "README.md"],
        ["package/__init__.py", "package/a.py", "package/b.py"],
        ["activations.py", "losses.py", "layers.py"],
    ],
)
def test_a_submission_of_several_files_is_no_class(here, names):
    for i, name in enumerate(names):
        laid(here, [name], SOURCE if i == 0 else f"def helper_{i}(x):\n    return x\n")
    assert list(graded("week")) == ["week"]


def test_a_full_disk_is_no_fault_of_a_submission(here, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("checkgrad.batch.work.stage", full)
    (row,) = graded(zipped(here / "class.zip", {"ann.py": SOURCE}), codes=(3,)).values()
    assert (row["state"], row["score"]) == ("our fault", "")


def test_an_empty_folder_with_the_name_of_a_file_is_told_as_empty(here):
    (here / "one.zip").write_bytes(inner(here, {"x.py/": "", "y.py": SOURCE}))
    archive = Archive(here / "one.zip", "one.zip")
    with TemporaryDirectory(dir=here) as folder, pytest.raises(BadTarget, match="^is empty; "):
        unwrap.work(Packed(archive), (("x.py", "x.py"),), Path(folder))
    archive.close()


MUTANTS = 2_000


def test_no_mutated_archive_is_anything_but_read_or_refused(here):
    draw = random.Random(0)
    seeds = [
        inner(here, {"hw.py": SOURCE, "a/b.ipynb": "{}", "notes.txt": "x" * 500}),
        inner(here, {"./": "", "x.py": SOURCE * 50, "in.zip": inner(here, {"y.py": SOURCE})}),
        flagged(8, 8),
    ]
    for number in range(int(os.environ.get("CHECKGRAD_MUTANTS", MUTANTS))):
        raw = bytearray(draw.choice(seeds))
        for _ in range(draw.choice((1, 1, 2, 5, 20))):
            raw[draw.randrange(len(raw))] = draw.randrange(256)
        if draw.random() < 0.2:
            del raw[draw.randrange(len(raw)) :]
        (here / "mutant.zip").write_bytes(raw)
        with TemporaryDirectory(dir=here) as folder:
            try:
                archive = Archive(here / "mutant.zip", "mutant.zip")
            except BadTarget as problem:
                assert "\n" not in str(problem), number
                continue
            shelf = Packed(archive)
            for i, name in enumerate(shelf.entries()):
                place = Path(folder, str(i))
                place.mkdir()
                try:
                    assert unwrap.work(shelf, ((name, name),), place).path.exists(), number
                except BadTarget as problem:
                    assert "\n" not in str(problem), number
            archive.close()
    assert sorted(p.name for p in here.iterdir()) == ["inner.zip", "mutant.zip"]


BAD = {
    "an empty folder": ["empty", "--class"],
    "no archive": ["broken.zip"],
    "an empty archive": ["nothing.zip"],
    "two of one name": ["one/ann.py", "two/ann.py"],
}


@pytest.fixture
def bad(here):
    for folder in ("empty", "one", "two"):
        (here / folder).mkdir()
    (here / "one" / "ann.py").write_text(SOURCE)
    (here / "two" / "ann.py").write_text(SOURCE)
    (here / "broken.zip").write_bytes(b"PK\3\4 and so on")
    zipped(here / "nothing.zip", {"__MACOSX/x.py": SOURCE})
    return here


@pytest.mark.parametrize("names", BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_nothing_is_written(bad, capsys, names):
    before = sorted(bad.rglob("*"))
    assert cli.main(["grade", *names, "--out", "out"]) == 4
    printed = capsys.readouterr()
    assert printed.out == "" and len(printed.err.splitlines()) == 1
    assert sorted(bad.rglob("*")) == before


def test_a_name_of_any_bytes_can_be_written_down(here):
    name = b"caf\xe9.py"
    (here / "class").mkdir()
    with open(bytes(here) + b"/class/" + name, "w") as file:
        file.write(SOURCE)
    assert cli.main(["grade", "class", "--class", "--no-html", "--out", "out", "-j", "1"]) == 0
    (line,) = (here / "out" / "results.jsonl").read_text().splitlines()
    assert "caf\ufffd" in line and '"verdict":"passed"' in line


def test_the_row_of_a_student_counts_what_was_not_judged_and_staff_is_pointed_to_it(here):
    loop = "W = 1.0\nfor step in range(3):\n    W -= 0.1 * grad(W, not_here)\n"
    (here / "ann.py").write_text(SOURCE + "\n" + loop)
    (row,) = graded("ann.py").values()
    assert (row["right"], row["checks"], row["not judged"]) == ("7", "7", "1")
    assert "1 not judged: loop, line " in Path("out/class.html").read_text()


@pytest.fixture
def small_disk():
    """No file may become larger than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def sparse(path):
    """A file of 10 GB that takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(10 << 30)


@pytest.mark.parametrize("name", ["mal.zip", "mal/hw.zip", "mal/hw.py", "mal/data.npy", "mal.py"])
def test_nothing_of_any_size_is_copied(here, name, request):
    sparse(here / "class" / name)
    (here / "class/ann.py").write_text(SOURCE)
    request.getfixturevalue("small_disk")
    entries = {student.id: files for student, files in found(["class"], classes=True).items()}
    assert entries["ann"] == ["ann.py"]
    told = {".zip": "cannot be unpacked", ".py": "larger than 2 MB", ".npy": "holds data.npy"}
    assert told[Path(name).suffix] in entries["mal"]


def test_the_archive_of_another_student_is_reached_by_no_link(here):
    (here / "class/mal").mkdir(parents=True)
    zipped(here / "class/ann.zip", {"hw.py": SOURCE})
    (here / "class/mal/hw.zip").symlink_to(here / "class/ann.zip")
    entries = {student.id: files for student, files in found(["class"], classes=True).items()}
    assert entries["ann"] == ["hw.py"]
    assert "no Python file" in entries["mal"] or "is empty" in entries["mal"]
