"""Whom this site trusts, and who this server is to the community.

https://hl7.org/fhir/us/udap-security/STU1/index.html#json-web-token-jwt-requirements"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    Certificate,
    ExtensionNotFound,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    load_der_x509_certificate,
    load_pem_x509_certificates,
)
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from server.auth.policy import Policy

ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")
MAX_CHAIN = 5


class LongHeaders(JWSRegistry):
    """A header that holds certificates is longer than others."""

    max_header_length = 16_384


class NotTrusted(Exception):
    """The certificate does not lead to whom this site trusts; says why."""


@dataclass(frozen=True, slots=True)
class Trust:
    """``chain`` and ``key`` are the server's own, the leaf first."""

    anchors: Store
    chain: tuple[Certificate, ...]
    key: RSAKey | ECKey

    @property
    def x5c(self) -> list[str]:
        return [base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in self.chain]

    def key_of(self, header: Mapping[str, Any], uri: str, now: datetime) -> RSAKey | ECKey:
        """The key of the certificate that the header brings along, when it is that of ``uri``. Raises NotTrusted."""
        leaf, *others = certificates(header.get("x5c"))
        authorities = ExtensionPolicy.webpki_defaults_ca()
        policies = PolicyBuilder().store(self.anchors).time(now).max_chain_depth(MAX_CHAIN)
        verifier = policies.extension_policies(
            ca_policy=authorities, ee_policy=ExtensionPolicy.permit_all()
        ).build_client_verifier()
        try:
            verifier.verify(leaf, others)
        except VerificationError:
            raise NotTrusted("the certificate does not lead to a trust anchor, or not now") from None
        if uri not in named(leaf):
            raise NotTrusted("the certificate is not that of iss")
        return public_key(leaf)


def certificates(x5c: Any) -> list[Certificate]:
    """https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6. Raises NotTrusted."""
    if not isinstance(x5c, list) or not 1 <= len(x5c) <= MAX_CHAIN or not all(isinstance(each, str) for each in x5c):
        raise NotTrusted(f"x5c has to hold 1 to {MAX_CHAIN} certificates")
    try:
        return [load_der_x509_certificate(base64.b64decode(each, validate=True)) for each in x5c]
    except (ValueError, binascii.Error):
        raise NotTrusted("x5c holds what is no certificate") from None


def named(certificate: Certificate) -> Sequence[str]:
    """The URIs whose certificate it is."""
    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, ValueError):
        return ()
    return names.get_values_for_type(UniformResourceIdentifier)


def public_key(certificate: Certificate) -> RSAKey | ECKey:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return RSAKey.import_key(key)
    if isinstance(key, EllipticCurvePublicKey):
        return ECKey.import_key(key)
    raise NotTrusted("the certificate's key is of a kind that is not used here")


def algorithms(key: RSAKey | ECKey) -> list[str]:
    """Those that a key of this kind may be used with. https://www.rfc-editor.org/rfc/rfc8725#section-3.1"""
    if isinstance(key, RSAKey):
        return ["RS256", "RS384"]
    return ["ES384"] if key.curve_name == "P-384" else ["ES256"]


def claims(token: str, key: RSAKey | ECKey) -> Mapping[str, Any]:
    """Of a JWT whose signature holds. Raises JoseError, ValueError."""
    found: Mapping[str, Any] = jwt.decode(token, key, registry=LongHeaders(algorithms=algorithms(key))).claims
    return found


def load(policy: Policy) -> Trust | None:
    """None where a site trusts nobody. Raises OSError, which says what cannot be read."""
    if not policy.udap_anchors:
        return None
    chain = read(policy.udap_certificate)
    try:
        pem = Path(policy.udap_key).read_bytes()
        key = RSAKey.import_key(pem) if isinstance(chain[0].public_key(), RSAPublicKey) else ECKey.import_key(pem)
    except ValueError:
        raise OSError(f"{policy.udap_key}: not the private key of the certificate") from None
    return Trust(Store(read(policy.udap_anchors)), tuple(chain), key)


def read(path: str) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(Path(path).read_bytes())
    except ValueError:
        raise OSError(f"{path}: no certificates in PEM") from None
