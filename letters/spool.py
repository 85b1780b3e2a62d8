"""The print spool: one PDF and one JSON for each letter, named by its reference alone.

Whoever prints picks up a letter when its JSON is there: the PDF is always in place before it. A
file appears whole or not at all, and writing the same letter again changes nothing.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings


def folder() -> Path:
    """Where the print room looks. Only the application's user may read it."""
    path = Path(settings.SPOOL_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def put(reference: str, pdf: bytes, facts: Mapping[str, Any]) -> None:
    """Hand over one letter. Raises OSError when the disk does not take it; nothing half stays."""
    home = folder()
    _place(home / f"{reference}.pdf", pdf)
    text = json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    _place(home / f"{reference}.json", text.encode())


def take_back(reference: str) -> None:
    """Remove a letter that must not go after all, if it is still here."""
    for ending in ("json", "pdf"):
        with suppress(FileNotFoundError):
            (folder() / f"{reference}.{ending}").unlink()


def _place(path: Path, data: bytes) -> None:
    """Write beside, force to disk, then rename: a crash leaves the old state or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
