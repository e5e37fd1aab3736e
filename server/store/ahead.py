"""The next batch is folded while the last one is being written: what the disk, or a network, takes time for is no time
lost. What was folded on a batch that was not written as it was planned is thrown away, and folded again."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from server.store.batch import Submission
from server.store.commit import Committer, Plan


class Ahead:
    """Takes batches from one thread, and writes them from another, in their order."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._writer = ThreadPoolExecutor(1, "journal-writer")
        self._plan: Plan | None = None
        self._as_planned: Future[bool] | None = None

    def commit(self, tenant: str, submissions: Sequence[Submission]) -> None:
        """Every submission will be settled, whatever happens."""
        self._plan = self._planned(tenant, submissions)
        if self._plan:
            self._as_planned = self._writer.submit(self._written, self._plan, submissions)
        else:
            self._committer.commit(tenant, submissions)

    def close(self) -> None:
        self._writer.shutdown()

    def _planned(self, tenant: str, submissions: Sequence[Submission]) -> Plan | None:
        """None when it has to be done step by step. Nothing is being written any more when this returns."""
        plan, before = None, self._plan
        with suppress(Exception):
            if before and before.tenant == tenant:
                plan = self._committer.plan_on(before, submissions)
            else:
                plan = self._committer.plan(tenant, submissions)
        if self._as_planned and not self._as_planned.result():
            plan = None
        self._as_planned = None
        return plan

    def _written(self, plan: Plan, submissions: Sequence[Submission]) -> bool:
        """Whether this is what the journal has now; what is left over was done step by step."""
        with suppress(Exception):
            self._committer.write(plan)
        left = [each for each in submissions if not each.settled]
        if left:
            self._committer.commit(plan.tenant, left)
        return not left
