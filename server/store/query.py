"""What can be asked of a store: a small algebra over terms.

A term is a string ``parameter SEP value`` that says one thing about a resource, such as ``family␟smith``. Values are
written so that their order as text is the order of their meaning (dates in UTC, numbers padded), so every search is a
matter of terms that equal a text or lie between two. Each engine compiles these to its own language; ``matches`` is
what they mean."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

SEP = "\x1f"
"""Between the parts of a term (ASCII unit separator; the checker lets no control character into a resource)."""

AFTER = "\U0010ffff"
"""Greater than any character a value holds: the end of a prefix's range."""


ID = "_id"
"""The parameter by whose term every resource has its id."""


@dataclass(frozen=True, slots=True)
class Between:
    """Some term t has ``low <= t < high``."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Holds:
    """Some term within the prefix contains ``text`` after it (or ends with it, when ``ends``)."""

    prefix: str
    text: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """Some term is one of these texts, whole."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Some term ``low <= t < high`` ends with a text from ``least`` to ``most``, digits of one width: a date's last
    moment, after its first."""

    low: str
    high: str
    least: str
    most: str


@dataclass(frozen=True, slots=True)
class Refers:
    """Some term is one of the prefixes and the id of a resource of ``type`` that ``where`` finds."""

    prefixes: tuple[str, ...]
    type: str
    where: "Query"


@dataclass(frozen=True, slots=True)
class Referred:
    """Some resource of ``type`` that ``where`` finds has a term that is one of the prefixes and this one's id."""

    prefixes: tuple[str, ...]
    type: str
    where: "Query"


@dataclass(frozen=True, slots=True)
class Not:
    """The query does not match."""

    query: "Query"


@dataclass(frozen=True, slots=True)
class All:
    """Every query matches; ``All(())`` matches everything."""

    queries: tuple["Query", ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """At least one query matches; ``Any(())`` matches nothing."""

    queries: tuple["Query", ...] = ()


Leaf: TypeAlias = Between | Holds | OneOf | Span | Refers | Referred
Link: TypeAlias = Refers | Referred
Query: TypeAlias = Leaf | Not | All | Any


class TooBroad(ValueError):
    """More is asked for at once than is looked at."""


EVERYTHING = All()
NOTHING = Any()


def term(*texts: str) -> str:
    """``term("identifier", "12", "urn:x")`` is ``identifier␟12␟urn:x``."""
    return SEP.join(texts)


def equals(text: str) -> Between:
    """A term that is ``text``, whole."""
    return Between(text, text + "\x00")


def exact(query: Query) -> bool:
    """Whether this is what ``equals`` makes, for which an index needs no range."""
    return isinstance(query, Between) and query.high == query.low + "\x00"


def starts(prefix: str) -> Between:
    """A term that starts with ``prefix``."""
    return Between(prefix, prefix + AFTER)


@dataclass(frozen=True, slots=True)
class Sort:
    """By the term of a parameter that comes first in this order (``prefix`` ends with SEP): the smallest, or the
    greatest when ``descending``. Resources without one come last. https://hl7.org/fhir/R4/search.html#sort"""

    prefix: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """One page of one type. ``after`` is the cursor of the last row of the page before (``Page.next``).

    Rows are in the order of the keys of ``sort``, and then in one of the engine's own that never changes (of creation,
    of the id), so a page stays where it is while data changes. A cursor that is none of this search's raises
    ValueError."""

    type: str
    where: Query = EVERYTHING
    sort: tuple[Sort, ...] = ()
    limit: int = 50
    after: str | None = None


def parts(query: Query) -> int:
    """How much is asked at once."""
    match query:
        case Refers(prefixes, _, inner) | Referred(prefixes, _, inner):
            return len(prefixes) + parts(inner)
        case Not(inner):
            return 1 + parts(inner)
        case All(queries) | Any(queries):
            return 1 + sum(map(parts, queries))
        case _:
            return 1


def matches(query: Query, terms: Sequence[str]) -> bool:
    """Whether a resource with these (sorted) terms is what the query asks for. What it refers to its terms cannot
    tell: links are ``unlinked`` before (``links.py``)."""
    match query:
        case Not(inner):
            return not matches(inner, terms)
        case All(queries):
            return all(matches(each, terms) for each in queries)
        case Any(queries):
            return any(matches(each, terms) for each in queries)
        case _:
            return _told(query, terms)


def _told(leaf: Leaf, terms: Sequence[str]) -> bool:
    match leaf:
        case Between(low, high):
            at = bisect_left(terms, low)
            return at < len(terms) and terms[at] < high
        case Holds():
            return any(_holds(leaf, each) for each in terms)
        case OneOf(texts):
            return not set(texts).isdisjoint(terms)
        case Span():
            return any(_spans(leaf, each) for each in terms)
        case _:
            raise TypeError("a link is not told by terms")


def _holds(query: Holds, text: str) -> bool:
    if not text.startswith(query.prefix):
        return False
    rest = text[len(query.prefix) :]
    return rest.endswith(query.text) if query.ends else query.text in rest


def _spans(query: Span, text: str) -> bool:
    return query.low <= text < query.high and query.least <= text[-len(query.least) :] <= query.most
