"""The reference of a penalty notice, with a check character, and how a person's typing is read.

"PN" and eight characters, the last of which checks the others. The alphabet has 29 characters, a
prime number: digits and letters without vowels (so no words), L (like 1) or S (like 5). Character
number i of the eight, from the left, weighs 8 to 1; the weighted sum must be a multiple of 29.
One wrong character changes it by weight times difference, a swap of any two by the product of the
two differences (of weight, of character); as 29 is prime and all these factors are smaller, neither
is ever a multiple of 29.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rules.errors import InvalidInput
from rules.register import rule

PREFIX = "PN"
ALPHABET = "0123456789BCDFGHJKMNPQRTVWXYZ"
BODY = 7
BODIES = len(ALPHABET) ** BODY  # 17,249,876,309: draw a number below it
LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5"})

_BETWEEN = re.compile(r"[\s\-_.:/\u2013\u2014]+")
_IN_TEXT = re.compile(rf"(?=PN((?:[\s\-]*[A-Z0-9]){{{BODY + 1}}}))")
_SHAPE = re.compile(rf"[{ALPHABET}]{{{BODY + 1}}}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person's text turned out to be: a reference, or a sentence that says what is wrong."""

    reference: str
    wrong: str


def _sum(characters: str) -> int:
    """The weighted sum of the eight characters, or of the seven with a zero for the check."""
    return sum(
        weight * ALPHABET.index(character)
        for weight, character in zip(range(BODY + 1, 0, -1), characters, strict=False)
    )


@rule("NREF-1", source="ONROLL/notice-reference")
def reference_for(number: int) -> str:
    """The reference with a body of this number and its check character: PN7K3M9QXT.

    number  0 to BODIES - 1. Draw it at random at the edge, so that references tell nobody how
    many notices there are, and let the database refuse a second one. Raises ValueError outside.
    """
    if not 0 <= number < BODIES:
        raise ValueError(f"A reference needs a number from 0 to {BODIES - 1}")
    body = ""
    for _ in range(BODY):
        number, at = divmod(number, len(ALPHABET))
        body = ALPHABET[at] + body
    return PREFIX + body + ALPHABET[-_sum(body) % len(ALPHABET)]


def in_groups(reference: str) -> str:
    """A reference as it is printed: PN 7K3M 9QXT."""
    return f"{reference[:2]} {reference[2:6]} {reference[6:]}"


@rule("NREF-2", source="ONROLL/notice-reference")
def read_reference(text: str) -> Reading:
    """The reference somebody typed, forgiving of case, spaces and characters that look alike.

    PN may be left out. O is read as 0, I and L as 1, S as 5. The reading holds either the
    reference or the sentence that says what is wrong; it never guesses at another reference.
    """
    characters = _BETWEEN.sub("", text).upper()
    if characters.startswith(PREFIX) and len(characters) != BODY + 1:
        characters = characters.removeprefix(PREFIX)
    characters = characters.translate(LOOKS_LIKE)
    if not characters:
        return Reading("", "Enter the reference. It starts with PN and is on the notice.")
    if len(characters) != BODY + 1:
        return Reading("", "A reference has PN and 8 letters and digits. Check it on the notice.")
    if not _SHAPE.fullmatch(characters):
        strange = next(one for one in characters if one not in ALPHABET)
        return Reading("", f"No reference has the character {strange}. Check it on the notice.")
    if _sum(characters) % len(ALPHABET):
        return Reading("", "A character is wrong or two are swapped. Check it on the notice.")
    return Reading(PREFIX + characters, "")


def reference_from(text: str) -> str:
    """The reference somebody typed. Raises InvalidInput with what is wrong."""
    reading = read_reference(text)
    if reading.wrong:
        raise InvalidInput(reading.wrong)
    return reading.reference


@rule("NREF-3", source="ONROLL/notice-reference")
def references_in(text: str) -> tuple[str, ...]:
    """The references in a longer text, such as a line of a bank file, in order, each once.

    Only with PN before them: a date or an account number of eight digits passes the check one time
    in 29. With none, or more than one, a person must say which notice is meant.
    """
    found = (read_reference(PREFIX + match[1]) for match in _IN_TEXT.finditer(text.upper()))
    return tuple(dict.fromkeys(reading.reference for reading in found if not reading.wrong))


@rule("NREF-4", source="ONROLL/notice-reference")
def one_slip_from(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Our references that a wrong one may have been: one character off, or two neighbours swapped.

    A character may be wrong, missing or one too many. For a person to choose from, never to match
    by: a payment stays in suspense until then.
    """
    typed = _BETWEEN.sub("", text).upper()
    typed = PREFIX + typed.removeprefix(PREFIX).translate(LOOKS_LIKE)
    return tuple(reference for reference in known if _one_slip(typed, reference))


def _one_slip(one: str, other: str) -> bool:
    if len(one) == len(other):
        wrong = [at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
        if len(wrong) != 2:
            return len(wrong) == 1
        first, second = wrong
        swapped = (one[first], one[second]) == (other[second], other[first])
        return swapped and second == first + 1
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
