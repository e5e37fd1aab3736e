"""What the server says of a subscription, in the resource itself: whoever reads it sees how it is."""

from mappings.fhir.json import Json, loads
from server.fhir.resource import prepare
from server.store.entry import Entry, Key
from server.store.snapshot import Snapshot
from server.store.store import Store
from server.subscriptions.progress import SERVER


class Unchanged(Exception):
    """It says so already, or is no more."""


def set_status(store: Store, tenant: str, key: Key, status: str, error: str = "") -> None:
    """https://hl7.org/fhir/R4/subscription-definitions.html#Subscription.status"""

    def fold(snapshot: Snapshot) -> Entry:
        base = snapshot.read(key)
        before = loads(base.body) if base and base.body else {}
        after = stated(before, status, error) if before else before
        if after == before:
            raise Unchanged
        write = prepare(snapshot, after, base=base)
        about = {"interaction": "subscription", "type": "Subscription", "status": status}
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, SERVER, SERVER, (write,), about=about)

    try:
        store.submit(tenant, fold).result()
    except Unchanged:
        return


def stated(body: Json, status: str, error: str) -> Json:
    """One that was switched off meanwhile stays off."""
    if body["status"] == "off":
        return body
    others = {name: value for name, value in body.items() if name != "error"}
    return {**others, "status": status, **({"error": error} if error else {})}
