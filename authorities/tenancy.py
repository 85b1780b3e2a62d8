"""Which authorities this transaction may see. Row-level security reads it; see docs/adr/0002.

Outside `scope` every tenant table shows no rows and refuses new ones.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

READ = (
    "SELECT coalesce(current_setting('onroll.authorities', true), ''),"
    " coalesce(current_setting('onroll.user', true), '')"
)
WRITE = "SELECT set_config('onroll.authorities', %s, true), set_config('onroll.user', %s, true)"


@contextmanager
def scope(authority_ids: Iterable[int], *, user_id: int | None = None) -> Iterator[None]:
    """A transaction that sees these authorities' rows, and the person's own memberships.

    The settings are local to the transaction, so no connection, pool or thread can carry them
    on to somebody else. Inside another scope the former settings come back at the end.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(READ)
            former = cursor.fetchone()
            wanted = ",".join(str(int(pk)) for pk in sorted(set(authority_ids)))
            cursor.execute(WRITE, [wanted, str(user_id or "")])
        yield
        # When this transaction ends here, its local settings end with it; so they do when the
        # REST framework has marked it to be rolled back.
        if nested and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(WRITE, list(former))


def scoped_authority_ids() -> frozenset[int]:
    """The authorities that the current transaction may see."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        ids, _ = cursor.fetchone()
    return frozenset(int(pk) for pk in ids.split(",") if pk)
