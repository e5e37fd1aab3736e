"""Table 0354: the message structure of a trigger event, for senders who leave MSH-9.3 empty (v2.3 has none).

HL7 v2.5.1 chapter 3. A trigger that is not listed has a structure of its own: ``ADT^A02`` is ``ADT_A02``."""

_SHARED = {
    "ADT_A01": "A04 A08 A13",
    "ADT_A05": "A14 A28 A31",
    "ADT_A06": "A07",
    "ADT_A09": "A10 A11",
    "ADT_A21": "A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A30": "A34 A35 A36 A46 A47 A48 A49",
    "ADT_A39": "A40 A41 A42",
    "ADT_A43": "A44",
    "ADT_A50": "A51",
    "ADT_A52": "A53",
    "ADT_A54": "A55",
    "ADT_A61": "A62",
}
STRUCTURES = {
    (structure[:3], trigger): structure for structure, triggers in _SHARED.items() for trigger in triggers.split()
}


def structure_of(code: str, trigger: str) -> str:
    """``("ADT", "A08")`` -> ``ADT_A01``."""
    return STRUCTURES.get((code, trigger)) or "_".join(filter(None, (code, trigger)))
