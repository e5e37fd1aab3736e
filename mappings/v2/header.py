"""MSH as it stands in the bytes: for the character set, and to answer what cannot be parsed."""

import re

_HEADER = re.compile(rb"(?:\A|[\r\n\x0b\x00 \t]|\xef\xbb\xbf)((?i:MSH|FHS|BHS)[^\r\n]{0,65536})")


def header_fields(data: bytes) -> list[bytes]:
    """The fields of the first MSH (or FHS, BHS), so that ``[n]`` is MSH-n; empty if there is none."""
    found = _HEADER.search(data)
    if found is None or len(found[1]) == len(b"MSH"):
        return []
    separator = found[1][3:4]
    name, *fields = found[1].split(separator)
    return [name, separator, *fields]
