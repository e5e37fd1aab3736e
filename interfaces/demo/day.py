"""The day's messages, as the hospital's interface engine sends them: ``day.txt`` with its dates filled in."""

from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import NamedTuple


class Step(NamedTuple):
    """One message, and what it means in words."""

    story: str
    message: bytes


def steps(today: date) -> Iterator[Step]:
    """In the order of the day; times are given in UTC."""
    text = files("interfaces.demo").joinpath("day.txt").read_text(encoding="utf-8")
    for block in text.format_map(dates(today)).split("\n# "):
        story, *segments = block.removeprefix("# ").strip().split("\n")
        yield Step(story, "\r".join(segments).encode() + b"\r")


def dates(today: date) -> dict[str, str]:
    return {
        "today": f"{today:%Y%m%d}",
        "yesterday": f"{today - timedelta(days=1):%Y%m%d}",
        "year": f"{today:%Y}",
        "last_year": f"{today.year - 1}",
        "offset": "+0000",
    }
