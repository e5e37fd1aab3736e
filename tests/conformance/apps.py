"""The apps that Inferno plays, registered as an operator registers them: with the command."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SCOPE = "system/*.cruds"
SIGNED = {"encryption_algorithm": "ES384"}
"""With Inferno's own keys."""
PKCE = {"pkce_support": "enabled", "pkce_code_challenge_method": "S256"}
"""There is no launch without, also for apps of SMART's first version."""
APP = (
    "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access "
    "patient/*.cruds user/*.cruds"
)


@dataclass(frozen=True, slots=True)
class Site:
    """``server`` and ``inferno`` are root URLs, ``custom`` where the suite is within it, ``token`` one that is good for
    a while."""

    store: str
    server: str
    inferno: str
    custom: str
    token: str

    @property
    def redirect_uri(self) -> str:
        return f"{self.inferno}/custom/{self.custom}/redirect"

    @property
    def launch_uri(self) -> str:
        return f"{self.inferno}/custom/{self.custom}/launch"

    @property
    def jwks_url(self) -> str:
        return f"{self.inferno}/jwks.json"


Credentials = Mapping[str, Any]
"""An ``auth_info`` of Inferno's."""


def command(site: Site, *words: str, given: str = "") -> Any:
    """What ``causeway`` prints as JSON."""
    whole = [sys.executable, "-m", "interfaces", *words, "--store", site.store, "--json"]
    done = subprocess.run(whole, input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def registered(site: Site, name: str, *options: str, scope: str = APP) -> Mapping[str, Any]:
    return command(site, "client", "add", "--name", name, "--scope", scope, *options)


def app(site: Site, name: str, *options: str) -> Mapping[str, Any]:
    addresses = ("--redirect-uri", site.redirect_uri, "--launch-uri", site.launch_uri)
    return registered(site, name, *addresses, *options)


def public(site: Site) -> Credentials:
    return {"auth_type": "public", "client_id": app(site, "Inferno's public app")["client_id"], **PKCE}


def symmetric(site: Site) -> Credentials:
    made = app(site, "Inferno's app with a secret", "--secret")
    return {"auth_type": "symmetric", "client_id": made["client_id"], "client_secret": made["client_secret"], **PKCE}


def asymmetric(site: Site) -> Credentials:
    made = app(site, "Inferno's app with keys", "--jwks-url", site.jwks_url)
    return {"auth_type": "asymmetric", "client_id": made["client_id"], **PKCE, **SIGNED}


def service(site: Site) -> Credentials:
    made = registered(site, "Inferno's service", "--jwks-url", site.jwks_url, scope=SCOPE)
    return {"auth_type": "backend_services", "client_id": made["client_id"], "requested_scopes": SCOPE, **SIGNED}


def signed_in(site: Site) -> Credentials:
    """For suites that do not sign in themselves: a service with a token, which it gets anew when that ends."""
    url = f"{site.server}/auth/token"
    return {**service(site), "token_url": url, "access_token": site.token, "expires_in": "1"}


KINDS: Mapping[str, Callable[[Site], Credentials]] = {
    "public": public,
    "symmetric": symmetric,
    "asymmetric": asymmetric,
    "service": service,
    "signed in": signed_in,
}


def introspecting(credentials: Credentials) -> str:
    """The header with which an app that has a secret asks about its tokens; "" for others."""
    if "client_secret" not in credentials:
        return ""
    pair = f"{credentials['client_id']}:{credentials['client_secret']}"
    return f"Authorization: Basic {b64encode(pair.encode()).decode()}"
