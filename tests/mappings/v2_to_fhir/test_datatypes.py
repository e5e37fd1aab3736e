"""One data type at a time, as a component of a field: https://hl7.org/fhir/uv/v2mappings/datatype_maps.html"""

from datetime import timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mappings.v2.delimiters import STANDARD
from mappings.v2.message import Field
from mappings.v2_to_fhir.datatypes.cwe import concept
from mappings.v2_to_fhir.datatypes.cx import entity, identifier, licence, ssn
from mappings.v2_to_fhir.datatypes.dtm import day, in_order, moment, period
from mappings.v2_to_fhir.datatypes.nm import days, money, number, positive
from mappings.v2_to_fhir.datatypes.pl import location
from mappings.v2_to_fhir.datatypes.st import string, yes_no
from mappings.v2_to_fhir.datatypes.xad import address
from mappings.v2_to_fhir.datatypes.xcn import practitioner
from mappings.v2_to_fhir.datatypes.xon import organization
from mappings.v2_to_fhir.datatypes.xpn import full_name, human_name
from mappings.v2_to_fhir.datatypes.xtn import contact_point
from mappings.v2_to_fhir.draft import Draft
from mappings.v2_to_fhir.notation import Unreadable
from mappings.v2_to_fhir.reading import Reading
from mappings.v2_to_fhir.sender import Sender
from mappings.v2_to_fhir.site import Site
from mappings.v2_to_fhir.tables import MARITAL

HERE = "urn:causeway:authority:NB"
V2 = "http://terminology.hl7.org/CodeSystem/v2-"


def sender(**site):
    return Sender(Site(**site), "APP", "NB", HERE)


def made(converter, text, by=None):
    """What a resource would hold of it."""
    reading = Reading("X", by or sender())
    reading.put("value", converter(Field(text, STANDARD), by or sender()))
    return reading.body.get("value")


def typed(code):
    return {"coding": [{"system": f"{V2}0203", "code": code}]}


DAYS = {
    "year": ("1985", "1985"),
    "month": ("198504", "1985-04"),
    "day": ("19850412", "1985-04-12"),
    "time is left out": ("198504120730-0500", "1985-04-12"),
    "leap day": ("20240229", "2024-02-29"),
    "no leap day": ("20230229", Unreadable),
    "month 13": ("20231301", Unreadable),
    "year 0": ("00000101", Unreadable),
    "dashes": ("2023-01-01", Unreadable),
    "other digits": ("٢٠٢٤٠١٠١", Unreadable),
    "null": ('""', None),
    "absent": ("", None),
}


@pytest.mark.parametrize(("text", "expected"), DAYS.values(), ids=DAYS)
def test_day(text, expected):
    found = day(Field(text, STANDARD), sender())
    assert isinstance(found, Unreadable) if expected is Unreadable else found == expected


MOMENTS = {
    "a date stays a date": ("20260302", "2026-03-02"),
    "a month stays a month": ("202603", "2026-03"),
    "own offset": ("20260302081500-0500", "2026-03-02T08:15:00-05:00"),
    "offset of hours": ("202603020815+02", "2026-03-02T08:15:00+02:00"),
    "offset with a colon": ("202603020815+02:15", "2026-03-02T08:15:00+02:15"),
    "Z": ("202603020815Z", "2026-03-02T08:15:00+00:00"),
    "hour alone": ("2026030208-0500", "2026-03-02T08:00:00-05:00"),
    "fraction": ("20260302081500.25-0500", "2026-03-02T08:15:00.250000-05:00"),
    "sender's zone in winter": ("202601020815", "2026-01-02T08:15:00-05:00"),
    "sender's zone in summer": ("202607020815", "2026-07-02T08:15:00-04:00"),
    "before there were zones": ("188001011200", "1880-01-01T12:00:00-04:57"),
    "old precision component": ("20260302081500-0500^S", "2026-03-02T08:15:00-05:00"),
    "hour 25": ("2026030225", Unreadable),
    "offset of a day": ("202603020815+2400", Unreadable),
    "minute 60": ("202603020860", Unreadable),
    "words": ("yesterday", Unreadable),
}


@pytest.mark.parametrize(("text", "expected"), MOMENTS.values(), ids=MOMENTS)
def test_moment(text, expected):
    found = moment(Field(text, STANDARD), sender(zone=ZoneInfo("America/New_York")))
    assert isinstance(found, Unreadable) if expected is Unreadable else found == expected


def test_zone_of_the_site_when_the_sender_has_none():
    assert moment(Field("202601020815", STANDARD), sender()) == "2026-01-02T08:15:00+00:00"
    east = sender(zone=timezone(timedelta(hours=9)))
    assert moment(Field("202601020815", STANDARD), east) == "2026-01-02T08:15:00+09:00"


PERIODS = {
    "both": ("20260302^20260306", {"start": "2026-03-02", "end": "2026-03-06"}),
    "open": ("20260302", {"start": "2026-03-02"}),
    "same day": ("20260302^202603020800Z", {"start": "2026-03-02", "end": "2026-03-02T08:00:00+00:00"}),
    "backwards": ("20260306^20260302", {"start": "2026-03-06"}),
    "end unreadable": ("20260302^soon", {"start": "2026-03-02"}),
    "neither": ("^", None),
}


@pytest.mark.parametrize(("text", "expected"), PERIODS.values(), ids=PERIODS)
def test_period(text, expected):
    assert made(period, text) == expected


def test_in_order_compares_instants_across_offsets():
    assert in_order("2026-03-02T08:00:00-05:00", "2026-03-02T14:00:00+00:00")
    assert not in_order("2026-03-02T08:00:00-05:00", "2026-03-02T12:00:00+00:00")
    assert in_order("2026-03", "2026-03-01")


STRINGS = {
    "text": ("a b", "a b"),
    "escaped": ("O\\T\\NEIL \\X41\\", "O&NEIL A"),
    "control characters": ("a\\X00\\b\\X07\\", "ab"),
    "nothing but control characters": ("\\X00\\", None),
    "null in disguise": ('""\\X00\\', None),
    "null": ('""', None),
}


@pytest.mark.parametrize(("text", "expected"), STRINGS.values(), ids=STRINGS)
def test_string(text, expected):
    assert string(Field(text, STANDARD), sender()) == expected


def test_yes_no():
    assert [yes_no(Field(text, STANDARD), sender()) for text in ("Y", "n", "", '""')] == [True, False, None, None]
    assert isinstance(yes_no(Field("maybe", STANDARD), sender()), Unreadable)


IDENTIFIERS = {
    "namespace": (
        "12^^^HOSP^MR",
        {"type": typed("MR"), "system": "urn:causeway:authority:HOSP", "value": "12", "assigner": {"display": "HOSP"}},
    ),
    "OID before namespace": (
        "12^^^HOSP&1.2.840.1&ISO^MR",
        {"type": typed("MR"), "system": "urn:oid:1.2.840.1", "value": "12", "assigner": {"display": "HOSP"}},
    ),
    "OID alone": ("12^^^&1.2.840.1&ISO", {"system": "urn:oid:1.2.840.1", "value": "12"}),
    "OID that is none": ("12^^^&1.2..5&ISO", {"system": "urn:causeway:authority:1.2..5", "value": "12"}),
    "UUID": (
        "12^^^&7A0B1C2D-0000-4000-8000-00000000000F&UUID",
        {"system": "urn:uuid:7a0b1c2d-0000-4000-8000-00000000000f", "value": "12"},
    ),
    "name with blanks": (
        "12^^^Good Hospital",
        {"system": "urn:causeway:authority:Good%20Hospital", "value": "12", "assigner": {"display": "Good Hospital"}},
    ),
    "no authority": ("12^^^^MR", {"type": typed("MR"), "system": HERE, "value": "12"}),
    "no number": ("^^^HOSP^MR", None),
    "null number": ('""^^^HOSP^MR', None),
    "another name for MR": ("12^^^^MRN", {"type": typed("MR"), "system": HERE, "value": "12"}),
    "from and to": (
        "12^^^^MR^^20200101^20211231",
        {"type": typed("MR"), "system": HERE, "value": "12", "period": {"start": "2020-01-01", "end": "2021-12-31"}},
    ),
    "check digit": (
        "12^5^M11^^MR",
        {
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/identifier-checkDigit", "valueString": "5"}],
            "type": typed("MR"),
            "system": HERE,
            "value": "12",
        },
    ),
    "social security number": (
        "219-09-9941^^^USSSA^SS",
        {"type": typed("SS"), "system": "http://hl7.org/fhir/sid/us-ssn", "value": "219-09-9941"},
    ),
    "masked social security number": ("999-99-9999^^^USSSA^SS", None),
}


@pytest.mark.parametrize(("text", "expected"), IDENTIFIERS.values(), ids=IDENTIFIERS)
def test_identifier(text, expected):
    assert made(identifier(), text) == expected


def test_authority_by_the_senders_table():
    table = sender(authorities={"HOSP": "https://hosp.example/mrn", "1.2.3": "https://other.example"})
    assert made(identifier(), "12^^^HOSP&1.2.9&ISO", table)["system"] == "https://hosp.example/mrn"
    assert made(identifier(), "12^^^X&1.2.3&ISO", table)["system"] == "https://other.example"


MASKS = (
    "999-99-9999",
    "000000000",
    "111-11-1111",
    "123456789",
    "123-45-6789",
    "XXX-XX-1234",
    "***-**-1234",
    "000-12-3456",
)


@pytest.mark.parametrize("mask", MASKS)
def test_masked_numbers_are_nobodys(mask):
    assert made(ssn, mask) is None


def test_licence_and_entity():
    assert made(licence, "D1^ME^20280412")["period"] == {"end": "2028-04-12"}
    assert made(entity, "X1^LAB^1.2.3^ISO") == {"system": "urn:oid:1.2.3", "value": "X1"}
    assert made(entity, "X1") == {"system": HERE, "value": "X1"}


CONCEPTS = {
    "mapped": (
        "M^Married^HL70002",
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M", "display": "Married"}
            ],
            "text": "Married",
        },
    ),
    "mapped in lower case": (
        "m",
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M", "display": "Married"}
            ]
        },
    ),
    "not in the table": (
        "Q^Quite^HL70002",
        {"coding": [{"system": f"{V2}0002", "code": "Q", "display": "Quite"}], "text": "Quite"},
    ),
    "same letter of another system": (
        "M^Mild^SCT",
        {"coding": [{"system": "http://snomed.info/sct", "code": "M", "display": "Mild"}], "text": "Mild"},
    ),
    "alternates": (
        "1^^L^2^two^I10^^2024",
        {
            "coding": [
                {"system": "urn:causeway:codesystem:NB:L", "code": "1"},
                {"system": "http://hl7.org/fhir/sid/icd-10-cm", "version": "2024", "code": "2", "display": "two"},
            ]
        },
    ),
    "words alone": ("^Chest pain", {"text": "Chest pain"}),
    "original text": ("^^^^^^^^as the patient said", {"text": "as the patient said"}),
    "system as a URL": ("1^^https://codes.example/x", {"coding": [{"system": "https://codes.example/x", "code": "1"}]}),
    "system as an OID": ("1^^1.2.3", {"coding": [{"system": "urn:oid:1.2.3", "code": "1"}]}),
    "blanks in a code": ("  a   b ", {"coding": [{"system": f"{V2}0002", "code": "a b"}]}),
    "nothing": ("^^HL70002", None),
}


@pytest.mark.parametrize(("text", "expected"), CONCEPTS.values(), ids=CONCEPTS)
def test_concept(text, expected):
    assert made(concept("0002", MARITAL), text) == expected


def test_coding_system_by_the_senders_table():
    local = sender(systems={"L": "https://hosp.example/codes"})
    assert made(concept(), "1^^L", local) == {"coding": [{"system": "https://hosp.example/codes", "code": "1"}]}


NAMES = {
    "whole": (
        "Lind^Mara^I^Jr^Ms.^PhD^L",
        {"use": "official", "family": "Lind", "given": ["Mara", "I"], "prefix": ["Ms."], "suffix": ["Jr", "PhD"]},
    ),
    "null parts are left out": ('Lind^Mara^""', {"family": "Lind", "given": ["Mara"]}),
    "family with parts": ("de Groot&de&Groot^Ida", {"family": "de Groot", "given": ["Ida"]}),
    "unknown type": ("Lind^Mara^^^^^X", {"family": "Lind", "given": ["Mara"]}),
    "valid, old way": (
        "Lind^^^^^^M^^^1970&1990",
        {"use": "maiden", "family": "Lind", "period": {"start": "1970", "end": "1990"}},
    ),
    "valid, new way": ("Lind^^^^^^^^^^^1970^1990", {"family": "Lind", "period": {"start": "1970", "end": "1990"}}),
    "a title alone": ("^^^^Ms.^^L", None),
}


@pytest.mark.parametrize(("text", "expected"), NAMES.values(), ids=NAMES)
def test_name(text, expected):
    assert made(human_name(), text) == expected


def test_full_name():
    assert made(full_name, "Holm^Berta^A") == "Berta A Holm"


ADDRESSES = {
    "whole": (
        "12 Quay^Apt 4^Port^ME^04999^USA^H^^Ellery",
        {
            "use": "home",
            "line": ["12 Quay", "Apt 4"],
            "city": "Port",
            "district": "Ellery",
            "state": "ME",
            "postalCode": "04999",
            "country": "USA",
        },
    ),
    "street in parts": ("12 Quay&Quay&12", {"line": ["12 Quay", "Quay", "12"]}),
    "postal": ("PO 9^^^^^^M", {"type": "postal", "line": ["PO 9"]}),
    "valid": (
        "^^Port^^^^^^^^^20200101&20210101",
        {"city": "Port", "period": {"start": "2020-01-01", "end": "2021-01-01"}},
    ),
    "a type alone": ("^^^^^^H", None),
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.values(), ids=ADDRESSES)
def test_address(text, expected):
    assert made(address, text) == expected


CONTACTS = {
    "old string": ("(206)555-1234X12", {"system": "phone", "value": "(206)555-1234X12", "use": "home"}),
    "old e-mail": ("mara@example.org", {"system": "email", "value": "mara@example.org", "use": "home"}),
    "parts": ("^WPN^PH^^1^206^5551234^12", {"system": "phone", "value": "+1 206 5551234 X12", "use": "work"}),
    "whole before parts": (
        "^PRN^PH^^^^5551234^^^^^(206) 555-1234",
        {"system": "phone", "value": "(206) 555-1234", "use": "home"},
    ),
    "cell": ("^PRS^CP^^^206^5551234", {"system": "phone", "value": "206 5551234", "use": "mobile"}),
    "cell without a use": ("5551234^^CP", {"system": "phone", "value": "5551234", "use": "mobile"}),
    "internet": ("^NET^Internet^mara@example.org", {"system": "email", "value": "mara@example.org", "use": "home"}),
    "fax": ("^^FX^^^^5551234", {"system": "fax", "value": "5551234", "use": "home"}),
    "rank and period": (
        "555^^PH^^^^^^^^^^20200101^20210101^^^^2",
        {
            "system": "phone",
            "value": "555",
            "use": "home",
            "rank": 2,
            "period": {"start": "2020-01-01", "end": "2021-01-01"},
        },
    ),
    "no number": ("^PRN^PH", None),
}


@pytest.mark.parametrize(("text", "expected"), CONTACTS.values(), ids=CONTACTS)
def test_contact_point(text, expected):
    assert made(contact_point("home"), text) == expected


NUMBERS = {
    "whole": ("3", Decimal(3)),
    "digits are kept": ("12.50", Decimal("12.50")),
    "signed": ("-1", Decimal(-1)),
    "no digit before the point": (".5", Decimal("0.5")),
    "words": ("three", Unreadable),
    "exponent": ("1e9", Unreadable),
    "not a number": ("NaN", Unreadable),
    "too long": ("1" * 13, Unreadable),
    "comma": ("1,5", Unreadable),
}


@pytest.mark.parametrize(("text", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_number(text, expected):
    found = number(Field(text, STANDARD))
    assert isinstance(found, Unreadable) if expected is Unreadable else str(found) == str(expected)


def test_positive():
    found = [
        positive(Field(text, STANDARD), sender()) for text in ("1", "01", "1.0", "", "0", "-1", "1.5", "2147483648")
    ]
    assert found[:4] == [1, 1, 1, None]
    assert all(isinstance(each, Unreadable) for each in found[4:])


MONEY = {
    "CP": ("100.00&USD", {"value": Decimal("100.00"), "currency": "USD"}),
    "CP with a price type": ("100.00&EUR^UP", {"value": Decimal("100.00"), "currency": "EUR"}),
    "MO": ("100^CAD", {"value": Decimal(100), "currency": "CAD"}),
    "bare": ("45.5", {"value": Decimal("45.5"), "currency": "USD"}),
    "a price type is no currency": ("45^UP", {"value": Decimal(45), "currency": "USD"}),
}


@pytest.mark.parametrize(("text", "expected"), MONEY.values(), ids=MONEY)
def test_money(text, expected):
    assert made(money, text) == expected


def test_money_in_the_senders_currency():
    assert made(money, "45", sender(currency="CAD"))["currency"] == "CAD"


def test_days():
    assert made(days, "4") == {"value": Decimal(4), "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}


PEOPLE = {
    "NPI": ("1003000126^Okafor^Ada^^^^^^NB^^^^NPI", "identifier=http://hl7.org/fhir/sid/us-npi|1003000126"),
    "NPI by its OID": (
        "1003000126^Okafor^^^^^^^&2.16.840.1.113883.4.6&ISO",
        "identifier=http://hl7.org/fhir/sid/us-npi|1003000126",
    ),
    "the senders own": ("77^Voss^Emil", f"identifier={HERE}|77"),
    "of an authority": ("77^Voss^Emil^^^^^^LAB", "identifier=urn:causeway:authority:LAB|77"),
}


@pytest.mark.parametrize(("text", "key"), PEOPLE.values(), ids=PEOPLE)
def test_practitioner(text, key):
    found = practitioner(Field(text, STANDARD), sender())
    assert isinstance(found, Draft)
    assert found.stub
    assert found.identity.key == key


def test_a_practitioner_without_a_number_is_a_name():
    assert made(practitioner, "^Voss^Emil^^^Dr.") == {"display": "Dr. Emil Voss"}
    assert made(practitioner, "^^^^") is None


ORGANIZATIONS = {
    "numbered": ("Quay^L^44^^^HOSP", "identifier=urn:causeway:authority:HOSP|44"),
    "numbered anew": ("Quay^L^^^^HOSP^^^^Q9", "identifier=urn:causeway:authority:HOSP|Q9"),
}


@pytest.mark.parametrize(("text", "key"), ORGANIZATIONS.values(), ids=ORGANIZATIONS)
def test_organization(text, key):
    assert organization(Field(text, STANDARD), sender()).identity.key == key


def test_an_organization_without_a_number_is_its_name():
    first, same, other = (organization(Field(each, STANDARD), sender()) for each in ("Acme  Inc", "ACME INC", "Acme"))
    assert first.identity == same.identity != other.identity
    assert organization(Field("^L", STANDARD), sender()) is None


def places(draft):
    return [] if draft is None else [(draft.identity.key, draft.body["name"]), *places(draft.body["partOf"])]


def test_a_location_lies_within_the_next():
    assert places(location(Field("4W^412^B^HOSP^^^B2^3", STANDARD), sender())) == [
        ("identifier=urn:causeway:authority:HOSP|B2/3/4W/412/B", "B"),
        ("identifier=urn:causeway:authority:HOSP|B2/3/4W/412", "412"),
        ("identifier=urn:causeway:authority:HOSP|B2/3/4W", "4W"),
        ("identifier=urn:causeway:authority:HOSP|B2/3", "3"),
        ("identifier=urn:causeway:authority:HOSP|B2", "B2"),
        ("identifier=urn:causeway:authority:HOSP|HOSP", "HOSP"),
    ]
    assert places(location(Field("ER", STANDARD), sender())) == [(f"identifier={HERE}|ER", "ER")]
    assert location(Field("^^^^^N", STANDARD), sender()) is None
