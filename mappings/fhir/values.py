"""Search values out of R4's data types: text whose order is the order of what it means.

An index is made so: for a row of ``tables.search_parameters``, ``path.compile(parameter.expression).nodes(resource)``
has what the parameter is about, and the function here that the parameter's type names (``dates``, ``strings``,
``tokens``, ``quantities``, ``numbers``, ``reference``) turns each ``node.value``, by its ``node.type``, into values.

https://hl7.org/fhir/R4/search.html#ptypes"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Context, Decimal
from typing import Any, NamedTuple, TypeAlias

from mappings.fhir.moments import FIRST, LAST, date_range

Json: TypeAlias = dict[str, Any]
Range: TypeAlias = tuple[str, str]


class Token(NamedTuple):
    """What a token search asks for; ``system`` is empty where the type has none."""

    code: str
    system: str = ""


class Quantity(NamedTuple):
    """An amount with its unit, coded or as written."""

    value: Decimal
    system: str = ""
    code: str = ""
    unit: str = ""


# --- date


def _moment(value: str) -> Range:
    return date_range(value)


def _period(value: Json) -> Range:
    """An open end reaches to the end of time."""
    start, end = value.get("start"), value.get("end")
    return date_range(start)[0] if start else FIRST, date_range(end)[1] if end else LAST


def _timing(value: Json) -> Range | None:
    """Its outer limits: https://hl7.org/fhir/R4/search.html#date"""
    bounds = value.get("repeat", {}).get("boundsPeriod")
    ranges = [date_range(each) for each in value.get("event", ()) if each] + ([_period(bounds)] if bounds else [])
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None


DATES: Mapping[str, Callable[[Any], Range | None]] = {
    "date": _moment,
    "dateTime": _moment,
    "instant": _moment,
    "Period": _period,
    "Timing": _timing,
}


def dates(value: Any, type: str) -> Range | None:
    """The first and the last moment of a value; None for a type that has no date."""
    return DATES[type](value) if type in DATES else None


# --- string


def normalized(text: str) -> str:
    """Without case, accents and superfluous white space: how a string search compares."""
    if not text.isascii():
        text = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(text.casefold().split())


PARTS: Mapping[str, tuple[str, ...]] = {
    "HumanName": ("text", "family", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
    "CodeableConcept": ("text",),
}


def strings(value: Any, type: str) -> Iterator[str]:
    """The texts of a value, as they were written; ``normalized`` makes them comparable."""
    if isinstance(value, str):
        yield value
    for part in PARTS.get(type, ()):
        texts = value.get(part, ())
        yield from (texts,) if isinstance(texts, str) else filter(None, texts)


# --- token


def _coding(value: Json) -> Iterator[Token]:
    if "code" in value:
        yield Token(value["code"], value.get("system", ""))


def _concept(value: Json) -> Iterator[Token]:
    for each in value.get("coding", ()):
        yield from _coding(each)


def _identifier(value: Json) -> Iterator[Token]:
    if "value" in value:
        yield Token(value["value"], value.get("system", ""))


def _contact_point(value: Json) -> Iterator[Token]:
    """Its system is a kind of contact, not a name space."""
    if "value" in value:
        yield Token(value["value"])


TOKENS: Mapping[str, Callable[[Json], Iterator[Token]]] = {
    "Coding": _coding,
    "CodeableConcept": _concept,
    "Identifier": _identifier,
    "ContactPoint": _contact_point,
}


def tokens(value: Any, type: str) -> Iterator[Token]:
    """https://hl7.org/fhir/R4/search.html#token"""
    if isinstance(value, bool):
        yield Token("true" if value else "false")
    elif isinstance(value, str):
        yield Token(value)
    elif type in TOKENS:
        yield from TOKENS[type](value)


def labels(value: Any, type: str) -> Iterator[str]:
    """What a code or an identifier is called. https://hl7.org/fhir/R4/search.html#modifiers (``:text``)"""
    match type:
        case "CodeableConcept":
            yield from filter(None, (value.get("text"), *(each.get("display") for each in value.get("coding", ()))))
        case "Coding":
            yield from filter(None, (value.get("display"),))
        case "Identifier":
            yield from filter(None, (value.get("type", {}).get("text"),))


def identifier_types(value: Any, type: str) -> Iterator[Token]:
    """What kind of identifier it is."""
    if type == "Identifier" and "value" in value:
        yield from _concept(value.get("type", {}))


# --- reference and uri


def reference(value: Any) -> str | None:
    """``Type/id`` or a URL, without its version, of a Reference, a canonical or a URI; None for what is contained."""
    text = value.get("reference") if isinstance(value, dict) else value
    if not isinstance(text, str) or text.startswith("#"):
        return None
    return text.partition("|")[0].partition("/_history/")[0]


# --- number and quantity

EXPONENT = 5000
"""Beyond any that a resource may have; four digits hold it."""
_exact = Context(prec=3 * EXPONENT)
_complement = str.maketrans("0123456789", "9876543210")


def sortable(number: Decimal) -> str:
    """Text in the order of the numbers, the same for 1.5 and 1.50. Raises ValueError for an exponent that is absurd."""
    if not number:
        return "1"
    if not -EXPONENT < number.adjusted() < EXPONENT:
        raise ValueError("number out of range")
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    text = f"{number.adjusted() + EXPONENT:04d}{digits}"
    return f"0{text.translate(_complement)}~" if number < 0 else f"1{text}"


def implied(number: Decimal) -> tuple[Decimal, Decimal]:
    """From where to where (without it) a number stands, by the digits it is written with: 100 is 99.5 to 100.5.

    https://hl7.org/fhir/R4/search.html#number"""
    exponent = number.as_tuple().exponent
    half = Decimal((0, (5,), int(exponent) - 1))
    return _exact.subtract(number, half), _exact.add(number, half)


def numbers(value: Any) -> Decimal | None:
    """Exact for what JSON has read as Decimal or as an integer."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _quantity(value: Json) -> Iterator[Quantity]:
    amount = numbers(value.get("value"))
    if amount is not None:
        yield Quantity(amount, value.get("system", ""), value.get("code", ""), value.get("unit", ""))


def _money(value: Json) -> Iterator[Quantity]:
    amount = numbers(value.get("value"))
    if amount is not None:
        currency = value.get("currency", "")
        yield Quantity(amount, "urn:iso:std:iso:4217", currency, currency)


def _range(value: Json) -> Iterator[Quantity]:
    yield from _quantity(value.get("low", {}))
    yield from _quantity(value.get("high", {}))


QUANTITIES: Mapping[str, Callable[[Json], Iterator[Quantity]]] = {
    **dict.fromkeys(("Quantity", "Age", "Count", "Distance", "Duration"), _quantity),
    "Money": _money,
    "Range": _range,
}


def quantities(value: Any, type: str) -> Iterator[Quantity]:
    """https://hl7.org/fhir/R4/search.html#quantity"""
    if type in QUANTITIES:
        yield from QUANTITIES[type](value)
