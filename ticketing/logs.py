"""Structured logs: one JSON object a line on standard error, or readable lines for a developer."""

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog


def configure(log_format: str) -> None:
    """Set up structlog for this process; `log_format` is `json` or `console`."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _tracebacks(log_format),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Log())),
    )


class _Log:
    """Standard error, whatever becomes of it: a full disk behind it loses lines, and nothing else."""

    def write(self, text: str) -> int:
        """Write, or lose it."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or lose it."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def _tracebacks(log_format: str) -> structlog.typing.Processor:
    """Write the place of an error, never the values: local variables hold tokens and names."""
    if log_format == "json":
        return structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
    return structlog.processors.format_exc_info
