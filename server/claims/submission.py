"""What is submitted: a resource alone, or in a Bundle with what it refers to.

https://hl7.org/fhir/R4/claim-operation-submit.html; a Bundle as Da Vinci's PAS sends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from mappings.fhir.json import Json, dumps
from server.fhir.outcome import Invalid, Issue
from server.fhir.resource import accept, prepare
from server.identity.keys import identities
from server.identity.references import replaced
from server.store.entry import Key, Version, Write
from server.store.journal import Snapshot

MOST_ENTRIES = 200
PAYERS_OWN = frozenset({"ClaimResponse", "ExplanationOfBenefit", "InsurancePlan", "CoverageEligibilityResponse"})
"""What a submitter does not bring: it is the payer's to write, or to know."""


class Answered(Exception):
    """Nothing is to be written: it was answered before, or cannot be judged. ``response`` is the answer."""

    def __init__(self, response: Json) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Carried:
    """A resource that came along; ``url`` is what the others call it."""

    url: str
    body: Json

    @property
    def name(self) -> str:
        return f"{self.body['resourceType']}/{self.body.get('id', '')}"


@dataclass(frozen=True, slots=True)
class Submission:
    body: Json
    carried: tuple[Carried, ...] = ()

    @property
    def brings(self) -> frozenset[str]:
        return frozenset(each.body["resourceType"] for each in self.carried)


def submission(sent: Json, type: str) -> Submission:
    """Raises Invalid unless there is one resource of the type in what was sent, and all of it is FHIR."""
    found = _found(sent, type)
    for each in (found.body, *(carried.body for carried in found.carried)):
        accept(each)
    return found


def _found(sent: Json, type: str) -> Submission:
    sent = _parameter(sent) if sent.get("resourceType") == "Parameters" else sent
    if sent.get("resourceType") == type:
        return Submission(sent)
    if sent.get("resourceType") != "Bundle":
        raise Invalid(Issue(f"a {type} is needed, or a Bundle that holds one", "resourceType"))
    entries = _entries(sent)
    asked = [each for each in entries if each.body["resourceType"] == type]
    if len(asked) != 1:
        raise Invalid(Issue(f"the Bundle has to hold one {type}", "Bundle.entry"))
    return Submission(asked[0].body, tuple(each for each in entries if each is not asked[0]))


def _parameter(parameters: Json) -> Json:
    found = parameters.get("parameter")
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and each.get("name") == "resource" and isinstance(each.get("resource"), dict):
            resource: Json = each["resource"]
            return resource
    raise Invalid(Issue("the parameter resource is missing", "Parameters.parameter", "required"))


def _entries(bundle: Json) -> list[Carried]:
    entries = bundle.get("entry")
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise Invalid(Issue(f"the Bundle has to have 1 to {MOST_ENTRIES} entries", "Bundle.entry"))
    return [_entry(each, f"Bundle.entry[{index}]") for index, each in enumerate(entries)]


def _entry(entry: object, where: str) -> Carried:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if (
        not isinstance(entry, dict)
        or not isinstance(resource, dict)
        or not isinstance(resource.get("resourceType"), str)
    ):
        raise Invalid(Issue("an entry holds a resource", f"{where}.resource", "structure"))
    if resource["resourceType"] in PAYERS_OWN:
        raise Invalid(Issue(f"a {resource['resourceType']} is not the submitter's to bring", where, "forbidden"))
    return Carried(str(entry.get("fullUrl", "")), resource)


def settled(snapshot: Snapshot, sent: Submission) -> tuple[Json, tuple[Write, ...]]:
    """The body with its references as they are here, and what has to be stored first.

    What is stored already stays as it is, whatever the Bundle says of it."""
    keys = [_key(snapshot, each) for each in sent.carried]
    named = zip(sent.carried, map(str, keys), strict=True)
    targets = {name: key for each, key in named for name in (each.url, each.name)}
    bodies = {key: replaced(each.body, targets) for each, key in zip(sent.carried, keys, strict=True)}
    return replaced(sent.body, targets), tuple(_writes(snapshot, bodies))


def _key(snapshot: Snapshot, carried: Carried) -> Key:
    """The resource that holds one of its identifiers; without any, the one of its id; else one of its own, which is
    the same whenever the same is brought again."""
    type, known = carried.body["resourceType"], identities(carried.body)
    if not known:
        named = Key(type, str(carried.body.get("id", "")))
        return named if living(snapshot, named) else Key(type, snapshot.new_id(_content(carried)))
    held = snapshot.holders(known)
    return next((held[each] for each in known if each in held), None) or fresh(snapshot, type, known[0])


def fresh(snapshot: Snapshot, type: str, name: str) -> Key:
    """Where something new of this name goes: always the same place, unless what was named so lives there still."""
    key = Key(type, snapshot.new_id(name))
    return Key(type, snapshot.new_id()) if living(snapshot, key) else key


def living(snapshot: Snapshot, key: Key) -> Version | None:
    version = snapshot.read(key)
    return None if version is None or version.deleted else version


def _content(carried: Carried) -> str:
    said = {name: value for name, value in carried.body.items() if name not in ("id", "meta")}
    return f"{carried.body['resourceType']}?brought={sha256(dumps(said)).hexdigest()}"


def _writes(snapshot: Snapshot, bodies: Mapping[Key, Json]) -> Iterator[Write]:
    for key, body in bodies.items():
        if not living(snapshot, key):
            yield prepare(snapshot, body, base=snapshot.read(key), id=key.id)
