"""Logs as JSON lines that hold no personal data.

Fields named below are dropped wherever they appear; messages carry ids, never names.
"""

import re
from typing import Any

import structlog

PERSONAL = frozenset(
    {
        *("address", "adult", "born_on", "date_of_birth", "email", "first_name", "forenames"),
        *("last_name", "name", "password", "phone", "postcode", "pupil", "surname", "token", "upn"),
    }
)


def without_personal_data(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drop every field that could hold a person's data."""
    return {key: value for key, value in event.items() if key not in PERSONAL}


# What PostgreSQL adds to an error below its first line: the row, the key or the query, with values.
VALUES = re.compile(
    r"(?:DETAIL|CONTEXT|HINT|LINE \d+): .*?"
    r"(?=\n\n(?:The above|During handling)|\nTraceback \(|\n\S*Error: |\Z)",
    re.DOTALL,
)


def without_values(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Cut the values that a database error shows off its message and its traceback."""
    return {
        key: VALUES.sub("(values left out)", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def settings(*, level: str) -> dict[str, Any]:
    """Django's LOGGING: one JSON line an event on standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_values,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "fontTools": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
        },
    }
