"""The first page: what runs here, and where to go on."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.telemetry import seen

STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem}dt{font-weight:600}"
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Causeway</title>
<style>{style}</style></head>
<body>
<h1>Causeway</h1>
<p>Joins a hospital's interface engine, the EHR's apps and the payers: HL7 v2 and FHIR in, claims judged,
explanations of benefit out.</p>
<dl>
<dt><a href="{base}/fhir/metadata">/fhir/metadata</a></dt><dd>what the FHIR R4 API does</dd>
<dt><a href="{base}/fhir/.well-known/smart-configuration">/fhir/.well-known/smart-configuration</a></dt>
<dd>how an app or a backend service signs in</dd>
<dt>/hl7v2</dt><dd>takes HL7 v2 messages by POST, with a token</dd>
<dt><a href="{base}/readyz">/readyz</a>, <a href="{base}/livez">/livez</a>, <a href="{base}/metrics">/metrics</a></dt>
<dd>health and figures</dd>
</dl>
<p>On the command line: <code>causeway messages list</code> shows what came in and what became of it,
<code>causeway client add</code> registers an app.</p>
</body>
</html>
"""
HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def router(base_url: str) -> APIRouter:
    made = APIRouter()
    page = PAGE.format(style=STYLE, base=escape(base_url, quote=True))

    async def shown(request: Request) -> Response:
        seen(request.scope).interaction = "landing"
        return HTMLResponse(page, headers=HEADERS)

    made.add_api_route("/", shown, methods=["GET", "HEAD"], include_in_schema=False)
    return made
