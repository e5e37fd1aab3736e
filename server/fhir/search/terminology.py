"""What ``:in``, ``:below`` and ``:above`` of a token mean, by the value sets and code systems that the client may read.

https://hl7.org/fhir/R4/search.html#modifiers"""

from server.fhir.outcome import Invalid, Issue
from server.fhir.search.escapes import split, unescape
from server.fhir.search.kind import Asked
from server.fhir.terminology.code_system import CodeSystem
from server.fhir.terminology.value_set import Members, Terminology


def known(asked: Asked) -> Terminology:
    if asked.asking.find is None:
        raise asked.refusal("what is stored cannot be looked up here")
    return Terminology(asked.asking.find)


def members(asked: Asked) -> Members:
    """``:in=http://example.org/fhir/ValueSet/one``, its url."""
    return known(asked).value_set(unescape(asked.value))


def below(asked: Asked) -> set[tuple[str, str]]:
    system, code = _concept(asked)
    return {(each, system.url) for each in system.below(code)}


def above(asked: Asked) -> set[tuple[str, str]]:
    system, code = _concept(asked)
    return {(each, system.url) for each in system.above(code)}


def _concept(asked: Asked) -> tuple[CodeSystem, str]:
    match [unescape(each) for each in split(asked.value, "|")]:
        case [url, code] if url and code:
            system = known(asked).code_system(url)
            if system is None:
                raise Invalid(Issue(f"{asked.code}: the code system is not known here", code="not-found"))
            return system, code
        case _:
            raise asked.refusal("a concept is system|code")
