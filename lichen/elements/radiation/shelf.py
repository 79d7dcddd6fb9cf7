"""The standards and rules of radiation, as dated tables."""

from lichen.elements import folder

SHELF = folder.shelf("radiation")
SYMBOL = folder.symbols("radiation")

#: Numbers of our alarm rules; most can be set per point.
RULES = {row["rule"]: float(row["value"]) for row in SHELF.edition("alarm-rules").table("rules")}
