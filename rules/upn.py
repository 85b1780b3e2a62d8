"""The unique pupil number: its shape, its check letter and what its parts mean.

A UPN is personal data: no sentence here repeats it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from rules.errors import InvalidInput
from rules.register import rule

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # no I, O or S: too like 1, 0 and 5

_SHAPE = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")


@dataclass(frozen=True, slots=True)
class Upn:
    """A UPN that has passed its check.

    text       thirteen characters, upper case, no spaces
    council    the three digits of the council that issued it, not of where the child is now
    temporary  it ends in a letter and should be replaced by a permanent one
    warning    a sentence when the council part is not one we know; the UPN is taken all the same
    """

    text: str
    council: str
    temporary: bool
    warning: str

    def __str__(self) -> str:
        """Safe for logs: the number itself is personal data."""
        return "UPN"

    def __repr__(self) -> str:
        """Safe for logs and error reports."""
        return "Upn(…)"


@rule("UPN-1", source="CBDS/upn")
def check_letter(twelve: str) -> str:
    """The check letter for the other twelve characters of a UPN.

    Each character is worth its digit, or for a temporary number's letter its place in the
    alphabet of 23 (A is 0). They are multiplied by 2 to 13 in order; the sum, modulo 23, picks
    the letter. Raises ValueError for anything that is not eleven digits and a digit or letter.
    """
    if not _SHAPE.fullmatch(f"A{twelve}"):
        raise ValueError("A check letter needs eleven digits, then a digit or a letter")
    total = sum(
        weight * (int(character) if character.isdigit() else LETTERS.index(character))
        for weight, character in enumerate(twelve, start=2)
    )
    return LETTERS[total % 23]


@rule("UPN-2", source="CBDS/upn")
def read_upn(text: str, *, known_councils: Collection[str] | None = None) -> Upn:
    """A UPN as typed or sent, checked. Spaces and lower case are forgiven.

    known_councils  three-digit codes, past and present; a UPN from another is taken with a
                    warning, as councils come and go and old numbers stay. None gives no warning.

    Raises InvalidInput with a sentence that says what is wrong and never repeats the number.
    """
    tidy = "".join(text.split()).upper()
    if len(tidy) != 13:
        raise InvalidInput(
            f"A UPN has 13 characters; this has {len(tidy)}. Check it and try again."
        )
    if not _SHAPE.fullmatch(tidy):
        raise InvalidInput(
            "A UPN is a letter (never I, O or S) and 12 digits, the last of which may be a letter. "
            "Check it and try again."
        )
    if tidy[0] != check_letter(tidy[1:]):
        raise InvalidInput(
            "The first letter of this UPN does not fit its digits, so one of them is wrong. "
            "Check it and try again."
        )
    council = tidy[1:4]
    unknown = known_councils is not None and council not in known_councils
    return Upn(
        text=tidy,
        council=council,
        temporary=not tidy[-1].isdigit(),
        warning=(
            f"{council} is not a council code we know. The UPN is kept; check it if you can."
            if unknown
            else ""
        ),
    )
