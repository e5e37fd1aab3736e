"""What is counted and logged of each request: the interaction, the type, the status, the time.

Never an address's query, a body or an id, since those may be a patient's."""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("causeway.access")

NUMBER = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
"""A request's id as its client gave it: it is sent back, and not noted. https://hl7.org/fhir/R4/http.html#custom"""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Seen:
    """What a request turned out to be; whoever serves it fills this in."""

    interaction: str = "other"
    type: str = ""
    client: str = ""
    request_id: str = ""


def seen(scope: Scope) -> Seen:
    found: Seen = scope.setdefault("causeway.seen", Seen())
    return found


class Metrics:
    """Prometheus counters of one application. Labels are words of ours and of FHIR, so there are few of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "causeway_http_requests", "Requests", ("interaction", "type", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "causeway_http_request_seconds", "Seconds", ("interaction",), registry=self.registry, buckets=SECONDS
        )

        self._labelled, self._timed = cache(self._requests.labels), cache(self._seconds.labels)

    def count(self, what: Seen, status: int, seconds: float) -> None:
        self._labelled(what.interaction, what.type, f"{status // 100}xx").inc()
        self._timed(what.interaction).observe(seconds)

    def text(self) -> bytes:
        """https://prometheus.io/docs/instrumenting/exposition_formats/"""
        return generate_latest(self.registry)


class Observed:
    """Counts and logs every request when its answer is under way."""

    def __init__(self, app: ASGIApp, metrics: Metrics, new_id: Callable[[], str]) -> None:
        self._app, self._metrics, self._new_id = app, metrics, new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        what = seen(scope)
        what.request_id = self._new_id()
        began, status = time.perf_counter(), 500
        theirs = [value for name, value in scope["headers"] if name == b"x-request-id" and NUMBER.fullmatch(value)]

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                echoed = [(b"x-correlation-id", each) for each in theirs]
                message["headers"] = [*message["headers"], (b"x-request-id", what.request_id.encode()), *echoed]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._note(scope["method"], what, status, time.perf_counter() - began)

    def _note(self, method: str, what: Seen, status: int, seconds: float) -> None:
        self._metrics.count(what, status, seconds)
        if LOG.isEnabledFor(logging.INFO):
            LOG.info("request", extra={"facts": line(method, what, status, seconds)})


def line(method: str, what: Seen, status: int, seconds: float) -> dict[str, object]:
    """One line of the access log."""
    return {
        "request": what.request_id,
        "client": what.client,
        "method": method,
        "interaction": what.interaction,
        "type": what.type,
        "status": status,
        "ms": round(seconds * 1000, 2),
    }
