"""Proof Key for Code Exchange, for every client and by S256 alone. https://www.rfc-editor.org/rfc/rfc7636

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#considerations-for-pkce-support"""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge

METHOD = "S256"


class ProofKey(CodeChallenge):  # type: ignore[misc]
    DEFAULT_CODE_CHALLENGE_METHOD = METHOD
    SUPPORTED_CODE_CHALLENGE_METHOD = (METHOD,)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """A method that is not named would be ``plain``."""
        asked = grant.request.payload.data
        if is_spared(grant) and not asked.keys() & {"code_challenge", "code_challenge_method"}:
            return
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != METHOD:
            raise InvalidRequestError(description=f"code_challenge is needed, and code_challenge_method={METHOD}.")
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        spared = is_spared(grant) and not grant.request.authorization_code.code_challenge
        if not spared and not grant.request.form.get("code_verifier"):
            raise InvalidRequestError(description="code_verifier is missing.")
        super().validate_code_verifier(grant, result)

    def get_authorization_code_challenge_method(self, _: Any) -> str:
        return METHOD


def is_spared(grant: Any) -> bool:
    """UDAP's first version knows no challenge; its apps sign with a certified key when they come with the code."""
    return bool(grant.request.client.record.certificate_uri)
