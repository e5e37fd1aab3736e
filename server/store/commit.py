"""How submissions become entries: the journal's four steps, without a thread.

1. bring the projections up to the last entry;  2. fold, each submission on the state that the one before it left;
3. append what was folded after that last entry: was its place taken meanwhile, back to 1;  4. project, and answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.store.batch import Step, Submission, checked, entries, final, folded, forget, give_up, wanted
from server.store.engine import Engine, Unavailable, Uncertain, size
from server.store.entry import Entry
from server.store.snapshot import Snapshot, Stored, View

BATCH = 256
BATCH_BYTES = 8_000_000

ROUNDS = 100
"""How often a place may be taken before one's eyes. Each time, another writer got something done."""

DELAYS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0, 2.0)
"""Seconds between looks at whether an entry stands whose answer was lost; as long as an election takes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch as it was folded on the state that entry ``base`` left."""

    tenant: str
    base: int
    steps: Sequence[Step]

    @property
    def entries(self) -> Sequence[Entry]:
        return entries(self.steps)

    @property
    def end(self) -> int:
        return self.base + len(self.entries)


class Committer:
    """Takes batches of one engine, one after the other."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], ids: Callable[[], str], sleep: Callable[[float], None]
    ) -> None:
        self._engine, self._clock, self._ids, self._sleep = engine, clock, ids, sleep

    def commit(self, tenant: str, submissions: Sequence[Submission]) -> None:
        """Settles every submission, whatever happens."""
        waiting, most, idle = list(submissions), BATCH, 0
        delays = iter(DELAYS)
        while waiting and idle < ROUNDS:
            try:
                self._round(tenant, waiting[:most])
            except Unavailable as error:
                self._wait(waiting, error, next(delays, None))
            except Exception as error:  # what no engine can keep: one by one, to find whose it is
                if most == 1 and not waiting[0].settled:
                    waiting[0].fail(error)
                most = 1
            left = [each for each in waiting if not each.settled]
            waiting, idle = left, idle + 1 if len(left) == len(waiting) else 0
        give_up(waiting, Unavailable("other writers were always faster"), hopeless=True)

    def _wait(self, waiting: Sequence[Submission], error: Unavailable, delay: float | None) -> None:
        give_up(waiting, error, hopeless=delay is None)
        if delay and not all(each.settled for each in waiting):
            self._sleep(delay)

    def _round(self, tenant: str, waiting: Sequence[Submission]) -> None:
        self.write(self.plan(tenant, waiting))

    def plan(self, tenant: str, waiting: Sequence[Submission]) -> Plan:
        """Steps 1 and 2."""
        base = self._settle_standing(tenant, waiting)
        return self._planned(tenant, base, [each for each in waiting if not each.settled])

    def plan_on(self, before: Plan, waiting: Sequence[Submission]) -> Plan:
        """Step 2 on what another plan is going to leave; what was, or is being, answered under the same dedupe key is
        left out."""
        known = {entry.dedupe for entry in before.entries}
        known |= self._engine.answered(before.tenant, [each.dedupe for each in waiting if each.dedupe]).keys()
        new = [each for each in waiting if each.dedupe is None or each.dedupe not in known]
        return self._planned(before.tenant, before.end, new, before.entries)

    def write(self, plan: Plan) -> None:
        """Steps 3 and 4."""
        if plan.entries:
            stand = self._append(plan.tenant, plan.steps)
            self._engine.project(plan.tenant)
        elif self._engine.last(plan.tenant) == plan.base:
            stand = 0
        else:
            return
        for step in final(plan.steps, stand):
            step.settle()

    def _append(self, tenant: str, steps: Sequence[Step]) -> int:
        planned = entries(steps)
        senders = [step.submission for step in steps if isinstance(step.outcome, Entry)]
        for sender, entry in zip(senders, planned, strict=True):
            sender.sent.append(entry.id)
        try:
            stand = self._engine.append(tenant, planned)
        except Unavailable as error:
            forget(() if isinstance(error, Uncertain) else senders)
            raise
        forget(senders[stand:])
        return stand

    def _settle_standing(self, tenant: str, waiting: Sequence[Submission]) -> int:
        """The last entry's ``seq``, projected; what stands up to there though its answer was lost, or under the same
        dedupe key, is settled."""
        while True:
            base = self._engine.project(tenant)
            standing = self._standing(tenant, waiting)
            if all(entry.seq <= base for _, entry in standing):
                break
        for submission, entry in standing:
            submission.future.set_result(entry)
        return base

    def _standing(self, tenant: str, waiting: Sequence[Submission]) -> list[tuple[Submission, Entry]]:
        answered = self._engine.answered(tenant, [each.dedupe for each in waiting if each.dedupe])
        found = []
        for each in waiting:
            sent = (self._engine.entry(tenant, id) for id in each.sent)
            entry = next(filter(None, sent), None) or answered.get(each.dedupe or "")
            if entry:
                found.append((each, entry))
        return found

    def _planned(self, tenant: str, base: int, waiting: Sequence[Submission], before: Sequence[Entry] = ()) -> Plan:
        """``before``: entries up to ``base`` that may not be stored yet."""
        stored = Stored(self._engine, tenant)
        renewed = [renewal.key for entry in before for renewal in entry.renewals]
        stored.newest((*stored.holders(wanted(waiting)).values(), *renewed))
        steps = self._folded(View.after(before, stored), stored.tenant, base, waiting)
        return Plan(tenant, base, checked(steps, View.after(before, stored)))

    def _folded(self, view: View, tenant: str, base: int, waiting: Sequence[Submission]) -> list[Step]:
        steps, room, seq = list[Step](), BATCH_BYTES, base + 1
        namespace, dedupes = UUID(self._engine.namespace()), set[str | None]()
        for each in waiting:
            if room <= 0:
                break
            if each.dedupe in dedupes:  # the same request twice at once: the next round answers this one
                continue
            outcome = folded(each, Snapshot(tenant, self._clock(), view, namespace, self._ids), seq)
            steps.append(Step(each, outcome))
            if isinstance(outcome, Entry):
                view.write(outcome)
                dedupes |= {each.dedupe} - {None}
                room, seq = room - size(outcome), seq + 1
        return steps
