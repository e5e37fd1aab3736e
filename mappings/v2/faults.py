"""What can be wrong with a message before anyone looks at what it means. No text ever holds what was sent."""

from dataclasses import dataclass


class NotHl7(ValueError):
    """These bytes are no message that can be read.

    ``location`` as ERR-2 has it: ``segment^sequence^field^repetition^component``; ``code`` is of table 0357."""

    def __init__(self, text: str, location: str = "MSH^1", code: str = "100") -> None:
        super().__init__(text)
        self.text = text
        self.location = location
        self.code = code


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that was tolerated, and where."""

    text: str
    location: str
    code: str
