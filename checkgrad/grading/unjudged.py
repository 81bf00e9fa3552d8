"""What has no verdict, and why: nothing that computes gradients is green because nobody looked at it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec.structs import replace

from checkgrad.asking.checks import CHECKS
from checkgrad.asking.finding import (
    HEEDLESS,
    NO_ANSWER,
    NO_HIDDEN_LAYER,
    NO_REFERENCE,
    NO_SIZES,
    OTHER_SIZES,
)
from checkgrad.asking.network import NETWORK_CHECKS
from checkgrad.child.inventory import Definition, Inventory, Span, TrainingLoop
from checkgrad.exercises.mlp import NETWORK
from checkgrad.grading.part import Header, Part, Piece, Reason
from checkgrad.judging import Question, bare_outcome
from checkgrad.model import NotJudged, Outcome, Place, Verdict
from checkgrad.reading.recipe import IN_TABLE, last_name
from checkgrad.words.meaning import meaning

UNWRITTEN = "unwritten"
NOT_CALLED, NOT_READ, GUESSED = "not_called", "not_read", "guessed"
NOT_RECOGNISED, IN_A_SCRIPT, INSIDE = "not_recognised", "in_a_script", "inside"
BELONGS, UNFINISHED, NOT_ASKED_FOR, NOT_LOADED = (
    "belongs", "unfinished", "not_asked_for", "not_loaded",
)  # fmt: skip
HANGS_ON, FOLLOWS, TRIED, OUT_OF_TIME = "hangs_on", "follows", "tried", "out_of_time"
TRAINS_WRONG = "trains_wrong"
OWN_OBJECTS, ANOTHER_LOSS = "own_objects", "another_loss"
OWN_COUNT = "own_count"
NO_LOOP, AS_A_LOOP = "no_loop", "as_a_loop"
MAKES_LAYERS, NO_TRAINING = "makes_layers", "no_training"

WORDS = {
    UNWRITTEN: "is not written yet",
    NOT_CALLED: "could not be called: {}",
    NOT_READ: "{}",
    TRIED: "{}",
    OWN_OBJECTS: "takes or gives objects of a kind of its own, tensors or nodes, not arrays of NumPy",
    OWN_COUNT: "reads {} of its module, a number of samples that other data do not have",
    GUESSED: "is not what it seems to be; its name does not say what it computes",
    NOT_RECOGNISED: "nothing says what it is due to compute, so it was not called",
    IN_A_SCRIPT: (
        "the steps of a script cannot be called; put them into functions, "
        "forward(X, W1, b1, ...) for the outputs and backward(X, T, W1, b1, ...) for the gradients"
    ),
    INSIDE: "stands inside {}, so it cannot be called by itself",
    BELONGS: "belongs to {}, which could not be read as a network",
    UNFINISHED: "belongs to {}, which is not written yet",
    NOT_ASKED_FOR: "the assignment does not ask for it",
    NOT_LOADED: "the submission does not load",
    NO_LOOP: "was run turn by turn, and is no training that is understood: {}",
    ANOTHER_LOSS: "the steps of {} were held against a loss by its formula, not against this one",
    AS_A_LOOP: "not asked of a training loop",
    NO_TRAINING: "not asked: neither its source nor its turns look like a training",
    MAKES_LAYERS: "not asked: the module hands it sizes, so it makes a layer and is none",
    NO_SIZES: "could not be given parameters and data of any size that was tried",
    HEEDLESS: (
        "has a loss of its own that does not follow from its inputs, its targets and all weights, "
        "so it says nothing of the gradients"
    ),
    NO_ANSWER: "not asked: no call gave an answer",
    NO_HIDDEN_LAYER: "not asked: without a hidden layer no network can learn XOR",
    NO_REFERENCE: "not asked: there is no reference for what this network computes",
    OTHER_SIZES: "not asked: the network cannot be given the sizes of the task",
    HANGS_ON: "uses {}, which is not written yet",
    TRAINS_WRONG: "trains {}, whose gradients are not right",
    OUT_OF_TIME: "{}",
    FOLLOWS: "not right together: a consequence of {}",
}
SAID_BY_THE_CODE = (NOT_CALLED, NOT_READ, NO_LOOP)  # in its own words, among others
LEFT_OUT = (
    NO_ANSWER,
    AS_A_LOOP,
    MAKES_LAYERS,
    NO_TRAINING,
    NO_HIDDEN_LAYER,
    NO_REFERENCE,
    OTHER_SIZES,
)  # questions that say nothing of the code, not even this
LOOKS = {
    "training": "the training of a network",
    "update": "an update of parameters",
    "gradient": "a gradient",
    "slope": "a derivative",
    "loss": "a loss",
    "activation": "an activation",
    "forward": "a forward pass",
}
NOTHING_JUDGED = "nothing here could be judged"
ANSWERED = (
    Verdict.PASSED,
    Verdict.ADVICE,
    Verdict.WRONG,
    Verdict.CRASHED,
    Verdict.OVER_LIMIT,
    Verdict.GRADER_FAULT,
)
EARNING = {check.name for check in (*CHECKS, *NETWORK_CHECKS) if check.earns}


def sentence(reason: Reason) -> str:
    """Why something has no verdict, as the rest of a sentence about it."""
    return WORDS[reason.code].format(reason.what)


def part(question: Question, reason: Reason, place: Place | None = None) -> Part:
    """The answer to a question that has none."""
    outcome = bare_outcome(question, Verdict.NOT_JUDGED, sentence(reason))
    return Part(outcome, reason=reason, place=place)


def asked_for(found: Part) -> Part:
    """What an assignment asks for and cannot be judged is missing, unless there was no time to ask."""
    late = found.reason is not None and found.reason.code == OUT_OF_TIME
    if found.outcome.verdict is not Verdict.NOT_JUDGED or is_left_out(found) or late:
        return found
    return replace(found, outcome=replace(found.outcome, verdict=Verdict.MISSING), reason=None)


def is_left_out(found: Part) -> bool:
    """Does the question not apply, or could it not be asked?"""
    return found.reason is not None and found.reason.code in LEFT_OUT


def place_of(span: Span) -> Place | None:
    """Where a definition stands, None where that is not known."""
    if not span.line:
        return None
    before = span.before
    lines = span.line + before, span.end_line + before
    return Place(span.file, *lines, cell=span.cell or None, before=before)


def pieces(inventory: Inventory) -> list[Piece]:
    """What may compute gradients, by the names of its definitions."""
    defined = {_key(d.span): d for d in inventory.definitions if d.kind != "class"}
    found = []
    for suspect in inventory.suspects:
        place, one = place_of(suspect.span), defined.get(_key(suspect.span))
        if not place or one and one.stub and not is_template(one, inventory):
            continue
        name = one.name if one else suspect.name
        open_ = bool(one and one.stub)
        looks, kind = suspect.looks_like, suspect.kind
        found.append(Piece(place, name, kind, looks, one.name if one else "", open_))
    return found


def _key(span: Span) -> tuple[str, int, int]:
    return span.file, span.cell, span.line


def unwritten_below(inventory: Inventory, roots: Collection[str]) -> str:
    """What *roots* use that was left as its template, "" if all of it is written."""
    used = map(inventory.find, reached(inventory, roots))
    found = (d.name for d in used if d and d.name not in roots and is_template(d, inventory))
    return next(found, "")


def is_template(definition: Definition, inventory: Inventory) -> bool:
    """Was it left open, and not for others to derive from?"""
    owner = definition.name.rpartition(".")[0]
    derived = any(last_name(owner) in d.bases for d in inventory.definitions) if owner else False
    return definition.stub and not derived and not _is_interface(owner, inventory)


def _is_interface(owner: str, inventory: Inventory) -> bool:
    """Is it a class that leaves open all that it defines, and more than one thing?"""
    methods = [d for d in inventory.definitions if d.name.rpartition(".")[0] == owner != ""]
    return len(methods) > 1 and all(d.stub for d in methods)


def looks_idle(inventory: Inventory, loop: TrainingLoop) -> bool:
    """Shows the source of a loop no sign of a training, as what only copies, draws or calls what trains?"""
    return not any(s.name == loop.name or s.span == loop.span for s in inventory.suspects)


def also_known_as(inventory: Inventory, names: Collection[str]) -> list[str]:
    """The definitions that are inner functions of these names, as a module that keeps a closure knows them."""
    places = {_key(suspect.span) for suspect in inventory.suspects if suspect.name in names}
    return [d.name for d in inventory.definitions if _key(d.span) in places]


def losses_in(inventory: Inventory, span: Span) -> list[str]:
    """The losses that are worked out within these lines, among other things."""
    return [
        s.name
        for s in inventory.suspects
        if s.kind == "inline"
        and (s.span.file, s.span.cell) == (span.file, span.cell)
        and span.line <= s.span.line <= span.end_line
    ]


def reached(inventory: Inventory, roots: Iterable[str]) -> list[str]:
    """The definitions that *roots* are or use, at any remove; a method only of a class that is used as well."""
    found = {d.name: d for d in inventory.definitions if d.name in set(roots)}
    while True:
        mentioned = {name for d in found.values() if d.kind != "class" for name in d.uses}
        owners = {name.rpartition(".")[0] for name in found}
        more = {
            d.name: d
            for d in inventory.definitions
            if d.name not in found and _is_used(d, mentioned, owners | set(found))
        }
        if not more:
            return sorted(_and_where_inherited(inventory, found.values()))
        found |= more


def _is_used(definition: Definition, mentioned: Collection[str], owners: Collection[str]) -> bool:
    if table := IN_TABLE.match(definition.name):
        return table[1] in mentioned
    name, owner = last_name(definition.name), definition.name.rpartition(".")[0]
    if definition.kind in ("function", "class"):
        return name in mentioned
    return owner in owners and (name in mentioned or name == "__call__")


def _and_where_inherited(inventory: Inventory, found: Iterable[Definition]) -> set[str]:
    """The names of definitions, and of what is the same code under the name of another class."""
    keys = {_key(d.span) for d in found if d.kind != "class" and d.span.line}
    same = {d.name for d in inventory.definitions if d.kind != "class" and _key(d.span) in keys}
    return same | {d.name for d in found}


def listed(header: Header, parts: Sequence[Part], asked: Collection[str]) -> list[NotJudged]:
    """Everything that may compute gradients and has no verdict, in the order of the source.

    asked: what the assignment asks for, if it names anything.
    """
    told = _told(parts)
    answers = [p for p in parts if _is_answer(p)]
    judged = {p.outcome.function for p in answers}
    judged |= {n for p in answers for n in p.covers if _is_network(p) or not _promises(n)}
    missing = [p for p in parts if p.outcome.verdict is Verdict.MISSING]
    judged |= {name for p in missing for name in (p.outcome.function, *p.covers)}
    selected = {p.outcome.function for p in parts if p.outcome.verdict is not Verdict.NOT_RUN}
    everything = len(selected) == len({q.function for q in header.questions})
    found = {name: _entry(p, header.pieces) for name, p in told.items() if p.place}
    for piece in header.pieces if everything else ():
        if piece.kind == "inline":
            continue
        if (piece.definition or piece.name) not in found and not _is_known(piece, judged, told):
            found[f"{piece.name} {piece.place.line}"] = _unknown(piece, header, parts, asked)
    found |= {one.name: one for one in _beside(parts, header.pieces)}
    return sorted(found.values(), key=lambda n: (n.place.file, n.place.cell or 0, n.place.line))


def _beside(parts: Iterable[Part], pieces: Iterable[Piece]) -> Iterator[NotJudged]:
    """Pieces within what has a verdict, of which that says nothing."""
    within = {name: p.outcome.function for p in parts if _is_answer(p) for name in p.beside}
    for piece in pieces:
        if piece.kind == "inline" and piece.name in within:
            why = Reason(ANOTHER_LOSS, within[piece.name])
            yield NotJudged(piece.place, piece.name, LOOKS[piece.looks_like], sentence(why))


def _told(parts: Sequence[Part]) -> dict[str, Part]:
    """The first answer without a verdict of each function."""
    found: dict[str, Part] = {}
    for one in parts:
        if one.outcome.verdict is Verdict.NOT_JUDGED and not is_left_out(one):
            found.setdefault(one.outcome.function, one)
    return found


def _is_answer(one: Part) -> bool:
    return one.outcome.check in EARNING and one.outcome.verdict in ANSWERED


def _is_network(one: Part) -> bool:
    return one.outcome.exercise == NETWORK.name


def _promises(name: str) -> bool:
    """Is it a method of a class that says what it is, as Sigmoid.value? It wants a verdict of its own."""
    owner = name.rpartition(".")[0]
    return bool(owner) and meaning(last_name(owner)) is not None


def _is_known(piece: Piece, judged: Collection[str], told: Collection[str]) -> bool:
    """Is there a verdict on it or on what holds it, or is the class that it belongs to told as a whole?"""
    holders = _holders(piece.definition or piece.name)
    inside = piece.kind == "nested" and any(name in judged for name in holders)
    return (
        (piece.definition or piece.name) in judged
        or inside
        or any(name in told for name in holders)
    )


def _holders(name: str) -> list[str]:
    """What a dotted name stands in: of a.b.c it is a.b and a."""
    words = name.split(".")
    return [".".join(words[:i]) for i in range(len(words) - 1, 0, -1)]


def _entry(one: Part, pieces: Sequence[Piece]) -> NotJudged:
    outcome = one.outcome
    assert one.place and one.reason
    piece = next((p for p in pieces if outcome.function in (p.definition, p.name)), None)
    looks = LOOKS[piece.looks_like] if piece else outcome.exercise.replace("_", " ")
    return NotJudged(one.place, outcome.function, looks, sentence(one.reason))


def _unknown(
    piece: Piece, header: Header, parts: Sequence[Part], asked: Collection[str]
) -> NotJudged:
    reason = _why(piece, header, parts, asked)
    return NotJudged(piece.place, piece.name, LOOKS[piece.looks_like], sentence(reason))


def _why(piece: Piece, header: Header, parts: Sequence[Part], asked: Collection[str]) -> Reason:
    if any(p.outcome.check == "loads" and p.outcome.verdict is Verdict.CRASHED for p in parts):
        return Reason(NOT_LOADED)
    if piece.is_open:
        return Reason(UNWRITTEN)
    if asked:
        return Reason(NOT_ASKED_FOR)
    if whole := next((p.outcome for p in parts if piece.definition in p.concerns), None):
        unfinished = whole.verdict is Verdict.MISSING
        return Reason(UNFINISHED if unfinished else BELONGS, whole.function)
    if piece.kind in ("loop", "steps"):
        return Reason(IN_A_SCRIPT)
    if piece.kind == "nested" and _holders(piece.name):
        return Reason(INSIDE, _holders(piece.name)[0])
    return Reason(NOT_RECOGNISED)


def kept(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts without questions that do not apply or could not be asked."""
    return (one for one in parts if not is_left_out(one))


def where_nothing_is_judged(outcomes: Sequence[Outcome], loads: str) -> list[Outcome]:
    """The outcomes; where nothing but the loading was answered, the submission fails as one in which nothing is found."""
    rest = [o for o in outcomes if o.check != loads]
    if not rest or any(o.verdict is not Verdict.NOT_JUDGED for o in rest):
        return list(outcomes)
    return [
        replace(o, verdict=Verdict.MISSING, problem=NOTHING_JUDGED)
        if o.check == loads and not o.verdict.failed
        else o
        for o in outcomes
    ]
