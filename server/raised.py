"""What may be said of an exception in a log."""

import traceback

FRAMES = 4


def place(error: BaseException) -> str:
    """The innermost frames; an exception's text could repeat what was sent, so it is left out."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-FRAMES:])
    return " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames)


def described(error: BaseException) -> str:
    """Its type, and where it was raised."""
    where = place(error)
    return f"{type(error).__name__} at {where}" if where else type(error).__name__
