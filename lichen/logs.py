"""Logs of every process in one form: UTC to the second, level, event, fields. `LICHEN_LOG=json` for machines."""

from __future__ import annotations

import logging
import os
import sys
import time

import structlog


class UtcFormatter(logging.Formatter):
    """Lines of libraries that log by the standard library, in the same clock as ours."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%SZ"
    default_msec_format = ""


def configure() -> None:
    """Set up structlog; called once by the command."""
    last: list[structlog.typing.Processor]
    if os.environ.get("LICHEN_LOG") == "json":
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
            structlog.processors.StackInfoRenderer(),
            *last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
