"""The demo goes well, and says what a billing clerk would want to know."""

import subprocess
import sys
from datetime import date

import pytest

from interfaces.demo import ehr
from interfaces.demo.day import steps
from interfaces.demo.plans import plans
from mappings.fhir.checker import check

TODAY = date(2026, 11, 23)

pytestmark = pytest.mark.xdist_group("demo")  # played by one worker, once


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    store = f"sqlite:///{tmp_path_factory.mktemp('demo')}/demo.db"
    anywhere = ("--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0")
    command = [sys.executable, "-m", "interfaces", "demo", "--once", "--store", store, *anywhere]
    return [subprocess.run(command, capture_output=True, text=True, timeout=100, check=False) for _ in range(2)]


def test_it_goes_well_and_so_does_the_same_day_again(played):
    assert [each.returncode for each in played] == [0, 0], played[0].stderr


TABLE = {
    "deductible, then a share": "Alvarez, Rosa Elena  V-3001 inpatient   1,240.00    790.90    232.72   558.18",
    "no insurance any more": "Berg, Jonas          V-3004 emergency     675.00      0.00      0.00   675.00",
    "all of it deductible": "Okafor, Amara        V-3005 outpatient  1,450.00    880.00      0.00   880.00",
    "a share": "Osei, Walter         V-3002 outpatient    580.00    343.90    275.12    68.78",
    "from an EHR": "Raman, Priya         E-V-77 outpatient    190.00    128.00      0.00   128.00",
    "a copay": "Tan, Mei Lin         V-3003 outpatient    183.00    112.50     87.50    25.00",
}


@pytest.mark.parametrize("line", TABLE.values(), ids=TABLE)
def test_each_patient_has_a_line_both_times(played, line):
    assert all(each.stdout.count(line) == 1 for each in played)


def test_reasons_are_given_in_words(played):
    assert "Service after the coverage ended (PR 27) 675.00" in played[0].stdout


@pytest.mark.parametrize("resource", [*plans(TODAY), *ehr.resources(TODAY), ehr.claim(TODAY), ehr.eligibility(TODAY)],
                         ids=lambda each: each.get("id", each["resourceType"]))  # fmt: skip
def test_what_it_sends_as_fhir_is_fhir(resource):
    assert check(resource) == []


def test_every_message_has_a_story():
    assert all(step.story and step.message.startswith(b"MSH|") for step in steps(TODAY))
