"""The search for the place and the operation: what an expression should have given, and what text gives that."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.of_loops import LoopPatient
from checkgrad.diagnose.surgery.of_stops import StoppedLoop
from checkgrad.diagnose.surgery.options import Operation, Options, is_number
from checkgrad.diagnose.surgery.patient import Patient, Truth, alternatives
from checkgrad.diagnose.surgery.scene import EXPRESSION
from checkgrad.diagnose.surgery.table import Reply, Runs, Trial
from checkgrad.words.messages import SHAPES, says

MOST_RUNS = 2500
MOST_PLACES = 3  # in which what mends only something is looked for
AT_A_TIME, AT_ONCE = 300, 300_000  # texts that one run peeks at, and numbers that they give, about
ALIKE = 3  # options that are tried of those that give the same on the first set
MIDDLE, LARGEST = (
    64,
    300,
)  # entries of a value whose effect is measured entry by entry: first, and where much could be added
NUMBERS = (" 2", "')")  # with which a factor ends that is no array
# What belongs where a value is made; anything else belongs near to what is wrong.
JOINED = ("dotted", "plus", "minus")
WHERE_MADE = ("passed through", "normalised", "one minus", "squared")
FORWARD = ("inputs", "z", "a", "slope", "w", "t")  # quantities that no gradient goes through
NEAR = 1e-7  # relative, of an answer that is predicted
APART = 0.3  # cost of an operation that does not reach, or not mend, all that it should
MEANT = 0.4  # cost that an operation loses if the error speaks of what it changes
OF_SHAPES = ("operator", "transposed", "not transposed", "swapped", "axis", "dotted")
OF_KINDS = ("replaced", "function", "dropped", "element", "passed through")
ODD = 0.5  # cost of an operation that is true of targets at 0 and 1 only
MUCH = 0.2  # of cost
PLAIN = 1.5  # below this cost stands what needs no quantity from outside
SIMPLE = 1.75  # below it stands what needs no quantity, where the run stops
MOST_OTHERS = 6  # statements that give no numbers, where the run stops
MOST_EARLIER, MOST_CALLS = (
    8,
    4,
)  # statements before the one at which the run stops, and calls that led to it
WIDE = 2.3  # above it stands what is due in the end, which says little
ITS_VALUE = "(_)"  # a text that gives what stands there
NUDGE = "(_) * 1.37 + 0.11"


class Search:
    """One patient on the table; *kept* holds the operations that were found, the nearest to the loss first."""

    def __init__(
        self,
        runs: Runs,
        patient: Patient | LoopPatient | StoppedLoop,
        most: int = MOST_RUNS,
        sound: Collection[tuple[str, int, int]] = (),
    ) -> None:
        self.sound = sound  # files and lines of functions that are right by themselves
        self.runs, self.patient, self.most = runs, patient, most
        self.table = patient.table(runs)
        self.kept: list[Operation] = []
        self.first: Reply | None = None  # the run as the student wrote it
        self.truth = patient.truths[0]
        self.base = Reply(None)
        self.before: frozenset[int] = frozenset()
        self.near: frozenset[int] = frozenset()  # the wrong blocks nearest the loss
        self.whole: set[int] = set()  # statements that reach all that is wrong
        self._fresh: list[Reply] = []
        self._as_due: dict[tuple[int, tuple[str, ...]], bool] = {}
        self.reach: Mapping[int, frozenset[int]] = {}  # which blocks move with a statement
        self.looked: dict[int, dict[Any, Operation]] = {}  # by statements, by what they gave
        self.hopeful: set[Operation] = set()  # what gives a quantity that is due somewhere
        self._slopes: dict[int, Any] = {}  # of the answers by the values of statements
        self.tried: list[Operation] = []
        self.found: list[Operation] = []  # that mend something in the run as it is
        # that mend some of what lies nearest the loss, where another mistake spoils the rest of it
        self.loose: list[Operation] = []

    # ---- running

    def trial(self, truth: Truth, *operations: Operation, **more: Any) -> Trial:
        """A run with what is kept and these operations."""
        changes: dict[int, str] = dict(more.pop("changes", {}))
        due: dict[str, Any] = dict(more.pop("due", {}))
        instead: dict[int, str] = {}
        for one in (*self.kept, *operations):
            (instead if one.instead else changes)[one.root] = self.text_of(one, operations)
            if one.due:
                due[one.due.key] = one.due.turns(truth)
        return Trial(truth.probe, changes, instead, due=due, **more)

    def text_of(self, option: Operation, beside: Sequence[Operation] = ()) -> str:
        """The text of an operation, with what is kept and what is *beside* it in the same expression."""
        scene = self.runs.scenes.get(self.runs.nodes[option.root].file)
        expression = scene.expression(option.root) if scene else None
        if scene is None or expression is None or option.at is None:
            return option.text
        apart = [option]
        for one in reversed((*self.kept, *beside)):
            here = one is not option and one.at is not None and self.is_in(one, option.root)
            if here and not any(self.overlap(one, other) for other in apart):
                apart.append(one)
        if len(apart) == 1:
            return option.text
        return scene.spliced(expression, [(scene.span(o.at), o.new) for o in apart if o.at])

    def is_in(self, one: Operation, root: int) -> bool:
        """Does it replace a part of the expression of a node?"""
        nodes = self.runs.nodes
        expression = self.runs.scenes[nodes[root].file].expression(root)
        if one.at is None or expression is None or nodes[one.root].file != nodes[root].file:
            return one.root == root
        scene = self.runs.scenes[nodes[root].file]
        (a, b), (c, d) = scene.span(one.at), scene.span(expression)
        return c <= a and b <= d

    def overlap(self, one: Operation, other: Operation) -> bool:
        """Is it the same text that they replace, or part of it?"""
        nodes = self.runs.nodes
        if one.at is None or other.at is None or nodes[one.root].file != nodes[other.root].file:
            return one.root == other.root
        scene = self.runs.scenes[nodes[one.root].file]
        (a, b), (c, d) = scene.span(one.at), scene.span(other.at)
        return a < d and c < b

    def run(self, *trials: Trial) -> list[Reply]:
        return self.table.run(trials)

    @property
    def is_spent(self) -> bool:
        return self.table.count > self.most

    @property
    def is_complete(self) -> bool:
        """Is all right with what is kept?"""
        (reply,) = self.run(self.trial(self.truth))
        return self.truth.right(reply.blocks) == self.truth.everything

    # ---- the search

    def one(self, base: Reply, right: frozenset[int]) -> Operation | None:
        """The best operation on the run *base*, in which the blocks *right* are right."""
        self.base, self.before, self._fresh, self._slopes = base, right, [], {}
        self.found, self._as_due, self.hopeful, self.looked = [], {}, set(), {}
        self.reach, self.loose = {}, []
        self.whole, self.near = set(), self.front(self.truth.everything - right)
        self.options = Options(self.runs.nodes, self.runs.scenes, self.truth, base.told)
        blocks = base.blocks
        roots = self.roots()
        if blocks is None or len(blocks) != len(self.truth.due):
            self.look_at_what_is_not_used(roots)
            return self.after_an_error(roots)
        self.shaped = all(map(is_alike, blocks, self.truth.due))
        wrong = self.truth.everything - right
        spoilt = [r for r in roots if not _is_finite(base.told[r][0].value)][:2]
        if spoilt and (found := self.among(spoilt)) and found.cost < WIDE:
            return found
        self.look_at_what_is_not_used(roots)
        front = self.near
        self.reach = reach = self.reached(roots, front)
        # what a constructor sets is used elsewhere too, in the loss for one
        used = [r for r in roots if not self.runs.nodes[r].scope.endswith("__init__")]
        clean = [r for r in used if front & reach[r] and not reach[r] & right]
        self.whole = {r for r in clean if wrong <= reach[r]}
        lost = [r for r in roots if self.is_thrown_away(r)]
        if lost and (found := self.among(lost)) and self.is_whole(found):
            return found
        best: Operation | None = None
        for fits, wide, enough in ((True, False, PLAIN), (True, True, WIDE), (False, False, WIDE)):
            best = _cheapest(best, self.among(clean, fits, wide))
            if best and self.is_whole(best) and best.cost < enough:
                break
            if fits and not (best and self.is_whole(best)):
                other = min(self.loose, key=_cost, default=None)
                if other and other.cost < enough and (best is None or best.cost > enough):
                    return other
        if best and self.is_whole(best) and not self.is_foreign(best) and best.cost < enough:
            return best
        rest = [r for r in roots if wrong <= reach[r] and r not in clean]
        if best and self.is_foreign(best) and self.is_whole(best):
            others = [self.blind(roots, reach, front, best.cost), self.among(rest, wide=True)]
            own = [o for o in others if o and self.is_whole(o) and not self.is_foreign(o)]
            best = min(own, key=_cost, default=best)
        if best and best.cost < WIDE:
            return best
        if (other := self.among(rest)) and self.is_whole(other):
            return other
        return best or self.blind(roots, reach, front)

    def look_at_what_is_not_used(self, roots: Sequence[int]) -> None:
        """Parameters that are never used have values, too."""
        if asked := self.options.never_used(roots):
            (reply,) = self.run(self.trial(self.truth, peeks=asked))
            for root, names in asked.items():
                for values in reply.peeked.get(root, [])[:1]:
                    self.options.learn(root, names, values)

    def front(self, wrong: frozenset[int]) -> frozenset[int]:
        """The wrong blocks nearest the loss."""
        if not self.truth.depths:
            return wrong
        deepest = max(self.truth.depths[i] for i in wrong)
        return frozenset(i for i in wrong if self.truth.depths[i] == deepest)

    def is_foreign(self, option: Operation) -> bool:
        """Does it only tell what a value should be, and not what makes it so?"""
        return option.due is not None and option.due.family not in self.truth.scalars

    def is_whole(self, option: Operation) -> bool:
        """Is all right with it?"""
        return len(option.mends) == len(self.truth.everything - self.before)

    def roots(self) -> list[int]:
        """The largest expressions of every statement that gave numbers, what calls of the student's code are given in
        them, and what statements changed, as they came."""
        nodes, told = self.runs.nodes, self.base.told
        found: dict[int, int] = {}
        for k in told:
            if nodes[k].kind == EXPRESSION:
                top, up = k, nodes[k].parent
                while up != -1:
                    if up in told and is_number(told[up][0].value):
                        top = up
                    up = nodes[up].parent
            elif nodes[k].kind == "after":
                top = k
            else:
                continue
            if is_number(told[top][0].value) and not self.is_sound(top):
                found.setdefault(top, told[top][0].order)
        for top in list(found):
            found |= {k: told[k][0].order for k in self.given_to_calls(top) if k not in found}
        return sorted(found, key=lambda k: found[k])

    def is_sound(self, number: int) -> bool:
        """Does a node stand in a function that is right by itself?"""
        node = self.runs.nodes[number]
        return any(file == node.file and a <= node.line <= b for file, a, b in self.sound)

    def is_thrown_away(self, number: int) -> bool:
        """Is it a call whose value nobody takes?"""
        scene, expression = self.options.scene(number), self.options.expression(number)
        return scene is not None and expression in scene.thrown_away

    def reached(self, roots: Sequence[int], front: frozenset[int]) -> dict[int, frozenset[int]]:
        """Which blocks move with the value of a statement; all where it cannot be moved."""
        found = self.moved_by({r: [r] for r in roots})
        # what a call gives may be of no use, and what it is given is
        given = {r: self.given_to_calls(r) for r in roots if not found[r] & front}
        more = self.moved_by({r: nodes for r, nodes in given.items() if nodes})
        return found | {r: found[r] | moved for r, moved in more.items()}

    def moved_by(self, nodes: Mapping[int, Sequence[int]]) -> dict[int, frozenset[int]]:
        """Which blocks move with all of some nodes."""
        base = self.base.blocks or []
        replies = self.run(
            *(self.trial(self.truth, changes=dict.fromkeys(ks, NUDGE)) for ks in nodes.values())
        )
        found = {}
        for root, reply in zip(nodes, replies, strict=True):
            if reply.blocks is None or len(reply.blocks) != len(base):
                found[root] = self.truth.everything - self.before
            else:
                pairs = zip(reply.blocks, base, strict=True)
                found[root] = frozenset(i for i, (a, b) in enumerate(pairs) if _moved(a, b))
        return found

    def given_to_calls(self, root: int) -> list[int]:
        """What gives numbers to the calls of the student's code in a statement."""
        scene, expression = self.options.scene(root), self.options.expression(root)
        if scene is None or expression is None:
            return []
        calls = (o for o in ast.walk(expression) if isinstance(o, ast.Call))
        given = (a for c in calls if not scene.is_plain_call(c) for a in c.args)
        numbers = (scene.number_of(a) for a in given if not isinstance(a, ast.Starred))
        told = self.base.told
        return [k for k in numbers if k is not None and k in told and is_number(told[k][0].value)]

    def among(
        self, roots: Sequence[int], fits: bool = True, wide: bool = False
    ) -> Operation | None:
        """The best operation on one of these statements; where answers follow linearly, what it mends is known before."""
        if not roots or self.is_spent:
            return None
        given: dict[int, list[Operation]] = {}
        for place, root in enumerate(roots):
            options = (
                list(self.options.wider(root))
                if wide
                else self.options.of(root, fits, self.shaped_or_not)
            )
            far = len(roots) - place
            given[root] = sorted((self.weighed(o, place, far) for o in options), key=_cost)
        sure: list[tuple[int, Operation]] = []
        unknown: list[Operation] = []  # those that give what is due somewhere come first
        slopes = self.slopes([r for r in roots if given[r]], LARGEST if wide else MIDDLE)
        for root, values in self.peeked(given).items():
            will, other = self.predicted(root, values, slopes.get(root))
            sure += will
            unknown += other
        best = self.confirmed(o for _, o in sorted(sure, key=lambda s: (-s[0], s[1].cost)))
        most = self.table.most_unknown * (1 if fits or self.shaped_or_not else 2)
        likely = [o for o in unknown if o in self.hopeful]
        best = _cheapest(best, self.confirmed(sorted(likely, key=_cost), _below(best), most))
        # much simpler ones may do the same
        limit = _below(best) - MUCH * bool(likely and best)
        rest = [o for o in unknown if o not in self.hopeful]
        return _cheapest(best, self.confirmed(sorted(rest, key=_cost), limit, most))

    def weighed(self, option: Operation, early: int, late: int) -> Operation:
        """With the cost of its place among the statements: *early* of them before it, *late* behind."""
        due = option.due
        if due and due.is_answer:
            return replace(option, cost=option.cost + 0.02 * late)
        cost = self.apart(option.root)
        foreign = self.is_foreign(option)
        joined = option.code in JOINED and not foreign
        joined |= option.code in ("times", "over") and not foreign and option.new.endswith(NUMBERS)
        if option.at is not None and joined:
            # it belongs to no value of the forward pass
            cost += 0.3 * self.is_as_due(option.root, FORWARD)
        elif option.at is not None and foreign and option.code == "replaced":
            cost += 0.3 * self.is_as_due(option.root)
        made = bool(self.truth.depths) and (joined or option.code in WHERE_MADE)
        return replace(option, cost=option.cost + cost + 0.0002 * (early if made else late))

    def apart(self, root: int) -> float:
        """What is added where a statement does not reach all that is wrong."""
        return 0.0 if root in self.whole else APART

    def spread(self, option: Operation, mended: frozenset[int]) -> float:
        """What is added where an operation moves what it does not mend, instead of the above."""
        if option.due and option.due.is_answer or self.base.blocks is None:
            return 0.0
        wrong = self.truth.everything - self.before
        beside = APART * bool(self.reach.get(option.root, mended) & wrong - mended)
        return beside - self.apart(option.root)

    def is_as_due(self, root: int, families: tuple[str, ...] = ()) -> bool:
        """Does a statement give a quantity that is due, be it in another place? families: of which it has to be."""
        key = root, families
        if key not in self._as_due:
            self._as_due[key] = self.truth.has(self.base.told[root][0].value, families)
        return self._as_due[key]

    def hope(self, option: Operation) -> tuple[bool, float]:
        """What gives a quantity that is due somewhere comes first, then what is simple."""
        return option not in self.hopeful, option.cost

    @property
    def shaped_or_not(self) -> bool:
        return getattr(self, "shaped", False)

    # ---- confirmation

    def confirmed(
        self, options: Iterable[Operation], below: float = 99.0, most: int = 60
    ) -> Operation | None:
        """The first that mends all that is wrong, else the first that mends some of it; also on the fresh sets."""
        wrong = self.truth.everything - self.before
        second: Operation | None = None
        whole: Operation | None = None
        places: set[int] = set()  # where something is mended, not all
        waiting = [o for o in options if o.cost < below][:most]
        while waiting and not self.is_spent:
            few, waiting = waiting[: self.table.at_once], waiting[self.table.at_once :]
            replies = self.run(*(self.trial(self.truth, option) for option in few))
            self.tried += few
            for option, reply in zip(few, replies, strict=True):
                mended = self.mended(reply, self.truth, self.base, self.before)
                if mended == wrong or mended and self.is_another(option, places):
                    sure = self.held(option, mended)
                    self.found += [sure] if sure else []
                    if sure and mended == wrong:
                        whole = sure if whole is None or sure.cost < whole.cost else whole
                        waiting = [o for o in waiting if o.cost < _below(whole) - MUCH]
                    places |= {option.root} if sure else set()
                    second = second or sure
                elif not mended:
                    self.note_loose(option, reply)
            if whole and not waiting:
                return whole
        return whole or second

    def note_loose(self, option: Operation, reply: Reply) -> None:
        """Keep what mends some of what lies nearest the loss and moves the rest of it."""
        mended = self.mended(reply, self.truth, self.base, self.before, loose=True)
        if mended & self.near and self.is_another(option, {o.root for o in self.loose}):
            sure = self.held(option, mended, loose=True)
            self.loose += [sure] if sure else []
            self.found += [sure] if sure else []

    def is_another(self, option: Operation, places: Collection[int]) -> bool:
        """Is it in another place than what mends as little, of which a few are enough?"""
        return len(places) < MOST_PLACES and option.root not in places

    def mended(
        self,
        reply: Reply,
        truth: Truth,
        base: Reply,
        before: frozenset[int],
        loose: bool = False,
    ) -> frozenset[int]:
        """The blocks that are right now; none where others were lost, or moved that come before them.

        loose: what lies as near to the loss may stay wrong, and move.
        """
        if reply.blocks is None:
            return frozenset()
        right = truth.right(reply.blocks)
        mended = right - before
        if not before <= right or not mended:
            return frozenset()
        if base.blocks is None or len(base.blocks) != len(reply.blocks):
            return mended
        nearest = max((truth.depths[i] for i in mended), default=0) if truth.depths else 0
        astray = (
            _moved(reply.blocks[i], base.blocks[i])
            for i in truth.everything - right
            if not truth.depths or truth.depths[i] >= nearest + loose
        )
        return frozenset() if any(astray) else mended

    def held(
        self, option: Operation, mended: frozenset[int], loose: bool = False
    ) -> Operation | None:
        """The operation in the form in which it does the same on the fresh sets."""
        fresh = self.patient.truths[1:]
        if not self._fresh:
            self._fresh = self.run(*(self.trial(truth) for truth in fresh))
        rules = alternatives(option.due, self.truth) if option.due else [None]
        for rule in rules:
            sure = option
            if rule and option.due:
                text, new = (t.replace(option.due.key, rule.key) for t in (option.text, option.new))
                sure = replace(option, due=rule, text=text, new=new)
            replies = self.run(*(self.trial(truth, sure) for truth in fresh))
            rows = zip(replies, fresh, self._fresh, strict=True)
            if self.does_the_same(rows, mended, loose):
                odd = 0.0 if self.is_true_of_any(sure, mended) else ODD
                cost = max(sure.cost + self.spread(sure, mended) + odd, 0.1)
                names = frozenset(self.truth.names[i] for i in mended)
                return replace(sure, cost=cost, mends=names)
        return None

    def is_true_of_any(self, option: Operation, mended: frozenset[int]) -> bool:
        """Does it mend the same where targets are no plain 0 and 1?"""
        soft = self.patient.soft
        replies = self.run(*(self.trial(truth, option) for truth in soft))
        rights = (t.right(reply.blocks) for t, reply in zip(soft, replies, strict=True))
        return all(mended <= right for right in rights)

    def both_held(self, both: Sequence[Operation], mended: frozenset[int]) -> bool:
        """Do two operations together do the same on the fresh sets?"""
        fresh = self.patient.truths[1:]
        bases = self.run(*(self.trial(truth) for truth in fresh))
        replies = self.run(*(self.trial(truth, *both) for truth in fresh))
        return self.does_the_same(zip(replies, fresh, bases, strict=True), mended)

    def does_the_same(
        self,
        rows: Iterable[tuple[Reply, Truth, Reply]],
        mended: frozenset[int],
        loose: bool = False,
    ) -> bool:
        """Does it mend on every fresh set what is wrong there, and on one at least?"""
        shown = len(self.patient.truths) == 1
        for reply, truth, base in rows:
            before = truth.right(base.blocks)
            if mended <= before:  # a penalty does not show where parameters are 0
                if not before <= truth.right(reply.blocks):
                    return False
            elif not self.mended(reply, truth, base, before, loose):
                return False
            else:
                shown = True
        return shown

    # ---- prediction

    def peeked(
        self, given: Mapping[int, list[Operation]]
    ) -> dict[int, list[tuple[Operation, list[Any] | None]]]:
        """What each option gives where it stands, turn by turn, in one run; None where that would run other code."""
        peeks: dict[int, list[str]] = {}
        kept: dict[int, list[tuple[Operation, int | None]]] = {}
        due: dict[str, Any] = {}
        for root, options in given.items():
            calls = self.own_calls(root)
            scene = self.options.scene(root)
            peeks[root], kept[root] = [], []
            for option in options:
                text = self.peekable(option, calls)
                runs_code = scene is not None and scene.runs_code(text)
                kept[root].append((option, None if runs_code else len(peeks[root])))
                if not runs_code:
                    peeks[root].append(text)
                if option.due:
                    due[option.due.key] = option.due.turns(self.truth)
        found = self.peek(peeks, due)
        return {
            root: [(o, None if i is None else found.get((root, i), [])) for o, i in options]
            for root, options in kept.items()
        }

    def peekable(self, option: Operation, calls: Sequence[tuple[str, int]] | None = None) -> str:
        """The text of an operation with what *calls* of the student's code gave in the place of these calls."""
        calls = self.own_calls(option.root) if calls is None else calls
        return _without(self.text_of(option), calls, option.root)

    def peek(
        self, peeks: Mapping[int, Sequence[str]], due: Mapping[str, Any]
    ) -> dict[tuple[int, int], list[Any]]:
        """What each text gives, turn by turn, by its statement and place; a run looks at so many that it takes no time."""
        chunks: list[list[tuple[int, int]]] = [[]]
        room = AT_ONCE
        for root, texts in peeks.items():
            size = sum(np.size(t.value) for t in self.base.told[root]) if texts else 0
            for i in range(len(texts)):
                if len(chunks[-1]) == AT_A_TIME or room < size and chunks[-1]:
                    chunks.append([])
                    room = AT_ONCE
                chunks[-1].append((root, i))
                room -= size
        trials = []
        for chunk in chunks:
            few: dict[int, list[str]] = {}
            for root, i in chunk:
                few.setdefault(root, []).append(peeks[root][i])
            trials.append(self.trial(self.truth, peeks=few, due=dict(due)))
        found: dict[tuple[int, int], list[Any]] = {}
        for chunk, reply in zip(chunks, self.run(*trials), strict=True):
            places: dict[int, int] = {}
            for root, i in chunk:
                at = places[root] = places.get(root, -1) + 1
                found[root, i] = [turn[at] for turn in reply.peeked.get(root, ())]
        return found

    def own_calls(self, root: int) -> list[tuple[str, int]]:
        """The calls in it that run code of the student's, which may change something: their texts and nodes."""
        scene, expression = self.options.scene(root), self.options.expression(root)
        found: list[tuple[str, int]] = []
        if scene is None or expression is None:
            return found
        for one in ast.walk(expression):
            if isinstance(one, ast.Call) and not scene.is_plain_call(one):
                number = scene.number_of(one)
                if number in self.base.told and number is not None:
                    found.append((scene.said(one), number))
        return found

    def predicted(
        self, root: int, values: Sequence[tuple[Operation, list[Any] | None]], slopes: Any
    ) -> tuple[list[tuple[int, Operation]], list[Operation]]:
        """Those that will mend, with how many blocks, where the answers follow the value linearly; those of which that is not known."""
        told = [t.value for t in self.base.told[root]]
        start = flat(told)
        will: list[tuple[int, Operation]] = []
        unknown: list[Operation] = []
        seen: dict[Any, int] = {}
        for option, turns in values:
            if turns is None:
                unknown.append(option)
                continue
            if not turns or turns[0] is None:
                continue
            if not all(map(is_number, turns)):
                unknown.append(option)
                continue
            if all(map(_same, turns, told)):
                continue
            rule = option.due.rule if option.due and len(told) > 1 else None
            digest = (*map(_digest, turns), rule)
            seen[digest] = seen.get(digest, 0) + 1
            # N and C may by chance be what a plain number is
            alike = self.looked.setdefault(root, {})
            if digest not in alike or alike[digest].due and not option.due:
                alike[digest] = option
            if seen[digest] > ALIKE:
                continue
            if option.due.is_start if option.due else self.truth.has(turns[0]):
                self.hopeful.add(option)
            fits = len(turns) == len(told) and all(map(is_alike, turns, told))
            if slopes is None or not fits:
                unknown.append(option)
            elif count := self.will_mend(slopes, flat(turns) - start):
                will.append((count, option))
            elif len(told) > 1 and self.may_mend(slopes, flat(turns) - start):
                unknown.append(option)
        return will, unknown

    def slopes_of(self, root: int) -> Any:
        """How the answers follow the value of a statement; None where they do not do so linearly, or that is unknown."""
        return self._slopes.get(root)

    def slopes(self, roots: Sequence[int], most: int) -> dict[int, Any]:
        """How every entry of the answers follows every entry of these values, None where it does not do so linearly.

        most: entries of a value.
        """
        sizes = {r: sum(np.size(t.value) for t in self.base.told[r]) for r in roots}
        new = [r for r in roots if r not in self._slopes and sizes[r] <= most]
        self._slopes.update(dict.fromkeys(new))
        self._slopes.update(self._measured(new))
        return self._slopes

    def _measured(self, roots: Sequence[int]) -> dict[int, Any]:
        blocks = self.base.blocks
        if blocks is None:
            return {}
        steps: list[tuple[int, Any]] = []
        for root in roots:
            told = [np.asarray(t.value) for t in self.base.told[root]]
            size = sum(value.size for value in told)
            if all(value.dtype.kind in "fiu" for value in told):
                rows = [*np.eye(size), 0.7 * np.cos(np.arange(size))]
                steps += [(root, list(_parted(row, told))) for row in rows]
        trials = [
            self.trial(self.truth, changes={root: "(_) + _due('step')"}, due={"step": step})
            for root, step in steps
        ]
        base, moved = flat(blocks), dict[int, list[Any]]()
        for (root, _), reply in zip(steps, self.run(*trials), strict=True):
            fits = reply.blocks is not None and all(map(is_alike, reply.blocks, blocks))
            moved.setdefault(root, []).append(flat(reply.blocks) - base if fits else None)
        found = {}
        for root, rows in moved.items():
            if any(row is None for row in rows):
                continue
            *columns, test = rows
            slopes = np.array(columns)
            said = 0.7 * np.cos(np.arange(len(columns))) @ slopes
            if np.all(np.abs(test - said) <= NEAR * (np.max(np.abs(said), initial=0.0) + 1e-12)):
                found[root] = slopes
        return found

    def will_mend(self, slopes: Any, step: Any) -> int:
        """How many blocks become right; 0 where one is lost."""
        right = self.right_after(slopes, step)
        return len(right - self.before) if self.before <= right else 0

    def may_mend(self, slopes: Any, step: Any) -> bool:
        """Does a block nearest the loss become right? In a later turn it may be given what an earlier one changed.

        Of what a turn of a loop does more often than it tells, that is not known before.
        """
        is_loop = self.patient.kind == "loop"
        return is_loop or bool(self.right_after(slopes, step) & self.near)

    def right_after(self, slopes: Any, step: Any) -> frozenset[int]:
        """The blocks that are right after a step of a value that they follow linearly."""
        base = self.base.blocks or []
        with np.errstate(all="ignore"):
            new = flat(base) + step @ slopes
        right, at = set(), 0
        truth = self.truth
        for i, (block, due, bound) in enumerate(zip(base, truth.due, truth.bounds, strict=True)):
            size = np.size(block)
            if _near(new[at : at + size].reshape(np.shape(block)), due, bound):
                right.add(i)
            at += size
        return frozenset(right)

    # ---- what gives no numbers, and what stops

    def blind(
        self,
        roots: Sequence[int],
        reach: Mapping[int, frozenset[int]],
        front: frozenset[int],
        below: float = 99.0,
    ) -> Operation | None:
        """Statements that give no numbers: conditions, iterables, lists."""
        nodes = self.runs.nodes
        scopes = {(nodes[r].file, nodes[r].scope) for r in roots if front & reach[r]}
        tops = (n for n in nodes if n.kind == EXPRESSION and n.parent == -1)
        wanted = [
            option
            for node in tops
            if node.number not in roots and (node.file, node.scope) in scopes
            for option in self.options.texts(node.number, True)
        ]
        return self.confirmed(sorted(wanted, key=_cost), below, most=200)

    def after_an_error(self, roots: Sequence[int]) -> Operation | None:
        """The failing statement first, from the inside out, then calls that led to it and what was evaluated before it."""
        failing = self.failing()
        options = [o for k in failing for o in self.options.without_value(k)]
        found = self.confirmed(sorted(options, key=self.fitting), most=200)
        if found and self.is_whole(found) and found.cost < SIMPLE:
            return found
        wider = (o for k in failing for o in self.options.wider(k))
        options = [o for o in wider if o.code == "dotted"]
        options += [o for k in self.led_to_it() for o in self.options.texts(k, False)]
        found = _cheapest(found, self.confirmed(sorted(options, key=self.fitting), most=120))
        if not (found and self.is_whole(found)):
            others = self.of_no_numbers(failing)
            options = [o for k in others for o in self.options.texts(k, False)]
            found = _cheapest(found, self.confirmed(sorted(options, key=self.fitting), most=120))
        for root in [r for r in reversed(roots) if r not in failing][:MOST_EARLIER]:
            if found and self.is_whole(found) and found.cost < SIMPLE or self.is_spent:
                break
            found = _cheapest(found, self.confirmed(self.of_other_shapes(root), most=40))
        return found

    def fitting(self, option: Operation) -> float:
        """The cost of an operation; less where the error speaks of what it changes."""
        of_shapes = says(self.base.message, SHAPES)
        return option.cost - MEANT * (option.code in (OF_SHAPES if of_shapes else OF_KINDS))

    def of_other_shapes(self, root: int) -> list[Operation]:
        """What gives a statement another shape, for with the one it has the run stops; then all that fits."""
        options = self.options
        every = [*options.texts(root, False), *options.wider(root)]
        told = self.base.told[root][0].value
        found = [
            o
            for o, turns in self.peeked({root: every})[root]
            if turns is None or turns and is_number(turns[0]) and not is_alike(turns[0], told)
        ]
        known = {o.text for o in found}
        rest = [o for o in options.of(root) if o.text not in known]
        first = sorted(found, key=lambda o: o.cost - 0.4 * (o.code == "dotted"))
        return [*first, *sorted(rest, key=_cost)[:20]]

    def of_no_numbers(self, failing: Sequence[int]) -> list[int]:
        """Statements that gave no numbers, or none yet, where the run stops: the nearest before it, then returns."""
        nodes, told = self.runs.nodes, self.base.told
        led = [*failing, *self.led_to_it()]
        scopes = {(nodes[k].file, nodes[k].scope): nodes[k].line for k in reversed(led)}
        scopes = scopes or {(nodes[k].file, nodes[k].scope): 1 << 30 for k in told}
        found = [
            n
            for n in nodes
            if n.kind == EXPRESSION and n.parent == -1 and n.number not in led
            if n.line <= scopes.get((n.file, n.scope), -1) and not self.is_sound(n.number)
            if n.number not in told or not is_number(told[n.number][0].value)
        ]
        return [n.number for n in sorted(found, key=lambda n: -n.line)][:MOST_OTHERS]

    def led_to_it(self) -> list[int]:
        """The statements with the calls that had not come back when the run stopped, the innermost first."""
        found: list[int] = []
        for file, line, _ in self.base.stops[-1:]:
            scene = self.runs.scenes.get(file)
            if scene is None:
                continue
            names = scene.leading_back(line)
            tops = [n for n in self.runs.nodes if n.kind == EXPRESSION and n.parent == -1]
            for node in tops:
                expression = self.options.expression(node.number)
                waits = node.number not in self.base.told and expression is not None
                if waits and expression is not None and scene.calls_one_of(expression, names):
                    found.append(node.number)
        return found[-MOST_CALLS:][::-1]

    def failing(self) -> list[int]:
        """The whole expressions of the statement at which the run stopped."""
        nodes = self.runs.nodes
        found: list[int] = []
        for file, line, number in reversed(self.base.stops):
            top = number
            while top != -1 and nodes[top].parent != -1:
                top = nodes[top].parent
            here = [
                n
                for n in nodes
                if n.kind == EXPRESSION
                and n.parent == -1
                and n.file == file
                and n.statement <= line <= n.end_line
            ]
            last = max((n.statement for n in here), default=0)
            found += [top] if top != -1 else [n.number for n in here if n.statement == last]
        return [k for top in dict.fromkeys(found) for k in self.within(top)]

    def within(self, top: int) -> list[int]:
        """A node; of a list, a tuple or a dict what it is made of, for that can be left out while it runs."""
        if not isinstance(self.options.expression(top), ast.Dict | ast.List | ast.Tuple):
            return [top]
        parts = [n.number for n in self.runs.nodes if n.kind == EXPRESSION and n.parent == top]
        return [k for part in parts for k in self.within(part)]


def _cost(option: Operation) -> float:
    return option.cost


def _below(option: Operation | None) -> float:
    """What another one may cost."""
    return option.cost if option else 99.0


def _cheapest(*found: Operation | None) -> Operation | None:
    """The one that mends most; of several the simplest."""
    given = [o for o in found if o]
    return min(given, key=lambda o: (-len(o.mends), o.cost), default=None)


def _same(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=True)


def is_alike(a: Any, b: Any) -> bool:
    return bool(np.shape(a) == np.shape(b))


def _is_finite(value: Any) -> bool:
    return bool(np.all(np.isfinite(np.asarray(value, float))))


def _moved(a: Any, b: Any) -> bool:
    if np.shape(a) != np.shape(b):
        return True
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= 1e-13 + 1e-10 * np.abs(b)
    return not bool(np.all(near | (a == b) | (np.isnan(a) & np.isnan(b))))


def _near(got: Any, due: Any, bound: Any) -> bool:
    if np.shape(got) != np.shape(due):
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(got - due) <= near_enough(due) + bound))


def near_enough(due: Any) -> float:
    """How far off an answer may be that is predicted."""
    return NEAR * (float(np.max(np.abs(due), initial=0.0)) + 1e-12)


def flat(blocks: Any) -> Any:
    return np.concatenate([np.ravel(np.asarray(b, float)) for b in blocks])


def _parted(row: Any, like: Sequence[Any]) -> Iterator[Any]:
    """A row of numbers as arrays of these shapes."""
    at = 0
    for one in like:
        yield row[at : at + one.size].reshape(one.shape)
        at += one.size


def _digest(value: Any) -> Any:
    array = np.asarray(value, float)
    return array.shape, array.tobytes()


def _without(text: str, calls: Sequence[tuple[str, int]], root: int) -> str:
    """*text* with what calls gave in the place of the calls."""
    for said, number in calls:
        text = text.replace(said, "(_)" if number == root else f"_latest({number})")
    return text
