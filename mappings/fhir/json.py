"""JSON for FHIR: every decimal keeps its digits, objects keep their order; NaN, bad UTF-8 and numbers that arithmetic
does not survive (1e999999999) are refused.

https://hl7.org/fhir/R4/json.html#decimal"""

from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]

MAGNITUDE = 1000
"""Digits before or after a decimal's point."""
OUT_OF_RANGE = "a number is out of range"


class NotJson(ValueError):
    """The bytes are not JSON, or not bounded JSON; the text says where, without repeating what."""


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise NotJson(OUT_OF_RANGE) from None
    if not -MAGNITUDE < value.adjusted() < MAGNITUDE:
        raise NotJson(OUT_OF_RANGE)
    return value


_decoder = msgspec.json.Decoder(float_hook=_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


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
