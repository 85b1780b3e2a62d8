"""Short references that say nothing and cannot be guessed: what URLs and letters carry."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no vowels, no look-alikes
_source: random.Random = secrets.SystemRandom()


def new_reference() -> str:
    """Ten characters, 48 bits. Unique keys catch the one in a million million."""
    return "".join(_source.choices(ALPHABET, k=10))


def new_number(below: int) -> int:
    """A number from 0 to `below` - 1 that cannot be guessed, for references with a check digit."""
    return _source.randrange(below)


@contextmanager
def drawn_from(source: random.Random) -> Iterator[None]:
    """Draw references from a known source: demo worlds must come out the same each time."""
    global _source
    former, _source = _source, source
    try:
        yield
    finally:
        _source = former
