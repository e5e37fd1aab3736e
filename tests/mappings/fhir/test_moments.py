"""Dates as spans: https://hl7.org/fhir/R4/search.html#date"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.fhir.moments import FIRST, LAST, compare, date_range

SPANS = {
    "a year": ("2024", "2024-01-01T00:00:00.000Z", "2024-12-31T23:59:59.999Z"),
    "a month": ("2024-02", "2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"),
    "a day": ("2024-02-29", "2024-02-29T00:00:00.000Z", "2024-02-29T23:59:59.999Z"),
    "a minute": ("2024-02-29T10:07", "2024-02-29T10:07:00.000Z", "2024-02-29T10:07:59.999Z"),
    "a second": ("2024-02-29T10:07:01Z", "2024-02-29T10:07:01.000Z", "2024-02-29T10:07:01.999Z"),
    "a tenth": ("2024-02-29T10:07:01.5Z", "2024-02-29T10:07:01.500Z", "2024-02-29T10:07:01.599Z"),
    "less than a millisecond": ("2024-02-29T10:07:01.12345Z", "2024-02-29T10:07:01.123Z", "2024-02-29T10:07:01.123Z"),
    "east": ("2024-03-01T01:00:00+05:30", "2024-02-29T19:30:00.000Z", "2024-02-29T19:30:00.999Z"),
    "west": ("2024-12-31T20:00:00-05:00", "2025-01-01T01:00:00.000Z", "2025-01-01T01:00:00.999Z"),
    "a leap second": ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z", "2016-12-31T23:59:59.999Z"),
    "the first day, east": ("0001-01-01T00:00:00+14:00", FIRST, "0001-01-01T00:00:00.999Z"),
    "the last day, west": ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.000Z", LAST),
}


@pytest.mark.parametrize(("text", "low", "high"), SPANS.values(), ids=SPANS)
def test_a_date_is_a_span(text: str, low: str, high: str) -> None:
    assert date_range(text) == (low, high)


NO_DATES = ("", "x", "2024-13", "2023-02-29", "2024-02-29T25:00", "2024-02-29T10", "24", "2024-02-29T10:00:00.", "0000")


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|must be|out of range"):
        date_range(text)


@given(st.datetimes(), st.datetimes())
def test_the_text_is_in_the_order_of_time(one: object, other: object) -> None:
    texts = [f"{each.isoformat(timespec='seconds')}Z" for each in (one, other)]  # type: ignore[attr-defined]
    spans = [date_range(text) for text in texts]
    assert (spans[0] < spans[1]) == (texts[0] < texts[1])
    assert {len(end) for span in spans for end in span} == {len(FIRST)}


COMPARED = {
    "before": ("2024-01-01", "2024-01-02", -1),
    "after": ("2024-03", "2024-02-28", 1),
    "the same": ("2024-01", "2024-01", 0),
    "a month and a day of it": ("2024-01", "2024-01-31", None),
    "a day and a time on it": ("2024-01-31", "2024-01-31T10:00:00Z", None),
    "a day and a time before": ("2024-01-31", "2024-01-30T10:00:00Z", 1),
    "other zones": ("2024-01-31T10:00:00Z", "2024-01-31T10:30:00+01:00", 1),
    "the same in other zones": ("2024-01-31T10:00:00Z", "2024-01-31T11:00:00.000+01:00", 0),
}


@pytest.mark.parametrize(("left", "right", "order"), COMPARED.values(), ids=COMPARED)
def test_dates_compare_as_far_as_both_go(left: str, right: str, order: int | None) -> None:
    assert compare(left, right) == order
    assert compare(right, left) == (order and -order)
