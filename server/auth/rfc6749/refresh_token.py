"""Refresh tokens, each good once: who comes with a used one ends the whole family.

https://www.rfc-editor.org/rfc/rfc6749#section-6, https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2"""

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from server.auth import grants, sessions, tokens, users
from server.auth.authority import Authority
from server.auth.grants import Grant
from server.auth.rfc6749.authorization_code import AUTH_METHODS
from server.auth.rfc6749.client import RegisteredClient
from server.auth.scopes import BadScope, parse, subset
from server.auth.users import User


class RefreshToken(RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def _validate_request_token(self, client: RegisteredClient) -> Grant:
        """What is asked for is judged first: a request that is refused uses nothing up."""
        text, store, client_id = self.request.form.get("refresh_token"), self._authority.store, client.get_client_id()
        if text is None:
            raise InvalidRequestError(description="refresh_token is missing.")
        known = tokens.find_refresh(store, text)
        grant = self._grant(known.grant) if known and known.client_id == client_id else None
        if grant:
            self._validate_scope(grant.scope)
        found = tokens.use_refresh(store, text, client_id)
        if found and found.used:
            grants.revoke(store, found.grant, client_id)
        if not grant or not found or found.used:
            raise InvalidGrantError(description="The refresh token is not valid, or not any more.")
        self.request.grant = grant
        return grant

    def _grant(self, id: str) -> Grant | None:
        """One that lasts still, and the session as well that it hangs on."""
        store, now, policy = self._authority.store, self._authority.now(), self._authority.policy
        found = grants.find(store, id)
        if not found or found.expires_at <= now:
            return None
        return found if not found.session or sessions.find(store, found.session, now, policy) else None

    def _validate_scope(self, granted: str) -> None:
        try:
            within = subset(parse(self.request.payload.scope or ""), parse(granted))
        except BadScope as error:
            raise InvalidScopeError(description=f"{error}.") from None
        if not within:
            raise InvalidScopeError(description="That is more than was granted.")

    def _validate_token_scope(self, token: Grant) -> None:
        """It was judged before the token was used up."""

    def authenticate_user(self, refresh_token: Grant) -> User | None:
        return users.find(self._authority.store, refresh_token.user)

    def issue_token(self, user: User, refresh_token: Grant) -> dict[str, object]:
        token: dict[str, object] = self.generate_token(
            user=user, scope=self.request.payload.scope or refresh_token.scope, include_refresh_token=True
        )
        return token

    def revoke_old_credential(self, refresh_token: Grant) -> None:
        """It was used up when it was looked for."""

    @property
    def _authority(self) -> Authority:
        authority: Authority = self.server.authority
        return authority
