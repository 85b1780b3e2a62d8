"""Names as we search and sort them."""

import unicodedata


def plain(name: str) -> str:
    """A name in lower case without accents, as `Pupil.sort_name` is kept."""
    taken_apart = unicodedata.normalize("NFKD", name)
    return "".join(c for c in taken_apart if not unicodedata.combining(c)).lower()


def sort_name(surname: str, forenames: str) -> str:
    """How a pupil stands in lists: surname then forenames, in lower case, without accents."""
    return " ".join(plain(f"{surname} {forenames}").replace("\u2019", "'").split())
