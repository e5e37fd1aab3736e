"""JSON Patch. https://www.rfc-editor.org/rfc/rfc6902

Written here, since what comes from outside has to stay bounded: a few ``copy`` double a document again and again."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

from mappings.fhir.json import Json, dumps
from mappings.fhir.patch.faults import BadPatch, Unfit
from mappings.fhir.path_operators import key

MOST = 1_000
"""Operations of one patch."""
LARGEST = 16_000_000
"""Bytes that a document may grow to."""

Operation: TypeAlias = Mapping[str, Any]
Pointer: TypeAlias = Sequence[str]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile(r"~(?![01])")


def json_patch(document: Json, operations: Any) -> Json:
    """The resource, changed in place. What an operation left empty goes: JSON of FHIR has no empty arrays or objects.

    Raises BadPatch, Unfit."""
    if not isinstance(operations, list) or len(operations) > MOST:
        raise BadPatch(f"a JSON Patch is an array of up to {MOST} operations")
    changed: Any = document
    try:
        for place, each in enumerate(operations):
            changed = _applied(changed, each, place)
        changed = _without_empty(changed)
    except RecursionError:
        raise Unfit("the resource would be nested too deeply") from None
    if not isinstance(changed, dict):
        raise Unfit("what is left is no resource")
    return changed


def _applied(document: Any, operation: Any, place: int) -> Any:
    name = operation.get("op") if isinstance(operation, dict) else None
    if not isinstance(name, str) or name not in OPERATIONS:
        raise BadPatch(f"op has to be one of {', '.join(OPERATIONS)}", place)
    try:
        return OPERATIONS[name](document, operation)
    except BadPatch as bad:
        raise type(bad)(bad.text, place) from None


def _add(document: Any, operation: Operation) -> Any:
    return _put(document, pointer(operation, "path"), _value(operation))


def _remove(document: Any, operation: Operation) -> Any:
    _taken(document, pointer(operation, "path"))
    return document


def _replace(document: Any, operation: Operation) -> Any:
    path = pointer(operation, "path")
    if not path:
        return _value(operation)
    parent, name = _found(document, path[:-1]), path[-1]
    parent[_place(parent, name)] = _value(operation)
    return document


def _move(document: Any, operation: Operation) -> Any:
    source, path = pointer(operation, "from"), pointer(operation, "path")
    if source == path:
        _found(document, path)
        return document
    if path[: len(source)] == source:
        raise Unfit("nothing can be moved into itself")
    return _put(document, path, _taken(document, source))


def _copy(document: Any, operation: Operation) -> Any:
    path = pointer(operation, "path")
    document = _put(document, path, deepcopy(_found(document, pointer(operation, "from"))))
    if len(dumps(document)) > LARGEST:
        raise Unfit("the resource would become too large")
    return document


def _test(document: Any, operation: Operation) -> Any:
    if key(_found(document, pointer(operation, "path"))) != key(_value(operation)):
        raise Unfit("a test fails")
    return document


OPERATIONS: Mapping[str, Callable[[Any, Operation], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def pointer(operation: Operation, name: str) -> Pointer:
    """https://www.rfc-editor.org/rfc/rfc6901"""
    text = operation.get(name)
    if not isinstance(text, str) or (text and text[0] != "/") or _BAD_ESCAPE.search(text):
        raise BadPatch(f"{name} has to be a JSON Pointer")
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in text.split("/")[1:])


def _value(operation: Operation) -> Any:
    if "value" not in operation:
        raise BadPatch("value is missing")
    return operation["value"]


def _found(document: Any, path: Pointer) -> Any:
    for name in path:
        document = document[_place(document, name)]
    return document


def _place(parent: Any, name: str) -> Any:
    """The name, or the number, under which the parent has something."""
    if isinstance(parent, dict) and name in parent:
        return name
    if isinstance(parent, list) and _INDEX.fullmatch(name) and int(name) < len(parent):
        return int(name)
    raise Unfit("the path leads to nothing")


def _put(document: Any, path: Pointer, value: Any) -> Any:
    if not path:
        return value
    parent, name = _found(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[name] = value
    elif isinstance(parent, list) and name == "-":
        parent.append(value)
    elif isinstance(parent, list) and _INDEX.fullmatch(name) and int(name) <= len(parent):
        parent.insert(int(name), value)
    else:
        raise Unfit("the path leads to nothing")
    return document


def _taken(document: Any, path: Pointer) -> Any:
    if not path:
        raise Unfit("the whole resource cannot be removed")
    parent = _found(document, path[:-1])
    return parent.pop(_place(parent, path[-1]))


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        left = {name: _without_empty(each) for name, each in value.items()}
        return {name: each for name, each in left.items() if each not in ({}, [])}
    if isinstance(value, list):
        return [each for each in map(_without_empty, value) if each not in ({}, [])]
    return value
