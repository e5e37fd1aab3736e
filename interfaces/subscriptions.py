"""How subscribers are called: bounded in time and size, redirected nowhere, and only where anybody may be called.

A subscriber names the address, so it could name one of the hospital's own machines: the name is looked up here, and the
connection made to the very address that was looked at. https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html"""

import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import Any

import httpcore

from server.subscriptions.duty import Undelivered
from server.subscriptions.subscription import Subscribed

JSON = "application/fhir+json"
CONNECTIONS, IDLE = 64, 30.0


class Guarded(httpcore.SyncBackend):
    """Connects to addresses of the public network only, or, where ``private``, to any."""

    def __init__(self, *, private: bool) -> None:
        super().__init__()
        self._private = private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = self._address(host, port)
        return super().connect_tcp(address, port, timeout, local_address, socket_options)

    def _address(self, host: str, port: int) -> str:
        """Raises Undelivered. One that is not public is enough: whoever chose the others may choose the next."""
        try:
            found = [str(each[4][0]) for each in getaddrinfo(host, port, type=SOCK_STREAM)]
        except (gaierror, UnicodeError):
            raise Undelivered("the endpoint's name has no address") from None
        if not self._private and not all(ip_address(each.partition("%")[0]).is_global for each in found):
            raise Undelivered("the endpoint is not in the public network")
        return found[0]


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
        """Raises Undelivered unless the answer says that it was taken. What the answer holds is not read."""
        wait = dict.fromkeys(("connect", "read", "write", "pool"), float(subscribed.wait))
        type = [("content-type", subscribed.payload or JSON)] if body else []
        headers = [*subscribed.headers, *type]
        url = subscribed.endpoint.rstrip("/") + path if path else subscribed.endpoint
        try:
            with self._pool.stream(method, url, headers=headers, content=body, extensions={"timeout": wait}) as answer:
                status = answer.status
        except httpcore.TimeoutException:
            raise Undelivered("the endpoint did not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, ssl.SSLError, OSError):
            raise Undelivered("the endpoint could not be reached") from None
        if not 200 <= status <= 299:  # noqa: PLR2004 https://www.rfc-editor.org/rfc/rfc9110#section-15.3
            raise Undelivered(f"the endpoint answered {status}")

    def close(self) -> None:
        self._pool.close()
