"""The day itself: messages over MLLP, an EHR's patient over FHIR, claims submitted, what became of them read back."""

import asyncio
from collections.abc import Iterator
from datetime import date

from rich.console import Console

from interfaces.demo import ehr
from interfaces.demo.backend import Backend
from interfaces.demo.day import Step, steps
from interfaces.demo.plans import plans
from interfaces.demo.statement import Row, lines, row
from interfaces.mllp.sender import Sender
from mappings.fhir.json import Json
from mappings.v2.message import parse

SCOPE = "system/*.cruds"
EXPECTED = ("AA",) * 18 + ("AE",)
"""Acknowledgements of the day's messages: the last one is a message that cannot be applied."""


def play(today: date, mllp: tuple[str, int], backend: Backend, console: Console) -> bool:
    """Whether all went as it should."""
    backend.sign_in(SCOPE)
    for plan in plans(today):
        backend.put(plan)
    console.print("\n[bold]A day at Riverbend General, over MLLP[/bold]")
    answers = asyncio.run(sent(mllp, list(steps(today)), console))
    console.print("\n[bold]A patient from an EHR, over FHIR[/bold]")
    arrive(today, backend, console)
    submit(backend, console)
    rows = sorted(judged(backend))
    console.print("\n[bold]What became of them[/bold]")
    for line in lines(rows):
        console.print(f"  {line}", highlight=False)
    return answers == EXPECTED and len(rows) == ACCOUNTS


ACCOUNTS = 6
"""Patients with a claim at the day's end."""


async def sent(mllp: tuple[str, int], day: list[Step], console: Console) -> tuple[str, ...]:
    codes = []
    async with Sender(*mllp) as sender:
        for story, message in day:
            answer = parse(await sender.send(message)).segment("MSA")[1].text
            console.print(f"  {answer}  {story}", highlight=False)
            codes.append(answer)
    return tuple(codes)


def arrive(today: date, backend: Backend, console: Console) -> None:
    for resource in ehr.resources(today):
        backend.put(resource)
    answer = backend.operation("CoverageEligibilityRequest/$submit", ehr.eligibility(today))
    console.print(f"  Priya Raman is {'insured today' if in_force(answer) else 'not insured today'}, says her plan")
    backend.operation("Claim/$submit", ehr.claim(today))
    console.print("  her clinic's claim is submitted")


def in_force(answer: Json) -> bool:
    return any(insurance.get("inforce") for insurance in answer.get("insurance", ()))


def submit(backend: Backend, console: Console) -> None:
    """The drafts that the day's charges made."""
    drafts = list(backend.search("Claim", status="draft"))
    for draft in drafts:
        backend.operation("Claim/$submit", {**draft, "status": "active"})
    console.print(f"\n[bold]{len(drafts)} claims made from the day's charges are submitted[/bold]")


def judged(backend: Backend) -> Iterator[Row]:
    for eob in backend.search("ExplanationOfBenefit", status="active"):
        patient = backend.read(eob["patient"]["reference"])
        encounter = next(each["reference"] for item in eob["item"] for each in item.get("encounter", ()))
        yield row(eob, patient, backend.read(encounter))
