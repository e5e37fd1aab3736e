"""Which patients a person can choose, and what they are called."""

from collections.abc import Iterator
from dataclasses import dataclass

from mappings.fhir.json import Json, loads
from server.auth import roles
from server.auth.gate import GatedStore, Principal
from server.auth.scopes import parse
from server.auth.users import User
from server.fhir.outcome import FhirError
from server.fhir.search.parse import conditions
from server.store.entry import Version
from server.store.query import EVERYTHING, Search
from server.store.store import Store

SHOWN = 20
LOOKING = parse("user/Patient.rs patient/Patient.rs")


@dataclass(frozen=True, slots=True)
class Patient:
    """Enough to tell one from another."""

    id: str
    name: str
    birth_date: str
    identifier: str


def find(store: Store, user: User, id: str) -> Patient | None:
    """None for one who is not there, or whom the user may not see."""
    try:
        return patient(seen_by(store, user).read("Patient", id))
    except FhirError:
        return None


def search(store: Store, user: User, text: str) -> list[Patient]:
    """The first of those whose names begin so. Raises Forbidden for a user who may see none."""
    try:
        where = conditions("Patient", (("name", text),)) if text else EVERYTHING
    except FhirError:
        return []
    page = seen_by(store, user).search(Search("Patient", where, limit=SHOWN))
    return [patient(version) for version in page.versions]


def seen_by(store: Store, user: User) -> GatedStore:
    who = Principal(
        user.tenant,
        "pages",
        roles.narrowed(LOOKING, user.role),
        user=user.name,
        patient=user.own_patient,
        rights=roles.rights(user.role),
    )
    return GatedStore(store, who)


def patient(version: Version) -> Patient:
    body: Json = loads(version.body or b"{}")
    names = list(written(body))
    marks = [each["value"] for each in body.get("identifier", ()) if isinstance(each.get("value"), str)]
    named = names[0] if names else "A patient without a name"
    return Patient(version.key.id, named, str(body.get("birthDate", "")), marks[0] if marks else "")


def written(body: Json) -> Iterator[str]:
    for name in body.get("name", ()):
        parts = [*(each for each in name.get("given", ()) if each), name.get("family", "")]
        if text := " ".join(filter(None, parts)) or name.get("text", ""):
            yield text
