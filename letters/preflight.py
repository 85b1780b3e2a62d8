"""Would a print room take this address? The rules that GOV.UK Notify and window envelopes share."""

import re
from collections.abc import Sequence

FEWEST_LINES, MOST_LINES = 3, 7
WINDOW_CHARACTERS = 55  # what fits the window at the size we print
POSTCODE = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}$")
BAD_STARTS = tuple('@()=[]"\\/,<>~')


def address_problem(lines: Sequence[str]) -> str:
    """What is wrong with an address, in words, or nothing.

    lines  name first, postcode last
    """
    if len(lines) < FEWEST_LINES:
        return f"The address needs at least {FEWEST_LINES} lines, with a name and a postcode."
    if len(lines) > MOST_LINES:
        return f"The address has {len(lines)} lines. Shorten it to {MOST_LINES}."
    if not POSTCODE.match(lines[-1].upper()):
        return "The last line of the address must be a UK postcode."
    if not all(re.search(r"[^\W_]", line) for line in lines[:2]):
        return "The first two lines of the address must hold a letter or a number."
    return next(filter(None, map(_line_problem, lines)), "")


def _line_problem(line: str) -> str:
    if "no fixed abode" in line.lower():
        return "A letter cannot be posted to someone with no fixed abode."
    if line.startswith(BAD_STARTS):
        return "No line of the address may start with a bracket, quote, slash or sign."
    if len(line) > WINDOW_CHARACTERS:
        return f"A line of the address is longer than {WINDOW_CHARACTERS} characters."
    return ""
