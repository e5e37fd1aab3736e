"""``make conformance``: runs the suites against a Causeway of its own, over TLS, and writes ``docs/conformance.md``.

    python -m tests.conformance [--inferno URL] [--patients FOLDER] [--suite ID ...] [--check]

Exit status: 0; 1 when something is worse than the page says (``--check``); 2 when there is no Inferno."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from interfaces.demo.backend import registered
from interfaces.serving import serving
from tests.conformance.apps import KINDS, SCOPE, Site, command, introspecting
from tests.conformance.authority import Certified, certified
from tests.conformance.inferno import Inferno, OnWait
from tests.conformance.page import Judged, page, worse
from tests.conformance.patients import OWN, load
from tests.conformance.person import Person
from tests.conformance.services import SHARED, Absent, inferno
from tests.conformance.suites import SUITES, Suite

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
NAME = "ida.marsh"
SETTINGS = "[auth]\nprivate_network = true\n"
"""Inferno's keys are on this machine."""


def main(arguments: Sequence[str]) -> int:
    asked = options(arguments)
    chosen = [each for each in SUITES if not asked.suite or each.run in asked.suite]
    with tempfile.TemporaryDirectory() as folder:
        files = certified(Path(folder))
        try:
            with nullcontext(asked.inferno) if asked.inferno else inferno(Path(folder), files.authority) as url:
                judged = [judge(Inferno(url), suite, Path(asked.patients), files) for suite in chosen]
        except Absent as absent:
            print(absent, file=sys.stderr)
            return 2
    return checked(judged) if asked.check or asked.suite else written(judged)


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inferno", help="the URL of an Inferno that runs already")
    parser.add_argument("--patients", default=str(SHARED / "data" / "inferno-reference"), help="their Bundles")
    parser.add_argument("--suite", action="append", default=[], help="only this one, held against the page")
    parser.add_argument("--check", action="store_true", help="hold the result against the page")
    return parser.parse_args(arguments)


def judge(inferno: Inferno, suite: Suite, patients: Path, files: Certified) -> Judged:
    session = inferno.session(suite.id, suite.options)
    with under_test(suite, patients, files, inferno.url) as (inputs, attend):
        for group in suite.groups:
            session.run(group, inputs, attend)
    verdicts = tuple(session.verdicts())
    passed = sum(each.outcome == "pass" for each in verdicts)
    print(f"{suite.title}: {passed} of {len(verdicts)} passed", flush=True)
    return Judged(suite.run, suite.title, session.suite.get("version") or "", verdicts, suite.left_out)


@contextmanager
def under_test(
    suite: Suite, patients: Path, files: Certified, inferno: str
) -> Iterator[tuple[Mapping[str, Any], OnWait]]:
    """A server with the suite's patients: what Inferno has to know of it, and whom it may wait for."""
    os.environ["SSL_CERT_FILE"] = str(files.authority)
    tls = ("--tls-cert", str(files.certificate), "--tls-key", str(files.key))
    with tempfile.TemporaryDirectory() as folder:
        store, settings = f"sqlite:///{folder}/causeway.db", Path(folder) / "settings.toml"
        settings.write_text(SETTINGS)
        with serving(store, "localhost:0", "127.0.0.1:0", *tls, "--settings", str(settings)) as server:
            with registered(store, f"{server.http}/fhir", "Inferno's patients", SCOPE) as backend:
                backend.sign_in(SCOPE)
                own = [OWN / each for each in suite.own]
                load(backend, [*(patients / each for each in suite.patients), *own], suite.mend)
                token = backend.authorization.removeprefix("Bearer ")
            site = Site(store, server.http, inferno.rstrip("/"), suite.custom, token)
            known: dict[str, Any] = {name: KINDS[kind](site) for name, kind in suite.credentials.items()}
            opens = known.get("ehr_smart_auth_info", {}).get("client_id", "")
            header = introspecting(known.get("standalone_smart_auth_info", {}))
            known["custom_authorization_header"] = header
            yield {**suite.inputs, **known, suite.address: f"{server.http}/fhir"}, somebody(site, opens).attend


def somebody(site: Site, opens: str) -> Person:
    """Who signs in, and looks after patient 85."""
    password = token_urlsafe()
    command(site, "user", "add", NAME, "--role", "practitioner", "--practitioner", "conformance-nurse", given=password)
    return Person(NAME, password, "85", opens, site.server, site.inferno)


def written(judged: Sequence[Judged]) -> int:
    PAGE.write_text(page(judged))
    print(f"written: {PAGE}")
    return 0


def checked(judged: Sequence[Judged]) -> int:
    told = worse(PAGE.read_text() if PAGE.exists() else "", judged)
    print("\n".join(told) or "nothing is worse than the page says")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
