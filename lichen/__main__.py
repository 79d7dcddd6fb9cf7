"""``python -m lichen`` is the command ``lichen``."""

from lichen.cli import main

main()
