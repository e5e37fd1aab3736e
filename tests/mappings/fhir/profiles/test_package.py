"""Packages: what is in them, and those that mean harm."""

import gzip
import io
import tarfile
from collections.abc import Mapping

import pytest

from mappings.fhir.json import dumps
from mappings.fhir.profiles import package
from mappings.fhir.profiles.package import BadPackage, read

MANIFEST = dumps({"name": "quill.guide", "version": "1.0.0"})
VALUE_SET = dumps({"resourceType": "ValueSet", "url": "https://quill.test/colours", "status": "active"})


def packed(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


GOOD = {
    "package/package.json": MANIFEST,
    "package/ValueSet-colours.json": VALUE_SET,
    "package/Patient-example.json": b"not read",
    "package/other/ValueSet-inner.json": b"not read",
    "../../package/ValueSet-outside.json": b"not read",
    "/package/ValueSet-root.json": b"not read",
}


def test_what_is_read_of_a_package() -> None:
    found = read(packed(GOOD))
    assert found.label == "quill.guide#1.0.0"
    assert [each["url"] for each in found.resources] == ["https://quill.test/colours"]


BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "this is no .tgz file"),
    "no archive": (b"PK\x03\x04", "this is no .tgz file"),
    "gzip of something else": (gzip.compress(b"x" * 2000), "this is no .tgz file"),
    "cut off": (packed(GOOD)[:-200], "this is no .tgz file"),
    "no manifest": (packed({"package/ValueSet-a.json": VALUE_SET}), "there is no package/package.json"),
    "a manifest without a version": (packed({"package/package.json": b'{"name": "x"}'}), "has no name and version"),
    "a name that is a path": (packed({"package/package.json": b'{"name": "../x", "version": "1"}'}), "package/pack"),
    "no JSON": (packed({"package/package.json": MANIFEST, "package/ValueSet-a.json": b"{"}), "a resource of the"),
    "no object": (packed({"package/package.json": MANIFEST, "package/ValueSet-a.json": b"[]"}), "a resource of the"),
    "another resource": (
        packed({"package/package.json": MANIFEST, "package/ValueSet-a.json": b'{"resourceType": "Patient"}'}),
        "a resource of the package is not what its name says",
    ),
}


@pytest.mark.parametrize(("data", "text"), BAD.values(), ids=BAD)
def test_what_is_no_package(data: bytes, text: str) -> None:
    with pytest.raises(BadPackage, match=text):
        read(data)


def test_a_bomb_is_left_before_it_unfolds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "UNPACKED", 1024 * 1024)
    bomb = packed({"package/package.json": MANIFEST, "package/page.html": b"0" * 8 * 1024 * 1024})
    assert len(bomb) < 10_000
    with pytest.raises(BadPackage, match="holds too much"):
        read(bomb)


LIMITS = {"PACKED": "too large", "RESOURCE": "a resource of the package is too large", "FILES": "too many files"}


@pytest.mark.parametrize(("limit", "text"), LIMITS.items(), ids=LIMITS)
def test_a_limit(limit: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, limit, 3)
    with pytest.raises(BadPackage, match=text):
        read(packed({f"package/page-{number}.html": b"" for number in range(5)} | GOOD))
