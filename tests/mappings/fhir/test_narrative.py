"""https://hl7.org/fhir/R4/narrative.html#rules"""

import pytest

from mappings.fhir.narrative import fault


def div(inner: str, attributes: str = "") -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml"{attributes}>{inner}</div>'


SOUND = {
    "text": div("Ada"),
    "formatting": div('<h2>Visit</h2><table class="grid"><tr><td colspan="2">99213<br/></td></tr></table>'),
    "an image": div('<img src="data:image/png;base64,AAAA" alt="x"/>'),
    "addresses": div(
        '<a href="https://quill.test/a?b#c">a</a><a href="#b">b</a><a href="Patient/1">c</a><a name="n"/>'
    ),
    "style": div("x", ' style="color: red; padding: 2px" lang="en" xml:lang="en"'),
    "an image of its own in a style": div('<td style="background: white url(tbl_bck1.png) repeat-y">x</td>'),
    "an image within a style": div("<td style=\"background: url('data:image/png;base64,AAAA')\">x</td>"),
    "greater than within an attribute": div('<span title="a > b">x</span>'),
    "numbered characters": div("caf&#233; &amp; &lt;bar&gt; &#xa0;"),
    "named characters": div("caf&eacute;&nbsp;&amp; &reg; &lt;bar&gt;", ' title="caf&eacute;"'),
    "white space around": f"\n {div('x')} \n",
    "single quotes": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>",
}

NOT_WELL_FORMED = "must be well-formed XHTML"
ELEMENT, ATTRIBUTE = "has an element that", "has an attribute that"
ADDRESS, STYLE = "has an address of a kind", "has a style that does more"
DECLARED = "must have no comment, CDATA section"
ROOT, CONTENT = "must be one <div", "must have some text"

WRONG = {
    "nothing": (div(""), CONTENT),
    "white space": (div(" <p>\n</p> "), CONTENT),
    "no namespace": ("<div>x</div>", ROOT),
    "another namespace": ('<div xmlns="urn:x">x</div>', ROOT),
    "another root": ('<p xmlns="http://www.w3.org/1999/xhtml">x</p>', ROOT),
    "two roots": (div("a") + div("b"), NOT_WELL_FORMED),
    "plain text": ("Ada", NOT_WELL_FORMED),
    "not closed": (div("<p>x"), NOT_WELL_FORMED),
    "not nested": (div("<b><i>x</b></i>"), NOT_WELL_FORMED),
    "a name of no character": (div("caf&eacut;"), NOT_WELL_FORMED),
    "a script's address with named characters": (div('<a href="javascript&colon;x()">y</a>'), NOT_WELL_FORMED),
    "an entity bomb": (f'<!DOCTYPE x [<!ENTITY a "aa">]>{div("&a;")}', DECLARED),
    "an external entity": (f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{div("x")}', DECLARED),
    "a processing instruction": (div("<?php x ?>"), DECLARED),
    "a comment": (div("x<!-- y -->"), DECLARED),
    "half a character": (div("\ud800"), NOT_WELL_FORMED),
    "CDATA": (div("<![CDATA[<script>]]>"), DECLARED),
    "a script": (div("<script>alert(1)</script>"), ELEMENT),
    "a script in capitals": (div("<SCRIPT>alert(1)</SCRIPT>"), ELEMENT),
    "a script, closed at once": (div('<script src="x"/>'), ELEMENT),
    "a frame": (div('<iframe src="https://quill.test"/>'), ELEMENT),
    "a form": (div("<form><input/></form>"), ELEMENT),
    "an image of its own kind": (div("<svg><g/></svg>"), ELEMENT),
    "a prefixed element": (div('<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>'), ELEMENT),
    "an event": (div('<p onclick="x()">y</p>'), ATTRIBUTE),
    "an event on the root": (div("x", ' onload="x()"'), ATTRIBUTE),
    "an event after a greater than": (div('<p title=">" onclick="x()">y</p>'), ATTRIBUTE),
    "an event after a greater than and quotes": (
        div("""<p title='"' lang="a>b" onclick="x()">y</p>"""),
        ATTRIBUTE,
    ),
    "an event on a new line": (div("<p\nonclick = 'x()'>y</p>"), ATTRIBUTE),
    "a script's address": (div('<a href="javascript:x()">y</a>'), ADDRESS),
    "a hidden script's address": (div('<a href=" java&#10;script&#58;x()">y</a>'), ADDRESS),
    "a script's address in capitals": (div('<a href="JavaScript:x()">y</a>'), ADDRESS),
    "data for a page": (div('<a href="data:text/html,x">y</a>'), ADDRESS),
    "a drawing with scripts": (div('<img src="data:image/svg+xml;base64,AAAA"/>'), ADDRESS),
    "an address in a style": (div('<p style="background: url(https://quill.test)">x</p>'), STYLE),
    "another host's address in a style": (div('<p style="background: url(//quill.test/a.png)">x</p>'), STYLE),
    "a drawing in a style": (div('<p style="background: url(data:image/svg+xml;base64,AAAA)">x</p>'), STYLE),
    "an address within an address": (div('<p style="background: url(url(a.png)https://x)">x</p>'), STYLE),
    "an escape in a style": (div('<p style="width: \\65xpression(1)">x</p>'), STYLE),
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_formatting_is_fine(text: str) -> None:
    assert fault(text) is None


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_anything_else_is_refused(text: str, words: str) -> None:
    found = fault(text)
    assert found is not None
    assert found.startswith(words)


def test_a_hostile_narrative_takes_no_long_time() -> None:
    assert fault(div("<b>" * 200_000)) is not None
    assert fault("<div " * 100_000) is not None
    assert fault(div('<p title="' + "a>" * 100_000 + '">x</p>')) is None
