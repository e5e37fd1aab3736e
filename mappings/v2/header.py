"""MSH as it stands in the bytes: for the character set, and to answer what cannot be parsed."""

import re

_HEADER = re.compile(rb"(?:\A|[\r\n\x0b\x00 \t]|\xef\xbb\xbf)((?i:MSH)[^\r\n]{0,65536})")
_NAME = 3
_WITHIN = 2 * 65536


def header_fields(data: bytes) -> list[bytes]:
    """The fields of the first MSH, so that ``[n]`` is MSH-n; empty if there is none."""
    found = _HEADER.search(data, 0, _WITHIN)
    separator = found[1][_NAME : _NAME + 1] if found else b""
    if not found or not separator:
        return []
    name, *fields = found[1].split(separator)
    return [name, separator, *fields]
