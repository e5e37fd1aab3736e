"""Who a message is about, and who goes up in whom (HL7 v2.8 chapter 3)."""

import pytest

from mappings.v2_to_fhir.site import Site

PV1 = "PV1|1|I|||||||||||||||||V-1"

IDENTITIES = {
    "medical record number": ("1^^^H^MR", ["urn:causeway:authority:H|1"]),
    "sender's default authority": ("1", ["urn:causeway:authority:NORTHBAY|1"]),
    "same number, two authorities": ("1^^^A^MR~1^^^B^MR", ["urn:causeway:authority:A|1", "urn:causeway:authority:B|1"]),
    "a medical record number comes first": (
        "7^^^S^PI~1^^^H^MR",
        ["urn:causeway:authority:H|1", "urn:causeway:authority:S|7"],
    ),
    "other kinds do not identify": ("9^^^D^DL~1^^^H^MR~2^^^H^AN", ["urn:causeway:authority:H|1"]),
    "empty repetitions": ("~~1^^^H^MR~^^^H^MR", ["urn:causeway:authority:H|1"]),
    "the same twice": ("1^^^H^MR~1^^^H^MR", ["urn:causeway:authority:H|1"]),
}


@pytest.mark.parametrize(("pid_3", "expected"), IDENTITIES.values(), ids=IDENTITIES)
def test_identity(pid_3, expected, one):
    draft = one("Patient", "ADT^A31", f"PID|||{pid_3}")
    assert [each.key for each in (draft.identity, *draft.also)] == [f"identifier={each}" for each in expected]
    held = {f"{each['system']}|{each['value']}" for each in draft.body["identifier"]}
    assert set(expected) <= held


def test_the_site_says_which_kinds_identify(told):
    site = Site(identifying=frozenset({"EPI"}))
    assert told("ADT^A31", "PID|||1^^^H^MR", site=site).fatal
    (draft,) = told("ADT^A31", "PID|||1^^^H^MR~2^^^H^EPI", site=site).drafts
    assert draft.identity.key == "identifier=urn:causeway:authority:H|2"
    assert draft.also == ()


NOBODY = {
    "no PID": ((), "PID^1^3"),
    "PID without a number": (("PID|1||",), "PID^1^3"),
    "an authority and no number": (("PID|1||^^^H^MR",), "PID^1^3"),
    "null": (('PID|1||""',), "PID^1^3"),
    "only a social security number": (("PID|1||219-09-9941^^^USSSA^SS",), "PID^1^3"),
}


@pytest.mark.parametrize(("segments", "place"), NOBODY.values(), ids=NOBODY)
def test_nobody_stops_the_message(segments, place, told):
    mapped = told("ADT^A01", *segments, PV1)
    assert [(issue.location, issue.code) for issue in mapped.fatal] == [(place, "101")]
    assert mapped.drafts == ()


CLEARED = {
    "an element": ('PID|||1||||""', {"birthDate"}),
    "several": ('PID|||1||||""|""', {"birthDate", "gender"}),
    "numbers at home, not at work": ('PID|||1||||||||||""', {"telecom:home"}),
    "numbers at work": ('PID|||1|||||||||||""', {"telecom:work"}),
    "one extension": (
        'PID|||1||||||||||||||||||||""',
        {"extension:http://hl7.org/fhir/StructureDefinition/patient-birthPlace"},
    ),
    "a part of a name is only left out": ('PID|||1||Lind^""', set()),
    "nothing said": ("PID|||1||||||", set()),
}


@pytest.mark.parametrize(("pid", "expected"), CLEARED.values(), ids=CLEARED)
def test_null_clears(pid, expected, one):
    draft = one("Patient", "ADT^A31", pid)
    assert draft.cleared == expected
    assert '""' not in str(draft.body)


ELEMENTS = {
    "unknown sex": ("PID|||1|||||X", "gender", "unknown"),
    "deceased without a date": ("PID|||1" + "|" * 27 + "Y", "deceasedBoolean", True),
    "deceased on a date": ("PID|||1" + "|" * 26 + "20260301|Y", "deceasedDateTime", "2026-03-01"),
    "alive": ("PID|||1" + "|" * 27 + "N", "deceasedBoolean", False),
    "a twin": ("PID|||1" + "|" * 21 + "Y", "multipleBirthBoolean", True),
    "the second twin": ("PID|||1" + "|" * 21 + "Y|2", "multipleBirthInteger", 2),
    "county of the only address": (
        "PID|||1||||||||1 Quay|Ellery",
        "address",
        [{"line": ["1 Quay"], "district": "Ellery"}],
    ),
    "county that the address says": (
        "PID|||1||||||||1 Quay^^^^^^^^Port|Ellery",
        "address",
        [{"line": ["1 Quay"], "district": "Port"}],
    ),
    "county of no address": ("PID|||1|||||||||Ellery", "address", None),
}


@pytest.mark.parametrize(("pid", "element", "expected"), ELEMENTS.values(), ids=ELEMENTS)
def test_element(pid, element, expected, one):
    assert one("Patient", "ADT^A31", pid).body.get(element) == expected


def test_only_one_form_of_a_choice(one):
    body = one("Patient", "ADT^A31", "PID|||1" + "|" * 26 + "20260301|Y").body
    assert "deceasedBoolean" not in body


def test_same_contact_again_is_the_same_person(told):
    first, again, other = (
        [draft.identity for draft in told("ADT^A31", "PID|||1", nk1).drafts if draft.type == "RelatedPerson"]
        for nk1 in ("NK1|1|Holm^Berta", "NK1|1|Holm^Berta Maria", "NK1|2|Holm^Berta")
    )
    assert first == again != other


def test_contacts_of_one_number_are_not_one_contact(told):
    mapped = told("ADT^A31", "PID|||1", "NK1|1|Holm^Berta", "NK1|1|Holm^Nils", "NK1||Holm^Ida", "NK1||Holm^Per")
    assert len({draft.identity for draft in mapped.drafts if draft.type == "RelatedPerson"}) == 4


def test_a_contact_of_nobody_is_none(told):
    assert [draft.type for draft in told("ADT^A31", "PID|||1", "NK1|1||MTH").drafts] == ["Patient"]


MERGES = {
    "a pair": (("PID|||1", "MRG|2"), [("1", "2")]),
    "two pairs": (("PID|||1", "MRG|2", "PID|||3", "PD1||", "MRG|4"), [("1", "2"), ("3", "4")]),
    "a Z-segment between": (("PID|||1", "ZZ1|x", "MRG|2", "PV1||N"), [("1", "2")]),
}


@pytest.mark.parametrize(("segments", "expected"), MERGES.values(), ids=MERGES)
def test_prior_goes_up_in_survivor(segments, expected, told):
    mapped = told("ADT^A40", *segments)
    system = "urn:causeway:authority:NORTHBAY"
    assert mapped.issues == ()
    assert [(each.survivor.key, each.prior.key) for each in mapped.merges] == [
        (f"identifier={system}|{stays}", f"identifier={system}|{goes}") for stays, goes in expected
    ]
    priors = {each.prior for each in mapped.merges}
    assert {draft.identity for draft in mapped.drafts if draft.stub} == priors


REFUSED = {
    "into itself": (("PID|||1^^^H^MR", "MRG|1^^^H^MR"), ("MRG^1^1", "205")),
    "into itself by another number": (("PID|||1^^^H^MR~2^^^H^MR", "MRG|3^^^H^MR~2^^^H^MR"), ("MRG^1^1", "205")),
    "no MRG": (("PID|||1",), ("MRG^1^1", "101")),
    "empty MRG": (("PID|||1", "MRG|"), ("MRG^1^1", "101")),
    "second pair broken": (("PID|||1", "MRG|2", "PID|||3", "MRG|^^^H"), ("MRG^2^1", "101")),
}


@pytest.mark.parametrize(("segments", "expected"), REFUSED.values(), ids=REFUSED)
def test_half_a_merge_stops_the_message(segments, expected, told):
    assert [(issue.location, issue.code) for issue in told("ADT^A40", *segments).fatal] == [expected]


UNKNOWN = {
    "an event that is not mapped": ("ADT^A60", "MSH^1^9^1^2", "201"),
    "a message that is not mapped": ("ORU^R01", "MSH^1^9^1^1", "200"),
}


@pytest.mark.parametrize(("kind", "place", "code"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_mapped_says_so(kind, place, code, told):
    mapped = told(kind, "PID|||1")
    assert [(issue.location, issue.code, issue.fatal) for issue in mapped.issues] == [(place, code, True)]
