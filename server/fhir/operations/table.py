"""The operations that this server offers, each a row.

https://hl7.org/fhir/R4/operations.html"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mappings.fhir.json import Json, dumps
from server.auth.gate import GatedStore
from server.fhir.exchange import Answer, Request
from server.fhir.operations.claim_submit import claim_submit
from server.fhir.operations.code_system import code_system_lookup, code_system_subsumes, code_system_validate_code
from server.fhir.operations.concept_map_translate import concept_map_translate
from server.fhir.operations.docref import docref
from server.fhir.operations.eligibility_submit import eligibility_submit
from server.fhir.operations.everything import encounter_everything, patient_everything
from server.fhir.operations.export import export, group_export, patient_export
from server.fhir.operations.member_match import member_match
from server.fhir.operations.meta import meta, meta_add, meta_delete
from server.fhir.operations.patient_match import patient_match
from server.fhir.operations.process_message import process_message
from server.fhir.operations.subscription_events import subscription_events
from server.fhir.operations.subscription_status import subscription_status
from server.fhir.operations.validate import validate
from server.fhir.operations.value_set_expand import value_set_expand
from server.fhir.operations.value_set_validate_code import value_set_validate_code
from server.fhir.outcome import MethodNotAllowed, NotSupported

Run: TypeAlias = Callable[[GatedStore, Request], Answer]

SYSTEM, TYPE, INSTANCE = "system", "type", "instance"


@dataclass(frozen=True, slots=True)
class Operation:
    """``type`` "" stands for every resource type. ``levels``: ``system`` is ``/$meta``, ``type`` is ``/Claim/$submit``,
    ``instance`` is ``/Claim/1/$submit``. What ``reads`` changes nothing, and may be asked for with GET."""

    name: str
    type: str
    levels: frozenset[str]
    run: Run
    definition: str
    reads: bool = False


def of_body(handler: Callable[[GatedStore, Json], Json | Answer]) -> Run:
    """An operation that takes one resource and gives one."""

    def run(gated: GatedStore, request: Request) -> Answer:
        result = handler(gated, request.resource())
        return result if isinstance(result, Answer) else Answer(200, dumps(result))

    return run


HL7 = "http://hl7.org/fhir/OperationDefinition"

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition"
BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
US_CORE = "http://hl7.org/fhir/us/core/OperationDefinition"
HREX = "http://hl7.org/fhir/us/davinci-hrex/OperationDefinition"

OPERATIONS: Sequence[Operation] = (
    Operation("submit", "Claim", frozenset({TYPE}), of_body(claim_submit), f"{HL7}/Claim-submit"),
    Operation(
        "submit",
        "CoverageEligibilityRequest",
        frozenset({TYPE}),
        of_body(eligibility_submit),
        f"{HL7}/CoverageEligibilityRequest-submit",
    ),
    Operation("meta", "", frozenset({SYSTEM, TYPE, INSTANCE}), meta, f"{HL7}/Resource-meta", reads=True),
    Operation("meta-add", "", frozenset({INSTANCE}), meta_add, f"{HL7}/Resource-meta-add"),
    Operation("meta-delete", "", frozenset({INSTANCE}), meta_delete, f"{HL7}/Resource-meta-delete"),
    Operation("validate", "", frozenset({TYPE, INSTANCE}), validate, f"{HL7}/Resource-validate"),
    Operation(
        "everything",
        "Patient",
        frozenset({TYPE, INSTANCE}),
        patient_everything,
        f"{HL7}/Patient-everything",
        reads=True,
    ),
    Operation(
        "everything",
        "Encounter",
        frozenset({INSTANCE}),
        encounter_everything,
        f"{HL7}/Encounter-everything",
        reads=True,
    ),
    Operation("match", "Patient", frozenset({TYPE}), patient_match, f"{HL7}/Patient-match"),
    Operation("member-match", "Patient", frozenset({TYPE}), member_match, f"{HREX}/member-match"),
    Operation("docref", "DocumentReference", frozenset({TYPE}), docref, f"{US_CORE}/docref", reads=True),
    Operation(
        "process-message",
        "",
        frozenset({SYSTEM}),
        process_message,
        f"{HL7}/MessageHeader-process-message",
    ),
    Operation(
        "status",
        "Subscription",
        frozenset({TYPE, INSTANCE}),
        subscription_status,
        f"{BACKPORT}/backport-subscription-status",
        reads=True,
    ),
    Operation(
        "events",
        "Subscription",
        frozenset({INSTANCE}),
        subscription_events,
        f"{BACKPORT}/backport-subscription-events",
        reads=True,
    ),
    Operation(
        "expand", "ValueSet", frozenset({TYPE, INSTANCE}), value_set_expand, f"{HL7}/ValueSet-expand", reads=True
    ),
    Operation(
        "validate-code",
        "ValueSet",
        frozenset({TYPE, INSTANCE}),
        value_set_validate_code,
        f"{HL7}/ValueSet-validate-code",
        reads=True,
    ),
    Operation("lookup", "CodeSystem", frozenset({TYPE}), code_system_lookup, f"{HL7}/CodeSystem-lookup", reads=True),
    Operation(
        "validate-code",
        "CodeSystem",
        frozenset({TYPE, INSTANCE}),
        code_system_validate_code,
        f"{HL7}/CodeSystem-validate-code",
        reads=True,
    ),
    Operation(
        "subsumes",
        "CodeSystem",
        frozenset({TYPE, INSTANCE}),
        code_system_subsumes,
        f"{HL7}/CodeSystem-subsumes",
        reads=True,
    ),
    Operation(
        "translate",
        "ConceptMap",
        frozenset({TYPE, INSTANCE}),
        concept_map_translate,
        f"{HL7}/ConceptMap-translate",
        reads=True,
    ),
    Operation("export", "", frozenset({SYSTEM}), export, f"{BULK}/export", reads=True),
    Operation("export", "Patient", frozenset({TYPE}), patient_export, f"{BULK}/patient-export", reads=True),
    Operation("export", "Group", frozenset({INSTANCE}), group_export, f"{BULK}/group-export", reads=True),
)


def operate(gated: GatedStore, request: Request) -> Answer:
    return found(request.type, request.operation, level(request)).run(gated, request)


def operate_by_get(gated: GatedStore, request: Request) -> Answer:
    operation = found(request.type, request.operation, level(request))
    if not operation.reads:
        raise MethodNotAllowed("this operation is asked for with POST", headers={"allow": "POST"})
    return operation.run(gated, request)


def level(request: Request) -> str:
    if request.id:
        return INSTANCE
    return TYPE if request.type else SYSTEM


def found(type: str, name: str, level: str) -> Operation:
    for each in OPERATIONS:
        if each.name == name and each.type in {"", type} and level in each.levels:
            return each
    raise NotSupported("there is no such operation here")
