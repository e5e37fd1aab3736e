"""The process's log: one object a line, and nothing in it that was sent."""

import json
import logging

import pytest

from interfaces.logs import Lines


def written(message, *arguments, **more):
    record = logging.makeLogRecord({"name": "causeway", "levelname": "INFO", "msg": message, "args": arguments, **more})
    return Lines().format(record)


def test_a_line_is_one_object_whatever_is_in_it():
    line = written("peer %s", 'evil"\r\n{"level": "error"}\x1b[31m')
    assert "\n" not in line
    assert json.loads(line)["message"] == 'peer evil"\r\n{"level": "error"}\x1b[31m'
    assert json.loads(line)["level"] == "info"


def test_facts_are_members_of_the_line():
    assert json.loads(written("request", facts={"status": 200}))["status"] == 200


def test_of_an_exception_its_type_and_place_are_told_and_not_its_text():
    with pytest.raises(ValueError, match="Canary") as caught:
        int("Canary")
    line = written("failed", exc_info=(caught.type, caught.value, caught.tb))
    assert "Canary" not in line
    assert json.loads(line)["exception"].startswith("ValueError at test_of_an_exception")
