"""What is judged twice, by our checker and by HL7's: examples as they are published, and copies with one change in
each. Guides' examples are judged by their profiles, too."""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from spoiling import mutations

from mappings.fhir.checker import check
from mappings.fhir.json import dumps, loads
from mappings.fhir.problem import Problem
from mappings.fhir.profiles.claims import claims
from mappings.fhir.profiles.conformance import conformance
from mappings.fhir.profiles.definition import Profile, profile
from mappings.fhir.profiles.package import read

LARGEST = 30_000
"""Bytes of an example; HL7's validator takes its time."""

SPOILED = 4
"""Copies of each example."""

GUIDES: dict[str, tuple[str, ...]] = {
    "r4-spec": (),
    "us-core-6.1.0": ("hl7.fhir.us.core#6.1.0",),
    "carin-2.0.0": ("hl7.fhir.us.core#3.1.1", "hl7.fhir.us.carin-bb#2.0.0"),
    "pas-2.0.1": ("hl7.fhir.us.core#3.1.1", "hl7.fhir.us.davinci-pas#2.0.1"),
    "pas-2.2.1": ("hl7.fhir.us.core#7.0.0", "hl7.fhir.us.davinci-pas#2.2.1"),
}
"""Folders of ../shared/data/fhir-examples, with the packages that they are judged by."""


class Case(NamedTuple):
    name: str
    guide: str
    body: Any

    @property
    def digest(self) -> str:
        return sha256(dumps(self.body)).hexdigest()[:12]


def cases(shared: Path) -> Iterator[Case]:
    for guide in GUIDES:
        for file in sorted((shared / "fhir-examples" / guide).glob("*.json")):
            data = file.read_bytes()
            if len(data) > LARGEST:
                continue
            body, name = loads(data), f"{guide}/{file.stem}"
            yield Case(name, guide, body)
            for number, spoiled in enumerate(mutations(body, file.name, SPOILED), 1):
                yield Case(f"{name}#{number}", guide, spoiled)


def ours(case: Case, shared: Path) -> list[Problem]:
    """What is wrong in R4; of what is right in it, by the profiles that it claims."""
    if problems := check(case.body):
        return problems
    load, find = library(shared, case.guide)
    known = [(each, found) for each in claims(case.body) if (found := load(each.url))]
    verdicts = (conformance(each.resource, found, load, find, each.place) for each, found in known)
    return [each for one in verdicts for each in one.errors]


@cache
def library(shared: Path, guide: str) -> Any:
    files = (shared / "packages" / f"{label.replace('#', '-')}.tgz" for label in GUIDES[guide])
    stored = {(each["resourceType"], each["url"]): each for file in files for each in read(file.read_bytes()).resources}

    @cache
    def load(url: str) -> Profile | None:
        found = stored.get(("StructureDefinition", url))
        return profile(found) if found else None

    return load, lambda *wanted: stored.get(wanted)
