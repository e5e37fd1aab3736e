"""How subscribers are called: bounded in time and size, redirected nowhere, and only where anybody may be called
(``server/outside.py``)."""

import ssl
import time
from collections.abc import Iterable

import httpcore

from server.outside import Guarded, Unreachable
from server.subscriptions.duty import Undelivered
from server.subscriptions.subscription import Subscribed

JSON = "application/fhir+json"
CONNECTIONS, IDLE = 64, 30.0
LONGEST_ANSWER = 65_536


class Subscribers:
    """Calls them. Connections are kept for a while."""

    def __init__(self, *, private: bool, tls: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE,
            network_backend=Guarded(private=private),
        )

    def send(self, subscribed: Subscribed, method: str, path: str, body: bytes) -> None:
        """Raises Undelivered unless the answer says that it was taken."""
        wait = dict.fromkeys(("connect", "read", "write", "pool"), float(subscribed.wait))
        type = [("content-type", subscribed.payload or JSON)] if body else []
        headers = [*subscribed.headers, *type]
        url = subscribed.endpoint.rstrip("/") + path if path else subscribed.endpoint
        try:
            with self._pool.stream(method, url, headers=headers, content=body, extensions={"timeout": wait}) as answer:
                status = answer.status
                passed_over(answer.iter_stream(), time.monotonic() + subscribed.wait)
        except Unreachable as error:
            raise Undelivered(f"the endpoint is not called: {error}") from None
        except httpcore.TimeoutException:
            raise Undelivered("the endpoint did not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, ssl.SSLError, OSError):
            raise Undelivered("the endpoint could not be reached") from None
        if not 200 <= status <= 299:  # noqa: PLR2004 https://www.rfc-editor.org/rfc/rfc9110#section-15.3
            raise Undelivered(f"the endpoint answered {status}")

    def close(self) -> None:
        self._pool.close()


def passed_over(parts: Iterable[bytes], until: float) -> None:
    """Reads to the end, so that the connection can be used again; not what is longer, or slower, than it should be."""
    size = 0
    for part in parts:
        size += len(part)
        if size > LONGEST_ANSWER or time.monotonic() > until:
            return
