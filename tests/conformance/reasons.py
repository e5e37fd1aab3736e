"""Why a test is not passed, where Inferno's own words do not say enough."""

import re
from collections.abc import Sequence

ONE_KIND = (
    "An ExplanationOfBenefit is of one kind, and Inferno holds it against all: this one is judged in a run of its own."
)

REASONS: Sequence[tuple[str, str, str]] = (
    ("c4bb_v200_(?!inpatient)", "c4bb_v200_eob_inpatient_.*", ONE_KIND),
    ("c4bb_v200_(?!outpatient)", "c4bb_v200_eob_outpatient_.*", ONE_KIND),
    ("c4bb_v200_(?!oral)", "c4bb_v200_eob_oral_.*", ONE_KIND),
    ("c4bb_v200_(?!pharmacy)", "c4bb_v200_eob_pharmacy_.*", ONE_KIND),
    ("c4bb_v200_(?!professional)", "c4bb_v200_eob_professional_.*", ONE_KIND),
    (
        "pdex_payer_server",
        "pdex_.*_match_profile_validation|pdex_member_match_response_profile",
        "The validator has no package of HRex, so it judges none of its profiles.",
    ),
)
"""Patterns of a run's name and of a test's own name, and the reason."""


def reason(suite: str, test: str) -> str:
    """ "" where there is none."""
    return next((why for run, name, why in REASONS if re.match(run, suite) and re.fullmatch(name, test)), "")
