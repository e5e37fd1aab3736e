"""The process's log: one JSON object a line on standard error, so that nothing in a message can begin another line."""

import json
import logging
import sys
from datetime import UTC, datetime

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
        failed = {"exception": place(record.exc_info[1])} if record.exc_info and record.exc_info[1] else {}
        return json.dumps({**said, **getattr(record, "facts", {}), **failed})


def place(error: BaseException) -> str:
    """An exception's type and where it was raised; never its text, which may hold what was sent."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    where = f" at {traceback.tb_frame.f_code.co_qualname}:{traceback.tb_lineno}" if traceback else ""
    return f"{type(error).__name__}{where}"


def to_standard_error(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
