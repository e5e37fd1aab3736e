"""Inferno's web API: a session of a suite, groups run one after another, what came of each test.

https://inferno-framework.github.io/docs/advanced-test-features/"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import httpx

Node = Mapping[str, Any]
"""A suite, a group or a test, as Inferno describes it."""

OnWait = Callable[[Mapping[str, str]], None]
"""Does what the person would do whom a test waits for; it is given that test's outputs."""

PATIENCE = 1800
BETWEEN = 1.0

AUTH = {
    "auth": {
        "use_discovery": "true",
        "pkce_support": "enabled",
        "pkce_code_challenge_method": "S256",
        "auth_request_method": "GET",
    },
    "access": {"access_token": "", "refresh_token": "", "issue_time": "", "expires_in": ""},
}
"""Parts of an ``auth_info`` input that Inferno misses where they are absent."""


class Impatient(Exception):
    """A run took too long, or waited for somebody who did not come."""


class Verdict(NamedTuple):
    """What came of one test: ``pass``, ``fail``, ``error``, ``skip`` or ``omit``; ``why`` in Inferno's words."""

    test: str
    title: str
    outcome: str
    required: bool
    why: str


class Inferno:
    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/", timeout=120)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body).raise_for_status()
        return answer.json() if answer.content else None

    def session(self, suite: str, options: Mapping[str, str]) -> "Session":
        chosen = [{"id": name, "value": value} for name, value in options.items()]
        return Session(self, self.call("POST", "test_sessions", {"test_suite_id": suite, "suite_options": chosen}))


class Session:
    """One suite against one server."""

    def __init__(self, inferno: Inferno, made: Node) -> None:
        self._inferno, self._id, self.suite = inferno, made["id"], made["test_suite"]
        self.nodes = {each["id"]: each for each in below(self.suite)}

    def run(self, group: str, inputs: Mapping[str, Any], on_wait: OnWait) -> None:
        """A group by its short id; what earlier groups found out goes before ``inputs``. Raises Impatient."""
        found = next(each for each in self.nodes.values() if each.get("short_id") == group)
        known = {**inputs, **self._stored()}
        asked = {"test_session_id": self._id, kind(found): found["id"], "inputs": values(found, known)}
        self._follow(self._inferno.call("POST", "test_runs", asked)["id"], on_wait)

    def _stored(self) -> Mapping[str, Any]:
        found = self._inferno.call("GET", f"test_sessions/{self._id}/session_data")
        return {each["name"]: each["value"] for each in found}

    def _follow(self, run: str, on_wait: OnWait) -> None:
        answered, until = set[str](), time.monotonic() + PATIENCE
        while (status := self._inferno.call("GET", f"test_runs/{run}")["status"]) not in {"done", "cancelled"}:
            if status == "waiting":
                self._attend(run, answered, on_wait)
            if time.monotonic() > until:
                self._inferno.call("DELETE", f"test_runs/{run}")
                raise Impatient(run)
            time.sleep(BETWEEN)

    def _attend(self, run: str, answered: set[str], on_wait: OnWait) -> None:
        for each in self._inferno.call("GET", f"test_runs/{run}/results"):
            if each["result"] == "wait" and each.get("test_id") and each["id"] not in answered:
                answered.add(each["id"])
                told = {output["name"]: str(output["value"]) for output in each.get("outputs") or ()}
                on_wait({**told, "test": each["test_id"], "message": each.get("result_message") or ""})

    def verdicts(self) -> Iterator[Verdict]:
        """The latest of every test that was run, in the suite's order."""
        results = self._inferno.call("GET", f"test_sessions/{self._id}/results")
        latest = {each["test_id"]: each for each in results if each.get("test_id")}
        for id, node in self.nodes.items():
            if (result := latest.get(id)) and "test_groups" not in node:
                required = not (node.get("optional") or result.get("optional"))
                yield Verdict(id, node["title"], result["result"], required, why(result))


def below(node: Node) -> Iterator[Node]:
    """Every suite, group and test, itself first."""
    yield node
    for child in (*node.get("test_groups", ()), *node.get("tests", ())):
        yield from below(child)


def kind(node: Node) -> str:
    if "suite_summary" in node:
        return "test_suite_id"
    return "test_group_id" if "run_as_group" in node else "test_id"


def values(node: Node, known: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a group asks for, from what is known and from its own defaults."""
    return [{"name": each["name"], "value": value(each, known.get(each["name"]))} for each in node["inputs"]]


def value(asked: Node, given: Any) -> str:
    found = asked.get("default", "") if given in (None, "") else given
    if asked.get("type") == "auth_info":
        found = credentials(asked, json.loads(found) if isinstance(found, str) and found else found or {})
    return found if isinstance(found, str) else json.dumps(found)


def credentials(asked: Node, given: Mapping[str, Any]) -> Mapping[str, Any]:
    options = asked.get("options", {})
    parts = {each["name"]: each["default"] for each in options.get("components", ()) if each.get("default")}
    return {"auth_type": "public", **AUTH[options.get("mode", "access")], **parts, **given}


def why(result: Node) -> str:
    errors = [each["message"] for each in result.get("messages") or () if each["type"] == "error"]
    return "; ".join(" ".join(text.split()) for text in (result.get("result_message") or "", *errors[:3]) if text)
