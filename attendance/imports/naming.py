"""How a file of marks names its pupils: by what it writes as UPN, as number, or as both."""

import hashlib
from collections.abc import Mapping

import numpy as np

from attendance.imports.reading import Column, Table

Naming = tuple[str, str]  # the UPN as written, in capitals; the number, in lower case
LONGEST = 60  # of either; what is longer is no number of a pupil


def naming_of(upn: str, number: str) -> Naming:
    """What a row writes, so that the same pupil is always named the same."""
    return upn.strip().upper(), number.strip().casefold()


def key_of(naming: Naming) -> str:
    """A short name for a naming that may stand in an address: it gives no UPN away."""
    return hashlib.sha256("\x1f".join(naming).encode()).hexdigest()[:16]


def naming_columns(table: Table, mapping: Mapping[str, str]) -> tuple[Column, Column]:
    """The columns of UPN and number; an empty one for what the file does not have."""
    none = Column([""], np.zeros(len(table.lines), np.int32))
    upn = table.columns.get(mapping.get("upn", ""), none)
    return upn, table.columns.get(mapping.get("external_id", ""), none)


def rows_that_name(table: Table, mapping: Mapping[str, str], naming: Naming) -> Table:
    """Only the rows that name one pupil in this way."""
    upn, number = naming_columns(table, mapping)
    upns = [at for at, text in enumerate(upn.values) if naming_of(text, "")[0] == naming[0]]
    numbers = [at for at, text in enumerate(number.values) if naming_of("", text)[1] == naming[1]]
    return table.where(np.isin(upn.at, upns) & np.isin(number.at, numbers))
