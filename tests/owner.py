"""A connection as the owner of the tables, for what the application may never do."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from django.db import connections


@contextmanager
def owner_cursor() -> Iterator[Any]:
    """A cursor of the owner in a transaction of its own, beside the test's."""
    params = connections["owner"].get_connection_params()
    params.pop("cursor_factory", None)
    with (
        closing(psycopg2.connect(**params)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        yield cursor
