"""Is this wording short, plain and kind? What the evidence on letters asks for, measured.

Supportive letters: a body of at most 150 words, a reading age of at most 11, days and not only
percentages, a next step, a named contact and how to reach them, and no threat.
"""

import re
from collections.abc import Iterator

from letters import wording
from letters.catalogue import LetterKind

MOST_WORDS = 150
OLDEST_READER = 11
THREATS = re.compile(
    r"\b(fine[sd]?|penalty|penalties|prosecut\w*|court\w*|legal\w*|offence\w*|enforce\w*|"
    r"warning|consequences?|unacceptable|failure|failed|must)\b",
    re.IGNORECASE,
)
JARGON = re.compile(
    r"\b(persistent(ly)? absen\w*|unauthorised|authorised|sessions?|attendance officer|EWO|"
    r"intervention\w*|threshold|cohort|barriers?)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[A-Za-z0-9½][A-Za-z0-9½\u2019'@.-]*")
SENTENCE_END = re.compile(r"[.!?:](?:\s|$)|\n")


def count_words(text: str) -> int:
    """How many words a reader meets."""
    return len(WORD.findall(text))


def syllables(word: str) -> int:
    """About how many syllables a word has: runs of vowels, a silent final e left out."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    if not letters:
        return 1
    runs = len(re.findall(r"[aeiouy]+", letters))
    silent = letters.endswith("e") and not letters.endswith("le") and runs > 1
    return max(1, runs - silent)


def reading_age(text: str) -> float:
    """Years of age at which the text reads easily: Flesch-Kincaid grade plus five."""
    words = WORD.findall(text)
    sentences = len([part for part in SENTENCE_END.split(text) if part and part.strip(" -")])
    if not words or not sentences:
        return 0.0
    beats = sum(syllables(word) for word in words)
    grade = 0.39 * len(words) / sentences + 11.8 * beats / len(words) - 15.59
    return round(grade + 5, 1)


def problems(text: str, kind: LetterKind) -> Iterator[str]:
    """Everything that keeps this wording from being used, each naming a line where it can."""
    try:
        blocks = wording.parse(text)
    except wording.WordingError as problem:
        yield str(problem)
        return
    used = {name: number for number, name in wording.placeholders(blocks)}
    known = kind.sample.placeholders()
    for name, number in used.items():
        if name not in known:
            yield (
                f"line {number}: (({name})) is not known here. "
                f"Use one of: {', '.join(sorted(known))}."
            )
    for name in kind.required:
        if name not in used:
            yield f"the wording does not say (({name})). Every such letter must."
    titles = [block for block in blocks if block.kind == "title"]
    if len(titles) != 1 or blocks[0].kind != "title":
        yield "line 1: start with one title, as '# Words'."
    if set(used) <= set(known):
        yield from _too_hard(text, kind)


def _too_hard(text: str, kind: LetterKind) -> Iterator[str]:
    if not kind.supportive:
        return
    said = wording.fill(text, kind.sample.placeholders())
    words = wording.words_of(said)
    if (count := count_words(words)) > MOST_WORDS:
        yield f"the letter has {count} words. Cut it to {MOST_WORDS}."
    if (age := reading_age(words)) > OLDEST_READER:
        yield f"the letter reads at age {age}. Use shorter words and sentences: {OLDEST_READER}."
    if not any(block.kind == "list" for block in said):
        yield "the letter does not list what to do next. Add bullets under a heading."
    for number, line in enumerate(text.splitlines(), start=1):
        for found in THREATS.findall(line):
            word = found if isinstance(found, str) else found[0]
            yield f"line {number}: '{word}' reads as a threat. Say what would help instead."
        for found in JARGON.finditer(wording.PLACEHOLDER.sub("", line)):
            yield f"line {number}: '{found[0]}' is jargon. Say it in everyday words."
