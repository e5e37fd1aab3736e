"""FHIRPath Patch: a resource changed by operations that stand in a Parameters resource.

https://hl7.org/fhir/R4/fhirpatch.html"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mappings.fhir.json import Json
from mappings.fhir.patch.faults import BadPatch, Unfit
from mappings.fhir.patch.places import Place, one, pairs, places, read, set_pairs
from mappings.fhir.path_grammar import Name, Step
from mappings.fhir.r4.tables import UNBOUNDED, Element, Type, members, type_path

MOST = 1_000
"""Operations of one patch."""

Parts = Mapping[str, Json]


class Child(NamedTuple):
    """An element that a type has: its name in JSON, and where the elements of its own type are found."""

    element: Element
    name: str
    type: str

    @property
    def repeats(self) -> bool:
        return self.element.max == UNBOUNDED or int(self.element.max) > 1


def fhirpath_patch(resource: Json, parameters: Json) -> Json:
    """The resource, changed in place. Raises BadPatch, Unfit."""
    operations = parameters.get("parameter", ())
    if not isinstance(operations, list) or len(operations) > MOST:
        raise BadPatch(f"a FHIRPath Patch has up to {MOST} parameters")
    for place, each in enumerate(operations):
        try:
            _apply(resource, _parts(each))
        except BadPatch as bad:
            raise type(bad)(bad.text, place) from None
    return resource


def _parts(operation: Any) -> Parts:
    if not isinstance(operation, dict) or operation.get("name") != "operation":
        raise BadPatch("each parameter is an operation")
    return {str(each.get("name")): each for each in _dicts(operation.get("part"))}


def _dicts(parts: Any) -> list[Json]:
    if not isinstance(parts, list) or not all(isinstance(each, dict) for each in parts):
        raise BadPatch("part is missing")
    return parts


def _apply(resource: Json, parts: Parts) -> None:
    type = parts.get("type", {}).get("valueCode")
    if not isinstance(type, str) or type not in OPERATIONS:
        raise BadPatch(f"type has to be one of {', '.join(OPERATIONS)}")
    OPERATIONS[type](resource, parts)


def _add(resource: Json, parts: Parts) -> None:
    """At the end of a list, or as the only one where there is none yet."""
    place = one(read(_text(parts, "path")), resource)
    child = _child(place.node.type, _text(parts, "name"), _given(parts))
    _append(place.parent, child, _value(child, _given(parts)))


def _append(owner: Json, child: Child, value: Any) -> None:
    if child.repeats:
        set_pairs(owner, child.name, [*pairs(owner, child.name), (value, None)])
    elif any(each in owner for name, _ in child.element.names() for each in (name, f"_{name}")):
        raise Unfit("the element that is to be added is there already")
    else:
        owner[child.name] = value


def _insert(resource: Json, parts: Parts) -> None:
    place, name = _list(resource, parts)
    child = _child(place.node.type, name, _given(parts))
    items, index = pairs(place.parent, child.name), _number(parts, "index")
    if not child.repeats or index > len(items):
        raise Unfit("the list has no such place")
    set_pairs(place.parent, child.name, [*items[:index], (_value(child, _given(parts)), None), *items[index:]])


def _delete(resource: Json, parts: Parts) -> None:
    """Of what is not there, nothing has to go."""
    found = places(read(_text(parts, "path")), resource)
    if len(found) > 1:
        raise Unfit("the path leads to more than one element")
    for place in found:
        _replaced(place)


def _replace(resource: Json, parts: Parts) -> None:
    tree = read(_text(parts, "path"))
    place = one(tree, resource)
    if not place.name:
        raise Unfit("the whole resource cannot be replaced by a patch")
    child = Child(Element("", 0, "1", ()), place.name, place.node.type)
    if isinstance(tree, Step) and isinstance(tree.right, Name):
        child = _child(one(tree.left, resource).node.type, tree.right.name, _given(parts))
    value = _value(child, _given(parts))
    if child.name != place.name:
        _replaced(place)
        place.owner[child.name] = value
    else:
        _replaced(place, value)


def _replaced(place: Place, *by: Any) -> None:
    """Takes what is at a place away, and what is written beside it; ``by`` is what comes instead, if anything does."""
    if place.index is None:
        place.owner.pop(f"_{place.name}", None)
        place.owner.pop(place.name, None)
        for each in by:
            place.owner[place.name] = each
    else:
        items = pairs(place.owner, place.name)
        items[place.index : place.index + 1] = [(each, None) for each in by]
        set_pairs(place.owner, place.name, items)


def _move(resource: Json, parts: Parts) -> None:
    place, name = _list(resource, parts)
    items, source, destination = pairs(place.parent, name), _number(parts, "source"), _number(parts, "destination")
    if max(source, destination) >= len(items):
        raise Unfit("the list has no such place")
    items.insert(destination, items.pop(source))
    set_pairs(place.parent, name, items)


OPERATIONS: Mapping[str, Callable[[Json, Parts], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}


def _list(resource: Json, parts: Parts) -> tuple[Place, str]:
    """What has the list that the path leads to, which may be empty, and the list's name."""
    match read(_text(parts, "path")):
        case Step(left, Name(name)):
            return one(left, resource), name
    raise BadPatch("path has to end with the name of a list")


def _child(type: str, name: str, given: Json) -> Child:
    """``value`` with a Quantity is ``valueQuantity``, which may also be said so."""
    for element in members(type):
        options = ((element.name, Type(element.content)),) if element.content else element.names()
        for written, declared in options:
            wanted = written if not element.choice or name == written else _choice(element.name, given)
            if name in {element.name, written} and written == wanted:
                return Child(element, written, type_path(type, element, declared))
    raise BadPatch("the element has no child of that name and type")


def _choice(name: str, given: Json) -> str:
    return name + next((key.removeprefix("value") for key in given if key.startswith("value")), "")


def _given(parts: Parts) -> Json:
    if "value" not in parts:
        raise BadPatch("value is missing")
    return parts["value"]


def _value(child: Child, given: Json) -> Any:
    """A ``value[x]`` or a resource as it is; parts, put together as an element of the child's type."""
    for name, value in given.items():
        if name.startswith("value") or name == "resource":
            return value
    built: Json = {}
    for part in _dicts(given.get("part")):
        inner = _child(child.type, str(part.get("name")), part)
        _append(built, inner, _value(inner, part))
    return built


def _text(parts: Parts, name: str) -> str:
    value = parts.get(name, {}).get("valueString")
    if not isinstance(value, str) or not value:
        raise BadPatch(f"{name} is missing")
    return value


def _number(parts: Parts, name: str) -> int:
    value = parts.get(name, {}).get("valueInteger")
    if type(value) is not int or value < 0:
        raise BadPatch(f"{name} has to be a whole number from 0")
    return value
