"""From one candidate to its reading: search for the calls that give its outputs, its loss and its gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from checkgrad.child.request import Ask, Path
from checkgrad.child.request import path as path_to
from checkgrad.exercises import mlp
from checkgrad.networks import script as scripts
from checkgrad.networks.confirm import confirmed
from checkgrad.networks.gradients import gradients
from checkgrad.networks.losses import LossFound, losses
from checkgrad.networks.match import seen_in_loss
from checkgrad.networks.names import setting
from checkgrad.networks.outputs import (
    Trial,
    at_pilot,
    blind_trials,
    forward_trials,
    label_forms,
    looked_at,
    tokens,
    with_other_classes,
)
from checkgrad.networks.reading import TASKS, NetworkCandidate, NetworkReading
from checkgrad.networks.script import COUNT, DEPTH, PENALTY, RATE, Script
from checkgrad.networks.search import CLASSES, Holder, Search
from checkgrad.networks.shapes import SHAPES
from checkgrad.networks.usage import Usage
from checkgrad.words.messages import UNKNOWN_NAME

MOST_TRIALS = 3
MOST_WAYS = 4
SQUARE = 4  # units of every layer, where unequal sizes do not work


def identify(
    candidate: NetworkCandidate, ask: Ask, usage: Usage, seed: int, pinned: Mapping[str, str]
) -> NetworkReading | str:
    """Read one candidate, under *pinned* conventions where it is right under several, or say why it cannot be read."""
    search = Search(
        candidate.function,
        candidate.shape,
        candidate.parts,
        candidate.others,
        candidate.layers,
        candidate.maker,
        ask,
        usage,
        seed,
        pinned,
    )
    found = _searched(candidate, search)
    lacking = _lacking(search) if isinstance(found, str) else ()
    if not lacking:
        return found
    again = replace(search, lacking=lacking, problems=[])
    return _searched(candidate, again)


def _lacking(search: Search) -> tuple[tuple[Path, scripts.NetworkToken], ...]:
    """The names that the code looks for in vain and that say what they should be: m, the number of samples."""
    names = {match[1] or match[2] for p in search.problems if (match := UNKNOWN_NAME.match(p))}
    function = next((d.name for d in search.parts if d.kind in ("function", "method")), "")
    at = (*path_to(function), ".__globals__")
    meant = {name: setting(name) for name in sorted(names)}
    known = {name: token[0] for name, token in meant.items() if token and token[0] in FILLED}
    return tuple(((*at, name), token) for name, token in known.items()) if function else ()


FILLED = (COUNT, RATE, PENALTY, DEPTH)


def _searched(candidate: NetworkCandidate, search: Search) -> NetworkReading | str:
    """One search through all that can be tried."""
    batches = list(SHAPES[search.shape].holders(search, tokens(search)))
    trials = _trials(search, batches)
    # what goes forward with many layers has to go back through as many
    deepest = max((len(t.given.parameters) for t in trials if t.seen), default=0)
    likely = [t for t in _by_likelihood(trials) if len(t.given.parameters) >= deepest]
    alike = {(t.script.form.layout, t.script.form.single, t.seen): t for t in reversed(likely)}
    several = sorted(alike.values(), key=likely.index)
    for trial in list(dict.fromkeys([*likely[:1], *several]))[:MOST_TRIALS]:
        if (deeper := _deeper(trial, trials)) and (
            reading := _of_unknown(candidate, search, trial, deeper)
        ):
            return reading
        if reading := _of_trial(candidate, search, trial):
            return _with_one_output(candidate, search, trial, reading)
    return _sorry(search, any(batches), bool(trials))


def _trials(search: Search, batches: Sequence[Sequence[Holder]]) -> list[Trial]:
    """Ways to get outputs; where nothing gives them, ways to get a known loss."""
    trials: list[Trial] = []
    for found in batches:
        trials += forward_trials(search, found)
        if not any(t.seen for t in trials):
            trials += forward_trials(search, found[:2], single=True)
        if any(t.seen for t in trials):
            break
    return trials or _told_by_loss(search, batches)


def _told_by_loss(search: Search, batches: Sequence[Sequence[Holder]]) -> list[Trial]:
    for found in batches:
        blind = blind_trials(search, found)
        if trials := [t for t in blind if any(one.known for one in losses(search, t))]:
            return trials
    return []


def _by_likelihood(trials: Sequence[Trial]) -> list[Trial]:
    """Known outputs before unknown ones, many layers before few, several classes before one output."""

    def order(trial: Trial) -> tuple[bool, int, int]:
        depth, outputs = len(trial.given.parameters), min(trial.given.sizes[-1], 3)
        return not trial.seen, -depth, CLASSES.index(outputs)

    return sorted(trials, key=order)


def _sorry(search: Search, held: bool, forward: bool) -> str:
    """What is missing, how the call nearest to it failed, and what to do about it."""
    back = "backward(X, y)" if search.has_methods else "backward(params, X, y)"
    what, todo = "its parameters were not found", "make them in __init__, as arrays like W1 and b1"
    if forward:
        what = "no call gives the gradients of its parameters"
        todo = f"write {back}, which returns them"
    elif held:
        what, todo = "no call gives its outputs", "write forward(X), which returns them"
    tail = f" ({search.problems[0]})" if search.problems else ""
    return f"could not be used as a network: {what}{tail}; {todo}"


def _of_trial(candidate: NetworkCandidate, search: Search, trial: Trial) -> NetworkReading | None:
    """The reading under this trial, or with another number of outputs where only that has a known loss."""
    best, script = trial, _script(search, trial)
    if script.known or script.loss is None and not search.named("loss"):
        reading, right = _best_of(candidate, search, trial, script.ways)
        if right:
            return reading
    if script.rank < (True, True, 1.0) and trial.given.sizes[-1] > 1:
        for other in with_other_classes(search, trial):
            found = _script(search, other)
            if found.rank > script.rank:
                best, script = other, found
    if script.fit < 1 and not best.script.form.single and best.seen:
        script = _for_single_samples(search, best, script)
    if script.script:
        return _best_of(candidate, search, best, script.ways)[0]
    return _of_squares(candidate, search, trial) if trial.seen else None


def _best_of(
    candidate: NetworkCandidate, search: Search, trial: Trial, ways: Sequence[Script]
) -> tuple[NetworkReading | None, bool]:
    """The first way under which the gradients are right; the likeliest, and False, where they are under none."""
    found = []
    for script in ways[:MOST_WAYS]:
        reading, right = confirmed(candidate, search, trial, script)
        if reading and right:
            return reading, True
        found += [reading] if reading else []
    return next(iter(found), None), False


def _of_squares(candidate: NetworkCandidate, search: Search, trial: Trial) -> NetworkReading | None:
    """The reading of a network that goes back only where all layers have the same size: its mistake must show."""
    sizes = trial.given.sizes
    given = search.pilot((SQUARE,) * len(sizes), biases=trial.holder.biases)
    if trial.holder.fixed or not trial.script.calls:
        return None
    for square in looked_at(search, [at_pilot(trial, given)]):
        script = _script(search, square).script
        reading = script and confirmed(candidate, search, square, script)[0]
        if reading:
            task = frozenset({TASKS.get(sizes[-1], "multi_class")})
            return replace(reading, sizes=sizes, free=True, outputs=task)
    return None


def _with_one_output(
    candidate: NetworkCandidate, search: Search, trial: Trial, reading: NetworkReading
) -> NetworkReading:
    """Add the script for one output, if that takes another one: another loss of the module, say."""
    if reading.output != mlp.SEVERAL or not reading.right_forward:
        return reading
    for other in with_other_classes(search, trial, (1,)):
        if not other.seen or other.seen.squash != mlp.OUTPUTS[mlp.ONE].squash:
            continue
        found = _of_trial(candidate, search, other)
        if found and found.right_forward and found.kind == reading.kind | {"output": found.output}:
            outputs = reading.outputs | {TASKS[1]}
            return replace(reading, output="", binary=found.script, outputs=outputs)
    return reading


def _deeper(trial: Trial, trials: Sequence[Trial]) -> Trial | None:
    """The same with hidden layers, where it is known without them only: then they are of an unknown kind."""
    if not trial.seen or len(trial.given.parameters) > 1 or not trial.script.calls:
        return None
    call, form = trial.script.calls[0], trial.script.form
    same = [t for t in trials if t.script.form == form and t.script.calls[0].path == call.path]
    return next((t for t in _by_likelihood(same) if len(t.given.parameters) > 1), None)


def _of_unknown(
    candidate: NetworkCandidate, search: Search, known: Trial, trial: Trial
) -> NetworkReading | None:
    """The reading of a network of an unknown kind, with the loss that is known for one without hidden layers."""
    told = _script(search, known).loss
    found = losses(search, trial)
    if told:
        alike = [f for f in found if f.place == told.place and f.labels == told.labels]
        found = alike or found
    best = found[0] if found else None
    blocks = gradients(
        search, trial, best, [best.labels] if best else label_forms(search, trial.given)
    )
    return confirmed(candidate, search, trial, blocks[0].script)[0] if blocks else None


class _Scripted:
    """The ways to get loss and gradients that fit the parameters best, how well they do, and the loss."""

    def __init__(self, ways: Sequence[Script], fit: float, loss: LossFound | None) -> None:
        self.ways, self.fit, self.loss = ways, fit, loss

    @property
    def script(self) -> Script | None:
        return self.ways[0] if self.ways else None

    @property
    def known(self) -> bool:
        return self.loss is not None and self.loss.known

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """A known loss before one that is not, and that before none; then the fit of the gradients."""
        return self.known, self.loss is not None, self.fit


def _script(search: Search, trial: Trial) -> _Scripted:
    """The best script for a trial: a known loss, and the gradients that fit best."""
    all_losses = losses(search, trial)
    best = all_losses[0] if all_losses else None
    found = gradients(search, trial, best, _labels(search, all_losses, best, trial))
    if not found:
        return _Scripted([], 0.0, best)
    return _Scripted([f.script for f in found], found[0].fit, best)


def _labels(
    search: Search, found: Sequence[LossFound], best: LossFound | None, trial: Trial
) -> list[str]:
    """The forms of labels under which the loss is right, or all."""
    if not (best and best.known):
        return label_forms(search, trial.given)
    same = [f for f in found if f.known and f.place == best.place]
    return list(dict.fromkeys(f.labels for f in same))


def _for_single_samples(search: Search, trial: Trial, batch: _Scripted) -> _Scripted:
    """The script for one sample at a time, if gradients fit better then; not where a loss averages over a batch."""
    if batch.ways and batch.loss and batch.known:
        kind = seen_in_loss(batch.loss.value, trial.seen, trial.given)
        if kind is None or kind.reduction != "sum":
            return batch
    for single in forward_trials(search, [trial.holder], single=True):
        found = _script(search, single)
        if single.seen and found.fit > batch.fit:
            return found
    return batch
