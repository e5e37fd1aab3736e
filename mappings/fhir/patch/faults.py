"""Why a patch is not applied; the texts repeat no value."""


class BadPatch(ValueError):
    """It is not a patch, whatever it was to be applied to. ``place`` is the operation's number."""

    def __init__(self, text: str, place: int | None = None) -> None:
        super().__init__(text)
        self.text, self.place = text, place


class Unfit(BadPatch):
    """It does not fit the resource as it is."""
