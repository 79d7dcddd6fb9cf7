"""What can go wrong in the pipeline.

PipelineError
├── BadAct         an entry of the acts log that does not say what an act must say
└── NothingToTrace there is no such number
"""


class PipelineError(Exception):
    """Any failure of the pipeline."""


class BadAct(PipelineError):
    """An entry of the acts log that does not say what an act must say."""


class NothingToTrace(PipelineError):
    """There is no such number in the store."""
