"""The worker brings projections up, one of several at a time."""

from datetime import UTC, datetime, timedelta

from interfaces.worker import LEASE, catch_up
from server.store.entry import Entry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Counted:
    """A store that notes who projects."""

    def __init__(self, store):
        self.lease = store.lease
        self.projected = []
        self._project = store.project

    def project(self, tenant):
        self.projected.append(tenant)
        return self._project(tenant)


def test_of_two_the_holder_of_the_lease_projects_until_it_ends(store):
    store.submit("clinic", lambda s: Entry(s.tenant, s.new_id(), s.at, "app", "mllp")).result()
    counted = Counted(store)
    catch_up(counted, "clinic", "one", NOON)
    catch_up(counted, "clinic", "two", NOON + timedelta(seconds=1))
    assert counted.projected == ["clinic"]
    catch_up(counted, "clinic", "two", NOON + LEASE + timedelta(seconds=1))
    assert counted.projected == ["clinic", "clinic"]
