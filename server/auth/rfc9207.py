"""Which server an authorization response comes from, against mix-ups. https://www.rfc-editor.org/rfc/rfc9207"""

from authlib.common.urls import add_params_to_uri
from starlette.responses import Response

from server.auth.authority import Authority


def with_issuer(response: Response, authority: Authority) -> Response:
    if location := response.headers.get("location"):
        response.headers["location"] = add_params_to_uri(location, [("iss", authority.base_url)])
    return response
