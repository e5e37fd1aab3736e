"""How long things last, and who may join: what a site decides about signing in, in ``[auth]`` of its settings."""

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Policy:
    """Times are seconds. ``backend_token`` is what SMART recommends at most for backend services; ``refresh_token`` is
    longer than the three months that ONC asks for. A session ends ``session_idle`` after its last use
    (45 CFR 164.312(a)(2)(iii)).

    ``approval``: an app that registered itself waits until an administrator approves it. ``private_network``: keys of
    partners may be at addresses that are not public, and by http. ``udap_anchors``: a file of the certificates that say
    who an app is; with it go the server's own certificate, whose URI is the FHIR base URL, and its key."""

    code: int = MINUTE
    launch: int = 5 * MINUTE
    access_token: int = HOUR
    backend_token: int = 5 * MINUTE
    refresh_token: int = 100 * DAY
    session_idle: int = 15 * MINUTE
    session: int = 10 * HOUR
    approval: bool = True
    udap_anchors: str = ""
    udap_certificate: str = ""
    udap_key: str = ""
    private_network: bool = False
