"""Search values of R4's data types: https://hl7.org/fhir/R4/search.html#ptypes"""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.fhir import values
from mappings.fhir.moments import FIRST, LAST
from mappings.fhir.values import Quantity, Token

DATES: dict[str, tuple[Any, str, tuple[str, str] | None]] = {
    "a date": ("2024", "date", ("2024-01-01T00:00:00.000Z", "2024-12-31T23:59:59.999Z")),
    "a period": (
        {"start": "2024-01", "end": "2024-02"},
        "Period",
        ("2024-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"),
    ),
    "a period still open": ({"start": "2024-01-01"}, "Period", ("2024-01-01T00:00:00.000Z", LAST)),
    "a period from whenever": ({"end": "2024-01-01"}, "Period", (FIRST, "2024-01-01T23:59:59.999Z")),
    "a timing's events": (
        {"event": ["2024-03-01", None, "2024-01-01"]},
        "Timing",
        ("2024-01-01T00:00:00.000Z", "2024-03-01T23:59:59.999Z"),
    ),
    "a timing's bounds": (
        {"repeat": {"boundsPeriod": {"start": "2024-01-01"}}},
        "Timing",
        ("2024-01-01T00:00:00.000Z", LAST),
    ),
    "a timing without a date": ({"repeat": {"frequency": 2}}, "Timing", None),
    "no date": ("soon", "string", None),
}


@pytest.mark.parametrize(("value", "type", "span"), DATES.values(), ids=DATES)
def test_dates(value: Any, type: str, span: tuple[str, str] | None) -> None:
    assert values.dates(value, type) == span


def test_strings_compare_without_case_accents_and_white_space() -> None:
    assert values.normalized("  José\t GARCÍA\n") == "jose garcia"
    assert values.normalized("STRASSE") == values.normalized("straße")
    assert values.normalized("ﬁ Å") == "fi a"


STRINGS = {
    "a text": ("Ada", "string", ["Ada"]),
    "a name": ({"given": ["Ada", None], "family": "Quill", "use": "official"}, "HumanName", ["Quill", "Ada"]),
    "an address": ({"line": ["1 Quay"], "city": "Harbor", "postalCode": "9"}, "Address", ["1 Quay", "Harbor", "9"]),
    "a concept": ({"text": "x", "coding": [{"code": "c"}]}, "CodeableConcept", ["x"]),
}


@pytest.mark.parametrize(("value", "type", "texts"), STRINGS.values(), ids=STRINGS)
def test_strings(value: Any, type: str, texts: list[str]) -> None:
    assert list(values.strings(value, type)) == texts


TOKENS = {
    "a code": ("final", "code", [Token("final")]),
    "true": (True, "boolean", [Token("true")]),
    "false": (False, "boolean", [Token("false")]),
    "a coding": ({"system": "urn:s", "code": "c"}, "Coding", [Token("c", "urn:s")]),
    "a coding without a code": ({"system": "urn:s"}, "Coding", []),
    "a concept": (
        {"coding": [{"code": "a"}, {"system": "urn:s", "code": "b"}]},
        "CodeableConcept",
        [Token("a"), Token("b", "urn:s")],
    ),
    "a text only": ({"text": "x"}, "CodeableConcept", []),
    "an identifier": ({"system": "urn:s", "value": "1"}, "Identifier", [Token("1", "urn:s")]),
    "a telephone": ({"system": "phone", "value": "555"}, "ContactPoint", [Token("555")]),
    "what has no tokens": ({"start": "2024"}, "Period", []),
}


@pytest.mark.parametrize(("value", "type", "tokens"), TOKENS.values(), ids=TOKENS)
def test_tokens(value: Any, type: str, tokens: list[Token]) -> None:
    assert list(values.tokens(value, type)) == tokens


REFERENCES = {
    "relative": ({"reference": "Patient/1"}, "Patient/1"),
    "a version": ({"reference": "Patient/1/_history/2"}, "Patient/1"),
    "absolute": ({"reference": "https://quill.test/Patient/1/_history/2"}, "https://quill.test/Patient/1"),
    "a canonical's version": ("http://quill.test/vs|2", "http://quill.test/vs"),
    "contained": ({"reference": "#p"}, None),
    "by identifier": ({"identifier": {"value": "1"}}, None),
    "within a Bundle": ({"reference": "urn:uuid:1"}, "urn:uuid:1"),
}


@pytest.mark.parametrize(("value", "target"), REFERENCES.values(), ids=REFERENCES)
def test_references(value: Any, target: str | None) -> None:
    assert values.reference(value) == target


QUANTITIES = {
    "a quantity": (
        {"value": Decimal("1.50"), "unit": "mg", "system": "urn:u", "code": "mg"},
        "Quantity",
        [Quantity(Decimal("1.50"), "urn:u", "mg", "mg")],
    ),
    "an age": ({"value": 3, "unit": "a"}, "Age", [Quantity(Decimal(3), "", "", "a")]),
    "money": (
        {"value": Decimal("9.99"), "currency": "USD"},
        "Money",
        [Quantity(Decimal("9.99"), "urn:iso:std:iso:4217", "USD", "USD")],
    ),
    "a range": ({"low": {"value": 1}, "high": {"value": 2}}, "Range", [Quantity(Decimal(1)), Quantity(Decimal(2))]),
    "no value": ({"unit": "mg"}, "Quantity", []),
    "no quantity": ("x", "string", []),
}


@pytest.mark.parametrize(("value", "type", "quantities"), QUANTITIES.values(), ids=QUANTITIES)
def test_quantities(value: Any, type: str, quantities: list[Quantity]) -> None:
    assert list(values.quantities(value, type)) == quantities


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


@given(NUMBERS, NUMBERS)
def test_numbers_as_text_keep_their_order(one: Decimal, other: Decimal) -> None:
    assert (values.sortable(one) < values.sortable(other)) == (one < other)
    assert (values.sortable(one) == values.sortable(other)) == (one == other)


def test_a_number_beyond_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="out of range"):
        values.sortable(Decimal("1e6000"))


IMPLIED = {
    "hundred": ("100", "99.5", "100.5"),
    "to the cent": ("100.00", "99.995", "100.005"),
    "negative": ("-5.4", "-5.45", "-5.35"),
    "small": ("0.001", "0.0005", "0.0015"),
    "many digits": ("12345678901234567890123456789012.5", "12345678901234567890123456789012.45", None),
}


@pytest.mark.parametrize(("number", "low", "high"), IMPLIED.values(), ids=IMPLIED)
def test_a_number_stands_for_what_rounds_to_it(number: str, low: str, high: str | None) -> None:
    found = values.implied(Decimal(number))
    assert found[0] == Decimal(low)
    assert high is None or found[1] == Decimal(high)


def test_numbers_are_exact() -> None:
    assert values.numbers(Decimal("1.10")) == Decimal("1.10")
    assert values.numbers(1.1) == Decimal("1.1")
    assert values.numbers(True) is None
    assert values.numbers("1") is None
