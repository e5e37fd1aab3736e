"""The MLLP listener: accepts senders up to a bound, in all and per peer, and stops without dropping an answer."""

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime
from socket import socket
from ssl import SSLContext
from uuid import uuid4

from interfaces.mllp.connection import Connection, Limits, Receive, Refuse
from mappings.v2.ack import AckError, ack, header

__all__ = ["Limits", "Listener", "too_large"]

logger = logging.getLogger(__name__)

_HANDSHAKE = 10


def too_large(head: bytes, limit: int) -> bytes:
    error = AckError("MSH^1", "207", text=f"longer than {limit} bytes")
    return ack(header(head), "AR", [error], control_id=uuid4().hex[:20], at=datetime.now(UTC))


class Listener:
    """``receive`` is given one message and its peer, and gives back the answer's bytes: AE and AR are answers, an
    exception is none."""

    def __init__(
        self,
        receive: Receive,
        host: str = "127.0.0.1",
        port: int = 2575,
        limits: Limits | None = None,
        ssl: SSLContext | None = None,
        *,
        refuse: Refuse = too_large,
    ) -> None:
        self._receive, self._refuse = receive, refuse
        self._host, self._port = host, port
        self._limits = limits or Limits()
        self._ssl = ssl
        self._server: asyncio.Server | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._peers: Counter[str] = Counter()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: the port that was found, if port 0 was asked for."""
        if not self._server or not self._server.sockets:
            return self._host, self._port
        host, port, *_ = self._server.sockets[0].getsockname()
        return host, port

    async def start(self, bound: socket | None = None) -> None:
        """``bound``: a socket to listen on, instead of host and port, such as several processes share."""
        timeout = _HANDSHAKE if self._ssl else None
        if bound:
            serving = asyncio.start_server(self._accept, sock=bound, ssl=self._ssl, ssl_handshake_timeout=timeout)
        else:
            serving = asyncio.start_server(
                self._accept, self._host, self._port, ssl=self._ssl, ssl_handshake_timeout=timeout
            )
        self._server = await serving

    async def stop(self, grace: float = 10) -> None:
        """No new connection, no new message; what has been received whole is answered, within ``grace`` seconds."""
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.stop()
        tasks = tuple(self._connections.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._limits, self._receive, self._refuse, self._has_room)
        if len(self._connections) >= self._limits.connections or self._peers[connection.host] >= self._limits.per_peer:
            logger.warning("%s: too many connections", connection.host)
            writer.transport.abort()
            return
        self._peers[connection.host] += 1
        task = asyncio.create_task(connection.serve())
        self._connections[connection] = task
        task.add_done_callback(lambda _: self._gone(connection))

    def _has_room(self) -> bool:
        return sum(connection.held for connection in self._connections) <= self._limits.held_bytes

    def _gone(self, connection: Connection) -> None:
        del self._connections[connection]
        self._peers[connection.host] -= 1
        self._peers += Counter()  # keeps those above zero
