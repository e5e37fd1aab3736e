"""What a person is asked to grant to an app, and what became of it: decided with plain values.

An app gets what it asks for, it is registered for, the person may do, and the person leaves ticked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from server.auth import roles
from server.auth.grants import Context, Grant
from server.auth.launches import Launch
from server.auth.pages.words import parts
from server.auth.policy import Policy
from server.auth.rfc6749.bearer_token import LASTING
from server.auth.scopes import ResourceScope, Scope, Word, parse, text
from server.auth.sessions import Session
from server.auth.users import User

FIXED = frozenset({"launch", "launch/patient", "launch/encounter"})
"""What says where the app is opened, and gives nothing by itself."""


def proposed(asked: str, user: User, launch: Launch | None) -> tuple[Scope, ...]:
    """Of what is asked for, what this person can grant here. Empty, if nothing of it is worth a grant."""
    scopes = roles.narrowed(parse(asked), user.role)
    without = unmet(scopes, user, launch)
    return worth(tuple(each for each in scopes if each not in without))


def unmet(scopes: Sequence[Scope], user: User, launch: Launch | None) -> frozenset[str]:
    """Words that could not be kept."""
    missing = {
        "fhirUser": not user.fhir_user,
        "launch": not launch,
        "launch/encounter": not (launch and launch.context.encounter),
        "online_access": "offline_access" in scopes,
    }
    return frozenset(word for word, is_missing in missing.items() if is_missing)


def needs_patient(scopes: Iterable[Scope]) -> bool:
    return any(each == "launch/patient" or is_of_patient(each) for each in scopes)


def is_of_patient(scope: Scope) -> bool:
    return isinstance(scope, ResourceScope) and scope.context == "patient"


def chosen(scopes: Iterable[Scope], form: Mapping[str, str]) -> tuple[Scope, ...]:
    """What stayed ticked; parts of a scope in its place, where some are ticked."""
    return worth(tuple(each for place, scope in enumerate(scopes) for each in _ticked(scope, place, form)))


def worth(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    return scopes if any(each not in FIXED | LASTING for each in scopes) else ()


def _ticked(scope: Scope, place: int, form: Mapping[str, str]) -> list[Scope]:
    if scope in FIXED:
        return [scope]
    some: list[Scope] = [
        part for at, (part, _) in enumerate(parts(scope)) if form.get(f"part-{place}-{at}") == str(part)
    ]
    return some or ([scope] if form.get(f"scope-{place}") == str(scope) else [])


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's yes."""

    session: Session
    user: User
    scopes: tuple[Scope, ...]
    patient: str | None
    launch: Launch | None


def grant(consent: Consent, id: str, client_id: str, now: int, policy: Policy) -> Grant:
    online = Word("online_access") in consent.scopes
    return Grant(
        id=id,
        client_id=client_id,
        tenant=consent.user.tenant,
        user=consent.user.name,
        scope=text(consent.scopes),
        context=context(consent),
        granted_at=now,
        signed_in_at=consent.session.began_at,
        expires_at=ends(consent.scopes, consent.session, now, policy),
        session=consent.session.id if online else None,
    )


def context(consent: Consent) -> Context:
    """The EHR's, for the patient that was chosen; an app that is opened by itself shows whose record it is."""
    launched = consent.launch.context if consent.launch else Context()
    banner = launched.need_patient_banner
    return replace(launched, patient=consent.patient, need_patient_banner=True if banner is None else banner)


def ends(scopes: Iterable[Scope], session: Session, now: int, policy: Policy) -> int:
    """When a grant of these ends, unless it is taken back before."""
    asked = frozenset(map(str, scopes))
    if "offline_access" in asked:
        return now + policy.refresh_token
    return session.expires_at if "online_access" in asked else now + policy.code + policy.access_token
