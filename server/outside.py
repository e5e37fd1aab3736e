"""Fetching what somebody else's address names: bounded in time and size, redirected nowhere, and only where anybody may
look.

Who names the address could name one of the hospital's own machines: the name is looked up here, and the connection made
to the very address that was looked at.
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html"""

import ssl
import time
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import Any, NamedTuple

import httpcore

SECONDS = 3.0
OK = 200


class Unreachable(Exception):
    """Nothing was fetched; says why, and nothing of what was found there."""


class Fetched(NamedTuple):
    body: bytes
    headers: Mapping[str, str]


class Guarded(httpcore.SyncBackend):
    """Connects to addresses of the public network only, or, where ``private``, to any. Raises Unreachable."""

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
        return super().connect_tcp(self._address(host, port), port, timeout, local_address, socket_options)

    def _address(self, host: str, port: int) -> str:
        """One that is not public is enough: whoever chose the others may choose the next."""
        try:
            found = [str(each[4][0]) for each in getaddrinfo(host, port, type=SOCK_STREAM)]
        except (gaierror, UnicodeError):
            raise Unreachable("the name has no address") from None
        if not self._private and not all(ip_address(each.partition("%")[0]).is_global for each in found):
            raise Unreachable("the address is not in the public network")
        return found[0]


class Outside:
    """``private``: a site whose partners are in its own network has to say so; there http will do as well."""

    def __init__(self, *, private: bool = False, tls: ssl.SSLContext | None = None) -> None:
        self._schemes = ("https://", "http://") if private else ("https://",)
        self._backend, self._tls = Guarded(private=private), tls or ssl.create_default_context()

    def get(self, url: str, most: int) -> Fetched:
        """At most so many bytes. Raises Unreachable."""
        if not url.startswith(self._schemes):
            raise Unreachable("the address is not https")
        try:
            with httpcore.ConnectionPool(ssl_context=self._tls, network_backend=self._backend) as pool:
                return _read(pool, url, most, time.monotonic() + SECONDS)
        except httpcore.TimeoutException:
            raise Unreachable("there was no answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError):
            raise Unreachable("there was no answer that could be read") from None


def _read(pool: httpcore.ConnectionPool, url: str, most: int, until: float) -> Fetched:
    """A header each time a byte comes would never time out by itself: the whole has an end."""
    wait = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
    asked = [("accept", "application/json"), ("accept-encoding", "identity")]
    with pool.stream("GET", url, headers=asked, extensions={"timeout": wait}) as answer:
        if answer.status != OK:
            raise Unreachable(f"the answer was {answer.status}")
        body = bytearray()
        for chunk in answer.iter_stream():
            body += chunk
            if len(body) > most:
                raise Unreachable(f"the answer is longer than {most} bytes")
            if time.monotonic() > until:
                raise Unreachable("there was no answer in time")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
    return Fetched(bytes(body), headers)
