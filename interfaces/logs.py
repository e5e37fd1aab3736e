"""The process's log: one JSON object a line on standard error, so that nothing in a message can begin another line."""

import json
import logging
import sys
from datetime import UTC, datetime

from server.raised import described

LEVELS = ("debug", "info", "warning", "error")


class Lines(logging.Formatter):
    """``extra={"facts": {...}}`` of a record become members of its line."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        failed = {"exception": described(record.exc_info[1])} if record.exc_info and record.exc_info[1] else {}
        return json.dumps({**said, **getattr(record, "facts", {}), **failed})


def to_standard_error(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
