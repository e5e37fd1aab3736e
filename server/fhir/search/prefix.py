"""How an ordered value is compared: two letters before it. https://hl7.org/fhir/R4/search.html#prefix"""

PREFIXES = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"})


def prefixed(text: str) -> tuple[str, str]:
    """The prefix, ``eq`` where there is none, and the value."""
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)
