"""Our checker beside HL7's validator, whose verdicts ``record.py`` keeps: where they differ, a reason stands here.

Of what HL7's validator refuses and we accept, each error is one of ``ALLOWED``; of what only we refuse, each of
``STRICTER``. Whatever else differs fails."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from cases import Case, cases, ours
from fhir.resources.R4B import get_fhir_model_class
from record import VERDICTS, read

from mappings.fhir.json import dumps

HOUSE = "the validator's own policy for published guides; R4 allows it"
UNKNOWN = "R4 lets nobody refuse an extension or a URL because it is unknown here"
TERMS = "code systems and displays beyond R4's required bindings are not judged at a write"
LINKED = "what a reference points at is not compared with the profile that the reference wants; its type is"

ALLOWED: Mapping[str, str] = {
    "TYPE_SPECIFIC_CHECKS_DT_URL_EXAMPLE": HOUSE,
    "TYPE_SPECIFIC_CHECKS_CANONICAL_ABSOLUTE": HOUSE,
    "Type_Specific_Checks_DT_XHTML_Resolve": f"a link within a narrative leads nowhere: {HOUSE}",
    "Extension_EXT_Unknown_NotHere": UNKNOWN,
    "Type_Specific_Checks_DT_URL_Resolve": UNKNOWN,
    "CODING": f"a unit that is none of UCUM's: {TERMS}",
    "Display_Name_for__should_be_one_of__instead_of": TERMS,
    "Unknown_Code_in_Version": TERMS,
    "Type_Specific_Checks_DT_UUID_Valid": "capital letters in urn:uuid, which R4's own example has",
    "TYPE_SPECIFIC_CHECKS_DT_IDENTIFIER_IETF_SYSTEM_VALUE": "R4's own example does so",
    "BUNDLE_BUNDLE_ENTRY_FULLURL_REQUIRED": "R4's own example of a search's result does so",
    "Invalid entity in the XHTML": "HTML's names of characters, as in CARIN's own examples: XHTML 1.0 has them",
    "INVALID_DISPLAY_NAME": f"a language that is none, in which it looks for displays: {TERMS}",
    "Terminology_TX_NoValid_16": "follows from a language that is none: of the code itself nothing is wrong",
    "TYPE_SPECIFIC_CHECKS_DT_URL_INTERNAL": "a profile that is named # and nobody: what is claimed refuses nothing",
    "SLICING_CANNOT_BE_EVALUATED": "the Subscriptions backport's profile is not here, nor there",
    "Reference_REF_CantMatchChoice": LINKED,
}
"""By the id of the validator's error: why a resource with it may be stored."""

FOLLOWS = frozenset(
    {
        "BUNDLE_BUNDLE_ENTRY_MULTIPLE_PROFILES_NO_MATCH",
        "Validation_VAL_Profile_Maximum",
        "Validation_VAL_Profile_Minimum",
        "Validation_VAL_Profile_NoMatch",
    }
)
"""What the validator finds only since a reference's target is not as the profile wants it."""

STRICTER: Mapping[str, str] = {
    "must have an element beside its id": "ele-1, as it is written",
    "must not be an empty array": "https://hl7.org/fhir/R4/json.html: an array is never empty; a warning there",
    "must be text, not blank": "https://hl7.org/fhir/R4/datatypes.html#string: some character that is no white space",
    "must have a code of": "a required binding is met by a code, though the value set cannot be known here",
    "must be a date": "white space alone is no date",
}
"""By how our own words begin: why it is refused though the validator accepts it."""


@pytest.fixture(scope="module")
def judged(shared: Path) -> list[tuple[Case, list[str], list[str]]]:
    """Each case with our words and the validator's ids."""
    recorded = read()
    return [(each, _words(each, shared), _recorded(each, recorded)) for each in cases(shared)]


def _words(case: Case, shared: Path) -> list[str]:
    return [each.text for each in ours(case, shared)]


def _recorded(case: Case, recorded: Mapping[str, Sequence[object]]) -> list[str]:
    digest, errors = recorded[case.name]
    assert digest == case.digest, f"{case.name} is another one: record it with make referee"
    assert isinstance(errors, list)
    return errors


def unexplained(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[str]:
    """What one says of a case that the other accepts, and that no row explains."""
    if theirs and not ours:
        follows = FOLLOWS if "Reference_REF_CantMatchChoice" in theirs else frozenset()
        yield from (each for each in theirs if each not in ALLOWED and each not in follows)
    if ours and not theirs and not any(re.match(each, ours[0]) for each in STRICTER):
        yield ours[0]


def test_a_thousand_spoiled_copies_are_judged(judged: list[tuple[Case, list[str], list[str]]]) -> None:
    assert VERDICTS.stat().st_size < 200_000
    assert sum("#" in case.name for case, *_ in judged) >= 1000
    assert sum(bool(words) and bool(errors) for _, words, errors in judged) > 500
    assert sum(not words and not errors for _, words, errors in judged) > 300


def test_where_the_two_differ_there_is_a_reason(judged: list[tuple[Case, list[str], list[str]]]) -> None:
    differing = {case.name: found for case, *both in judged if (found := list(unexplained(*both)))}
    assert differing == {}


def test_every_reason_is_needed(judged: list[tuple[Case, list[str], list[str]]]) -> None:
    allowed = {each for _, words, errors in judged if not words for each in errors}
    stricter = [words[0] for _, words, errors in judged if words and not errors]
    assert (ALLOWED.keys() | FOLLOWS) - allowed == set()
    assert [each for each in STRICTER if not any(re.match(each, words) for words in stricter)] == []


def test_nothing_is_accepted_that_fhir_resources_refuses(judged: list[tuple[Case, list[str], list[str]]]) -> None:
    """A third opinion, which takes more: R4B's models know no codes, targets or invariants, and lack some types."""
    accepted = [case.body for case, words, _ in judged if not words]
    known = [each for each in accepted if importable(each["resourceType"])]
    assert len(known) > 500
    for each in known:
        get_fhir_model_class(each["resourceType"]).model_validate(json.loads(dumps(each)))


def importable(type: str) -> bool:
    return find_spec(f"fhir.resources.R4B.{type.lower()}") is not None
