"""How an interaction writes: one entry, computed from what is stored."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl

from server.auth.gate import GatedStore
from server.fhir.exchange import Parameters, Request
from server.fhir.outcome import Invalid, PreconditionFailed
from server.fhir.profiles import demanding
from server.fhir.search.parse import MAX_PARAMETERS, RENDERING, conditions
from server.store.entry import Entry, Version, Write
from server.store.journal import Snapshot
from server.store.query import Query


@dataclass(frozen=True, slots=True)
class Change:
    """What an interaction makes of one resource: a write and the status that tells of it, or, without a write, the
    version that is there already."""

    status: int
    write: Write | None = None
    there: Version | None = None


class Unchanged(Exception):
    """Nothing is to be written, so no entry is made."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change


Changing = Callable[[Snapshot], Change]


def commit(gated: GatedStore, request: Request, changing: Changing, *needs: str) -> tuple[int, Version | None]:
    """The status and the version that stands now. ``needs`` are the interactions that the client must be allowed; the
    first is what is done."""

    def fold(snapshot: Snapshot) -> Entry:
        change = changing(snapshot)
        if change.write is None:
            raise Unchanged(change)
        demanding(gated.ungated, snapshot.tenant, request.rules)(change.write)
        return entry(gated, snapshot, (change.write,), about(request, needs[0], change.status))

    try:
        done = gated.submit(fold, needs=tuple((each, request.type) for each in needs))
    except Unchanged as unchanged:
        return unchanged.change.status, unchanged.change.there
    return int(done.about["status"]), done.versions()[0]


def commit_all(
    gated: GatedStore, request: Request, writing: Callable[[Snapshot], Sequence[Write]], *needs: str
) -> None:
    """Many resources in one entry, as ``commit`` does with one; without a write there is no entry."""

    def fold(snapshot: Snapshot) -> Entry:
        writes = writing(snapshot)
        if not writes:
            raise Unchanged(Change(204))
        return entry(gated, snapshot, writes, about(request, needs[0], 204))

    with suppress(Unchanged):
        gated.submit(fold, needs=tuple((each, request.type) for each in needs))


def about(request: Request, interaction: str, status: int) -> dict[str, str]:
    return {"interaction": interaction, "type": request.type, "status": str(status)}


def entry(gated: GatedStore, snapshot: Snapshot, writes: Sequence[Write], about: dict[str, str]) -> Entry:
    actor = gated.principal.client
    return Entry(snapshot.tenant, snapshot.new_id(None), snapshot.at, actor, "fhir", tuple(writes), about=about)


def selecting(request: Request, criteria: Parameters) -> Query:
    """What a conditional interaction looks for. Raises Invalid for criteria that everything would meet."""
    asked = tuple(each for each in criteria if each[0] not in RENDERING)
    return conditions(request.type, asked, base=request.base, now=request.now, linked=True)


def one(snapshot: Snapshot, type: str, where: Query) -> Version | None:
    """The one resource that is meant, None when there is none. Raises PreconditionFailed when there are several."""
    found = snapshot.find(type, where, 2)
    if len(found) > 1:
        raise PreconditionFailed("the criteria are met by more than one resource")
    return found[0] if found else None


def parameters(text: str) -> Parameters:
    """A query string's parameters, in order, each as often as it stands there."""
    if not text:
        return ()
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_PARAMETERS * 4
        )
    except UnicodeDecodeError:
        raise Invalid("the query is not UTF-8") from None
    except ValueError:
        raise Invalid("the query has too many parameters") from None
    return tuple(pairs)
