"""Golden pairs: a message and what it becomes. ``--update-golden`` writes the second anew."""

from pathlib import Path

import pytest

from mappings.v2.message import parse
from mappings.v2_to_fhir.messages import convert
from mappings.v2_to_fhir.site import Site

HEADER = "MSH|^~\\&|HARBOR|NORTHBAY|CAUSEWAY|BILLING|20260302081500-0500||{kind}|1|P|2.5.1"


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def golden(request):
    """Compares with the file, or writes it."""

    def compare(file: Path, text: str) -> None:
        if request.config.getoption("--update-golden", default=False):
            file.write_text(text)
        assert file.read_text() == text

    return compare


@pytest.fixture
def told():
    """What segments say: ``told("ADT^A01", "PID|...", ...)``."""

    def tell(kind, *segments, site=None, explain=False):
        text = "\r".join((HEADER.format(kind=kind), *segments))
        return convert(parse(text.encode()), site or Site(), explain=explain)

    return tell


@pytest.fixture
def one(told):
    """The only draft of a type that segments make."""

    def find(type, kind, *segments, **options):
        (draft,) = (draft for draft in told(kind, *segments, **options).drafts if draft.type == type)
        return draft

    return find
