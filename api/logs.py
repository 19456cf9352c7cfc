"""Logging: one line on standard error for each event, as JSON or, on a terminal, as text.

Of a request, a line contains only FIELDS: no query string, body, header, IP address or e-mail address. Messages of
exceptions and warnings can repeat input, so an exception is logged by its types and its stack frames only.
"""

import json
import logging
import logging.config
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer

Form = Literal["json", "console"]
FIELDS = ("request_id", "method", "route", "status", "duration_ms", "problem", "count")
OURS = "afterword"
WARNING = re.compile(r".+?:\d+: \w+(?=: )")
BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
MAX_FRAMES = 100
MAX_LINKS = 20


def configuration(level: str, form: Form | None = None) -> dict[str, Any]:
    """Return the configuration of `logging`. It consists of plain data, so that it can be passed to worker processes.

    `level` is for our own events; other packages are logged from WARNING on. Without a `form`, a terminal gets text.
    """
    default = "console" if sys.stderr.isatty() else "json"
    others = "ERROR" if level == "ERROR" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "api.logs.Lines", "form": form or default}},
        "handlers": {"stderr": {"()": "api.logs.stderr", "formatter": "lines"}},
        "root": {"level": others, "handlers": ["stderr"]},
        "loggers": {OURS: {"level": level}},
    }


def configure_logging(level: str, form: Form | None = None) -> None:
    """Configure the logging of this process; see `configuration`."""
    logging.config.dictConfig(configuration(level, form))


def stderr() -> logging.Handler:
    """Return the handler for standard error, and log warnings too, in each worker process that calls this."""
    logging.captureWarnings(capture=True)
    return logging.StreamHandler()


class Lines(logging.Formatter):
    """A formatter that makes one line of each event."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.is_json = form == "json"
        self.render = JSONRenderer(json.dumps) if self.is_json else ConsoleRenderer(colors=sys.stderr.isatty())

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: timestamp, level, event, logger, and the FIELDS that the record has."""
        instant = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        event: dict[str, Any] = {
            "timestamp": f"{instant[:23]}Z",
            "level": record.levelname.lower(),
            "event": _words(record),
            "logger": record.name,
        }
        fields = record.__dict__
        event.update((name, fields[name]) for name in FIELDS if name in fields)
        faults = [_exception_fields(error) for error in _chain(record.exc_info[1])] if record.exc_info else []
        if self.is_json:
            if faults:
                event["exception"] = faults
            return str(self.render(None, "", event))
        event = {name: _visible(value) for name, value in event.items()}
        if faults:
            event["exception"] = "\n".join("\n    ".join([fault["type"], *fault["frames"]]) for fault in faults)
        return str(self.render(None, "", event))


def _words(record: logging.LogRecord) -> str:
    """Return the message; from other packages only its first line, because a traceback with messages may follow."""
    if isinstance(record.msg, BaseException):
        return _name(record.msg)
    text = str(record.msg)
    if isinstance(record.args, tuple) and record.args:
        values = tuple(_name(value) if isinstance(value, BaseException) else value for value in record.args)
        with suppress(TypeError, ValueError):  # another package passed wrong arguments: log the message without them
            text %= values
    if record.name == "py.warnings" and (place := WARNING.match(text)):
        return place.group()
    return text if record.name.startswith(OURS) else text.partition("\n")[0]


def _chain(error: BaseException | None, links: int = 0) -> Iterator[BaseException]:
    """Yield an exception, the members of a group, and the causes of each."""
    if error is None or links == MAX_LINKS:
        return
    yield error
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _chain(member, links + 1)
    yield from _chain(error.__cause__ or (None if error.__suppress_context__ else error.__context__), links + 1)


def _exception_fields(error: BaseException) -> dict[str, Any]:
    """Return an exception's type and its stack frames, the innermost last; never its message."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    return {"type": _name(error), "frames": frames[-MAX_FRAMES:]}


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _visible(value: object) -> object:
    """Return a value with its control characters escaped, for a terminal."""
    if not isinstance(value, str):
        return value
    return BREAKING.sub(lambda found: found.group().encode("unicode_escape").decode(), value)
