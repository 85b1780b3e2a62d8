"""Chance that comes out the same each time: every part of the world draws from its own stream."""

import hashlib
import random
from functools import cache
from pathlib import Path
from tomllib import loads
from typing import Any

import numpy as np

DATA = Path(__file__).resolve().parent / "data"


def digest(seed: int, *labels: object) -> bytes:
    """32 bytes that depend on the number and the labels alone."""
    return hashlib.sha256("\x1f".join(map(str, ("onroll", seed, *labels))).encode()).digest()


def stream(seed: int, *labels: object) -> np.random.Generator:
    """A source of its own for one part of the world, so that parts do not disturb each other."""
    return np.random.default_rng(int.from_bytes(digest(seed, *labels), "big"))


def references(seed: int) -> random.Random:
    """What references are drawn from: see authorities.references.drawn_from."""
    return random.Random(int.from_bytes(digest(seed, "references"), "big"))


@cache
def table(name: str) -> dict[str, Any]:
    """One of the tables in demo/data, read once."""
    return loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
