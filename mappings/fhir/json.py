"""JSON for FHIR: every decimal keeps its digits, objects keep their order, NaN and bad UTF-8 are refused.

https://hl7.org/fhir/R4/json.html#decimal"""

from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class NotJson(ValueError):
    """The bytes are not JSON, or not bounded JSON; the text says where, without repeating what."""


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
