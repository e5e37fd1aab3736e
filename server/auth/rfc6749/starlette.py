"""Between Starlette and authlib, whose core knows no framework and is not asynchronous: a form is read, and bounded,
here; then the core runs in a thread."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.errors import InsecureTransportError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mappings.fhir.json import dumps
from server.auth.grants import Grant
from server.store.engine import Unavailable

FORM = "application/x-www-form-urlencoded"
MAX_FORM = 32_768
MAX_FIELDS = 40
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}

Endpoint = Callable[["FormRequest"], Response]


class FormRequest(OAuth2Request):  # type: ignore[misc]
    """A POSTed form. ``uri`` is the endpoint as clients see it: authlib refuses one that is neither https nor local.
    ``grant`` is what a person has granted, ``purpose`` what a service says that it asks for, once that is known."""

    grant: Grant | None = None
    purpose: str | None = None

    def __init__(self, uri: str, headers: Mapping[str, str], form: Mapping[str, str]) -> None:
        super().__init__("POST", uri, headers=headers)
        self.payload = BasicOAuth2Payload(form)

    @property
    def args(self) -> Mapping[str, str]:
        """What stands in a URL is in logs and histories: it counts for nothing here."""
        return {}

    @property
    def form(self) -> Mapping[str, str]:
        data: Mapping[str, str] = self.payload.data
        return data


async def answer(request: Request, uri: str, endpoint: Endpoint) -> Response:
    """What the endpoint makes of the form, or the error as RFC 6749 section 5.2 writes it."""
    try:
        asked = FormRequest(uri, request.headers, await form(request))
        return await run_in_threadpool(endpoint, asked)
    except InsecureTransportError:
        return refused(InsecureTransportError(description="The server's base URL has to be https, or local."))
    except OAuth2Error as error:
        return refused(error)
    except Unavailable:
        body = {"error": "temporarily_unavailable", "error_description": "Nothing was done; try again."}
        return respond(503, body, [("Retry-After", "1")])


async def form(request: Request) -> Mapping[str, str]:
    """Every parameter once; those without a value are as if they were not there. Raises InvalidRequestError.

    https://www.rfc-editor.org/rfc/rfc6749#section-3.2"""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise InvalidRequestError(description=f"The body has to be {FORM}.")
    return fields(await body(request))


async def body(request: Request) -> bytes:
    """Raises InvalidRequestError as soon as it is too long."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MAX_FORM:
            raise InvalidRequestError(description=f"The form is longer than {MAX_FORM} bytes.", status_code=413)
    return bytes(read)


def fields(data: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(data.decode("ascii"), max_num_fields=MAX_FIELDS, encoding="utf-8", errors="strict")
    except ValueError:
        raise InvalidRequestError(description="The form cannot be read.") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequestError(description="A parameter is given twice.")
    return found


def refused(error: Any) -> Response:
    """A client that did not authenticate is told so with 401, and which challenge it has to meet."""
    status, body, headers = error()
    if isinstance(error, InvalidClientError):
        status, headers = 401, [*headers, ("WWW-Authenticate", 'Basic realm="causeway", error="invalid_client"')]
    return respond(status, body, headers)


def respond(status: int, body: Mapping[str, Any] | str, headers: Sequence[tuple[str, str]]) -> Response:
    """authlib's answer; a redirection is one that no browser sends its form along with."""
    location = next((value for name, value in headers if name == "Location"), None)
    if location:
        return Response(status_code=303, headers={"location": location, **NO_STORE})
    named = {name.lower(): value for name, value in headers} | NO_STORE | {"content-type": "application/json"}
    return Response(dumps(body), status, named)
