"""ChargeItem: FT1."""

from mappings.v2.message import Segment
from mappings.v2_to_fhir.datatypes.st import text, token
from mappings.v2_to_fhir.draft import Identity
from mappings.v2_to_fhir.groups import Group
from mappings.v2_to_fhir.reading import Reading
from mappings.v2_to_fhir.segments import ft1 as says
from mappings.v2_to_fhir.sender import authority
from mappings.v2_to_fhir.story import Story


def charges(group: Group, who: Identity, visit: Identity | None, account: Identity, story: Story) -> None:
    for ft1 in group.all("FT1"):
        if passes(ft1, story):
            charge(ft1, who, visit, account, story)


def passes(ft1: Segment, story: Story) -> bool:
    """Whether it is a charge. One that cannot be read stops the message: half of a bill is none."""
    place = f"FT1^{ft1.sequence}"
    if says.is_payment(ft1):
        story.issue("a payment or adjustment is not a charge", f"{place}^6", "207")
    elif not ft1[6]:
        story.issue("no transaction type", f"{place}^6", "101", fatal=True)
    elif not says.is_charge(ft1):
        story.issue("not a transaction type: are the columns shifted?", f"{place}^6", "103", fatal=True)
    elif says.is_shifted(ft1):
        story.issue("an amount where the code should be: are the columns shifted?", f"{place}^7", "103", fatal=True)
    elif not (ft1[7] or ft1[25]):
        story.issue("no code of what is charged", f"{place}^7", "101", fatal=True)
    else:
        return True
    return False


def charge(ft1: Segment, who: Identity, visit: Identity | None, account: Identity, story: Story) -> None:
    reading = story.reading("ChargeItem").read(says.FT1_CHARGE_ITEM, ft1)
    this = identified(reading, ft1, account, story)
    if this in story.drafts:
        story.issue(
            "a transaction with this number is in the message already", f"FT1^{ft1.sequence}^2", "205", fatal=True
        )
        return
    reading.put("subject", who.reference)
    reading.put("context", visit.reference if visit else None)
    reading.put("account", [account.reference])
    priced(reading, ft1, story)
    story.add(reading, this, defaults={"status": "billable"})


def priced(reading: Reading, ft1: Segment, story: Story) -> None:
    """Quantity and price. What cannot be read stops the message: there is no charge of no amount."""
    place = f"FT1^{ft1.sequence}"
    for field in (10, 11, 12):
        if says.unreadable(ft1, field):
            story.issue("not a number", f"{place}^{field}", "102", fatal=True)
            return
    reading.put("quantity", says.units(ft1), (ft1, 10))
    reading.put("priceOverride", says.total(ft1, story.sender), (ft1, 11 if ft1[11] else 12))
    if not says.adds_up(ft1):
        story.issue("quantity times unit price is not the extended amount", f"{place}^11", "207")


def identified(reading: Reading, ft1: Segment, account: Identity, story: Story) -> Identity:
    """FT1-2 of the sending application; else what was charged, when, and which of these in its batch.

    A credit has a number of its own, also where it repeats that of the charge it takes back."""
    kind = "credit" if says.sign(ft1) < 0 else "charge"
    if number := text(ft1[2][1]):
        system = authority(ft1[2][4], story.sender) if ft1[2][4] else story.sender.transactions
        system = system if kind == "charge" else f"{system}:{kind}"
        reading.put("identifier", [{"system": system, "value": number}], (ft1, 2))
        return Identity.of("ChargeItem", system, number)
    code = token(ft1[25][1]) or token(ft1[7][1])
    return Identity.among(
        "ChargeItem", account, kind, text(ft1[4][1]), code, text(ft1[3]), text(ft1[1]) or ft1.sequence
    )
