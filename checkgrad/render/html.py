"""Report -> one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from checkgrad.model import (
    Curve,
    Evidence,
    Example,
    Layers,
    Matrix,
    Outcome,
    OwnTraining,
    Report,
    Scatter,
    Surface,
    TrainingRun,
    Verdict,
)
from checkgrad.render import captions, numbers, summary
from checkgrad.render.formulas import by_hand, mathml
from checkgrad.render.shield import shielded
from checkgrad.render.snippet import snippet
from checkgrad.render.svg import SHARED, tidy

LONGEST = 20_000  # characters of any one text
MOST_V_CURVES = 3
LONGEST_OPEN = 14  # lines of the student's code that are shown without being asked for
HERE = Path(__file__).parent
MARKS = {
    Verdict.PASSED: "\u2713",
    Verdict.ADVICE: "!",
    Verdict.NOT_RUN: "\u2013",
    Verdict.NOT_JUDGED: "?",
    Verdict.GRADER_FAULT: "?",
    Verdict.WRONG: "\u2717",
    Verdict.CRASHED: "\u2717",
    Verdict.OVER_LIMIT: "\u2717",
    Verdict.MISSING: "\u2717",
}


@dataclass(frozen=True)
class LegendLine:
    """A line of a legend: the role whose sign is shown, and what it stands for."""

    role: str
    text: str


@dataclass(frozen=True)
class Picture:
    """Drawings under one title, and what they show in words."""

    id: str
    title: str
    caption: str
    drawings: list[Markup]
    legend: list[LegendLine]
    size: str = ""  # "small" beside others of its kind, "row" where it takes all the width


@dataclass(frozen=True)
class Film:
    """The answers of a network over the plane, a picture for each step."""

    id: str
    title: str
    caption: str
    frames: list[tuple[int, Markup]]
    classes: list[int]


class Album:
    """Draws the pictures of one report and numbers them; what cannot be drawn is said in words."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    @cached_property
    def _plots(self) -> Any:
        # matplotlib takes longer to import than all the rest of a report takes
        from checkgrad.render import plots

        return plots

    @cached_property
    def _easel(self) -> Any:
        return self._plots.Easel()

    def pictures(self, evidence: list[Evidence]) -> list[Picture]:
        """Draw what belongs beside a finding; how the numeric derivative was found stands at the end."""
        shown = [one for one in evidence if not _is_v_curve(one)]
        matrices = [one for one in shown if isinstance(one, Matrix)]
        drawn = [self.picture(one, len(matrices) > 1) for one in shown]
        told = {id(one) for one in matrices[1:]}  # one legend serves all matrices
        return [
            replace(picture, legend=[]) if id(one) in told else picture
            for one, picture in zip(shown, drawn, strict=True)
        ]

    def passed(self, outcomes: list[Outcome]) -> list[Picture]:
        """Draw functions; that all entries agree is said in words."""
        every = [e for outcome in outcomes for e in outcome.evidence]
        return self.pictures([e for e in every if isinstance(e, Curve | Surface)])

    def picture(self, evidence: Evidence, among_many: bool = False) -> Picture:
        sources = self._drawn(lambda: self._plots.draw(self._easel, evidence, among_many))
        drawn = self._picture(evidence.title, captions.caption(evidence), sources, legend(evidence))
        if among_many and isinstance(evidence, Matrix):
            return replace(drawn, size="small")
        row = isinstance(evidence, Layers) or len(sources) > 1
        return replace(drawn, size="row" if row else "")

    def own_training(self, run: OwnTraining) -> Picture:
        drawn = self.picture(run.curve)
        return replace(drawn, caption=captions.own_training(run), legend=[])

    def losses(self, run: TrainingRun) -> Picture:
        sources = self._drawn(lambda: [self._plots.draw_losses(self._easel, run)])
        keys = [LegendLine("yours", "yours"), LegendLine("due", "a right network, same start")]
        return self._picture("Loss", captions.losses(run), sources, keys)

    def film(self, run: TrainingRun) -> Film:
        name = f"picture{next(self._numbers)}"
        sources = self._drawn(lambda: self._plots.draw_regions(self._easel, run))
        first = f"{name}-0-"
        shared = sorted(set(re.findall(rf'id="({SHARED}\d+)"', "".join(sources[:1]))))
        frames = [
            tidy(
                source,
                f"{name}-{i}-",
                f"{name}-title {name}-step{i}",
                [first + s for s in shared] if i else [],
            )
            for i, source in enumerate(sources)
        ]
        steps = [region.step for region in run.regions]
        return Film(
            name,
            "Answers over the plane",
            captions.regions(run),
            [(step, Markup(frame)) for step, frame in zip(steps, frames, strict=False)],
            sorted({label for label in run.labels if 0 <= label < 4}),
        )

    def _picture(
        self, title: str, caption: str, sources: Sequence[str], keys: list[LegendLine]
    ) -> Picture:
        name = f"picture{next(self._numbers)}"
        described = f"{name}-title {name}-caption"
        drawings = [
            Markup(tidy(source, f"{name}-{i}-", described)) for i, source in enumerate(sources)
        ]
        return Picture(name, title, caption, drawings, keys if drawings else [])

    def _drawn(self, draw: Callable[[], list[str]]) -> list[str]:
        try:
            return draw()
        except Exception:  # odd numbers of a student must not cost them the rest of the report
            return []


def render(report: Report) -> str:
    """Return *report* as a page; hidden checks are counted, not told."""
    shown = summary.visible(report)
    style = environment().get_template("page.css").render(frames=range(2, 13))
    page = environment().get_template("page.html")
    text: str = page.render(
        report=shown,
        hidden=len(report.outcomes) - len(shown.outcomes),
        groups=_groups(shown),
        titles={part.name: part.title for part in summary.parts(shown)},
        first=summary.first_to_fix(shown),
        counts=summary.counts(shown),
        several_files=len({one.place.file for one in shown.not_judged}) > 1,
        progress=summary.progress(shown),
        style=Markup(style),
        style_hash=style_hash(style),
        album=Album(),
        exact=_v_curves(shown),
    )
    return text.lstrip()


def legend(evidence: Evidence) -> list[LegendLine]:
    """What the signs in the picture of *evidence* mean."""
    match evidence:
        case Curve():
            others = [label for label in evidence.lines if label != "yours"]
            roles = ["due", "due1", "due2", "due3"]
            keys = [
                LegendLine(roles[min(i, 1 + (i - 1) % 3)], label) for i, label in enumerate(others)
            ]
            return [LegendLine("yours", "yours")] * ("yours" in evidence.lines) + keys
        case Matrix() if evidence.wrong:
            return _matrix_legend(max(captions.matrix_size(evidence.expected)))
        case Scatter():
            return [
                LegendLine("far", "disagrees"),
                LegendLine("near", "agrees"),
                LegendLine("due", "where the two are equal"),
            ]
    return []


def _matrix_legend(size: int) -> list[LegendLine]:
    if size <= captions.WRITTEN:
        return [
            LegendLine("high", "above 0"),
            LegendLine("low", "below 0"),
            LegendLine("frame", "wrong"),
        ]
    keys = [LegendLine("high", "too large"), LegendLine("low", "too small")]
    return keys + [LegendLine("cross", "wrong")] * (size <= captions.VECTOR)


@cache
def environment() -> Environment:
    """Return where every page is made: what enters it is escaped and visible."""
    env = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    env.filters |= {
        "spoken": summary.spoken,
        "sentence": summary.sentence,
        "number": numbers.number,
        "clipped": numbers.clipped,
        "mathml": mathml,
        "by_hand": by_hand,
        "stated": summary.stated,
        "titled": summary.titled,
        "counted": _counted,
    }
    env.globals |= {
        "lines": numbers.lines,
        "at": summary.at,
        "told": summary.told,
        "yours": _yours,
        "snippet": snippet,
        "words": summary.WORDS,
        "marks": MARKS,
        "plural": summary.plural,
        "tally": summary.tally,
        "located": summary.located,
        "alike": summary.alike,
        "agreements": _agreements,
        "longest_open": LONGEST_OPEN,
    }
    return env


def _visible(value: Any) -> Any:
    """Every string that enters the page passes here; autoescape follows."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return shielded(numbers.clean(numbers.clipped(value, LONGEST)))
    return value


def _counted(text: str) -> Markup:
    """*text* with its first number in bold."""
    return Markup(re.sub(r"^\d+", r"<strong>\g<0></strong>", str(escape(summary.titled(text)))))


def _groups(report: Report) -> list[tuple[str, str, list[summary.ExerciseSummary]]]:
    every = summary.parts(report)
    failed = [p for p in every if p.verdict.failed]
    unclear = [p for p in every if p.verdict in (Verdict.ADVICE, Verdict.GRADER_FAULT)]
    fine = [p for p in every if p.verdict in (Verdict.PASSED, Verdict.NOT_RUN)]
    unjudged = [p for p in every if p.verdict is Verdict.NOT_JUDGED]
    groups = [
        ("bad", "Not right yet", failed),
        ("advice", "Right, with advice", unclear),
        ("open", "Not judged", unjudged),
        ("good", "Right", fine),
    ]
    return [group for group in groups if group[2]]


def _yours(example: Example) -> str:
    """The student's number where the entry was worked out by hand."""
    marked = (line.marked for line in numbers.lines(example.got, where=example.where))
    alone = "" if numbers.depth(example.got) else numbers.number(example.got)
    return next(filter(None, marked), alone)


def _agreements(outcomes: list[Outcome]) -> list[str]:
    """What was compared entry by entry and agreed."""
    every = [e for outcome in outcomes for e in outcome.evidence]
    return [captions.caption(e) for e in every if isinstance(e, Scatter | Matrix)]


def _v_curves(report: Report) -> list[Evidence]:
    """Some of them, those of failures first: they all look alike."""
    told = sorted(report.outcomes, key=lambda outcome: not outcome.verdict.failed)
    return [e for outcome in told for e in outcome.evidence if _is_v_curve(e)][:MOST_V_CURVES]


def _is_v_curve(evidence: Evidence) -> bool:
    return isinstance(evidence, Curve) and evidence.logarithmic


def style_hash(style: str) -> str:
    """Return what the policy of a page names its only style by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
