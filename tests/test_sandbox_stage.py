"""What may be handed in: regular files, none too many, none too large; anything else is one clear line."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkgrad.sandbox import Worker, clean
from checkgrad.sandbox.stage import remove, stage
from checkgrad.targets import BadTarget


def refusal(path):
    with pytest.raises(BadTarget) as caught:
        stage(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path}: ")


def test_what_is_not_there_is_said(tmp_path):
    assert refusal(tmp_path / "hw.py") == "there is no such file or folder"


def test_a_name_with_a_nul_is_said(tmp_path):
    assert refusal(tmp_path / "h\0w.py").startswith("cannot be read")


def test_another_kind_of_file_is_said(tmp_path):
    (tmp_path / "hw.txt").touch()
    assert refusal(tmp_path / "hw.txt") == "expected a .py or .ipynb file, or a folder of them"


def test_a_symbolic_link_is_refused(tmp_path):
    (tmp_path / "real.py").touch()
    (tmp_path / "hw.py").symlink_to(tmp_path / "real.py")
    assert refusal(tmp_path / "hw.py") == "is a symbolic link; name the file itself"


def test_a_pipe_is_refused_and_waits_for_nobody(tmp_path):
    os.mkfifo(tmp_path / "hw.py")
    assert refusal(tmp_path / "hw.py") == "is neither a file nor a folder"


def test_a_device_is_refused():
    assert refusal(Path("/dev/null")) == "is neither a file nor a folder"


def test_links_and_pipes_in_a_folder_are_refused_or_left_out(tmp_path):
    (tmp_path / "hw.py").write_text("x = 1\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    staged = stage(tmp_path)
    assert [t[2] for t in staged.targets] == ["hw"]
    remove(staged.folder)
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    with pytest.raises(BadTarget, match="link.py: cannot be read"):
        stage(tmp_path)
    (tmp_path / "link.py").unlink()
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(BadTarget, match="pipe.py: is not a regular file"):
        stage(tmp_path)


def test_a_folder_without_python_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "test_hw.py").touch()
    assert refusal(tmp_path) == "a folder without Python files to grade"


def test_a_file_too_large_is_refused(tmp_path):
    (tmp_path / "hw.py").write_bytes(b"# " + b"x" * (3 << 20))
    assert refusal(tmp_path / "hw.py") == "larger than 2 MB"


def test_10000_files_are_refused(tmp_path):
    for i in range(10_000):
        (tmp_path / f"f{i}.py").touch()
    assert refusal(tmp_path) == "more than 200 files"


def test_other_files_do_not_count(tmp_path):
    for i in range(1_000):
        (tmp_path / f"image{i}.png").touch()
    (tmp_path / "hw.py").touch()
    staged = stage(tmp_path)
    assert sum(len(files) for _, _, files in os.walk(staged.folder)) == 1
    remove(staged.folder)


def test_folders_too_deep_are_refused(tmp_path):
    deep = tmp_path.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "hw.py").touch()
    assert refusal(tmp_path) == "folders nested more than 8 deep"


def test_nothing_is_left_of_a_refused_submission(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "staging"))
    (tmp_path / "staging").mkdir()
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "a.py").write_bytes(b"x" * (3 << 20))
    refusal(tmp_path / "hw")
    assert list((tmp_path / "staging").iterdir()) == []


def test_the_digest_follows_names_and_contents(tmp_path):
    digests = set()
    for name, text in (("a.py", "x = 1"), ("a.py", "x = 2"), ("b.py", "x = 1")):
        (tmp_path / name).write_text(text)
        first, second = stage(tmp_path / name), stage(tmp_path / name)
        assert first.sha256 == second.sha256
        digests.add(first.sha256)
        remove(first.folder)
        remove(second.folder)
    assert len(digests) == 3


def test_others_work_in_the_same_folder_is_not_in_reach(tmp_path):
    (tmp_path / "bob.py").write_text("answer = 42\n")
    (tmp_path / "alice.py").write_text("import bob\ndef f(): return bob.answer\n")
    with Worker(tmp_path / "alice.py") as worker:
        beside, missing = worker.inventory.notes
    assert beside.startswith("bob beside it is not part of the submission")
    assert missing.startswith("bob is not available here")


def test_what_a_file_imports_from_beside_it_comes_along_where_that_is_asked_for(tmp_path):
    for i in range(300):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / f"d{i}.py").touch()
    (tmp_path / "bob.py").write_text("answer = 42\n")
    (tmp_path / "carol.py").write_text("answer = 43\n")
    (tmp_path / "alice.py").write_text("import bob, data\n")
    staged = stage(tmp_path / "alice.py", neighbours=True)
    assert sorted(p.name for p in staged.folder.iterdir()) == ["alice.py", "bob.py"]
    remove(staged.folder)


@given(st.text())
def test_clean_text_holds_nothing_that_steers_a_terminal_or_hides(text):
    shown = clean(text)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in shown)
    assert not any(0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in shown)
    assert not any(0x2066 <= ord(c) <= 0x2069 or 0xD800 <= ord(c) < 0xE000 for c in shown)
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "command", ["::error::x", "  ::set-output name=a::b", "##[error]x", "##vso[task]"]
)
def test_clean_text_commands_no_ci(command):
    for line in clean(f"a\n{command}\r\n{command}").splitlines():
        assert not line.strip().startswith("::")
        assert "##" not in line


@pytest.mark.parametrize(
    "text", ["softmax(z) = e^z / Σ e^z", "x[1::2], a::b", "naïve — ok\n\tindented", "# 1 ## 2"]
)
def test_clean_text_leaves_ordinary_text_alone(text):
    assert clean(text) == text


def test_clean_text_is_bounded():
    assert clean("x" * 50, 10) == "x" * 10 + " ..."


@pytest.mark.parametrize(
    "source",
    [["import numpy as np\n", "from helpers import half\n"], "import os\nimport helpers as h"],
)
def test_a_notebook_gets_the_neighbours_that_its_cells_import(tmp_path, source):
    (tmp_path / "helpers.py").write_text("import deeper\nhalf = 0.5\n")
    (tmp_path / "deeper.py").write_text("")
    (tmp_path / "unasked.py").write_text("")
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    (tmp_path / "hw.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4}, indent=1))
    staged = stage(tmp_path / "hw.ipynb", neighbours=True)
    assert sorted(p.name for p in staged.folder.iterdir()) == [
        "deeper.py",
        "helpers.py",
        "hw.ipynb",
    ]
    remove(staged.folder)


@pytest.mark.parametrize("inside", ["hw", "a/b/hw", "hw/src"])
def test_a_folder_with_one_folder_inside_is_that_folder(tmp_path, inside):
    place = tmp_path / inside
    place.mkdir(parents=True)
    (place / "one.py").write_text("x = 1\n")
    (place / "two.py").write_text("from one import x\n")
    (tmp_path / "README.md").write_text("")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text("")
    staged = stage(tmp_path)
    assert [target[0] for target in staged.targets] == ["one", "two"]
    assert staged.roots[0] == str(staged.folder / place.name)
    remove(staged.folder)


def test_a_package_stays_one(tmp_path):
    (tmp_path / "package").mkdir()
    for name in ("__init__.py", "one.py"):
        (tmp_path / "package" / name).write_text("")
    staged = stage(tmp_path)
    assert [target[0] for target in staged.targets] == ["package", "package.one"]
    remove(staged.folder)


def test_more_than_20_mb_are_refused(tmp_path):
    for i in range(11):
        (tmp_path / f"f{i}.py").write_text("#" * 2_000_000)
    assert refusal(tmp_path) == "more than 20 MB of Python files"
