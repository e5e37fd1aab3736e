"""Authorization codes. One that was used is kept until it expires, so that a second use of it is noticed.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2"""

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from server.auth import records
from server.store.entry import Key
from server.store.store import Store

TYPE = "-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """All that a code is bound to."""

    client_id: str
    grant: str
    redirect_uri: str
    challenge: str | None
    nonce: str | None
    expires_at: int
    used: bool = False


def new() -> str:
    return secrets.token_urlsafe(32)


def use(store: Store, text: str, client_id: str) -> Code | None:
    """The code as it was; from now on it is used. Of several who use it at once, one sees it unused. A client cannot
    use up another's."""

    def used(known: Code | None) -> Code:
        if known is None or known.client_id != client_id:
            raise records.Unchanged
        return replace(known, used=True)

    try:
        return records.change(store, key(text), Code, used, client_id)
    except records.Unchanged:
        return None


def key(text: str) -> Key:
    return Key(TYPE, sha256(text.encode()).hexdigest())
