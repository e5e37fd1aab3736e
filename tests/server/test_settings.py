"""The settings file: what it may say, and what is said about one that cannot be meant."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from server.auth.policy import Policy
from server.fhir.exchange import Rules
from server.settings import BadSettings, load
from server.store.retention import Retention

GOOD = """
tenant = "riverbend"
[site]
zone = "America/New_York"
authorities = { RIVERBEND = "urn:oid:1.2.3" }
[senders."LAB|EAST"]
zone = "Europe/London"
authorities = { EAST = "urn:oid:1.2.4" }
identifying = ["MR"]
charset = "8859/2"
[fhir]
conditional_delete = "multiple"
version_required = true
claimed_profiles = true
profiles = { Patient = ["https://quill.test/patient"] }
[retention]
messages = 90
[subscriptions]
private_endpoints = true
[auth]
access_token = 600
approval = false
"""


def test_a_sender_is_laid_over_the_site(tmp_path):
    path = tmp_path / "causeway.toml"
    path.write_text(GOOD)
    found = load(path)
    assert found.tenant == "riverbend"
    assert found.site_of("ADT|RIVERBEND").zone == ZoneInfo("America/New_York")
    lab = found.site_of("LAB|EAST")
    assert lab.zone == ZoneInfo("Europe/London")
    assert lab.authorities == {"RIVERBEND": "urn:oid:1.2.3", "EAST": "urn:oid:1.2.4"}
    assert lab.identifying == {"MR"}
    assert (lab.charset, found.site.charset) == ("8859/2", "")
    assert found.retention == Retention(messages=timedelta(days=90), versions=None)
    assert found.auth == Policy(access_token=600, approval=False)
    assert found.fhir == Rules(
        deletes_many=True, needs_version=True, profiles={"Patient": ("https://quill.test/patient",)}, claims_count=True
    )
    assert found.private_endpoints


def test_without_a_file_the_defaults_hold():
    assert load(None).tenant == "default"
    assert load(None).retention == Retention(None, None)


BAD = {
    "an age that is none": ("[retention]\nmessages = '90'", "retention.messages has to be a number of days"),
    "no age at all": ("[retention]\nversions = 0", "retention.versions has to be a number of days"),
    "an age of something else": ("[retention]\nentries = 9", "retention has no setting 'entries'"),
    "not TOML": ("tenant = ", "Invalid value"),
    "an unknown setting": ("tennant = 'x'", "no setting 'tennant'"),
    "an unknown setting of a sender": ("[senders.'A|B']\nzome = 'UTC'", "senders.A|B has no setting 'zome'"),
    "a zone that is none": ("[site]\nzone = 'Mars/Olympus'", "site.zone"),
    "a character set that is none": ("[site]\ncharset = 'EBCDIC'", "site.charset"),
    "a table that is none": ("site = 3", "site has to be a table"),
    "a way to delete that is none": ("[fhir]\nconditional_delete = 'all'", "fhir.conditional_delete"),
    "a yes that is none": ("[subscriptions]\nprivate_endpoints = 'yes'", "subscriptions.private_endpoints"),
    "no time at all": ("[auth]\ncode = 0", "auth.code has to be a number of seconds"),
    "a time that is none": ("[auth]\ncode = true", "auth.code has to be a number of seconds"),
    "a word for a wish": ("[auth]\napproval = 'no'", "auth.approval is true or false"),
    "profiles of no type": ("[fhir.profiles]\nPation = []", "fhir.profiles has no setting 'Pation'"),
    "a profile that is no list": ("[fhir.profiles]\nPatient = 'x'", "fhir.profiles.Patient is a list"),
    "a claim that is none": ("[fhir]\nclaimed_profiles = 1", "fhir.claimed_profiles"),
    "a wish that is none": ("[fhir]\nversion_required = 1", "fhir.version_required"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_named(tmp_path, text, said):
    path = tmp_path / "causeway.toml"
    path.write_text(text)
    with pytest.raises(BadSettings) as caught:
        load(path)
    assert said in str(caught.value)
