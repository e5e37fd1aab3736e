"""On whose behalf, and what for, a service of another organization asks.

https://hl7.org/fhir/us/udap-security/STU1/b2b.html#b2b-authorization-extension-object"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from authlib.oauth2.rfc6749 import InvalidGrantError

EXTENSION = "hl7-b2b"

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Asking(msgspec.Struct, frozen=True):
    version: Literal["1"]
    organization_id: Text
    purpose_of_use: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=20)]
    organization_name: Text | None = None
    subject_id: Text | None = None
    subject_name: Text | None = None
    subject_role: Text | None = None


def purpose(claims: Mapping[str, Any]) -> str | None:
    """What the service says it asks for; None when it says nothing. Raises InvalidGrantError."""
    said = claims.get("extensions", {})
    if not isinstance(said, dict) or EXTENSION not in said:
        return None
    try:
        return " ".join(msgspec.convert(said[EXTENSION], Asking).purpose_of_use)
    except msgspec.ValidationError:
        raise InvalidGrantError(description=f"The extension {EXTENSION} is not as it has to be.") from None
