"""One parameter of a search: its values are alternatives, its name may lead to other resources.

A chain, and its reverse, are searches of the type at their other end: the gate narrows them to what the client may
search for there. https://hl7.org/fhir/R4/search.html#chaining, https://hl7.org/fhir/R4/search.html#has"""

from collections.abc import Iterable

from mappings.fhir.r4.tables import SearchParameter
from server.fhir.exchange import ID
from server.fhir.outcome import Invalid, Issue
from server.fhir.registry import ResourceType, names, resource_type
from server.fhir.search.bindings import by_url
from server.fhir.search.escapes import split, unescape
from server.fhir.search.kind import Asked, Asking
from server.fhir.search.kinds import kind, question
from server.fhir.search.reference import addresses
from server.fhir.search.result import printable
from server.store.query import All, Any, Not, OneOf, Query, Referred, Refers, parts, starts, term

MAX_PARTS = 300
"""What all parameters together may ask of the store: less than it takes (``paging.MOST``), for the gate asks, too."""

HAS, LIST = "_has", "_list"
FEW = 8
"""Types that a chain may lead over without saying which is meant."""

NEGATED = frozenset({"not", "not-in"})


def is_known(row: ResourceType, name: str) -> bool:
    """Whether the parameter that a name begins with is one of the type's."""
    head = name.partition(".")[0].partition(":")[0]
    return head in row.parameters or head in {HAS, LIST}


def criterion(row: ResourceType, name: str, text: str, asking: Asking) -> Query:
    """Raises Invalid for what cannot be asked of the type."""
    if name.startswith(f"{HAS}:"):
        return reverse_chained(row, name, text, asking)
    if name == LIST:
        return listed(row, text, asking)
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    if code not in row.parameters:
        raise Invalid(Issue(f"{printable(code)} is not a search parameter of {row.name}", code="not-supported"))
    if dot:
        return chained(row, code, modifier, rest, text, asking)
    return asked_of(row.parameters[code], modifier, text, asking)


def asked_of(parameter: SearchParameter, modifier: str, text: str, asking: Asking) -> Query:
    code, values = parameter.code, split(text, ",")
    if len(values) > MAX_PARTS:
        raise Invalid(Issue(f"{code}: more than {MAX_PARTS} values", code="too-costly"))
    if not all(values):
        raise Invalid(f"{code}: a value is empty")
    if modifier == "missing":
        return missing(code + kind(parameter).present, code, text)
    ask = question(parameter, modifier)
    if ask is None:
        raise Invalid(Issue(f"{code}: the modifier {printable(modifier)} is not supported", code="not-supported"))
    return all_or_any([ask(Asked(parameter, each, asking)) for each in values], modifier)


def all_or_any(asked: list[Query], modifier: str) -> Query:
    """``:not=a,b`` is neither a nor b. https://hl7.org/fhir/R4/search.html#token"""
    if len(asked) == 1:
        return asked[0]
    return All(tuple(asked)) if modifier in NEGATED else either(asked)


def either(queries: list[Query]) -> Query:
    """Whole terms, and lists of them, are one list."""
    texts = [text for each in queries if isinstance(each, OneOf) for text in each.texts]
    others = tuple(each for each in queries if not isinstance(each, OneOf))
    return Any((*others, OneOf(tuple(texts)))) if texts else Any(others)


def missing(prefix: str, code: str, text: str) -> Query:
    """https://hl7.org/fhir/R4/search.html#modifiers"""
    match text:
        case "true":
            return Not(starts(prefix))
        case "false":
            return starts(prefix)
        case _:
            raise Invalid(f"{code}: :missing is true or false")


def chained(row: ResourceType, code: str, type: str, rest: str, text: str, asking: Asking) -> Query:
    """``subject:Patient.name=peter``; without the type, every target that has such a parameter."""
    parameter = row.parameters[code]
    if parameter.type != "reference" or (type and type not in (parameter.target or names())):
        raise Invalid(
            Issue(f"{printable(code)}: a chain leads over a reference, to a type that it has", code="invalid")
        )
    if by_url(parameter):
        raise Invalid(Issue(f"{code}: a chain over a canonical is not supported", code="not-supported"))
    targets = [type] if type else [each for each in parameter.target or sorted(names()) if has(each, rest)]
    if not targets:
        raise Invalid(Issue(f"{code}: no type that it refers to has such a parameter", code="not-supported"))
    if len(targets) > FEW:
        raise Invalid(Issue(f"{code}: several types have it: say which, as {code}:Type", code="too-costly"))
    return bounded_any(_over(code, each, rest, text, asking) for each in targets)


def has(type: str, name: str) -> bool:
    return is_known(resource_type(type), name)


def _over(code: str, target: str, rest: str, text: str, asking: Asking) -> Query:
    where = criterion(resource_type(target), rest, text, asking)
    return Refers(prefixes(code, target, asking), target, where)


def prefixes(code: str, target: str, asking: Asking) -> tuple[str, ...]:
    """What stands before the id in a reference to a resource of this server."""
    return tuple(term(code, each) for each in addresses(asking.base, target))


def bounded_any(queries: Iterable[Query]) -> Query:
    """Ends as soon as it is too much: a chain over several types, each of them again over several, grows quickly."""
    found: list[Query] = []
    for query in queries:
        found.append(query)
        if sum(map(parts, found)) > MAX_PARTS:
            raise too_costly()
    return found[0] if len(found) == 1 else Any(tuple(found))


def too_costly() -> Invalid:
    return Invalid(Issue(f"the search has more than {MAX_PARTS} parts", code="too-costly"))


def reverse_chained(row: ResourceType, name: str, text: str, asking: Asking) -> Query:
    """``_has:Observation:patient:code=1234-5``."""
    _, type, code, rest = (*name.split(":", 3), "", "", "")[:4]
    if type not in names() or not rest:
        raise Invalid(f"{HAS} is {HAS}:Type:reference:parameter")
    there = resource_type(type)
    if code not in there.parameters or there.parameters[code].type != "reference":
        raise Invalid(Issue(f"{HAS}: {type} has no reference parameter of that name", code="not-supported"))
    return Referred(prefixes(code, row.name, asking), type, criterion(there, rest, text, asking))


def listed(row: ResourceType, text: str, asking: Asking) -> Query:
    """``_list=42``: what the List has for its items. https://hl7.org/fhir/R4/search.html#list"""
    ids = [unescape(each) for each in split(text, ",")]
    if not all(map(ID.fullmatch, ids)):
        raise Invalid(Issue(f"{LIST} is the id of a List; functional lists are not supported", code="not-supported"))
    return Referred(prefixes("item", row.name, asking), "List", OneOf(tuple(term("_id", each) for each in ids)))
