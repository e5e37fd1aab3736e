"""Apps known by certificates. https://hl7.org/fhir/us/udap-security/STU1/"""

import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from server.auth import clients
from server.auth.policy import Policy
from server.auth.rfc6750 import authenticate
from server.auth.rfc7523 import decoded
from server.auth.routes import install
from server.auth.udap.trust import LongHeaders, public_key
from server.auth.udap.trust import claims as trusted
from server.settings import BadSettings, settings

BASE = "https://causeway.test"
REGISTER = f"{BASE}/auth/udap/register"
APP = "https://app.test/udap"


class Anything(LongHeaders):
    """Signs what a careful library would not."""

    def check_header(self, header: dict[str, Any]) -> None:
        pass


@dataclass
class Certified:
    """A certificate with its key, and those that lead to its anchor."""

    certificate: x509.Certificate
    key: Any
    above: tuple[x509.Certificate, ...] = ()

    @property
    def x5c(self) -> list[str]:
        der = serialization.Encoding.DER
        return [base64.b64encode(each.public_bytes(der)).decode() for each in (self.certificate, *self.above)]

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None, alg: str = "RS256") -> str:
        kind = RSAKey if isinstance(self.key, rsa.RSAPrivateKey) else ECKey
        head = {
            name: value for name, value in {"alg": alg, "x5c": self.x5c, **(header or {})}.items() if value is not None
        }
        return jwt.encode(head, claims, kind.import_key(self.key), registry=Anything(algorithms=[alg]))


def certify(
    clock,
    by: Certified | None,
    name: str,
    uri: str | None = None,
    *,
    authority: bool = False,
    key: Any = None,
    days: int = 365,
) -> Certified:
    key = key or rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer = by.certificate.subject if by else subject
    signer = by.key if by else key
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock() - timedelta(days=400))
        .not_valid_after(clock() + timedelta(days=days))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(usage(authority), critical=True)
    )
    if uri:
        made = made.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=False)
    above = (by.certificate, *by.above) if by and by.above else ()
    return Certified(made.sign(signer, hashes.SHA256()), key, above)


def usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Community:
    anchor: Certified
    app: Certified
    http: httpx.AsyncClient
    world: Any

    def statement(self, by: Certified | None = None, header: dict[str, Any] | None = None, **changed: Any) -> str:
        said = {
            "client_name": "A lab's app",
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": "system/*.rs",
            "contacts": ["mailto:app@app.test"],
        }
        return (by or self.app).sign({**self.claims(APP, REGISTER), **said, **changed}, header)

    def claims(self, who: str, aud: str) -> dict[str, Any]:
        now = self.world.seconds()
        return {"iss": who, "sub": who, "aud": aud, "exp": now + 300, "iat": now, "jti": str(uuid4())}

    async def register(self, statement: str) -> httpx.Response:
        return await self.http.post("/auth/udap/register", json={"software_statement": statement, "udap": "1"})

    async def token(
        self, client_id: str, by: Certified | None = None, extensions: Any = None, **form: str
    ) -> httpx.Response:
        more = {"extensions": extensions} if extensions is not None else {}
        assertion = (by or self.app).sign({**self.claims(client_id, f"{BASE}/auth/token"), **more})
        asked = {"grant_type": "client_credentials", "scope": "system/*.rs", **form}
        asked["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return await self.http.post("/auth/token", data={**asked, "client_assertion": assertion, "udap": "1"})


@pytest.fixture(scope="module")
def anchor_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
async def community(world, store, clock, tmp_path, anchor_key) -> Any:
    """A site that trusts an anchor, and lets in at once whom it certifies."""
    anchor = certify(clock, None, "anchor", authority=True, key=anchor_key)
    server = certify(clock, anchor, "server", f"{BASE}/fhir")
    pem = serialization.Encoding.PEM
    files = {
        "udap_anchors": anchor.certificate.public_bytes(pem),
        "udap_certificate": server.certificate.public_bytes(pem),
    }
    files["udap_key"] = server.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    app = FastAPI()
    policy = Policy(approval=False, **{name: str(tmp_path / name) for name in files})
    install(app, store, BASE, clock, policy)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        yield Community(anchor, certify(clock, anchor, "app", APP), http, world)


@pytest.mark.parametrize("path", ["/fhir/.well-known/udap", "/.well-known/udap"])
async def test_discovery_is_signed_by_the_servers_certificate(community, path) -> None:
    said = (await community.http.get(path)).json()
    assert said["udap_versions_supported"] == ["1"]
    assert said["udap_profiles_supported"] == ["udap_dcr", "udap_authn", "udap_authz"]
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert "RS256" in said["registration_endpoint_jwt_signing_alg_values_supported"]
    header = decoded(said["signed_metadata"].partition(".")[0])
    leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    claims = trusted(said["signed_metadata"], public_key(leaf))
    assert claims["iss"] == claims["sub"] == f"{BASE}/fhir"
    assert claims["exp"] - claims["iat"] <= 365 * 86_400
    for name in ("authorization_endpoint", "token_endpoint", "registration_endpoint"):
        assert claims[name] == said[name]


async def test_without_anchors_there_is_no_udap(world) -> None:
    assert (await world.http.get("/.well-known/udap")).status_code == 404
    assert (await world.http.post("/auth/udap/register", json={})).status_code == 404


async def test_an_app_registers_and_signs_in(community, put) -> None:
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann"}')
    statement = community.statement()
    answer = await community.register(statement)
    said = answer.json()
    assert answer.status_code == 201, answer.text
    assert said["software_statement"] == statement
    assert said["contacts"] == ["mailto:app@app.test"]
    assert "jti" not in said
    token = await community.token(said["client_id"])
    assert token.status_code == 200, token.text
    assert (await community.world.read(token.json()["access_token"])).status_code == 200


async def test_who_comes_again_changes_and_who_asks_for_nothing_ends(community) -> None:
    first = (await community.register(community.statement())).json()
    again = await community.register(community.statement(scope="system/Patient.r"))
    assert (again.status_code, again.json()["client_id"]) == (200, first["client_id"])
    assert clients.find(community.world.store, first["client_id"]).scope == "system/Patient.r"
    ended = await community.register(community.statement(grant_types=[]))
    assert ended.status_code == 200
    assert (await community.token(first["client_id"])).status_code == 401


async def test_a_certified_app_waits_like_any_other_unless_the_site_lets_it_in(community) -> None:
    http = community.http
    authority = http._transport.app.state.authority
    object.__setattr__(authority, "policy", replace(authority.policy, approval=True))
    said = (await community.register(community.statement())).json()
    assert (await community.token(said["client_id"])).status_code == 401
    clients.approve(community.world.store, said["client_id"], "test")
    assert (await community.token(said["client_id"])).status_code == 200


FORGED = {
    "another iss": {"iss": "https://other.test", "sub": "https://other.test"},
    "another sub": {"sub": "https://other.test"},
    "another aud": {"aud": f"{BASE}/auth/token"},
    "no jti": {"jti": None},
    "too long": {"exp": 9_999_999_999},
    "expired": {"exp": 1},
    "a secret": {"token_endpoint_auth_method": "client_secret_basic"},
    "no name": {"client_name": None},
    "a scope that is none": {"scope": "everything"},
    "a script": {"redirect_uris": ["javascript:alert(1)"]},
    "grants that are none": {"grant_types": "client_credentials"},
}


@pytest.mark.parametrize("changed", FORGED.values(), ids=FORGED)
async def test_a20_a_statement_that_will_not_do_is_refused(community, changed) -> None:
    answer = await community.register(community.statement(**changed))
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_software_statement", "invalid_client_metadata"}
    assert [each for each in clients.every(community.world.store) if each.certificate_uri] == []


async def test_a_statement_is_good_once(community) -> None:
    statement = community.statement()
    assert (await community.register(statement)).status_code == 201
    assert (await community.register(statement)).status_code == 400


def strangers(community, clock) -> dict[str, Certified]:
    own = certify(clock, None, "own", authority=True)
    under = certify(clock, community.anchor, "under", authority=True)
    below = certify(clock, under, "below", APP)
    no_authority = certify(clock, community.app, "no authority", APP)
    return {
        "certified by itself": certify(clock, None, "self", APP),
        "certified by another": certify(clock, own, "stranger", APP),
        "certified by another that is sent along": Certified(
            (made := certify(clock, own, "stranger", APP)).certificate, made.key, (own.certificate,)
        ),
        "certified by what is no authority": Certified(
            no_authority.certificate, no_authority.key, (community.app.certificate,)
        ),
        "certified once": certify(clock, community.anchor, "late", APP, days=-1),
        "certified without a URI": certify(clock, community.anchor, "nameless"),
        "without what lies between": below,
        "with another's certificate": Certified(community.app.certificate, rsa.generate_private_key(65537, 2048)),
    }


async def test_a12_only_the_anchors_own_are_let_in(community, clock) -> None:
    for label, stranger in strangers(community, clock).items():
        answer = await community.register(community.statement(stranger))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_software_statement"), label


async def test_what_lies_between_may_be_sent_along(community, clock) -> None:
    under = certify(clock, community.anchor, "under", authority=True)
    below = certify(clock, under, "below", APP)
    below.above = (under.certificate,)
    assert (await community.register(community.statement(below))).status_code == 201


async def test_a12_an_elliptic_key_will_do_and_fits_its_algorithm(community, clock) -> None:
    app = certify(clock, community.anchor, "app", APP, key=ec.generate_private_key(ec.SECP256R1()))
    statement = app.sign(
        {**community.claims(APP, REGISTER), "client_name": "X", "grant_types": ["x"], "scope": "openid"}, alg="ES256"
    )
    assert (await community.register(statement)).status_code == 201


HEADERS = {
    "no certificate": {"x5c": None},
    "no certificates": {"x5c": []},
    "what is no certificate": {"x5c": ["nonsense"]},
    "numbers": {"x5c": [1]},
    "too many": {"x5c": ["x"] * 6},
    "a key of its own": {"jwk": {"kty": "RSA"}},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
async def test_a12_headers_bring_nothing_else_along(community, header) -> None:
    assert (await community.register(community.statement(header=header))).status_code == 400


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"software_statement": "x"}', b'{"software_statement": "a.b.c"}', b"[]"]
)
async def test_what_is_no_statement_is_refused(community, body) -> None:
    assert (await community.http.post("/auth/udap/register", content=body)).status_code == 400


async def test_a14_a_token_is_for_whose_certificate_it_is(community, clock) -> None:
    said = (await community.register(community.statement())).json()
    other = certify(clock, community.anchor, "other", "https://other.test")
    answer = await community.token(said["client_id"], other)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_app_gets_a_code_and_its_token_by_certificate(community, put) -> None:
    """Without a challenge, which UDAP's first version does not know."""
    put("Patient", "ann", body=b'{"resourceType":"Patient","id":"ann"}')
    world = community.world
    world.user()
    uri = "https://app.test/back"
    ways = {"grant_types": ["authorization_code"], "redirect_uris": [uri], "scope": "openid user/*.rs"}
    said = (await community.register(community.statement(**ways))).json()
    browser = world.browser()
    asked = {"response_type": "code", "client_id": said["client_id"], "redirect_uri": uri, "state": "s"}
    await browser.open(f"/auth/authorize?{httpx.QueryParams({**asked, 'scope': 'user/*.rs', 'aud': f'{BASE}/fhir'})}")
    await browser.sign_in("dr.grey")
    answer = await browser.send("/auth/consent", decision="allow")
    code = dict(httpx.URL(answer.headers["location"]).params)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri}
    token = await community.token(said["client_id"], **form)
    assert token.status_code == 200, token.text
    assert (await world.read(token.json()["access_token"])).status_code == 200


B2B = {"version": "1", "organization_id": "https://lab.test", "purpose_of_use": ["TREAT", "HPAYMT"]}
EXTENSIONS = {
    "none": ({}, 200, None),
    "another": ({"x": {}}, 200, None),
    "as it should be": ({"hl7-b2b": B2B}, 200, "TREAT HPAYMT"),
    "without a purpose": ({"hl7-b2b": {**B2B, "purpose_of_use": []}}, 400, None),
    "of nobody": ({"hl7-b2b": {"version": "1", "purpose_of_use": ["TREAT"]}}, 400, None),
    "of another version": ({"hl7-b2b": {**B2B, "version": "2"}}, 400, None),
    "no object": ({"hl7-b2b": "TREAT"}, 400, None),
}


@pytest.mark.parametrize(("extensions", "status", "purpose"), EXTENSIONS.values(), ids=EXTENSIONS)
async def test_a_service_says_what_it_asks_for(community, extensions, status, purpose) -> None:
    said = (await community.register(community.statement())).json()
    answer = await community.token(said["client_id"], extensions=extensions, scope="")
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["scope"] == "system/*.rs"
        who = authenticate(community.world.authority, [f"Bearer {answer.json()['access_token']}"])
        assert who.purpose == purpose
    else:
        assert answer.json()["error"] == "invalid_grant"


FILES = {
    "the three go together": {"udap_anchors": "a.pem"},
    "a name that is none": {"udap_anchors": 3, "udap_certificate": "b", "udap_key": "c"},
}


@pytest.mark.parametrize("said", FILES.values(), ids=FILES)
def test_settings_that_cannot_be_meant(said) -> None:
    with pytest.raises(BadSettings):
        settings({"auth": said})


def test_files_that_cannot_be_read_are_said(store, clock, tmp_path) -> None:
    (tmp_path / "bad").write_text("nonsense")
    bad = str(tmp_path / "bad")
    with pytest.raises(OSError, match="no certificates in PEM"):
        install(FastAPI(), store, BASE, clock, Policy(udap_anchors=bad, udap_certificate=bad, udap_key=bad))
