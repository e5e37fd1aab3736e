"""R4's own examples, the guides', and HL7's validator cases: what they say must be said here too."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from mappings.fhir.checker import check
from mappings.fhir.json import NotJson, loads

FOLDERS = ("r4-spec", "us-core-6.1.0", "carin-2.0.0", "pas-2.0.1", "pas-2.2.1", "pdex-2.0.0", "synthea-r4-bundles")

WRONG_EXAMPLES = {
    "r4-spec/CapabilityStatement-measure-processor.json": "says string of a parameter that R4 defines as a token",
    "r4-spec/MedicationRequest-medrx0301.json": "a Practitioner dispenses, where R4 has only Organization",
}

ACCEPTED_CASES = {
    "bundle-id-collection": "the display of a code: needs CVX",
    "dr-example-org": "the same bytes are a clean case: depends on a setting of the validator",
    "maiden-name": "where an extension may be used: needs its definition",
    "obs-temp-bad": "the vital signs profile",
    "obs-vs-1": "the vital signs profile",
    "parameters-reference-bad": "a reference that must be resolved within Parameters: depends on a setting",
    "pat-dob-ext": "an extension without a definition: allowed, depends on a setting",
    "pat-example-ext": "an extension without a definition: allowed, depends on a setting",
    "pat-security-bad-string": "the same bytes are a clean case: depends on a setting of the validator",
    "patient-with-turvakielto": "an extension without a definition: allowed, depends on a setting",
    "signatures__example-2": "a signature that must be verified",
    "uk-msg": "displays of codes: needs SNOMED CT",
}
"""Errors to HL7's validator that R4's package alone does not tell, with what would."""


def examples(shared: Path) -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for file in sorted((shared / "fhir-examples" / folder).glob("*.json")):
            yield f"{folder}/{file.name}", file.read_bytes()


def test_examples_conform_but_for_those_that_are_wrong(shared: Path) -> None:
    refused = {name: problems for name, data in examples(shared) if (problems := check(loads(data)))}
    assert refused.keys() == WRONG_EXAMPLES.keys(), refused


def cases(shared: Path) -> Iterator[tuple[str, bool, bytes]]:
    """The validator's cases that need no other package: the name, whether it is clean, the bytes."""
    with (shared / "fhir-examples" / "PROVENANCE.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found = re.match(r"expected errors=(\d+); needs supporting=no", row["note"])
            if found:
                data = (shared / "fhir-examples" / row["file"]).read_bytes()
                yield Path(row["file"]).stem, found[1] == "0", data


def conforms(data: bytes) -> bool:
    try:
        return not check(loads(data))
    except NotJson:
        return False


def test_the_validators_clean_cases_conform(shared: Path) -> None:
    clean = [(name, data) for name, is_clean, data in cases(shared) if is_clean]
    assert len(clean) == 64
    assert [name for name, data in clean if not conforms(data)] == []


def test_the_validators_errors_are_refused(shared: Path) -> None:
    wrong = [(name, data) for name, is_clean, data in cases(shared) if not is_clean]
    assert len(wrong) == 41
    assert {name for name, data in wrong if conforms(data)} == ACCEPTED_CASES.keys()


def test_a_guides_nonconformant_bundle_is_refused(shared: Path) -> None:
    file = shared / "fhir-examples" / "invalid" / "pas-nonconformant_pas_bundle.json"
    assert [each.expression for each in check(loads(file.read_bytes()))] == ["Bundle.entry"]
