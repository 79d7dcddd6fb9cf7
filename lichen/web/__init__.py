"""The web: all of Lichen that knows Django. Registry, readings, "why this number", the ledger's pages, the JSON API.

`lichen.web.serve` runs it together with the sealer and the worker; `lichen.web.manage` holds the commands.
"""
