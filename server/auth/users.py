"""People who can sign in. There is none until somebody adds one.

A name is kept in small letters, and belongs to the same person for ever: a user is disabled, never removed."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from server.auth import records
from server.auth.roles import ROLES
from server.store.entry import Key
from server.store.store import Store

TYPE = "-user"
NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class BadUser(ValueError):
    """This cannot be a user; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """``sub`` is who this is to apps; ``password`` a hash; ``patient`` and ``practitioner`` ids of this person's own
    resources; ``totp`` the secret of a second factor (RFC 6238)."""

    name: str
    sub: str
    tenant: str
    role: str
    registered_at: datetime
    password: str | None = None
    patient: str | None = None
    practitioner: str | None = None
    totp: str | None = None
    disabled: bool = False

    @property
    def fhir_user(self) -> str | None:
        """The resource that is this person. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html"""
        if self.practitioner:
            return f"Practitioner/{self.practitioner}"
        return f"Patient/{self.patient}" if self.patient else None

    @property
    def own_patient(self) -> str | None:
        """The one record that the role reaches, if it reaches but one."""
        return self.patient if ROLES[self.role].own else None


def add(store: Store, user: User, actor: str) -> None:
    """Raises BadUser."""
    check(user)

    def new(known: User | None) -> User:
        if known:
            raise BadUser("there is a user of this name already")
        return user

    records.change(store, _key(user.name), User, new, actor)


def find(store: Store, name: str) -> User | None:
    """Whoever has the name; None also for who is disabled."""
    found = records.get(store, _key(name), User)
    return found if found and not found.disabled else None


def every(store: Store) -> list[User]:
    return sorted(records.every(store, TYPE, User), key=lambda user: user.name)


def change(store: Store, name: str, actor: str, **changes: object) -> None:
    """Raises BadUser when there is no such user."""

    def changed(known: User | None) -> User:
        if not known:
            raise BadUser("there is no such user")
        return replace(known, **changes)  # type: ignore[arg-type]

    records.change(store, _key(name), User, changed, actor)


def check(user: User) -> None:
    """Raises BadUser."""
    if not NAME.fullmatch(user.name):
        raise BadUser("a user's name is 1 to 64 of a-z 0-9 . _ @ + -, beginning with a letter or digit")
    if user.role not in ROLES:
        raise BadUser(f"there is no such role; there are {', '.join(ROLES)}")
    if ROLES[user.role].own and not user.patient:
        raise BadUser("a patient needs the id of the Patient that this is")
    if not all(ID.fullmatch(each) for each in (user.patient, user.practitioner) if each):
        raise BadUser("an id of FHIR has 1 to 64 of A-Z a-z 0-9 - .")


def folded(name: str) -> str:
    """A name as it is kept."""
    return name.strip().lower()


def _key(name: str) -> Key:
    return Key(TYPE, name)
