"""A private PostgreSQL for one benchmark: durable, tuned, vacuumed by hand."""

import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from launcher import children, postgres

TUNED = {
    "shared_buffers": "2GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "random_page_cost": "1.1",
    "effective_cache_size": "6GB",
    "autovacuum": "off",  # between turns by hand, so that no turn pays for another
    "max_parallel_workers_per_gather": "0",  # two processes each, on two cores
}


@contextmanager
def tuned_database(say: Callable[[str], None]) -> Iterator[None]:
    """An empty database with our tables; the environment and Django point at it."""
    with ExitStack() as stack:
        url = os.environ.get("BENCH_DATABASE_URL") or private_url(stack, say)
        os.environ["DATABASE_URL"] = url
        os.environ.pop("DATABASE_OWNER_URL", None)
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")  # nothing here asks it
        os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-and-never-for-people-0123456789")
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        from django.core.management import call_command

        say("Making the tables")
        call_command("migrate", verbosity=0, skip_checks=True)
        yield


def private_url(stack: ExitStack, say: Callable[[str], None]) -> str:
    """Start our own server; it ends, and its folder goes, with the stack."""
    folder = Path(tempfile.mkdtemp(prefix="onroll-bench-"))
    folder.chmod(0o711)
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    say("Starting a private PostgreSQL")
    with patch.dict(postgres.SETTINGS, TUNED):
        cluster = postgres.prepared(folder / "pg", folder / "s", env=os.environ)
        postgres.initialise(cluster)
        server = postgres.start(cluster, log=folder / "postgres.log")
    stack.callback(children.stop, server)
    postgres.ensure_database(cluster, owner=postgres.SUPERUSER)
    return cluster.url(postgres.SUPERUSER)


def start_worker(module: str, pipe: Any) -> None:
    """In a fresh process: set Django up, then let the module's `worker` answer what is asked."""
    import django

    django.setup()
    importlib.import_module(module).worker(pipe)
