"""Who handed in what: the names that platforms give, and archives that are up to no good."""

import zipfile

import pytest

from checkgrad import cli
from checkgrad.batch import archive
from checkgrad.batch.intake import handed_in
from checkgrad.batch.record import Student

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


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path.name


def inner(folder, members):
    zipped(folder / "inner.zip", members)
    return (folder / "inner.zip").read_bytes()


def found(names, *, classes=False):
    """Who handed in what: the files by the student."""
    with handed_in(names, classes=classes) as handed:
        return {
            h.student: h.problem
            or sorted([h.path.name] if h.path.is_file() else [p.name for p in h.path.rglob("*.*")])
            for h in handed
        }


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
        Student("4711", "doejane"): ["hw.py", "more_2.py"],
        Student("4712", "roebob"): ["my_hw-1.py"],
        Student("anon_x7Ab2"): ["hw.py"],
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
    people = [Student("4711", "Jane van Doe"), Student("12", "Zoë O'B")]
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
        Student("0017", "Doe, Jane", "jane@example.edu"): ["hw.py"],
        Student("ann@example.edu", 'Ann "A" A', "ann@example.edu"): together,
        Student("222", "Bob O'B"): together,
        Student("submission_43"): "holds no Python file and no notebook",
    }


def test_a_folder_is_one_submission_unless_it_is_called_a_class(here):
    for place in ("week/ann", "week/bob"):
        (here / place).mkdir(parents=True)
        (here / place / "hw.py").write_text(SOURCE)
    (here / "week" / "cid.py").write_text(SOURCE)
    zipped(here / "week" / "dan.zip", {"hw.py": SOURCE})
    whole = ["cid.py", "dan.zip", "hw.py", "hw.py"]
    assert found(["week"]) == {Student("week"): whole}
    assert found(["week"], classes=True) == {
        Student("ann"): ["hw.py"],
        Student("bob"): ["hw.py"],
        Student("cid"): ["cid.py"],
        Student("dan"): ["hw.py"],
    }


def test_an_archive_packed_as_a_folder_is_that_folder(here):
    name = zipped(here / "week.zip", {"week/ann.py": SOURCE, "week/bob.py": SOURCE})
    assert found([name]) == {Student("ann"): ["ann.py"], Student("bob"): ["bob.py"]}


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
    members = ["a/hw.py", "a/.git/x.py", "__MACOSX/a/hw.py", "a/data.npz", "a/b.ipynb"]
    name = zipped(here / "class.zip", dict.fromkeys(members, "x"))
    archive.unpack(here / name, here / "to", name)
    assert sorted(p.name for p in here.joinpath("to").rglob("*.*")) == ["b.ipynb", "hw.py"]


BAD = {
    "an empty folder": ["empty", "--class"],
    "an archive without sources": ["nothing.zip"],
    "no archive": ["broken.zip"],
    "a path that climbs": ["climbs.zip"],
    "a path from the root": ["root.zip"],
    "a path from a drive": ["drive.zip"],
    "a path that climbs as Windows writes it": ["windows.zip"],
    "a bomb": ["bomb.zip"],
    "two of one name": ["one/ann.py", "two/ann.py"],
    "two of one student": ["twice.zip"],
    "metadata that lead elsewhere": ["astray.zip"],
}


@pytest.fixture
def bad(here, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 50_000)
    for folder in ("empty", "one", "two"):
        (here / folder).mkdir()
    (here / "one" / "ann.py").write_text(SOURCE)
    (here / "two" / "ann.py").write_text(SOURCE)
    (here / "broken.zip").write_bytes(b"PK\3\4 and so on")
    for name, member in {
        "nothing": "readme.txt",
        "climbs": "a/../../hw.py",
        "root": "/etc/hw.py",
        "drive": "C:/hw.py",
        "windows": "..\\hw.py",
    }.items():
        zipped(here / f"{name}.zip", {"ann.txt": "", member: SOURCE})
    zipped(here / "bomb.zip", {f"s{i}.py": b"#" * 10_000 for i in range(10)})
    zipped(here / "twice.zip", {"ann.py": SOURCE, "ann/hw.py": SOURCE})
    zipped(here / "astray.zip", {"submission_metadata.yml": "../one:\n  :submitters: []\n"})
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
