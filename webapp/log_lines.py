"""Each log line is an object of JSON for machines, or a text for people; both have the ids of what they are about."""

import json
import logging
from datetime import UTC, datetime

from engine.observability import log_context, tracing


class TextFormatter(logging.Formatter):
    """A line of text is `TIME LEVEL LOGGER MESSAGE [name=value ...]`."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        ids = " ".join(f"{name}={value}" for name, value in _ids().items())
        text = super().format(record)
        if not ids:
            return text
        first, newline, rest = text.partition("\n")
        return f"{first} [{ids}]{newline}{rest}"


class JsonFormatter(logging.Formatter):
    """A line of JSON has `time` (UTC), `level`, `logger`, `message`, `stackTrace` of an exception, and the ids."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
            **_ids(),
        }
        if record.exc_info:
            line["stackTrace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _ids() -> dict[str, str]:
    trace_id = tracing.trace_id()
    return {**log_context.current(), **({"traceId": trace_id} if trace_id else {})}
