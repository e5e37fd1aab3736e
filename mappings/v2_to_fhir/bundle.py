"""A mapped message as a FHIR transaction, for a server that knows nothing of messages.

https://hl7.org/fhir/R4/http.html#transaction. What an identifier identifies is updated or created by it, what is known
only by what it belongs to has an id made of that: the same Bundle sent twice changes nothing. What no plain transaction
can do, the server does: deleting what was null, laying over, re-pointing what referred to a merged patient."""

from typing import Any
from urllib.parse import quote

from mappings.v2_to_fhir.draft import Draft, Identity, Mapped

Json = dict[str, Any]


def bundle(mapped: Mapped) -> Json:
    entries = [entry(draft, resource(draft, mapped)) for draft in mapped.drafts]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries} if entries else empty()


def empty() -> Json:
    return {"resourceType": "Bundle", "type": "transaction"}


def entry(draft: Draft, body: Json) -> Json:
    identity = draft.identity
    how, value = identity.key.split("=", 1)
    if how == "key":
        request = {"method": "PUT", "url": f"{identity.type}/{value}"}
        body = {"resourceType": identity.type, "id": value, **body}
    elif draft.stub:
        request = {"method": "POST", "url": identity.type, "ifNoneExist": query(identity)}
    else:
        request = {"method": "PUT", "url": f"{identity.type}?{query(identity)}"}
    return {"fullUrl": identity.urn, "resource": body, "request": request}


def query(identity: Identity) -> str:
    name, value = identity.key.split("=", 1)
    return f"{name}={quote(value, safe=':/|')}"


def resource(draft: Draft, mapped: Mapped) -> Json:
    """With the links of a merge: https://hl7.org/fhir/R4/patient.html#merge"""
    gone = [merge.survivor for merge in mapped.merges if merge.prior == draft.identity]
    if draft.type != "Patient":
        return draft.resource | ({"status": "entered-in-error", "partOf": gone[0].reference} if gone else {})
    links = [link(merge.prior, "replaces") for merge in mapped.merges if merge.survivor == draft.identity]
    links += [link(each, "replaced-by") for each in gone] + seen_together(draft, mapped)
    body = draft.resource
    if gone:
        body["active"] = False
    return {**body, "link": links} if links else body


def seen_together(draft: Draft, mapped: Mapped) -> list[Json]:
    pairs = [(each.one, each.other) for each in mapped.links if each.linked]
    both = [*pairs, *((other, one) for one, other in pairs)]
    return [link(other, "seealso") for one, other in both if one == draft.identity]


def link(other: Identity, type: str) -> Json:
    return {"other": other.reference, "type": type}
