"""A certificate authority for one run, so that the server under test speaks TLS and Inferno trusts it."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOSTS = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))
LIFETIME = timedelta(days=1)


class Certified(NamedTuple):
    """PEM files: the authority, and what it certified for this machine's own addresses."""

    authority: Path
    certificate: Path
    key: Path


def certified(folder: Path) -> Certified:
    files = Certified(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = named("Causeway conformance"), named("localhost")
    root = made(root_name, root_key, root_name, root_key, x509.BasicConstraints(ca=True, path_length=0))
    leaf = made(name, key, root_name, root_key, x509.SubjectAlternativeName(HOSTS))
    files.authority.write_bytes(root.public_bytes(Encoding.PEM))
    files.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def made(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signing: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), now, now + LIFETIME
    )
    return builder.add_extension(extension, critical=False).sign(signing, hashes.SHA256())
