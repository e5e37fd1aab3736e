"""Errors that a client can mend, and their one rendering as an OperationOutcome.

https://hl7.org/fhir/R4/operationoutcome.html, https://hl7.org/fhir/R4/http.html#Status-Codes"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_ISSUES = 50
"""Things wrong with one resource that are told."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong. ``expression`` is where (FHIRPath), ``code`` is of
    http://hl7.org/fhir/ValueSet/issue-type. ``diagnostics`` never repeats a patient's data."""

    diagnostics: str
    expression: str | None = None
    code: str = "invalid"
    severity: str = "error"


class FhirError(Exception):
    """A request that cannot be fulfilled. Subclasses say with which status and issue code."""

    status = 500
    code = "exception"

    def __init__(self, *issues: Issue | str, headers: Mapping[str, str] | None = None) -> None:
        self.issues = tuple(Issue(i, code=self.code) if isinstance(i, str) else i for i in issues)
        self.headers = dict(headers or {})
        super().__init__("; ".join(issue.diagnostics for issue in self.issues))


class Invalid(FhirError):
    """The request or resource breaks a rule of FHIR."""

    status, code = 400, "invalid"


class Unprocessable(FhirError):
    """Well-formed, but against a business rule."""

    status, code = 422, "business-rule"


class Unauthorized(FhirError):
    """No valid token. https://www.rfc-editor.org/rfc/rfc6750#section-3"""

    status, code = 401, "login"


class Forbidden(FhirError):
    """A valid token that does not reach this far."""

    status, code = 403, "forbidden"


class NotFound(FhirError):
    """Not there, or not yours: the same answer."""

    status, code = 404, "not-found"


class NotSupported(FhirError):
    """Not something that this server does."""

    status, code = 404, "not-supported"


class MethodNotAllowed(FhirError):
    """This interaction is not offered here."""

    status, code = 405, "not-supported"


class NotAcceptable(FhirError):
    """No format that was asked for can be given."""

    status, code = 406, "not-supported"


class Conflict(FhirError):
    """Against what is stored now."""

    status, code = 409, "conflict"


class Gone(FhirError):
    """It was deleted."""

    status, code = 410, "deleted"


class PreconditionFailed(FhirError):
    """If-Match named another version. https://hl7.org/fhir/R4/http.html#concurrency"""

    status, code = 412, "conflict"


class PreconditionRequired(FhirError):
    """What is to be changed has to be named with its version. https://www.rfc-editor.org/rfc/rfc6585#section-3"""

    status, code = 428, "required"


class TooLarge(FhirError):
    """More than this server takes at once."""

    status, code = 413, "too-long"


class UnsupportedMediaType(FhirError):
    """A body of a kind that is not understood here."""

    status, code = 415, "not-supported"


class TooMany(FhirError):
    """More than one client may have at once. https://www.rfc-editor.org/rfc/rfc6585#section-4"""

    status, code = 429, "throttled"


class StoreUnavailable(FhirError):
    """Nothing was done; try again."""

    status, code = 503, "transient"


def operation_outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """The OperationOutcome resource for these issues."""
    return {"resourceType": "OperationOutcome", "issue": [_rendered(issue) for issue in issues]}


def _rendered(issue: Issue) -> dict[str, Any]:
    where = {"expression": [issue.expression]} if issue.expression else {}
    return {"severity": issue.severity, "code": issue.code, "diagnostics": issue.diagnostics, **where}
