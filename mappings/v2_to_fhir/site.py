"""A sender's conventions: what its messages mean by what they leave out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """``zone``: of times without an offset. ``authorities``: assigning authority (namespace or universal id) to
    identifier system. ``default_authority``: the system of identifiers without one; its facility's (MSH-4) when empty.
    ``systems``: name of a coding system to its URI. ``charset`` (table 0211): of messages whose MSH-18 is empty; when
    this is empty too, UTF-8 or Windows-1252, whichever the bytes are. ``currency``: of amounts without one.
    ``identifying``: the types (table 0203) of PID-3 that say who the patient is; one without a type does as well."""

    zone: tzinfo = UTC
    authorities: Mapping[str, str] = field(default_factory=dict)
    default_authority: str = ""
    systems: Mapping[str, str] = field(default_factory=dict)
    charset: str = ""
    currency: str = "USD"
    identifying: frozenset[str] = frozenset({"MR", "PI", "PT"})
