"""A batch of submissions: what becomes of each, decided from plain values."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from server.store.conflict import following, reserved, touched
from server.store.engine import MAX_ENTRY, TooLarge, Unavailable, Uncertain, size
from server.store.entry import Entry
from server.store.snapshot import Fold, Snapshot, View

Wants: TypeAlias = Callable[[], Sequence[str]]


def nothing() -> Sequence[str]:
    return ()


@dataclass(slots=True, eq=False)
class Submission:
    """A fold that waits for its entry. ``wants`` says which reserved values it is going to ask for."""

    fold: Fold
    dedupe: str | None = None
    wants: Wants = nothing
    future: "Future[Entry]" = field(default_factory=Future)
    sent: list[str] = field(default_factory=list)
    """Ids of entries that were given to the engine for it, and may stand."""

    @property
    def settled(self) -> bool:
        return self.future.done()

    def fail(self, error: Exception) -> None:
        if self.sent and isinstance(error, Unavailable):
            error = Uncertain(f"it is not known whether this was kept: {error}")
        self.future.set_exception(error)


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one submission in a batch."""

    submission: Submission
    outcome: Entry | Exception

    def settle(self) -> None:
        if isinstance(self.outcome, Entry):
            self.submission.future.set_result(self.outcome)
        else:
            self.submission.fail(self.outcome)


def wanted(waiting: Iterable[Submission]) -> list[str]:
    """All that a batch is going to ask for. What fails here fails in its fold again, and is told of there."""
    found: list[str] = []
    for each in waiting:
        with suppress(Exception):
            found += each.wants()
    return found


def entries(steps: Iterable[Step]) -> list[Entry]:
    return [step.outcome for step in steps if isinstance(step.outcome, Entry)]


def final(steps: Sequence[Step], stand: int) -> Sequence[Step]:
    """The steps that were computed on what is the journal's state for certain, when ``stand`` of their entries stand.

    Nobody else wrote before the last entry that stands; a failure after it may have seen half of another's entry."""
    if stand == len(entries(steps)):
        return steps
    places = [place for place, step in enumerate(steps, 1) if isinstance(step.outcome, Entry)]
    return steps[: places[stand - 1] if stand else 0]


def folded(submission: Submission, snapshot: Snapshot, seq: int) -> Entry | Exception:
    try:
        entry = submission.fold(snapshot)
    except Exception as error:
        return error
    if entry.tenant != snapshot.tenant:
        return ValueError(f"an entry of tenant {entry.tenant} in the journal of {snapshot.tenant}")
    if size(entry) > MAX_ENTRY:
        return TooLarge(f"one entry may have {MAX_ENTRY} bytes")
    return replace(entry, seq=seq, dedupe=submission.dedupe)


def checked(steps: Sequence[Step], view: View) -> Sequence[Step]:
    """The steps up to the first whose entry does not follow on the state before it: what comes after was folded on a
    state that never was. All that the entries touch is looked up at once."""
    planned, result = entries(steps), list[Step]()
    view.newest([key for entry in planned for key in touched(entry)])
    view.holders([value for entry in planned for value in reserved(entry)])
    for step in steps:
        if isinstance(step.outcome, Entry):
            try:
                entry = following(
                    step.outcome, view.newest(touched(step.outcome)), view.holders(reserved(step.outcome))
                )
            except Exception as error:
                return [*result, Step(step.submission, error)]
            view.write(entry)
            step = Step(step.submission, entry)  # noqa: PLW2901
        result.append(step)
    return result


def forget(senders: Iterable[Submission]) -> None:
    """What was sent last for these stands for certain not."""
    for sender in senders:
        sender.sent.pop()


def give_up(waiting: Iterable[Submission], error: Unavailable, *, hopeless: bool) -> None:
    """Fails what cannot have been kept; what may stand is looked for again unless that is hopeless."""
    for each in waiting:
        if not each.settled and (hopeless or not (each.sent or isinstance(error, Uncertain))):
            each.fail(error)
