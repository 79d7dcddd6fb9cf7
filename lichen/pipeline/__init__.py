"""The pipeline: from sealed bytes to verdicts, one file a step; the worker that follows the ledger; the way back."""
