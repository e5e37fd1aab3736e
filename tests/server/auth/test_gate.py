"""The gate: what a principal's scopes let through, and the store behind it."""

from dataclasses import replace
from functools import partial

import pytest

from server.auth.gate import GatedStore, Principal, permit
from server.auth.scopes import parse
from server.fhir.outcome import Forbidden, Gone, NotFound
from server.store.engine import Page
from server.store.entry import Entry, Key, Write
from server.store.journal import Held
from server.store.query import EVERYTHING, All, Any, Referred, Refers, Search, equals, matches, term


def principal(scopes: str, patient: str | None = None, tenant: str = "default", client: str = "app") -> Principal:
    return Principal(tenant, client, parse(scopes), patient=patient)


IN_ANNS_CLAIMS = Any((equals(term("patient", "Patient/ann")), equals(term("payee", "Patient/ann"))))
IN_ANN = Any((equals(term("_id", "ann")), equals(term("link", "Patient/ann"))))
FORBIDDEN = None

PERMITTED = {
    "a system reads all": ("system/Claim.rs", None, "read", "Claim", EVERYTHING),
    "of any type": ("system/*.rs", None, "search", "Claim", EVERYTHING),
    "by v1": ("system/*.read", None, "history", "Claim", EVERYTHING),
    "a patient's app reads the patient's": ("patient/Claim.r", "ann", "read", "Claim", IN_ANNS_CLAIMS),
    "and the patient": ("patient/*.r", "ann", "vread", "Patient", IN_ANN),
    "either scope will do": ("patient/Claim.r system/*.r", "ann", "read", "Claim", EVERYTHING),
    "A9 no patient, nothing": ("patient/*.cruds", None, "read", "Claim", FORBIDDEN),
    "A9 an empty patient is none": ("patient/*.cruds", "", "read", "Claim", FORBIDDEN),
    "a patient's app reaches no type outside of the compartment": (
        "patient/*.cruds",
        "ann",
        "read",
        "PaymentNotice",
        FORBIDDEN,
    ),
    "but what a record refers to and is nobody's": ("patient/*.rs", "ann", "read", "Organization", EVERYTHING),
    "which it cannot change": ("patient/*.cruds", "ann", "update", "Organization", FORBIDDEN),
    "nor read for no patient": ("patient/*.cruds", None, "read", "Organization", FORBIDDEN),
    "nobody's rights are known": ("user/*.cruds", "ann", "read", "Claim", FORBIDDEN),
    "no scope at all": ("", None, "read", "Claim", FORBIDDEN),
    "words open nothing": ("openid fhirUser launch/patient", "ann", "read", "Patient", FORBIDDEN),
    "another type": ("system/Claim.cruds", None, "read", "Patient", FORBIDDEN),
    "reading is not searching": ("system/Claim.r", None, "search", "Claim", FORBIDDEN),
    "searching is not reading": ("system/Claim.s", None, "read", "Claim", FORBIDDEN),
    "searching is history of a type": ("system/Claim.s", None, "history-type", "Claim", EVERYTHING),
    "creating is not updating": ("system/Claim.c", None, "update", "Claim", FORBIDDEN),
    "v1 write deletes": ("system/Claim.write", None, "delete", "Claim", EVERYTHING),
    "v1 write does not read": ("system/Claim.write", None, "read", "Claim", FORBIDDEN),
    "an interaction that is none": ("system/*.cruds", None, "frobnicate", "Claim", FORBIDDEN),
    "the server's own records": ("system/*.cruds", None, "read", "-client", FORBIDDEN),
    "a parameter of another type": ("system/*.r?beneficiary=Patient/x", None, "read", "Claim", FORBIDDEN),
    "a parameter that is none": ("system/Claim.r?nonsense=x", None, "read", "Claim", FORBIDDEN),
    "about today, which is another day tomorrow": (
        "system/Claim.r?created=ap2026-01-01",
        None,
        "read",
        "Claim",
        FORBIDDEN,
    ),
    "a parameter that is none, in a compartment": ("patient/Claim.r?nonsense=x", "ann", "read", "Claim", FORBIDDEN),
    "a modifier that is none": ("system/Claim.r?status:nonsense=x", None, "read", "Claim", FORBIDDEN),
}


@pytest.mark.parametrize(("scopes", "patient", "interaction", "type", "expected"), PERMITTED.values(), ids=PERMITTED)
def test_what_scopes_permit(scopes, patient, interaction, type, expected) -> None:
    who = principal(scopes, patient)
    if expected is FORBIDDEN:
        with pytest.raises(Forbidden) as caught:
            permit(who, interaction, type)
        assert caught.value.headers == {"www-authenticate": 'Bearer error="insufficient_scope"'}
    else:
        assert permit(who, interaction, type) == expected


NARROWED = {
    "as asked": ("system/Claim.rs?status=active", ("status␟active␟http://hl7.org/x",), True),
    "otherwise": ("system/Claim.rs?status=active", ("status␟draft␟http://hl7.org/x",), False),
    "both hold": (
        "system/Claim.rs?status=active&use=claim",
        ("status␟active␟http://hl7.org/x", "use␟claim␟http://hl7.org/x"),
        True,
    ),
    "one does not": (
        "system/Claim.rs?status=active&use=claim",
        ("status␟active␟http://hl7.org/x", "use␟preauthorization␟http://hl7.org/x"),
        False,
    ),
    "alternatives": ("system/Claim.rs?status=active,draft", ("status␟draft␟http://hl7.org/x",), True),
    "escaped": ("system/Claim.rs?status=%61ctive", ("status␟active␟http://hl7.org/x",), True),
    "either scope": ("system/Claim.rs?status=active system/Claim.rs?use=claim", ("use␟claim␟http://hl7.org/x",), True),
    "in the compartment and as asked": (
        "patient/Claim.rs?status=active",
        ("patient␟Patient/ann", "status␟active␟http://hl7.org/x"),
        True,
    ),
    "in the compartment, otherwise": (
        "patient/Claim.rs?status=active",
        ("patient␟Patient/ann", "status␟draft␟http://hl7.org/x"),
        False,
    ),
    "as asked, elsewhere": (
        "patient/Claim.rs?status=active",
        ("patient␟Patient/ben", "status␟active␟http://hl7.org/x"),
        False,
    ),
    "a longer id": ("patient/Claim.rs", ("patient␟Patient/ann2",), False),
    "another type of that id": ("patient/Claim.rs", ("patient␟Group/ann",), False),
    "B14 not by other parameters": ("patient/Observation.rs", ("focus␟Patient/ann",), False),
    "by the parameters that R4 names": ("patient/Observation.rs", ("performer␟Patient/ann",), True),
}


@pytest.mark.parametrize(("scopes", "terms", "expected"), NARROWED.values(), ids=NARROWED)
def test_b13_what_a_narrowed_scope_reaches(scopes, terms, expected) -> None:
    kind = parse(scopes)[0].type
    where = permit(principal(scopes, "ann"), "read", kind)
    assert matches(where, tuple(sorted(each.replace("␟", "\x1f") for each in terms))) is expected


# The store behind the gate: what is not theirs is answered like what is not there.

OWN, OTHER = "patient\x1fPatient/ann", "patient\x1fPatient/ben"


def outcome(attempt) -> tuple[str, str] | str:
    """What an attempt came to, down to the text that the client sees."""
    try:
        attempt()
    except (Forbidden, NotFound, Gone) as error:
        return type(error).__name__, str(error)
    return "done"


def test_b1_b17_not_theirs_not_there_and_gone_are_answered_alike(store, put) -> None:
    put("Claim", "own", OWN)
    put("Claim", "other", OTHER)
    put("Claim", "gone", OTHER)
    put("Claim", "gone", body=None)
    gated = GatedStore(store, principal("patient/Claim.rs", "ann"))
    assert outcome(lambda: gated.read("Claim", "own")) == "done"
    unseen = ("other", "gone", "never")
    answers = {outcome(partial(gated.read, "Claim", each)) for each in unseen}
    assert answers == {("NotFound", "there is no such resource")}
    versions = {outcome(partial(gated.vread, "Claim", each, 1)) for each in unseen}
    histories = {outcome(partial(gated.history, "Claim", each, limit=10)) for each in unseen}
    assert versions == histories == answers


def test_gone_is_said_of_what_was_theirs(store, put) -> None:
    put("Claim", "gone", OWN)
    put("Claim", "gone", body=None)
    for who in (principal("patient/Claim.rs", "ann"), principal("system/Claim.rs")):
        gated = GatedStore(store, who)
        assert outcome(lambda gated=gated: gated.read("Claim", "gone")) == ("Gone", "the resource was deleted")
        assert gated.vread("Claim", "gone", 1).body == b"{}"
        assert outcome(lambda gated=gated: gated.vread("Claim", "gone", 2)) == ("Gone", "the resource was deleted")
        assert [each.version for each in gated.history("Claim", "gone", limit=10).versions] == [2, 1]


def test_b2_versions_from_when_it_was_somebody_elses_are_not_shown(store, put) -> None:
    put("Claim", "moved", OTHER)
    put("Claim", "moved", OWN)
    ann, ben = (GatedStore(store, principal("patient/Claim.rs", who)) for who in ("ann", "ben"))
    assert [each.version for each in ann.history("Claim", "moved", limit=10).versions] == [2]
    assert [each.version for each in ann.history("Claim", limit=10).versions] == [2]
    assert outcome(lambda: ann.vread("Claim", "moved", 1)) == ("NotFound", "there is no such resource")
    assert ben.history("Claim", limit=10).versions == ()
    for attempt in (lambda: ben.read("Claim", "moved"), lambda: ben.vread("Claim", "moved", 1)):
        assert outcome(attempt) == ("NotFound", "there is no such resource")


def ids(page: Page) -> list[str]:
    return sorted(version.key.id for version in page.versions)


def test_b5_searches_and_counts_see_only_their_own(store, put) -> None:
    for number in range(3):
        put("Claim", f"own{number}", OWN)
        put("Claim", f"other{number}", OTHER)
    gated = GatedStore(store, principal("patient/Claim.rs", "ann"))
    assert ids(gated.search(Search("Claim"))) == ["own0", "own1", "own2"]
    assert ids(gated.search(Search("Claim", equals(OTHER)))) == []
    assert gated.count("Claim") == 3
    assert gated.count("Claim", equals(OTHER)) == 0
    first = gated.search(Search("Claim", limit=2))
    rest = gated.search(Search("Claim", limit=2, after=first.next))
    assert (ids(first) + ids(rest), rest.next) == (["own0", "own1", "own2"], None)
    assert ids(GatedStore(store, principal("system/Claim.rs")).search(Search("Claim"))) == [
        "other0",
        "other1",
        "other2",
        "own0",
        "own1",
        "own2",
    ]


def test_b16_tenants_are_apart(store, put) -> None:
    put("Claim", "one", tenant="north")
    put("Claim", "two", tenant="south")
    north = GatedStore(store, principal("system/*.cruds", tenant="north"))
    assert ids(north.search(Search("Claim"))) == ["one"]
    assert outcome(lambda: north.read("Claim", "two")) == ("NotFound", "there is no such resource")
    north.submit(writing("Claim", "two"))
    assert ids(GatedStore(store, principal("system/*.cruds", tenant="south")).search(Search("Claim"))) == ["two"]


# Writing.


def writing(type: str, id: str, *terms: str, body: bytes | None = b"{}", base: int | None = None):
    """A fold that writes the next version of what it sees."""

    def fold(snapshot) -> Entry:
        current = snapshot.read(Key(type, id))
        known = current.version if current else 0
        found = tuple(sorted({term("_id", id), *terms})) if body is not None else ()
        made = Write(Key(type, id), known if base is None else base, body, found)
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "somebody", "test", (made,))

    return fold


WRITES = {
    "their own": ("patient/Claim.cruds", "own", (OWN,), b"{}", "done"),
    "a new one": ("patient/Claim.cruds", "new", (OWN,), b"{}", "done"),
    "deleting their own": ("patient/Claim.cruds", "own", (), None, "done"),
    "B1 another's": ("patient/Claim.cruds", "other", (OTHER,), b"{}", "NotFound"),
    "B11 taking another's": ("patient/Claim.cruds", "other", (OWN,), b"{}", "NotFound"),
    "B11 giving theirs away": ("patient/Claim.cruds", "own", (OTHER,), b"{}", "Forbidden"),
    "B11 a new one of another's": ("patient/Claim.cruds", "new", (OTHER,), b"{}", "Forbidden"),
    "a new one of nobody's": ("patient/Claim.cruds", "new", (), b"{}", "Forbidden"),
    "deleting another's": ("patient/Claim.cruds", "other", (), None, "NotFound"),
    "creating without the right": ("patient/Claim.ruds", "new", (OWN,), b"{}", "Forbidden"),
    "updating without the right": ("patient/Claim.crds", "own", (OWN,), b"{}", "Forbidden"),
    "deleting without the right": ("patient/Claim.crus", "own", (), None, "Forbidden"),
    "another type's right": ("patient/Coverage.cruds", "new", (OWN,), b"{}", "Forbidden"),
    "a system may": ("system/Claim.cruds", "other", (OWN,), b"{}", "done"),
    "B13 within the narrowed scope": (
        "system/Claim.cru?status=draft",
        "drafted",
        ("status\x1fdraft\x1f",),
        b"{}",
        "done",
    ),
    "B13 out of it": ("system/Claim.cru?status=draft", "drafted", ("status\x1factive\x1f",), b"{}", "Forbidden"),
    "B13 into it": ("system/Claim.cru?status=draft", "own", ("status\x1fdraft\x1f",), b"{}", "NotFound"),
}


@pytest.mark.parametrize("case", WRITES.values(), ids=WRITES)
def test_what_may_be_written(store, put, case) -> None:
    scopes, id, terms, body, expected = case
    put("Claim", "own", OWN)
    put("Claim", "other", OTHER)
    put("Claim", "drafted", "status\x1fdraft\x1f")
    before = store.last("default")
    gated = GatedStore(store, principal(scopes, "ann"))
    found = outcome(lambda: gated.submit(writing("Claim", id, *terms, body=body)))
    assert (found if found == "done" else found[0]) == expected
    assert store.last("default") == before + (expected == "done")


def test_a_link_is_a_search_of_its_other_end_by_the_same_principal(store, put) -> None:
    put("Claim", "own", OWN)
    put("Claim", "other", OTHER)
    put("ClaimResponse", "one", "request\x1fClaim/own")
    put("ClaimResponse", "two", "request\x1fClaim/other")
    to_claims = Refers(("request\x1fClaim/",), "Claim", EVERYTHING)
    from_answers = Referred(("request\x1fClaim/",), "ClaimResponse", EVERYTHING)

    def ids(scope, type, where):
        gated = GatedStore(store, principal(scope, "ann"))
        found = [version.key.id for version in gated.search(Search(type, where)).versions]
        assert gated.count(type, where) == len(found)
        return found

    assert ids("system/*.rs", "ClaimResponse", to_claims) == ["one", "two"]
    assert ids("system/ClaimResponse.rs patient/Claim.rs", "ClaimResponse", to_claims) == ["one"]
    assert ids("system/ClaimResponse.rs system/Claim.r", "ClaimResponse", to_claims) == []
    assert ids("system/Claim.rs system/ClaimResponse.rs", "Claim", from_answers) == ["own", "other"]
    assert ids("system/Claim.rs", "Claim", from_answers) == []
    assert ids("system/Claim.rs", "Claim", All((from_answers, EVERYTHING))) == []


def test_needs_are_decided_before_anything_is_read(store) -> None:
    def fold(snapshot) -> Entry:
        raise AssertionError("it was run")

    gated = GatedStore(store, principal("system/Claim.c"))
    with pytest.raises(Forbidden, match="does not allow update of Claim"):
        gated.submit(fold, needs=(("create", "Claim"), ("update", "Claim")))


def test_who_may_only_update_is_given_what_is_there(store, put) -> None:
    put("Claim", "own", OWN)
    gated = GatedStore(store, principal("patient/Claim.u", "ann"))
    done = gated.submit(writing("Claim", "own", OWN), needs=(("update", "Claim"),))
    assert done.versions()[0].version == 2
    assert outcome(lambda: gated.read("Claim", "own"))[0] == "Forbidden"


def test_b9_a_fold_sees_what_may_be_read_and_nothing_else(store, put) -> None:
    put("Claim", "own", OWN)
    put("Claim", "other", OTHER)
    put("Coverage", "one", "beneficiary\x1fPatient/ann")
    seen = {}

    def fold(snapshot) -> Entry:
        keys = [Key("Claim", "own"), Key("Claim", "other"), Key("Coverage", "one")]
        seen["newest"] = sorted(str(key) for key, each in snapshot.newest(keys).items() if each)
        seen["read"] = [snapshot.read(key) is not None for key in keys]
        seen["found"] = [each.key.id for each in snapshot.find("Claim", EVERYTHING)]
        seen["elsewhere"] = snapshot.find("Coverage", All())
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "test")

    # That all may be created does not show what is there.
    gated = GatedStore(store, principal("patient/Claim.rs system/*.c", "ann"))
    gated.submit(fold, needs=(("create", "Claim"),))
    assert seen == {"newest": ["Claim/own"], "read": [True, False, False], "found": ["own"], "elsewhere": ()}


def test_an_operations_own_types_are_the_servers_to_read_and_write(store, put) -> None:
    put("InsurancePlan", "silver")

    def fold(snapshot) -> Entry:
        assert snapshot.read(Key("InsurancePlan", "silver"))
        assert [each.key.id for each in snapshot.find("InsurancePlan", EVERYTHING)] == ["silver"]
        made = Write(Key("ClaimResponse", "answer"), 0, b"{}", (term("_id", "answer"),))
        return Entry(snapshot.tenant, snapshot.new_id(), snapshot.at, "", "test", (made,))

    gated = GatedStore(store, principal("system/Claim.c"))
    gated.submit(fold, needs=(("create", "Claim"),), own=frozenset({"InsurancePlan", "ClaimResponse"}))
    assert store.read("default", Key("ClaimResponse", "answer"))


def test_the_servers_own_records_are_not_written_through_the_gate(store) -> None:
    gated = GatedStore(store, principal("system/*.cruds"))
    for own in (frozenset(), frozenset({"-client"})):
        with pytest.raises(Forbidden):
            gated.submit(writing("-client", "mine"), own=own)


def test_the_journal_names_the_client_whatever_the_fold_says(store) -> None:
    entry = GatedStore(store, principal("system/*.cruds", client="lab")).submit(writing("Claim", "one"))
    assert entry.actor == "lab"


def test_a_request_made_before_is_answered_to_its_own_client_alone(store) -> None:
    lab, other = (GatedStore(store, principal("system/*.cruds", client=each)) for each in ("lab", "other"))
    first = lab.submit(writing("Claim", "one"), dedupe="request 1")
    assert lab.submit(writing("Claim", "one"), dedupe="request 1") == first
    with pytest.raises(Forbidden, match="another client"):
        other.submit(writing("Claim", "one"), dedupe="request 1")


def test_a_value_that_is_held_out_of_sight_cannot_be_held_twice(store) -> None:
    def holding(type: str, id: str, *terms: str):
        def fold(snapshot) -> Entry:
            entry = writing(type, id, *terms)(snapshot)
            return replace(entry, writes=(replace(entry.writes[0], reserves=("Claim?identifier=x|1",)),))

        return fold

    GatedStore(store, principal("system/*.cruds")).submit(holding("Claim", "other", OTHER))
    with pytest.raises(Held):
        GatedStore(store, principal("patient/Claim.cruds", "ann")).submit(holding("Claim", "new", OWN))
