"""What a site configures: who its senders are, and how they speak.

Read from a TOML file (``causeway.toml``, or the one that ``CAUSEWAY_SETTINGS`` names); everything in it is optional."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.fhir.r4.tables import resource_types
from mappings.v2.charset import codec_of
from mappings.v2_to_fhir.site import Site
from server.auth.policy import Policy
from server.fhir.exchange import Rules
from server.store.retention import Retention

UDAP = ("udap_anchors", "udap_certificate", "udap_key")
LONGEST = 365_000
"""Days."""


class BadSettings(ValueError):
    """The settings file says something that cannot be meant; the text names the setting."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``senders`` is keyed as messages name themselves: ``APP|FACILITY`` (MSH-3 and MSH-4). ``private_endpoints``:
    subscribers may have themselves called within the site's own network."""

    tenant: str = "default"
    site: Site = field(default_factory=Site)
    fhir: Rules = field(default_factory=Rules)
    senders: Mapping[str, Site] = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)
    private_endpoints: bool = False
    auth: Policy = field(default_factory=Policy)

    def site_of(self, sender: str) -> Site:
        return self.senders.get(sender, self.site)


def load(path: Path | None) -> Settings:
    """Settings from a file; the defaults when there is none. Raises BadSettings."""
    if path is None:
        return Settings()
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from None
    return settings(text)


def settings(text: Mapping[str, Any]) -> Settings:
    """The tables ``[site]``; ``[senders."APP|FACILITY"]``, which are laid over it; ``[fhir]``; ``[retention]``;
    ``[subscriptions]``; ``[auth]``."""
    _known("", text, {"tenant", "site", "senders", "fhir", "retention", "subscriptions", "auth"})
    base = _site("site", text.get("site", {}), Site())
    senders = {name: _site(f"senders.{name}", each, base) for name, each in text.get("senders", {}).items()}
    rules, retention = _fhir(text.get("fhir", {})), _retention(text.get("retention", {}))
    private = _subscriptions(text.get("subscriptions", {}))
    auth = _auth(text.get("auth", {}))
    return Settings(text.get("tenant", "default"), base, rules, senders, retention, private, auth)


def _subscriptions(said: Mapping[str, Any]) -> bool:
    """``private_endpoints`` true or false."""
    _known("subscriptions", said, {"private_endpoints"})
    private = said.get("private_endpoints", False)
    if not isinstance(private, bool):
        raise BadSettings("subscriptions.private_endpoints is true or false")
    return private


def _fhir(said: Mapping[str, Any]) -> Rules:
    """``conditional_delete`` is "single" or "multiple"; ``version_required`` and ``claimed_profiles`` true or false;
    ``profiles`` are lists of URLs by resource type."""
    _known("fhir", said, {"conditional_delete", "version_required", "profiles", "claimed_profiles"})
    deletes = said.get("conditional_delete", "single")
    if deletes not in {"single", "multiple"}:
        raise BadSettings('fhir.conditional_delete is "single" or "multiple"')
    needs, claims = (_flag("fhir", name, said) for name in ("version_required", "claimed_profiles"))
    return Rules(deletes == "multiple", needs, _profiles(said.get("profiles", {})), claims)


def _flag(place: str, name: str, said: Mapping[str, Any]) -> bool:
    value = said.get(name, False)
    if not isinstance(value, bool):
        raise BadSettings(f"{place}.{name} is true or false")
    return value


def _profiles(said: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    _known("fhir.profiles", said, set(resource_types()))
    for name, urls in said.items():
        if not isinstance(urls, list) or not all(isinstance(each, str) for each in urls):
            raise BadSettings(f"fhir.profiles.{name} is a list of profiles' URLs")
    return {name: tuple(urls) for name, urls in said.items()}


def _auth(said: Mapping[str, Any]) -> Policy:
    """By the names of the policy's members; times in seconds."""
    kinds = {each.name: each.type for each in fields(Policy)}
    _known("auth", said, set(kinds))
    for name, value in said.items():
        if kinds[name] is bool and not isinstance(value, bool):
            raise BadSettings(f"auth.{name} is true or false")
        if kinds[name] is int and not (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            raise BadSettings(f"auth.{name} has to be a number of seconds, 1 or more")
        if kinds[name] is str and not (isinstance(value, str) and value):
            raise BadSettings(f"auth.{name} has to be the name of a file")
    if len({bool(said.get(name)) for name in UDAP}) > 1:
        raise BadSettings(f"auth.{', auth.'.join(UDAP)} go together")
    return Policy(**said)


def _retention(said: Mapping[str, Any]) -> Retention:
    """Ages in days."""
    _known("retention", said, {"messages", "versions"})
    for name, days in said.items():
        if not isinstance(days, int) or isinstance(days, bool) or not 0 < days < LONGEST:
            raise BadSettings(f"retention.{name} has to be a number of days, 1 to {LONGEST - 1}")
    return Retention(**{name: timedelta(days=days) for name, days in said.items()})


def _site(place: str, said: Mapping[str, Any], base: Site) -> Site:
    _known(place, said, {"zone", "authorities", "default_authority", "systems", "charset", "currency", "identifying"})
    changes = dict(said)
    if "zone" in said:
        changes["zone"] = _zone(place, said["zone"])
    if codec_of((str(said.get("charset") or "ASCII"),)) is None:
        raise BadSettings(f"{place}.charset: no such character set in HL7 table 0211")
    if "identifying" in said:
        changes["identifying"] = frozenset(said["identifying"])
    for table in ("authorities", "systems"):
        changes[table] = {**getattr(base, table), **said.get(table, {})}
    return replace(base, **changes)


def _zone(place: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise BadSettings(f"{place}.zone: no such time zone") from None


def _known(place: str, said: Mapping[str, Any], names: set[str]) -> None:
    if not isinstance(said, Mapping):
        raise BadSettings(f"{place} has to be a table")
    if unknown := sorted(set(said) - names):
        raise BadSettings(f"{place or 'the file'} has no setting {unknown[0]!r}; there are {', '.join(sorted(names))}")
