"""Documents of the distributed store to entries and versions, and back."""

from hashlib import sha256
from typing import Any

from server.store.entry import Entry, Key, Renewal, Version, Write, by_element, by_mark
from server.store.instants import instant, moment
from server.store.query import SEP, term

Doc = dict[str, Any]

LONGEST = 200
"""Characters of a reserved value within ``_id``; some servers' keys end at 2,000 bytes. A longer one is hashed."""


def entry_id(tenant: str, seq: int) -> str:
    """In the order of ``seq``."""
    return f"{tenant}/{seq:012d}"


def entry_ids(tenant: str, after: int = 0, before: int | None = None) -> Doc:
    """Selects a range of a tenant's journal; a colon comes after all digits."""
    end = f"{tenant}/:" if before is None else entry_id(tenant, before)
    return {"tenant": tenant, "_id": {"$gt": entry_id(tenant, after), "$lt": end}}


def current_id(tenant: str, key: Key) -> str:
    return f"{tenant}/{key.type}/{key.id}"


def place(tenant: str, type: str) -> str:
    return f"{tenant}/{type}"


def held_id(tenant: str, value: str) -> str:
    return f"{tenant}/{value if len(value) <= LONGEST else 'sha256:' + sha256(value.encode()).hexdigest()}"


def id_fact(id: str) -> str:
    return term("-id", id)


def dedupe_fact(dedupe: str) -> str:
    return term("-dedupe", dedupe)


def version_fact(key: Key, version: int) -> str:
    return version_facts(key) + str(version)


def version_facts(key: Key) -> str:
    """The prefix of a resource's."""
    return term("-version", key.type, key.id, "")


def type_facts(type: str) -> str:
    """The prefix of a type's."""
    return term("-version", type, "")


def entry_document(entry: Entry) -> Doc:
    """``renewals`` only where there are some: older entries have none."""
    about = [term(name, value) for name, value in entry.about.items()]
    versions = [version_fact(write.key, write.base + 1) for write in entry.writes]
    dedupe = [dedupe_fact(entry.dedupe)] if entry.dedupe else []
    return {
        "_id": entry_id(entry.tenant, entry.seq),
        "tenant": entry.tenant,
        "seq": entry.seq,
        "id": entry.id,
        "at": instant(entry.at),
        "actor": entry.actor,
        "origin": entry.origin,
        "dedupe": entry.dedupe,
        "about": about,
        "facts": [id_fact(entry.id), *dedupe, *about, *versions],
        "writes": [_write_document(write) for write in entry.writes],
        "reply": entry.reply,
        "raw": entry.raw,
        **({"renewals": list(map(_renewal_document, entry.renewals))} if entry.renewals else {}),
    }


def _renewal_document(renewal: Renewal) -> Doc:
    """Its marks, and after each the elements that it is of."""
    told = [[mark, *elements] for mark, elements in by_mark(renewal.marks).items()]
    return {"type": renewal.key.type, "id": renewal.key.id, "marks": told}


def renewal(doc: Doc) -> Renewal:
    return Renewal(Key(doc["type"], doc["id"]), by_element({mark: elements for mark, *elements in doc["marks"]}))


def renewed_document(tenant: str, renewal: Renewal, seq: int) -> Doc:
    return {"_id": current_id(tenant, renewal.key), "tenant": tenant, "seq": seq, **_renewal_document(renewal)}


def _write_document(write: Write) -> Doc:
    return {
        "type": write.key.type,
        "id": write.key.id,
        "base": write.base,
        "body": write.body,
        "terms": list(write.terms),
        "reserves": list(write.reserves),
        "keeps": list(write.keeps),
        "frees": list(write.frees),
        "marks": [list(mark) for mark in write.marks.items()],
    }


def entry(doc: Doc) -> Entry:
    return Entry(
        doc["tenant"],
        doc["id"],
        moment(doc["at"]),
        doc["actor"],
        doc["origin"],
        tuple(map(_write, doc["writes"])),
        doc["reply"],
        doc["raw"],
        doc["dedupe"],
        {name: value for name, _, value in (fact.partition(SEP) for fact in doc["about"])},
        doc["seq"],
        tuple(map(renewal, doc.get("renewals", ()))),
    )


def _write(doc: Doc) -> Write:
    key = Key(doc["type"], doc["id"])
    held = tuple(doc["reserves"]), dict(doc["marks"]), tuple(doc["keeps"]), tuple(doc["frees"])
    return Write(key, doc["base"], doc["body"], tuple(doc["terms"]), *held)


def current_document(tenant: str, version: Version) -> Doc:
    return {
        "_id": current_id(tenant, version.key),
        "tenant": tenant,
        "place": place(tenant, version.key.type),
        "type": version.key.type,
        "id": version.key.id,
        "version": version.version,
        "seq": version.seq,
        "at": instant(version.at),
        "live": not version.deleted,
        "terms": [] if version.deleted else list(version.terms),
        "was": list(version.terms) if version.deleted else [],
        "reserves": list(version.reserves),
        "marks": [list(mark) for mark in version.marks.items()],
        "body": version.body,
    }


def version(doc: Doc) -> Version:
    key = Key(doc["type"], doc["id"])
    terms, reserves = tuple(doc["terms"] or doc["was"]), tuple(doc["reserves"])
    return Version(key, doc["version"], doc["seq"], moment(doc["at"]), doc["body"], terms, reserves, dict(doc["marks"]))


def held_document(tenant: str, value: str, holder: Key | None, seq: int) -> Doc:
    return {"_id": held_id(tenant, value), "tenant": tenant, "seq": seq, "value": value, "holder": list(holder or ())}
