"""A guide's package (FILE.tgz) as its resources; a hostile one is refused before it takes much time or memory.

https://confluence.hl7.org/display/FHIR/NPM+Package+Specification"""

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

from mappings.fhir.json import Json, NotJson, loads

TYPES = ("CodeSystem", "StructureDefinition", "ValueSet")
"""What a profile is made of; the rest of a guide (examples, pages) is left where it is."""

PACKED = 64 * 1024 * 1024
UNPACKED = 256 * 1024 * 1024
RESOURCE = 12 * 1024 * 1024
"""Bytes of a package, of all that is in it, and of one resource."""
FILES = 20_000

MANIFEST = "package/package.json"
_resource = re.compile(rf"package/({'|'.join(TYPES)})-[^/]+\.json").fullmatch
_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}").fullmatch


class BadPackage(ValueError):
    """No package, or one that takes too much; the text says what."""


class Package(NamedTuple):
    """``label``: ``hl7.fhir.us.core#6.1.0``."""

    label: str
    resources: tuple[Json, ...]


def read(packed: bytes) -> Package:
    """Nothing is written anywhere, so that no name in the archive leads out of it. Raises BadPackage."""
    if len(packed) > PACKED:
        raise BadPackage("the package is too large")
    try:
        with tarfile.open(fileobj=_Unpacking(packed), mode="r|") as archive:
            files = dict(_files(archive))
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        raise BadPackage("this is no .tgz file") from None
    if MANIFEST not in files:
        raise BadPackage(f"there is no {MANIFEST}")
    return Package(_label(files.pop(MANIFEST)), tuple(files.values()))


class _Unpacking(BytesIO):
    """What the gzip file holds, until it is too much."""

    def __init__(self, packed: bytes) -> None:
        super().__init__()
        self._unpacked = gzip.GzipFile(fileobj=BytesIO(packed))
        self._left = UNPACKED

    def read(self, size: int | None = -1) -> bytes:
        found = self._unpacked.read(min(size or 0, self._left + 1) if size and size > 0 else self._left + 1)
        self._left -= len(found)
        if self._left < 0:
            raise BadPackage("the package holds too much")
        return found


def _files(archive: tarfile.TarFile) -> Iterator[tuple[str, Json]]:
    for count, member in enumerate(archive):
        if count >= FILES:
            raise BadPackage("the package holds too many files")
        found = _resource(member.name)
        if member.isfile() and (found or member.name == MANIFEST):
            parsed = _parsed(archive, member)
            if found and parsed.get("resourceType") != found[1]:
                raise BadPackage("a resource of the package is not what its name says")
            yield member.name, parsed


def _parsed(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Json:
    file = archive.extractfile(member)
    if member.size > RESOURCE or file is None:
        raise BadPackage("a resource of the package is too large")
    try:
        parsed: Any = loads(file.read())
    except NotJson:
        raise BadPackage("a resource of the package is no JSON") from None
    if not isinstance(parsed, dict):
        raise BadPackage("a resource of the package is no object")
    return parsed


def _label(manifest: Json) -> str:
    name, version = str(manifest.get("name", "")), str(manifest.get("version", ""))
    if not _name(name) or not _name(version):
        raise BadPackage(f"{MANIFEST} has no name and version")
    return f"{name}#{version}"
