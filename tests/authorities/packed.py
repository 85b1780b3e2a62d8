"""A small pack for tests, and a way to put more into it."""

from datetime import date

from authorities.packs.schema import Pack

ABOUT = {
    "name": "northmoor",
    "title": "Northmoor attendance",
    "for": "authority",
    "edition": "1",
    "valid_from": date(2026, 9, 1),
    "status": "adopted",
    "document": "Northmoor attendance guide",
}


def entry(key: str, **more):
    """One entry with the source that every entry needs."""
    return {"key": key, "source": "Section 1", **more}


def pack_of(**sections) -> Pack:
    """A pack of these sections."""
    return Pack.model_validate({"pack": ABOUT, **sections})
