"""Optimisers: objects with an update method, and functions over arrays, lists, dicts or objects of parameters.

They are asked for a few steps, their memory being 0 at first; what becomes of the parameters is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercise import Exercise, Kind
from checkgrad.reading.layers import methods_of
from checkgrad.reading.packs import Boxes, Pack, boxes_of, packs_of, pairs_in
from checkgrad.reading.recipe import Call, Candidate, Recipe, last_name, path_of
from checkgrad.reading.signature import Earlier, Fill, Several, Share, Token, positional, required
from checkgrad.reading.steps import COUNT, HANDED
from checkgrad.reading.steps import COUNTER as COUNTS
from checkgrad.words.meaning import stems
from checkgrad.words.optimisers import (
    CHANGED,
    CHANGES,
    CONFIG,
    COUNTER,
    CUTS,
    DESCENT,
    FADING,
    FIRST_BETA,
    FRICTION,
    MEMORY,
    METHOD,
    MODELS,
    MOMENTUM,
    OBJECTS,
    OTHERS,
    PARAMETERS,
    SECOND_BETA,
    SMALL,
    is_gradient,
)
from checkgrad.words.roles import RATES
from checkgrad.words.text import split

FRICTION_ROLE = "mu"


def of_update(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in a function or a method that moves parameters by a step."""
    owner = inventory.find(definition.name.rpartition(".")[0])
    if owner is not None and not METHOD.fullmatch(last_name(definition.name).lower()):
        return
    if CUTS & set(definition.uses):
        return  # what cuts gradients off does something else beside
    for exercise in _means(definition, owner, known):
        recipes = tuple(dict.fromkeys(_recipes(definition, owner, exercise, inventory)))
        if recipes:
            yield Candidate(exercise, definition.name, recipes, None, definition.stub)


def _means(
    definition: Definition, owner: Definition | None, known: Mapping[str, Exercise]
) -> list[Exercise]:
    """The exercises that it may answer, by its own words and those of its class; the plain step has the fewest roles."""
    updates = [e for e in known.values() if e.kind is Kind.UPDATE]
    if not updates:
        return []
    *richer, plain = sorted(updates, key=lambda e: -len(e.roles))
    words = set(split(last_name(definition.name)))
    around = set(split(last_name(owner.name))) if owner else set()
    if (words | around) & OTHERS:
        return []
    for said in (words, around):
        if found := [e for e in richer if stems(e) & said]:
            return found[:1]
        if said & DESCENT or owner is None and said & CHANGES and said & CHANGED:
            asked = {p.name.lower() for d in (definition, owner) if d for p in d.parameters or ()}
            rolling = [e for e in richer if FRICTION_ROLE in e.roles and asked & MOMENTUM]
            return [plain, *rolling]
    return []


@dataclass
class Plan:
    """The calls of a recipe while they are put together."""

    calls: list[Call] = field(default_factory=list)

    def add(self, call: Call) -> int:
        """Append a call and return its number."""
        self.calls.append(replace(call, always=True))
        return len(self.calls) - 1

    def give(self, token: Token) -> Earlier:
        """Something that later calls share."""
        return Earlier(self.add(Call((), ((token,),), do="give")))


def _recipes(
    definition: Definition, owner: Definition | None, exercise: Exercise, inventory: Inventory
) -> Iterator[Recipe]:
    """Every way in which it may be asked for a few steps."""
    if pairs_in(definition):
        yield from _asked(definition, owner, exercise, inventory, Pack("spread"), None)
        return
    for boxes in boxes_of(definition):
        yield from _asked(definition, owner, exercise, inventory, Pack("array"), boxes)
    for pack in packs_of(definition):
        yield from _asked(definition, owner, exercise, inventory, pack, None)


def _asked(
    definition: Definition,
    owner: Definition | None,
    exercise: Exercise,
    inventory: Inventory,
    pack: Pack,
    boxes: Boxes | None,
) -> Iterator[Recipe]:
    """The recipes of one way of handing over: what is left in place, and what is returned."""
    for returned in (True, False) if definition.returns and not boxes else (False,):
        asking = Asking(definition, owner, exercise, inventory, pack, boxes, returned)
        if recipe := asking.recipe():
            yield recipe


@dataclass
class Asking:
    """One way of asking for a few steps."""

    definition: Definition
    owner: Definition | None
    exercise: Exercise
    inventory: Inventory
    pack: Pack
    boxes: Boxes | None
    returned: bool
    plan: Plan = field(default_factory=Plan)
    used: bool = False  # were the parameters handed over, the learning rate, the friction?
    rate: bool = False
    friction: bool = False
    held: list[int] = field(default_factory=list)  # the calls that made the objects
    kept: dict[str, Token] = field(default_factory=dict)  # what is handed over in the next step

    @property
    def rolls(self) -> bool:
        """Does the exercise have a friction?"""
        return FRICTION_ROLE in self.exercise.roles

    def recipe(self) -> Recipe:
        """The calls, none where a parameter means nothing that is known."""
        own = [p.name for p in positional(self.definition.parameters)]
        if not (self.boxes or self.pack.how == "spread" or self._gradient_name()):
            return ()
        start = self._parameters()
        made = self._made(start)
        if self.owner is not None and made is None:
            return ()
        last = -1
        for step in range(COUNT):
            self._put_gradients(step)
            self._beside(made, "pre")
            tokens = self._tokens(step, start, last)
            if tokens is None:
                return ()
            last = self._call(made, tokens, own)
            self._beside(made, "post")
        if not self.rate or not self.used or self.rolls and not self.friction:
            return ()
        return (*self.plan.calls, Call((), (self._answer(start, last),), do="join"))

    # ---- parameters and gradients

    def _parameters(self) -> Token:
        """The parameters, made once."""
        if self.boxes:
            return self._objects(self.boxes)
        if self.pack.how == "spread":
            names = [name for name, _ in pairs_in(self.definition)]
            for i, name in enumerate(names):
                self.kept[name] = self.plan.give(Share("w", i, len(names)))
            return Fill(None)
        return self.plan.give(self.pack.parameters())

    def _objects(self, boxes: Boxes) -> Token:
        count = 2 if boxes.several else 1
        shares = count * len(boxes.attributes)
        for i in range(count):
            named = [
                (value, Share("w", i * len(boxes.attributes) + k, shares))
                for k, (value, _) in enumerate(boxes.attributes)
            ]
            empty = Fill({} if boxes.keyed else None)
            slopes = [(slope, empty) for _, slope in boxes.attributes]
            self.held.append(self.plan.add(Call((), named=(*named, *slopes), do="hold")))
        held = tuple(Earlier(number) for number in self.held)
        if not boxes.several:
            return held[0]
        given = self.plan.give(Several(held))
        if not self._takes_a_model():
            return given
        return Earlier(self.plan.add(Call((), named=(("layers", given),), do="hold")))

    def _takes_a_model(self) -> bool:
        """Is it given a whole network, of which it goes through the layers?"""
        parts = [d for d in (self.definition, self.owner) if d]
        names = {p.name.lower() for d in parts for p in d.parameters or ()}
        return bool(names & MODELS) and any("layers" in d.uses for d in parts)

    def _put_gradients(self, step: int) -> None:
        if not self.boxes:
            return
        attributes = self.boxes.attributes
        shares = len(self.held) * len(attributes)
        for i, number in enumerate(self.held):
            for k, (_, slope) in enumerate(attributes):
                share = Share(HANDED[step], i * len(attributes) + k, shares)
                if self.boxes.keyed:
                    takes: tuple[Token, ...] = (Earlier(number), share)
                    at = (f".{slope}", ".__setitem__")
                    self.plan.add(Call(at, (takes,), of=number))
                else:
                    self.plan.add(Call((f".{slope}",), ((share,),), of=number, do="set"))

    def _answer(self, start: Token, last: int) -> tuple[Token, ...]:
        if self.boxes:
            return tuple(
                Earlier(number, (f".{value}",))
                for number in self.held
                for value, _ in self.boxes.attributes
            )
        if self.pack.how == "spread":
            return tuple(self.kept[name] for name, _ in pairs_in(self.definition))
        whole = self._result(last, self._parameter_name()) if self.returned else start
        assert isinstance(whole, Earlier)
        return tuple(Earlier(whole.call, (*whole.path, *path)) for path in self.pack.paths())

    def _result(self, call: int, name: str) -> Earlier:
        """Where a call returns what it was given under this *name*; the parameters come first."""
        if self.definition.returns < 2:
            return Earlier(call)
        places = [i for i, given in enumerate(self.definition.gives) if given == name]
        return Earlier(call, (places[0] if places else 0,))

    # ---- the object

    def _made(self, start: Token) -> int | None:
        """The call that makes the object; None for a function, or where its constructor wants what is not known."""
        if self.owner is None:
            return None
        named = []
        wants = not any(self._is_parameters(p.name) for p in required(self.definition.parameters))
        for parameter in positional(self.owner.parameters):
            token = self._setting(parameter)
            if token is None and wants and self._is_parameters(parameter.name):
                token, self.used = start, True
            if token is None and not parameter.optional:
                return None
            if token is not None:
                named.append((parameter.name, token))
        made = self.plan.add(Call(path_of(self.owner.name), ((),), named=tuple(named)))
        for name in self.owner.sets:
            if name.lower() in FADING:
                self.plan.add(Call((f".{name}",), ((Fill(0.0),),), of=made, do="set"))
            if name.lower() in RATES and not self.rate:
                self.rate = True
                self.plan.add(Call((f".{name}",), (("lr",),), of=made, do="set"))
            if self.rolls and name.lower() in FRICTION and not self.friction:
                self.friction = True
                self.plan.add(Call((f".{name}",), (("mu",),), of=made, do="set"))
        return made

    def _beside(self, made: int | None, when: str) -> None:
        """What an object wants to be called before or after each update."""
        if self.owner is None or made is None:
            return
        for name, method in methods_of(self.owner, self.inventory).items():
            if name.startswith(f"{when}_") and not required(method.parameters):
                self.plan.add(Call((f".{name}",), of=made))

    def _call(self, made: int | None, tokens: Sequence[tuple[str, Token]], own: list[str]) -> int:
        asked = {p.name for p in required(self.definition.parameters)}
        given = tuple(token for name, token in tokens if name in asked)
        named = tuple((name, token) for name, token in tokens if name not in asked)
        names = tuple(name for name in own if name in asked)
        path = path_of(self.definition.name)
        path = path if made is None or self.definition.kind == "static" else path[-1:]
        of = None if self.definition.kind == "static" else made
        number = self.plan.add(Call(path, (given,), of=of, named=named, names=names))
        self._remember(number)
        return number

    def _remember(self, number: int) -> None:
        """Hand on what the call returned: memory, settings, parameters that are spread out."""
        returns = self.definition.returns
        gives = self.definition.gives if returns > 1 else ()
        pairs = tuple(name for name, _ in pairs_in(self.definition))
        memories = [
            n for n in self.kept if n not in pairs and MEMORY.fullmatch(n.lower().strip("_"))
        ]
        if not pairs and not set(gives) & set(memories) and returns == 1 + len(memories):
            gives = ("", *memories)  # (new_params, new_velocities)
        if self.pack.how == "spread" and not set(gives) & set(pairs) and returns == len(pairs):
            gives = pairs
        for place, name in enumerate(gives):
            if name in self.kept:
                self.kept[name] = Earlier(number, (place,))

    # ---- arguments

    def _tokens(self, step: int, start: Token, last: int) -> list[tuple[str, Token]] | None:
        """What each parameter of the update is given in a step; None where one means nothing that is known."""
        found: list[tuple[str, Token]] = []
        spread = {gradient: name for name, gradient in pairs_in(self.definition)}
        names = [name for name, _ in pairs_in(self.definition)]
        for parameter in positional(self.definition.parameters):
            name = parameter.name
            token: Token | None
            if name in spread:
                token = Share(HANDED[step], names.index(spread[name]), len(names))
            elif name in names:
                self.used = True
                token = self.kept[name]
            else:
                token = self._argument(parameter, step, start, last)
            if token is None and not parameter.optional:
                return None
            if token is not None:
                found.append((name, token))
        return found

    def _argument(self, parameter: Parameter, step: int, start: Token, last: int) -> Token | None:
        name = parameter.name.lower().strip("_")
        if parameter.name == self._parameter_name():
            self.used = True
            handed_on = self.returned and last >= 0
            return self._result(last, parameter.name) if handed_on else start
        if parameter.name == self._gradient_name():
            return None if self.boxes else self.pack.gradients(step)
        if name in CONFIG:
            return self._config(parameter.name)
        if name in COUNTER:
            return Fill(step + 1)
        if (token := self._setting(parameter)) is not None:
            return token
        if not MEMORY.fullmatch(name) or parameter.optional and parameter.default is not None:
            return None
        if parameter.name not in self.kept:
            self.kept[parameter.name] = self.plan.give(self.pack.memory())
        return self.kept[parameter.name]

    def _parameter_name(self) -> str:
        """The parameter of the update that stands for the parameters of a network."""
        mine = positional(self.definition.parameters)
        gradient = self._gradient_name()
        named = [p.name for p in mine if self._is_parameters(p.name) and p.name != gradient]
        others = [p.name for p in mine if p.name != gradient and not p.optional]
        if named or not (gradient and len(others) == 1):
            return named[0] if named else ""
        known = is_gradient(others[0]) or self._setting(Parameter(others[0])) is not None
        return "" if known else others[0]

    def _gradient_name(self) -> str:
        mine = positional(self.definition.parameters)
        return next((p.name for p in mine if is_gradient(p.name)), "")

    def _is_parameters(self, name: str) -> bool:
        pattern = OBJECTS if self.boxes else PARAMETERS
        return pattern.fullmatch(name.lower().strip("_")) is not None

    def _config(self, name: str) -> Token:
        """Settings in a dict, which the code may keep its memory in."""
        if name not in self.kept:
            found = {}
            for text in self.definition.texts:
                token = Fill(0) if text in COUNTER else self._setting(Parameter(text))
                if token is not None:
                    found[text] = token
            self.kept[name] = self.plan.give(Several(tuple(found.values()), tuple(found)))
        return self.kept[name]

    def _setting(self, parameter: Parameter) -> Token | None:
        """What a mere setting is set to."""
        name = parameter.name.lower().strip("_")
        if name in RATES:
            self.rate = True
            return "lr"
        if name in SMALL:
            return Fill(1e-8)
        if name in FADING:
            return Fill(0.0)
        if COUNTS in self.exercise.roles:
            if name in FIRST_BETA:
                return Fill(0.9)
            return Fill(0.999) if name in SECOND_BETA else None
        if name in FRICTION and self.rolls:
            self.friction = True
            return "mu"
        return Fill(0.0) if name in MOMENTUM else None
