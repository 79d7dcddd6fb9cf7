"""Re-runnable measurements behind ``lichen bench``: one module each with ``run(seconds) -> dict`` and its GOALS."""

NAMES = ("codec", "gateway", "ledger", "store", "pipeline")
