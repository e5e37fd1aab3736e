"""Whatever a field holds, the mapping ends, and what it makes is FHIR."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.fhir.checker import check
from mappings.v2.message import NotHl7, parse
from mappings.v2_to_fhir.messages import convert
from mappings.v2_to_fhir.site import Site

PIECES = (
    '""', "", "1", "A", "x y", "20240229", "202413", "2024010112+9999", "^", "&", "~", "^^^H^MR", "1^^^H&1.2&ISO^MR",
    "\\X00\\", "\\T\\", "\\.br\\", "é", "😀", "urn:oid:x", "http://x y", "-1.5", "9" * 40, "CG", "SEL", "Y", "\x0b",
)  # fmt: skip
field = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
segment = st.tuples(
    st.sampled_from(["PID", "PD1", "PV1", "PV2", "NK1", "DG1", "GT1", "IN1", "IN2", "FT1", "MRG", "EVN"]),
    st.lists(field, max_size=50),
).map(lambda said: "|".join((said[0], *said[1])))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["ADT^A01", "ADT^A03", "ADT^A13", "ADT^A31", "ADT^A40", "DFT^P03"]), st.lists(segment, max_size=8)
)
def test_whatever_the_fields_hold(kind, segments):
    text = "\r".join(
        (f"MSH|^~\\&|A|B|||20240101||{kind}|1|P|2.5", "PID|||1^^^H^MR", "PV1|" + "|" * 17 + "V", *segments)
    )
    mapped = convert(parse(text.encode()), Site())
    assert [problem for draft in mapped.drafts for problem in check(draft.resource)] == []
    assert '""' not in {leaf for draft in mapped.drafts for leaf in leaves(draft.body)}


def test_many_repetitions_are_refused_before_they_are_mapped():
    with pytest.raises(NotHl7):
        parse(("MSH|^~\\&|A|B|||20240101||ADT^A01|1|P|2.5\rPID|||" + "1^^^H^MR~" * 10_000).encode())


def leaves(value):
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [str(value)] if nested is None else [leaf for each in nested for leaf in leaves(each)]
