"""``docs/conformance.md``: what the judges said, and since when it would be worse.

The page is its own record: the table of what is not passed is read back, so that what is not on it, and not passed
either, is worse than it was."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.conformance.inferno import Verdict
from tests.conformance.reasons import reason

OUTCOMES = ("pass", "fail", "error", "skip", "omit")
LONGEST = 240
_ROW = re.compile(r"^\| `(\w+)` \| `([\w-]+)` \|", re.MULTILINE)
_COUNT = re.compile(r"^\| `(?P<suite>\w+)` \| [^|]+\| (?P<passed>\d+) \|", re.MULTILINE)

HEAD = """# Conformance

What Inferno says of Causeway, the tool that servers are certified with in the United States, and HL7's validator, which
it asks. `make conformance` writes this page, from their answers as they came; `make conformance CHECK=1` fails where
they are worse than here. Both come from beside the project; or Inferno is one of your own (its public image), with the
patients of its reference server: `make conformance INFERNO=URL PATIENTS=FOLDER`.

Those patients are loaded as transactions through this server's own API; `tests/conformance/resources` adds what they
lack, `tests/conformance/patients.py` says what in them is wrong and is mended.

"""


@dataclass(frozen=True, slots=True)
class Judged:
    suite: str
    title: str
    version: str
    verdicts: Sequence[Verdict]
    left_out: Mapping[str, str]

    @property
    def not_passed(self) -> list[Verdict]:
        return [each for each in self.verdicts if each.outcome != "pass"]


def page(judged: Iterable[Judged]) -> str:
    suites = list(judged)
    return (
        HEAD
        + "\n\n".join((counts(suites), left_out(suites), *(details(each) for each in suites if each.not_passed)))
        + "\n"
    )


def counts(suites: Iterable[Judged]) -> str:
    head = "| suite | judges | passed | failed | in error | skipped | omitted | of |\n|---|---|---|---|---|---|---|---|"
    return "\n".join((head, *map(count, suites)))


def count(judged: Judged) -> str:
    found = Counter(each.outcome for each in judged.verdicts)
    numbers = " | ".join(str(found[each]) for each in OUTCOMES)
    return f"| `{judged.suite}` | {judged.title}, suite {judged.version} | {numbers} | {len(judged.verdicts)} |"


def left_out(suites: Iterable[Judged]) -> str:
    rows = [f"- `{each.suite}` group {group}: {why}." for each in suites for group, why in each.left_out.items()]
    return "\n".join(("Not run:", "", *rows))


def details(judged: Judged) -> str:
    head = f"## {judged.title}: not passed\n\n| suite | test | | outcome | why |\n|---|---|---|---|---|"
    return "\n".join((head, *(detail(judged.suite, each) for each in judged.not_passed)))


def detail(suite: str, verdict: Verdict) -> str:
    kind, test = "required" if verdict.required else "optional", short(verdict.test)
    told = plain(reason(suite, test) or verdict.why)
    return f"| `{suite}` | `{test}` | {kind} | {verdict.outcome} | {told} |"


def short(test: str) -> str:
    """A test's own name, without the groups that it stands in."""
    return test.rpartition("-")[2]


def plain(text: str) -> str:
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return cut.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def worse(before: str, now: Iterable[Judged]) -> list[str]:
    """What is worse than a page says, in words: tests that are not passed any more, fewer that are passed."""
    known = set(_ROW.findall(before))
    passed = {found["suite"]: int(found["passed"]) for found in _COUNT.finditer(before)}
    told = []
    for judged in now:
        new = [each for each in judged.not_passed if (judged.suite, short(each.test)) not in known]
        told += [f"{judged.suite}: {short(each.test)}: {each.outcome}: {plain(each.why)}" for each in new]
        count = sum(each.outcome == "pass" for each in judged.verdicts)
        if count < passed.get(judged.suite, 0):
            told.append(f"{judged.suite}: {count} passed, {passed[judged.suite]} did before")
    return told
