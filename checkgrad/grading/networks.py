"""Questions about a network or a training loop of a submission: asked, settled, told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from contextlib import closing

from msgspec.structs import replace

from checkgrad.asking.finding import NetworkCheck
from checkgrad.asking.learning import learns_xor
from checkgrad.asking.network import gradients
from checkgrad.asking.truth import StudentNetwork
from checkgrad.child.inventory import Definition, TrainingLoop
from checkgrad.exercises.mlp import NETWORK
from checkgrad.grading import loop_questions, unjudged
from checkgrad.grading.mended import OnMended
from checkgrad.grading.part import Part, Reason
from checkgrad.grading.subjects import Subjects
from checkgrad.grading.telling import how_read, missing, not_judged
from checkgrad.judging import (
    Beside,
    Question,
    bare_outcome,
    demands,
    exam,
    following,
    has_right_blocks,
    judge_network,
    settled_network,
)
from checkgrad.model import (
    Outcome,
    ReadAs,
    Verdict,
)
from checkgrad.networks.candidates import (
    NetworkCandidate,
    NetworkReading,
)
from checkgrad.networks.pieces import Pieces
from checkgrad.reading import Candidate
from checkgrad.reading.loops import LoopReading
from checkgrad.words import settings

MOST_LOOPS = 3  # around one network that are looked at


class OnNetworks:
    """Answers the questions about networks and training loops."""

    def __init__(self, subjects: Subjects, pictures: bool, mended: OnMended) -> None:
        self.subjects, self.read, self.pictures = subjects, subjects.read, pictures
        self.mended = mended
        self._repaired: dict[NetworkCandidate, bool] = {}
        self._pieces: dict[NetworkCandidate, str] = {}

    def answer(self, question: Question) -> Part:
        """What a network, or a training loop, shows, and what that means under the assignment."""
        candidate = next(
            (c for c in self.read.network_candidates if c.function == question.function), None
        )
        if candidate is None:
            return self._answer_on_a_loop(question)
        if candidate.left_open:
            covers, concerns = names(candidate.left_open), names(candidate.parts)
            problem = f"is not written yet: {covers[0]}"
            unwritten = bare_outcome(question, Verdict.MISSING, problem)
            return Part(unwritten, covers=covers, concerns=concerns)
        reading = self.read.networks[candidate]
        if not isinstance(reading, str) and lost_its_hidden_layers(candidate, reading):
            reading = "could be built without the hidden layers that it is meant to have only"
        if isinstance(reading, str):
            if shown := self._shown_by_loops(question, candidate):
                return shown
            unread = not_judged(self.read, question, Reason(unjudged.NOT_READ, reading))
            return replace(unread, concerns=names(candidate.parts))
        network = self.subjects.network(candidate, reading)
        if reading.pieces and (cause := self._broken_pieces(reading.pieces, candidate)):
            return unjudged.part(question, Reason(unjudged.FOLLOWS, cause))
        check = next(
            c for c in demands.network_checks(self.read.assignment) if c.name == question.check
        )
        finding = check.ask(network)
        if finding.unasked:
            shown = self._shown_by_loops(question, candidate)
            return shown or not_judged(self.read, question, Reason(finding.unasked))
        read_as = how_read(self.read, question, reading)
        outcome = judge_network(question, finding)
        used_so = outcome.verdict.failed and self._is_network_used_so(network)
        beside = Beside(self.read.is_pinned(NETWORK.name), used_so=used_so)
        outcome = settled_network(outcome, network, beside)
        by_gradients = outcome.verdict.failed and _is_by_gradients(check, outcome, network)
        if outcome.verdict is Verdict.NOT_JUDGED or by_gradients:
            in_vain = not outcome.diagnoses and not has_right_blocks(network)
            shown = self._shown_by_loops(question, candidate, by_gradients, in_vain)
            if shown:
                return shown
        if outcome.verdict is Verdict.PASSED and check.ask is gradients and penalised(candidate):
            around = self._around(candidate)
            # names say nothing of how large a penalty has to be; the module's own loss does
            if around and self._first_read(around).by_penalty:
                return self._answer_on_loops(question, around)
        if outcome.verdict is Verdict.NOT_JUDGED and self._is_repaired(candidate, reading):
            beside = dataclasses.replace(beside, repaired=True)
            outcome = settled_network(judge_network(question, finding), network, beside)
        if outcome.verdict is Verdict.NOT_JUDGED:
            return not_judged(self.read, question, Reason(unjudged.TRIED, outcome.problem))
        if outcome.verdict.failed and outcome.follows_from and not beside.pinned:
            outcome = following(outcome)
        if reading.pieces and outcome.verdict.failed:
            return unjudged.part(question, Reason(unjudged.FOLLOWS, reading.pieces.functions))
        if check.ask is gradients:
            pinned = self.read.assignment.conventions
            outcome = demands.by_other_network_conventions(outcome, reading, pinned, finding.code)
        covers = unjudged.reached(self.read.inventory, reading.called)
        around = loop_questions.around(self.read.inventory.loops, candidate)
        covers += [loop.name for loop in around if loop not in self.read.loops]
        return Part(outcome, read_as, list(finding.training), covers=covers)

    def _broken_pieces(self, pieces: Pieces, candidate: NetworkCandidate) -> str:
        """Which pieces a network that is put together and not right follows from; "" if it is right.

        It is nobody's code, so it is a consequence of its pieces and never wrong by itself.
        """
        if candidate not in self._pieces:
            network = self.subjects.networks[candidate]
            broken = gradients(network).verdict.failed
            wrong = [r.candidate.function for r in pieces.readings.values() if not r.right]
            cause = ", ".join(dict.fromkeys(wrong)) or pieces.functions
            self._pieces[candidate] = cause if broken else ""
        return self._pieces[candidate]

    def _is_network_used_so(self, network: StudentNetwork) -> bool:
        """Does the module's own work make and call the network as its reading does?"""
        reading = network.reading
        if reading.script is None or not network.probes:
            return False
        parameters, x, t = network.probes[0]
        request = reading.request(parameters, x, t)
        return self.read.usage.shows(request, len(x), strict=False) is True

    def _is_repaired(self, candidate: NetworkCandidate, reading: NetworkReading) -> bool:
        """Does one change of one expression make everything right? Nothing due is sent in an exam."""
        if exam.is_secret(self.read.assignment) or self.read.interview.is_hurried or reading.pieces:
            return False
        if candidate not in self._repaired:
            self._repaired[candidate] = not self._rolls_dice(reading) and self._speaks_for(reading)
        return self._repaired[candidate]

    def _rolls_dice(self, reading: NetworkReading) -> bool:
        """Is what a network calls random, as dropout is? The due value in its place mends it whatever was meant."""
        return self._use_chance(unjudged.reached(self.read.inventory, reading.called))

    def _is_random(self, loop: TrainingLoop) -> bool:
        return self._use_chance((loop.name, *loop.reaches))

    def _use_chance(self, names: Iterable[str]) -> bool:
        called = map(self.read.inventory.find, names)
        return any(
            "random" in d.uses
            for d in called
            if d and d.kind != "class" and "__init__" not in d.name
        )

    def _speaks_for(self, reading: NetworkReading) -> bool:
        with closing(self.read.surgery()) as surgery:
            return surgery.speaks_for(reading, self.read.seed)

    def _around(self, candidate: NetworkCandidate) -> list[TrainingLoop]:
        """The loops that use a network, as many as are looked at."""
        return loop_questions.around(self.read.inventory.loops, candidate)[:MOST_LOOPS]

    def _shown_by_loops(
        self,
        question: Question,
        candidate: NetworkCandidate,
        contradicts: bool = False,
        in_vain: bool = False,
    ) -> Part | None:
        """What the loops that use a network show of it.

        Where it *contradicts* names, only a right one that the module runs; or a wrong one whose mistake is known, where
        what names say is right nowhere, *in_vain*.
        """
        around = self._around(candidate)
        if not around or self.read.is_pinned(NETWORK.name):
            return None
        if contradicts:
            loops = (self.read.loop_reading(loop) for loop in around if loop.number >= 0)
            shown = {one.verdict for one in loops if one.verdict != "right" or one.as_it_is}
            if "right" not in shown and not (in_vain and "wrong" in shown):
                return None
        if self._first_read(around).verdict == "unclear" and not self.mended.first(around):
            return None
        found = self._answer_on_loops(question, around)
        return replace(found, covers=[*found.covers, *names(candidate.parts)])

    def _answer_on_a_loop(self, question: Question) -> Part:
        """What a loop shows that stands for itself; what trains a wrong network is no mistake of its own."""
        loop = next((one for one in self.read.loops if one.name == question.function), None)
        found = self._answer_on_loops(question, [loop] if loop else [])
        if loop and found.outcome.verdict.failed and (cause := self._wrong_network_in(loop)):
            place = unjudged.place_of(loop.span)
            return unjudged.part(question, Reason(unjudged.TRAINS_WRONG, cause), place)
        return found

    def _wrong_network_in(self, loop: TrainingLoop) -> str:
        """The network that a loop trains and whose own gradients are not right."""
        trained = (c for c in self.read.network_candidates if loop_questions.around([loop], c))
        return next((c.function for c in trained if self.subjects.has_wrong_gradients(c)), "")

    def _answer_on_loops(self, question: Question, loops: Sequence[TrainingLoop]) -> Part:
        """What the first loop shows that shows anything."""
        if not loops:
            return Part(missing(self.read, question, False))
        found = self._first_read(loops[:MOST_LOOPS])
        mended = found.verdict == "unclear" and self.mended.first(loops[:MOST_LOOPS])
        cause, found = mended or (None, found)
        place = unjudged.place_of(found.loop.span)
        shown = question.check == gradients.__name__ and not found.loop.user
        if found.idle and unjudged.looks_idle(self.read.inventory, found.loop):
            return unjudged.part(question, Reason(unjudged.NO_TRAINING))
        if found.verdict == "unclear" and shown:
            return unjudged.part(question, Reason(unjudged.NO_LOOP, found.why), place)
        if found.verdict == "unclear" or question.check not in loop_questions.ASKED:
            return unjudged.part(question, Reason(unjudged.AS_A_LOOP))
        outcome = loop_questions.outcome_of(question, found, self.pictures)
        if cause and question.check == gradients.__name__:
            outcome = right_but_for(outcome, cause)
        read_as = ReadAs(
            question.exercise,
            question.function,
            {"loss": found.loss, "rate": f"{found.rate:.6g}"},
            loop_questions.note_of(found),
            read_by="usage",
            place=place,
        )
        own = found.attempt is not None and found.attempt.own
        beside = [] if own else unjudged.losses_in(self.read.inventory, found.loop.span)
        known = unjudged.also_known_as(self.read.inventory, found.ran)
        covers = [found.loop.name, *found.ran, *known]
        trained = loop_questions.own_training(found, self.pictures and shown)
        return Part(outcome, read_as, own_training=trained, covers=covers, beside=beside)

    def _first_read(self, loops: Sequence[TrainingLoop]) -> LoopReading:
        """The first loop, or piece of it, that shows anything; else what the first one said."""
        for loop in loop_questions.with_pieces(loops, self.read.inventory.loops):
            found = self.read.loop_reading(loop)
            # a layer by itself says nothing of the loop that uses it, and chance may be meant
            chance = loop.number < 0 and found.verdict == "wrong" and self._is_random(loop)
            if (
                found.verdict != "unclear"
                and not chance
                and (loop in loops or not found.by_outputs)
            ):
                return found
        first = self.read.loop_reading(loops[0])
        unread = "it rolls dice, so that its steps may be meant otherwise"
        return first if first.verdict == "unclear" else LoopReading(first.loop, "unclear", unread)


def _is_by_gradients(check: NetworkCheck, outcome: Outcome, network: StudentNetwork) -> bool:
    """Do wrong gradients alone make it fail? What follows from a part is told as that."""
    if check.ask is not learns_xor:
        return check.ask is gradients
    return not outcome.follows_from and gradients(network).verdict.failed


def right_but_for(outcome: Outcome, cause: Candidate) -> Outcome:
    """The outcome of a loop that is right with a function that it uses made right."""
    problem = f"right but for {cause.function} that it uses, which is not right"
    follows = cause.exercise.name
    return replace(outcome, verdict=Verdict.ADVICE, problem=problem, follows_from=follows)


def lost_its_hidden_layers(candidate: NetworkCandidate, reading: NetworkReading) -> bool:
    """Is it read without a hidden layer, though its constructor is handed hidden sizes?"""
    maker = candidate.maker
    asked = maker and any("hidden" in p.name.lower() for p in maker.parameters or ())
    return bool(asked) and not reading.hidden and not reading.pieces


def penalised(candidate: NetworkCandidate) -> bool:
    """Does a function of a network take the factor of a penalty?"""
    parameters = (p.name for d in candidate.parts for p in d.parameters or ())
    return any(settings.PENALTY in settings.of_networks(name.lower()) for name in parameters)


def names(definitions: Iterable[Definition]) -> list[str]:
    return [definition.name for definition in definitions]
