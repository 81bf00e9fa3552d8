"""Gradebooks by the rules of the platforms that take them in; staff decisions; what changed between two gradings."""

import csv
import io

import pytest

from checkgrad.assignment import BadAssignment
from checkgrad.batch import changes, gradebooks, overrides
from checkgrad.batch.gradebooks import GRADEBOOKS, entry
from checkgrad.batch.record import Record, Submitter, encode
from checkgrad.model import Environment, Outcome, Report, Submission, Verdict
from checkgrad.targets import BadTarget

CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Week 0 (76),Week 1 (77)
    Points Possible,,,,,5,2
"Lovelace, Ada",1,sis1,ada,"S1, early",5,
"O""Brien, =Bo",2,sis2,bo@uni.example,S1,4,1
"Zed, Zoe",3,sis3,zoe,S1,,
""".lstrip("\ufeff")
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    "Participant 11,Ada Lovelace,ada@uni.example,Submitted,,2.00,Yes,-,-,\n"
    'Participant 12,"=Bo, O""Brien",bo@uni.example,Submitted,,2.00,Yes,-,-,\n'
)


def report(points=1.0, verdict=Verdict.WRONG, **more):
    given = {"score": points, "maximum": 2.0, "assignment": "Week 1"} | more
    softmax = Outcome("softmax", "softmax", "matches_the_formula", verdict, points, 2.0)
    return Report(Submission("hw.py", "00"), [softmax], Environment("3", "2", "0"), **given)


def record(student, points=1.0, **more):
    return Record(student, "hw.py", "00", student.id, report(points, **more))


def entries(*records):
    return [entry(one.student, one.source, one.report) for one in records]


def rows(book):
    return list(csv.reader(io.StringIO(book.text)))


ADA, BO = Submitter("1", "Ada Lovelace", "ada@uni.example"), Submitter("bo@uni.example")


def test_canvas_gets_its_own_students_and_this_assignment_alone():
    header, possible, ada, bo, zoe = rows(
        GRADEBOOKS["canvas"](entries(record(ADA, 1.005), record(BO, 2.0)), CANVAS)
    )
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Week 1 (77)"]
    assert len(header) > 3 and "Section" in header[-2]
    assert possible[0].strip() == "Points Possible" and possible[-1] == "2"
    assert ada == ["Lovelace, Ada", "1", "sis1", "ada", "S1, early", "1.01"]
    assert (bo[0], bo[-1]) == ('O"Brien, =Bo', "2.00")
    assert zoe[-1] == ""


def test_canvas_is_filled_whatever_parts_its_cells():
    text = "Student;ID;SIS Login ID;Section;Week 1 (77)\nLovelace, Ada;1;ada;S1;\n"
    assert rows(GRADEBOOKS["canvas"](entries(record(ADA)), text))[1][-1] == "1.00"


def test_a_name_that_begins_a_formula_is_guarded():
    text = CANVAS.replace('"Lovelace, Ada"', '"=cmd|calc, Ada"')
    assert rows(GRADEBOOKS["canvas"](entries(record(ADA)), text))[2][0] == "'=cmd|calc, Ada"


def test_moodle_gets_its_worksheet_back_with_grades_and_comments():
    ada, bo = Submitter("11", "Ada Lovelace"), Submitter("12", "x")
    book = GRADEBOOKS["moodle"](entries(record(ada, 0.5), record(bo, 2.5)), MOODLE)
    header, first, second = rows(book)
    assert header == MOODLE.splitlines()[0].split(",")
    assert first[:2] == ["Participant 11", "Ada Lovelace"]
    assert (first[4], second[4]) == ("0.50", "2.00")  # none above the maximum
    assert first[-1].startswith("0.5 of 2 points")
    assert second[1] == "'=Bo, O\"Brien"


def test_moodle_with_another_maximum_is_an_error():
    with pytest.raises(BadTarget, match="a maximum of 100.00, the assignment 2"):
        GRADEBOOKS["moodle"](entries(record(Submitter("11"))), MOODLE.replace("2.00", "100.00"))


def test_otter_begins_with_the_points_of_every_question():
    header, most, first = rows(GRADEBOOKS["otter"](entries(record(ADA))))
    assert header == ["file", "softmax", "total_points_earned", "percent_correct", "grading_status"]
    assert most[:3] == ["points-per-question", "2", "2"]
    assert first == ["hw.py", "1", "1", "0.5", "Completed"]


def test_nbgraders_readers_know_no_quotes():
    comma = Submitter("1", 'Ada "Countess", Lovelace')
    text = GRADEBOOKS["nbgrader"](entries(record(comma))).text
    header, first = (line.split(",") for line in text.splitlines())
    assert '"' not in text and len(header) == len(first) == 11
    assert dict(zip(header, first, strict=True))["score"] == "1"


def test_who_has_no_row_is_told_and_a_file_of_another_class_is_refused():
    book = GRADEBOOKS["canvas"](entries(record(ADA), record(Submitter("99"))), CANVAS)
    assert book.remark == "canvas: no row for 99"
    with pytest.raises(BadTarget, match="is it the file of this class"):
        GRADEBOOKS["canvas"](entries(record(Submitter("99"))), CANVAS)


def test_two_of_one_name_are_not_told_apart_by_it():
    text = CANVAS + '"Lovelace, Ada",4,sis4,ada2,S1,,\n'
    twins = (Submitter("1", "Ada Lovelace"), Submitter("4", "Ada Lovelace"))
    found = rows(GRADEBOOKS["canvas"](entries(record(twins[1], 2.0), record(twins[0])), text))
    assert (found[2][-1], found[-1][-1]) == ("1.00", "2.00")


WRONG = {
    "no gradebook": ("canvas", "a,b\n", "has to begin with Student, ID"),
    "no section": ("canvas", "Student,ID,x,y\n", "no column Section"),
    "no such assignment": ("canvas", CANVAS.replace("Week 1", "Week 2"), "no column 'Week 1'"),
    "no worksheet": ("moodle", "a,b\n", "no column Identifier"),
    "nothing": ("moodle", "", "the file is empty"),
}


@pytest.mark.parametrize(("name", "template", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_gradebook_is_told_in_one_line(name, template, said):
    with pytest.raises(BadTarget, match=said):
        GRADEBOOKS[name](entries(record(ADA)), template)


@pytest.mark.parametrize("text", ["paper", "canvas", "otter=x.csv", "canvas=none.csv"])
def test_a_gradebook_that_cannot_be_made_is_refused_at_once(text):
    with pytest.raises(BadTarget):
        gradebooks.asked_for([text])


DECISION = '[[overrides]]\nstudent = "1"\nexercise = "softmax"\npoints = 1.5\nreason = "r"\nauthor = "Kim"\n'


def decided(tmp_path, text=DECISION):
    path = tmp_path / "overrides.toml"
    path.write_text(text)
    return overrides.load(path, {"1", "2"})


def test_a_decision_of_staff_counts_and_is_told(tmp_path):
    one = overrides.applied(record(ADA, 0.5), decided(tmp_path))
    assert one.report.score == 1.5
    (told,) = one.report.decisions
    assert (told.instead_of, told.reason, told.author) == (0.5, "r", "Kim")
    assert entries(one)[0].points == {"softmax": (1.5, 2.0)}
    assert overrides.applied(record(Submitter("2")), decided(tmp_path)).report.decisions == []


def test_a_decision_about_the_whole_stands_above_one_about_a_part(tmp_path):
    whole = DECISION.replace('exercise = "softmax"\n', "").replace("1.5", "0")
    assert overrides.applied(record(ADA), decided(tmp_path, whole + DECISION)).report.score == 0


BAD = {
    "nobody": (DECISION.replace('"1"', '"7"'), "nobody handed in as '7'"),
    "no reason": (DECISION.replace('"r"', '" "'), "needs a reason and an author"),
    "no author": (DECISION.replace('author = "Kim"\n', ""), r"overrides\[0\]: lacks author"),
    "twice": (DECISION * 2, "has a decision on this already"),
    "another key": (DECISION + "point = 1\n", r"overrides\[0\].point: no such key; did you mean"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_decision_that_is_none_is_told_in_one_line(tmp_path, text, said):
    with pytest.raises(BadAssignment, match=said):
        decided(tmp_path, text)


def test_a_decision_about_what_was_not_asked_is_refused(tmp_path):
    about = decided(tmp_path, DECISION.replace('"softmax"', '"softmx"'))
    with pytest.raises(BadAssignment, match="no exercise 'softmx'; did you mean softmax?"):
        overrides.applied(record(ADA), about)


def results(tmp_path, name, *records):
    path = tmp_path / name
    path.write_bytes(b"".join(map(encode, records)))
    return changes.read(path)


def test_changed_points_are_told_with_the_reason(tmp_path):
    old = results(tmp_path, "old.jsonl", record(ADA, 0.0), record(Submitter("2")), record(BO))
    new = results(
        tmp_path,
        "new.jsonl",
        record(ADA, 2.0, verdict=Verdict.PASSED),
        record(Submitter("2")),
        record(Submitter("3")),
    )
    assert list(changes.changes(old, new)) == [
        "1: 0 -> 2",
        "  softmax: 0 -> 2: matches the formula: wrong -> passed",
        "3: new, 1",
        "bo@uni.example: gone, was 1",
    ]
    assert list(changes.changes(new, new)) == []
