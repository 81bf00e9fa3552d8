"""One submission behind the wall: loaded once asked for, asked in batches, started again when it ends."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from checkgrad.child import wire
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.confine import Cell
from checkgrad.child.inventory import Inventory
from checkgrad.child.request import Request
from checkgrad.model import Isolation
from checkgrad.sandbox import launchers
from checkgrad.sandbox.launch import LauncherLost
from checkgrad.sandbox.patience import Patience, Spent, longest_together
from checkgrad.sandbox.session import Died, GraderFault, LoadingPlace, Session
from checkgrad.sandbox.stage import Staged, hand_over, remove, stage

TRIES = 3  # to start a worker, and to load a submission without the statements that did not end
CRASHES = 2  # of one function, after which it is not asked again
NOT_AGAIN = "not asked again"
COUNTED_EVERY = 0.1  # seconds
AHEAD = 32  # requests that are put while earlier answers are awaited


@dataclass(frozen=True)
class WorkerLimits:
    """Seconds that a submission may take, and bytes.

    load: to load. call: for one answer. function: for all answers of one function. submission: in all.
    memory: above what the interpreter and NumPy use.
    """

    load: float = 10.0
    call: float = 2.0
    function: float = 20.0
    submission: float = 60.0
    memory: int = 1 << 30


class Worker:
    """A submission that can be asked. No fault of a student's code makes a method raise."""

    def __init__(
        self, submission: Path, *, limits: WorkerLimits = WorkerLimits(), neighbours: bool = False
    ) -> None:
        staged = stage(Path(submission), neighbours=neighbours, within=launchers.folder())
        user = launchers.next_user()
        hand_over(staged.folder, user)
        self._begin(
            limits, staged, Cell(str(staged.folder), limits.memory, user, launchers.without())
        )

    def _begin(self, limits: WorkerLimits, staged: Staged, cell: Cell) -> None:
        self.limits = limits
        self.staged = staged
        self._cell = cell
        self._borrowed = False  # are the staged files another worker's?
        self._session: Session | None = None
        self._pid = 0  # of the latest process
        self._inventory: Inventory | None = None
        self._hung: list[tuple[str, int]] = []
        self._given_up: dict[str, Behaviour] = {}  # by function: the answer to all that is asked
        self._crashes: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._spent = Spent()
        self._since = 0.0  # when it was counted last
        self._gone: Behaviour | None = (
            None  # the answer to all, once our fault keeps us from asking
        )
        self._lost_at: Request | None = None  # the question at which a worker was lost last

    @property
    def sha256(self) -> str:
        return self.staged.sha256

    @property
    def isolation(self) -> Isolation:
        """What stands between the submission and the grader, as far as it was verified."""
        return launchers.found().isolation

    @property
    def inventory(self) -> Inventory:
        """What the submission defines, or why it does not load."""
        if self._inventory is None:
            found = self._load()
            self._inventory = replace(found, notes=(*self.staged.notes, *found.notes))
        return self._inventory

    @property
    def is_spent(self) -> bool:
        """Has the submission used all of its time?"""
        return self._spent.seconds >= self.limits.submission

    def ask(self, requests: Sequence[Request]) -> list[Behaviour]:
        """The behaviours, one a request and in their order."""
        answers: dict[int, Behaviour] = {}
        while len(answers) < len(requests):
            for i, request in enumerate(requests):
                if i not in answers and (refusal := self._refusal(request)):
                    answers[i] = refusal
            waiting = [(i, one) for i, one in enumerate(requests) if i not in answers]
            if waiting:
                self._converse(waiting, answers)
        return [answers[i] for i in range(len(requests))]

    def again(self) -> Worker:
        """A new worker for the same staged files, which spends the same budget; to be closed before this one.

        This one's process is ended, so that no two of one user live at a time; it is started again when asked.
        """
        self._stop()
        twin = Worker.__new__(Worker)
        twin._begin(self.limits, self.staged, self._cell)
        twin._hung = list(self._hung)
        twin._spent = self._spent
        twin._borrowed = True
        return twin

    def close(self) -> None:
        """End the process and remove what was staged."""
        self._stop()
        if not self._borrowed:
            remove(self.staged.folder)

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _refusal(self, request: Request) -> Behaviour | None:
        """The answer to a request that is not put at all."""
        spent = self.is_spent
        late = spent and self._inventory is None
        if not late and self.inventory.problem and not (request.watch and self.inventory.work):
            return Behaviour(died="the submission does not load", died_of="load")
        if spent:
            words = f"not asked: the submission has used its {self.limits.submission:g} s"
            return Behaviour(died=words, died_of="budget")
        if self._gone:
            return self._gone
        return self._given_up.get(request.function)

    def _converse(self, waiting: list[tuple[int, Request]], answers: dict[int, Behaviour]) -> None:
        """Put the waiting requests, some ahead of the answers, until one fails."""
        number, request = waiting[0]
        self._begin_count()
        try:
            session = self._ready()
            patience = self._patience(session, self.limits.call)
            sizes: list[int] = []
            for i, (number, request) in enumerate(waiting):
                if len(sizes) - i < AHEAD:
                    sizes += session.put(waiting[len(sizes) : len(sizes) + AHEAD])
                patience.begin()
                answers[number] = session.answer(number, request, sizes[i], patience)
                self._count_time(request.function, patience.started)
                if time.monotonic() - self._since > COUNTED_EVERY and self._counts_as_spent():
                    self._stop()
                    break
        except Died as died:
            self._count_spent()
            self._stop()
            if died.of == "lost":
                self._count_loss(number, request, died.why, answers)
            else:
                answers[number] = Behaviour(died=died.why, died_of=died.of)
                self._count_death(request.function, died)
        except LauncherLost:
            self._stop()
            self._count_loss(number, request, "the fork server was lost", answers)
        except GraderFault as fault:
            for number, _ in waiting:
                answers.setdefault(number, Behaviour(died=str(fault), died_of="grader"))
        finally:
            self._count_spent()

    def _patience(self, session: Session, limit: float) -> Patience:
        left = max(self.limits.submission - self._spent.seconds, 0.0)
        end = time.monotonic() + longest_together() * left
        return Patience(limit, session.process.pid, end)

    def _begin_count(self) -> None:
        self._since = time.monotonic()
        self._spent.begin()

    def _count_spent(self) -> None:
        """Count the time since it was counted last."""
        now = time.monotonic()
        self._spent.add(now - self._since, self._pid)
        self._since = now

    def _counts_as_spent(self) -> bool:
        self._count_spent()
        return self.is_spent

    def _count_time(self, function: str, since: float) -> None:
        self._seconds[function] += time.monotonic() - since
        if self._seconds[function] * self._spent.share > self.limits.function:
            words = f"took {self.limits.function:g} s in all its calls; {NOT_AGAIN}"
            self._given_up[function] = Behaviour(died=words, died_of="time", not_tried=True)

    def _count_death(self, function: str, died: Died) -> None:
        """A function that hung is not asked again, nor one that keeps ending its process."""
        self._crashes[function] += 1
        if died.of == "time" or self._crashes[function] >= CRASHES:
            words = f"{died.why}; {NOT_AGAIN}"
            self._given_up[function] = Behaviour(died=words, died_of=died.of, not_tried=True)

    def _count_loss(
        self, number: int, request: Request, why: str, answers: dict[int, Behaviour]
    ) -> None:
        """A worker was lost: the question is put once more, and then it is our fault that nobody answers."""
        if self._lost_at is request:
            self._gone = Behaviour(died=f"{why}, twice", died_of="grader")
            answers[number] = self._gone
        self._lost_at = request

    def _ready(self) -> Session:
        """A session in which the submission is loaded."""
        if self._session is None:
            session = self._start()
            session.load(self._patience(session, self.limits.load))
        assert self._session is not None
        return self._session

    def _start(self) -> Session:
        """A new session that has begun to load; GraderFault if that is not possible."""
        staged = self.staged
        order = (staged.roots, staged.targets, tuple(self._hung), staged.users)
        for left in reversed(range(TRIES)):
            try:
                session = Session(launchers.launcher().start(), self._cell)
                session.begin(wire.LOAD, order)
                if missing := launchers.found().inside - set(session.layers):
                    session.process.end()
                    raise GraderFault(f"a worker lacks {', '.join(sorted(missing))}")
                self._session, self._pid = session, session.process.pid
                return session
            except (GraderFault, LauncherLost) as fault:
                launchers.discard()
                if not left:
                    raise GraderFault(str(fault)) from None
        raise AssertionError("unreachable")

    def _stop(self) -> None:
        if self._session is not None:
            try:
                self._session.process.end()
            except LauncherLost:
                launchers.discard()
        self._session = None

    def _load(self) -> Inventory:
        """Load the submission, after a failure without what failed, if that leaves anything."""
        tries, losses = TRIES, 0
        while tries:
            session = self._start()
            self._begin_count()
            try:
                return session.load(self._patience(session, self.limits.load))
            except LauncherLost:
                why, lost = "the fork server was lost", True
            except Died as died:
                why, lost = died.why, died.of == "lost"
                if not lost:
                    self._stop()
                    problem = f"{session.place}: {died.why}" if session.place else died.why
                    tries = tries - 1 if self._leave_out(session.place, died, problem) else 0
                    continue
            finally:
                self._count_spent()
            self._stop()
            losses += 1
            if losses > 1:
                raise GraderFault(f"{why}, twice while the submission was loaded")
        return Inventory(problem=problem)

    def _leave_out(self, place: LoadingPlace | None, died: Died, problem: str) -> bool:
        """Prepare another attempt to load: without the statement that hung, or the file that ended it."""
        if place is None:
            return False
        if died.of == "time":
            self._hung.append((place.file, place.line))
            return True
        targets = [t for t in self.staged.targets if not t[1].endswith("/" + place.file)]
        left = 0 < len(targets) < len(self.staged.targets)
        if left:
            notes = (*self.staged.notes, problem)
            self.staged = replace(self.staged, targets=tuple(targets), notes=notes)
        return left
