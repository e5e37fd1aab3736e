"""XHTML of a narrative: well-formed, formatting only, nothing that a browser would run.

https://hl7.org/fhir/R4/narrative.html#rules"""

import html
import re
from html.entities import name2codepoint
from xml.parsers import expat

from mappings.fhir.primitives import Remembered

_element = re.compile(
    r"""a|abbr|acronym|address|area|b|bdo|big|blockquote|br|caption|cite|code|col|colgroup|dd|dfn|div|dl|dt|em|h[1-6]|hr
    |i|img|kbd|li|map|ol|p|pre|q|s|samp|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var""",
    re.VERBOSE,
).fullmatch
_attribute = re.compile(
    r"""abbr|accesskey|align|alt|axis|bgcolor|border|cellpadding|cellspacing|char|charoff|cite|class|clear|color|colspan
    |compact|coords|dir|face|frame|headers|height|href|hreflang|id|lang|name|noshade|nowrap|rel|rev|rowspan|rules|scope
    |shape|size|span|src|start|style|summary|tabindex|title|type|usemap|valign|value|width|xml:lang|xml:space|xmlns""",
    re.VERBOSE,
).fullmatch
_address = re.compile(
    r"(?:https?|ftp|mailto|tel|urn|cid):.*|data:image/(?:png|gif|jpeg|webp);.*|[^:]*(?:[/?#].*)?",
    re.IGNORECASE,
).fullmatch
_active_style = re.compile(
    r"expression|javascript|vbscript|@import|url\s*\(|behaviou?r|binding|\\|/\*",
    re.IGNORECASE,
).search
_own_image = re.compile(
    r"""url\s*\(\s*(['"]?)(?:data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=]*|[\w.][\w./-]*)\1\s*\)""",
    re.IGNORECASE,
).sub
"""What a guide's tables have for their background: beside the page or within it, from nowhere else."""
_tags = re.compile(r"""<[^/!?>"'](?:[^>"']++|"[^"]*"|'[^']*')*+>""").findall
_tags_so_far = re.compile(r"<[^/][^>]*>").findall
_whole = re.compile(r"""(?:[^"']++|"[^"]*"|'[^']*')*+""").fullmatch
_attributes = re.compile(r"""([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""").findall
_root = re.compile(r"""\s*<div\s[^>]*\bxmlns\s*=\s*["']http://www\.w3\.org/1999/xhtml["']""").match
_content = re.compile(r">[^<]*[^<\s]|<img\s").search


_named = re.compile(r"&([A-Za-z][A-Za-z0-9]*);").sub
XML_NAMES = frozenset({"amp", "apos", "gt", "lt", "quot"})
CUT_SHORT = "has a greater-than sign within an attribute"


class _Declared(Exception):
    """Something other than elements and text."""


def fault(text: str) -> str | None:
    """What is wrong with a narrative's div, in words that repeat none of it; None when nothing is."""
    found: str | None = _remembered[text]
    return found


def _fault(text: str) -> str | None:
    try:
        _parse(text)
    except _Declared:
        return "must have no comment, CDATA section, document type or processing instruction"
    except expat.ExpatError as error:
        return f"must be well-formed XHTML (line {error.lineno}, column {error.offset})"
    if not _root(text):
        return 'must be one <div xmlns="http://www.w3.org/1999/xhtml">'
    wrong = {_faults[tag] for tag in set(_tags_so_far(text))}
    if CUT_SHORT in wrong:
        wrong = {_faults[tag] for tag in set(_tags(text))}
    return min(filter(None, wrong), default=None) or (None if _content(text) else "must have some text or an image")


_remembered = Remembered(_fault, most=64, short=64 * 1024)
"""A resource that is written again has the same narrative, most of the times."""


def _parse(text: str) -> None:
    """Calls back only for what may not be there; elements are read from the text, which is faster."""
    parser = expat.ParserCreate("utf-8")
    parser.CommentHandler = parser.ProcessingInstructionHandler = _refuse
    parser.StartCdataSectionHandler = parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(_named(_numbered, text).encode(errors="surrogatepass"), True)


def _numbered(name: re.Match[str]) -> str:
    """XHTML declares HTML's names of characters, as in HL7's own guides; no document type here does.

    https://www.w3.org/TR/xhtml1/dtds.html#h-A2"""
    known = name2codepoint.get(name[1]) if name[1] not in XML_NAMES else None
    return f"&#{known};" if known else name[0]


def _refuse(*_: object) -> None:
    raise _Declared


def _tag_fault(tag: str) -> str | None:
    """In well-formed XML without the above, ``<`` opens a tag and nothing else, so tags can be read by themselves."""
    if not _whole(tag):
        return CUT_SHORT
    name = tag[1:].rstrip("/>").split(maxsplit=1)[0]
    if not _element(name):
        return "has an element that a narrative may not have"
    found = (_attribute_fault(attribute, html.unescape(a or b)) for attribute, a, b in _attributes(tag, len(name) + 1))
    return next(filter(None, found), None)


_faults = Remembered(_tag_fault)
"""Narratives are made by templates: the same tags again and again."""


def _attribute_fault(name: str, value: str) -> str | None:
    if not _attribute(name):
        return "has an attribute that a narrative may not have"
    if name in ("href", "src", "cite") and not _address("".join(value.split())):
        return "has an address of a kind that a narrative may not have"
    if name == "style" and _active_style(_own_image("", value)):
        return "has a style that does more than format"
    return None
