"""JSON for FHIR: every decimal stays as it was written, objects keep their order; NaN, bad UTF-8 and numbers that
arithmetic does not survive (1e999999999) are refused.

https://hl7.org/fhir/R4/json.html#decimal"""

from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]

MAGNITUDE = 1000
"""Digits before or after a decimal's point."""
OUT_OF_RANGE = "a number is out of range"
SMALL = ("0.000000", "-0.000000")
"""So begins what Decimal itself would write with an exponent."""


class NotJson(ValueError):
    """The bytes are not JSON, or not bounded JSON; the text says where, without repeating what."""


class Spelled(Decimal):
    """A number that is written otherwise than Decimal would write it: with an exponent, or small and without one."""

    text: str

    def __new__(cls, text: str) -> "Spelled":
        number = super().__new__(cls, text)
        number.text = text
        return number


def _decimal(text: str) -> Decimal:
    spelled = "e" in text or "E" in text or text.startswith(SMALL)
    try:
        value = Spelled(text) if spelled else Decimal(text)
    except InvalidOperation:
        raise NotJson(OUT_OF_RANGE) from None
    if not -MAGNITUDE < value.adjusted() < MAGNITUDE:
        raise NotJson(OUT_OF_RANGE)
    return value


def _as_written(value: Any) -> Any:
    if isinstance(value, Spelled):
        return msgspec.Raw(value.text.encode())
    raise TypeError(f"{type(value).__name__} is nothing of JSON's")


_decoder = msgspec.json.Decoder(float_hook=_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_as_written)


def loads(data: bytes) -> Any:
    """Raises NotJson."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson(str(error)) from None
    except RecursionError:
        raise NotJson("nested too deeply") from None


def dumps(value: Any) -> bytes:
    return _encoder.encode(value)
