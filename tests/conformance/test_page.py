"""The page of what the judges said, and when it would be worse."""

import pytest

from tests.conformance.inferno import Verdict
from tests.conformance.page import Judged, page, worse
from tests.conformance.reasons import reason
from tests.conformance.suites import SUITES, members_of_311, only

PASSED = Verdict("suite-group-read", "Reads", "pass", required=True, why="")
FAILED = Verdict("suite-group-search", "Searches", "fail", required=True, why="a|b\nc")
SKIPPED = Verdict("suite-group-search", "Searches", "skip", required=False, why="no data")


def judged(*verdicts: Verdict, suite: str = "guide_v1") -> Judged:
    return Judged(suite, "Guide 1", "2.3", verdicts, {"1": "a person is needed"})


def test_the_page_says_what_was_passed_what_was_not_and_what_was_not_run():
    text = page([judged(PASSED, FAILED)])
    assert "| `guide_v1` | Guide 1, suite 2.3 | 1 | 1 | 0 | 0 | 0 | 2 |" in text
    assert "| `guide_v1` | `search` | required | fail | a\\|b c |" in text
    assert "- `guide_v1` group 1: a person is needed." in text


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param([PASSED, FAILED], [PASSED, FAILED], 0, id="the same"),
        pytest.param([PASSED, FAILED], [PASSED, PASSED], 0, id="better"),
        pytest.param([PASSED, FAILED], [PASSED, SKIPPED], 0, id="not passed in another way"),
        pytest.param([PASSED, PASSED], [PASSED, FAILED], 2, id="one is not passed any more"),
        pytest.param([PASSED, FAILED], [FAILED], 1, id="one was not run"),
    ],
)
def test_worse_is_what_was_passed_before(before, now, told):
    assert len(worse(page([judged(*before)]), [judged(*now)])) == told


def test_another_suites_failure_excuses_nothing():
    before = page([judged(FAILED, suite="other_v1"), judged(PASSED)])
    assert worse(before, [judged(FAILED)])


def test_a_reason_is_of_a_run_and_a_test():
    assert reason("c4bb_v200_oral", "c4bb_v200_eob_pharmacy_validation_test")
    assert not reason("c4bb_v200_pharmacy", "c4bb_v200_eob_pharmacy_validation_test")


def test_every_run_has_a_name_of_its_own():
    assert len({each.run for each in SUITES}) == len(SUITES)


def bundle(*resources):
    return {"resourceType": "Bundle", "entry": [{"fullUrl": each.get("id"), "resource": each} for each in resources]}


def test_a_care_team_of_311_has_no_related_person():
    team = {"resourceType": "CareTeam", "participant": [{"member": {"reference": "a"}}, {"member": {"reference": "b"}}]}
    mended = members_of_311(bundle(team, {"resourceType": "RelatedPerson", "id": "a"}))
    assert mended["entry"][0]["resource"]["participant"] == [{"member": {"reference": "b"}}]


def test_each_kind_of_explanation_of_benefit_is_judged_alone():
    kept = only("b", bundle(*({"resourceType": "ExplanationOfBenefit", "id": id} for id in ("a", "b"))))
    assert [each["resource"]["id"] for each in kept["entry"]] == ["b"]
