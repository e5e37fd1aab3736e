"""``python -m interfaces`` is the command ``causeway``."""

from interfaces.cli.main import main

main()
