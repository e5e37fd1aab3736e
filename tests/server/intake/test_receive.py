"""From bytes to entry to acknowledgement, over a real store."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mappings.v2.message import parse
from mappings.v2_to_fhir.site import Site
from server.intake.receive import Intake
from server.store.engine import Unavailable

FT1 = "FT1|{n}|T{n}||20260301||{kind}|99213^Visit^C4|||{qty}|{total}&USD|{unit}&USD|||||||I10^Hypertension^I10"


def ft1(n, qty=1, total="100.00", unit="100.00", kind="CG"):
    return FT1.format(n=n, qty=qty, total=total, unit=unit, kind=kind)


def test_a_visit_becomes_patient_encounter_and_what_they_refer_to(hospital, message):
    (entry,) = hospital.accepted(message("A01", "1"))
    assert sorted({write.key.type for write in entry.writes}) == [
        "Account", "Encounter", "Location", "Organization", "Patient", "Practitioner",
    ]  # fmt: skip
    patient, encounter = hospital.one("Patient"), hospital.one("Encounter")
    assert encounter["subject"]["reference"] == f"Patient/{patient['id']}"
    assert encounter["status"] == "in-progress"
    assert patient["name"][0]["family"] == "Abel"


def test_the_acknowledgement_names_the_message_and_swaps_sender_and_receiver(hospital, message):
    ack = parse(hospital.accepted(message("A01", "c-17"))[0].reply)
    assert (ack.segment("MSA")[1].text, ack.segment("MSA")[2].text) == ("AA", "c-17")
    assert ack.sender == "CAUSEWAY|RIVER"


def test_the_same_bytes_get_the_same_answer_and_do_nothing(hospital, message):
    first, second = hospital.accepted(message("A01", "1"), message("A01", "1"))
    assert (first.seq, first.reply) == (second.seq, second.reply)
    assert hospital.store.last("default") == 1


def test_a_control_id_used_again_for_other_content_is_another_message(hospital, message):
    first, second = hospital.accepted(message("A01", "1"), message("A08", "1", sex="M"))
    assert (first.seq, second.seq) == (1, 2)
    assert hospital.one("Patient")["gender"] == "male"


def test_a_second_visit_message_updates_the_same_encounter(hospital, message):
    hospital.accepted(message("A01", "1"), message("A03", "2", at="202603021000+0000", left="202603021000+0000"))
    encounter = hospital.one("Encounter")
    assert encounter["status"] == "finished"
    assert encounter["period"] == {"start": "2026-03-01T08:00:00+00:00", "end": "2026-03-02T10:00:00+00:00"}
    assert [each["status"] for each in encounter["statusHistory"]] == ["in-progress"]


def test_a08_changes_what_it_carries_leaves_what_it_omits_deletes_what_is_null(hospital, message):
    hospital.accepted(
        message("A01", "1"),
        message("A08", "2", at="202603010900+0000", address="9 Oak^^Riverbend^OH^45002^USA^H", phone='""', born=""),
    )
    patient, encounter = hospital.one("Patient"), hospital.one("Encounter")
    assert patient["address"][0]["line"] == ["9 Oak"]
    assert "telecom" not in patient
    assert patient["birthDate"] == "1970-01-02"
    assert encounter["status"] == "in-progress"


def test_an_older_a08_that_comes_late_does_not_overwrite(hospital, message):
    hospital.accepted(
        message("A01", "1"),
        message("A08", "3", at="202603011200+0000", name="Abel^Anna"),
        message("A08", "2", at="202603011100+0000", name="Abel^Annie"),
    )
    assert hospital.one("Patient")["name"][0]["given"] == ["Anna"]


def test_a11_cancels_the_visit(hospital, message):
    hospital.accepted(message("A01", "1"), message("A11", "2", at="202603011100+0000"))
    assert hospital.one("Encounter")["status"] == "cancelled"


def test_a13_takes_the_discharge_back(hospital, message):
    hospital.accepted(
        message("A01", "1"),
        message("A03", "2", at="202603021000+0000", left="202603021000+0000"),
        message("A13", "3", at="202603021100+0000"),
    )
    encounter = hospital.one("Encounter")
    assert encounter["status"] == "in-progress"
    assert encounter["period"] == {"start": "2026-03-01T08:00:00+00:00"}


def test_charges_become_one_draft_claim_that_adds_up(hospital, message):
    hospital.accepted(
        message(
            "A01", "1", "IN1|1|PPO^Plan|77^^^NAIC^NII|Lakeshore||||||||20260101|20261231||||SEL" + "|" * 19 + "MEM1"
        ),
        message("P03", "2", ft1(1), ft1(2, 3, "60.00", "20.00"), code="DFT"),
        message("P03", "3", ft1(3, 1, "0.10", "0.10"), code="DFT"),
    )
    claim = hospital.one("Claim")
    assert claim["status"] == "draft"
    assert [str(item["net"]["value"]) for item in claim["item"]] == ["100.00", "60.00", "0.10"]
    assert str(claim["total"]["value"]) == "160.10"
    assert claim["identifier"][0]["system"] == "urn:causeway:claim"


def test_a_bad_charge_applies_none_of_the_message(hospital, message):
    hospital.accepted(message("A01", "1"))
    (entry,) = hospital.receive(message("P03", "2", ft1(1), ft1(2, kind="ZZ").replace("99213", ""), code="DFT"))
    assert entry.about["status"] == "error"
    assert entry.about["issues"].startswith("FT1^2^")
    assert hospital.all("ChargeItem") == []


REFUSED = {
    "not HL7": (b"hello there", "AR", "MSH^1 100"),
    "nothing": (b"", "AR", "MSH^1 100"),
    "another kind of message": (b"MSH|^~\\&|A|B|C|D|20260301||ORU^R01|1|P|2.5.1\r", "AR", "MSH^1^9^1^1 200"),
    "an unknown event": (b"MSH|^~\\&|A|B|C|D|20260301||ADT^Z99|1|P|2.5.1\r", "AR", "MSH^1^9^1^2 201"),
    "an unknown version": (b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|9.9\r", "AR", "MSH^1^12 203"),
    "no control id": (b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01||P|2.5.1\r", "AE", "MSH^1^10 101"),
    "no patient": (b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5.1\rEVN|A01\r", "AE", "PID^1"),
    "delimiters that are none": (b"MSHA^~\\&|A|B", "AR", "MSH^1"),
    "bytes of no character set": (
        b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||UNICODE UTF-8\rPID|\xff\xfe",
        "AR",
        "MSH^1^18",
    ),
}


@pytest.mark.parametrize(("raw", "code", "issue"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_applied_is_answered_with_the_place_and_kept(hospital, raw, code, issue):
    (entry,) = hospital.receive(raw)
    assert parse(entry.reply).segment("MSA")[1].text == code
    assert entry.about["issues"].startswith(issue)
    (kept,) = hospital.store.messages("default", {"ack": code}, None, 10)
    assert kept.raw == raw
    assert kept.writes == ()


def test_no_value_of_a_patient_is_in_an_answer_or_in_the_log(hospital, message):
    entries = hospital.receive(
        message("A01", "1", mrn="", name="Zaphod^Canary"), message("A01", "2", born="Canary", name="Zaphod")
    )
    for entry in entries:
        assert b"Canary" not in entry.reply
        assert b"Zaphod" not in entry.reply
        assert "Canary" not in str(entry.about)
        assert "Zaphod" not in str(entry.about)


ENHANCED = {
    "accept and application": ("AL", "AL", "CA AA"),
    "accept only": ("AL", "NE", "CA"),
    "application only": ("NE", "AL", "AA"),
    "on error only, yet MLLP wants an answer": ("ER", "ER", "AA"),
    "never, yet MLLP wants an answer": ("NE", "NE", "AA"),
    "what is no condition": ("u003c", "", "AA"),
}


@pytest.mark.parametrize(("accept", "application", "codes"), ENHANCED.values(), ids=ENHANCED)
def test_enhanced_mode_answers_as_msh_15_and_16_ask(hospital, message, accept, application, codes):
    raw = message("A01", "1").replace(b"|P|2.5.1", f"|P|2.5.1|||{accept}|{application}".encode(), 1)
    (entry,) = hospital.receive(raw)
    assert entry.about["ack"] == codes
    assert entry.reply.count(b"MSA|") == len(codes.split())
    assert len(hospital.all("Patient")) == 1


def test_an_acknowledgement_is_never_acknowledged(hospital):
    (entry,) = hospital.receive(b"MSH|^~\\&|A|B|C|D|20260301||ACK|1|P|2.5.1\rMSA|AA|7\r")
    assert entry.reply == b""


def test_concurrent_registrations_of_a_new_number_make_one_patient(hospital, message):
    with ThreadPoolExecutor(32) as pool:
        futures = pool.map(lambda n: hospital.intake.receive(message("A04", f"c{n}"), "mllp").result(), range(32))
        assert {entry.about["ack"] for entry in futures} == {"AA"}
    assert len(hospital.all("Patient")) == len(hospital.all("Encounter")) == 1


def test_a_replay_is_a_message_of_its_own(hospital, message):
    (entry,) = hospital.accepted(message("A01", "1"))
    again = hospital.intake.receive(entry.raw, "cli", replay_of=entry.id).result()
    assert again.seq == 2
    assert again.about["replay_of"] == entry.id
    assert again.writes == ()


def test_a_store_that_cannot_take_it_acknowledges_nothing(hospital, message):
    hospital.store.close()
    with pytest.raises(Unavailable):
        hospital.intake.receive(message("A01", "1"), "mllp").result()


SAID = {
    "nothing: as is configured": ("", "8859/2", "Kłos"),
    "something: as it says": ("8859/1", "8859/2", "K³os"),
    "nothing at all": ("", "", "K³os"),
}


@pytest.mark.parametrize(("declared", "configured", "family"), SAID.values(), ids=SAID)
def test_a_sender_who_names_no_character_set_has_one(declared, configured, family, hospital, message):
    sites = {"ADT|RIVER": Site(charset=configured)}
    raw = message("A04", "1", name="K{}os^Jan").replace(b"{}", b"\xb3")
    raw = raw.replace(b"|P|2.5.1\r", f"|P|2.5.1||||||{declared}\r".encode(), 1)
    hospital.intake = Intake(hospital.store, lambda sender: sites.get(sender, Site(charset="UNICODE UTF-8")))
    hospital.accepted(raw)
    assert hospital.one("Patient")["name"][0]["family"] == family
