"""The prosecutor's own file: tests, defences, the gate, and what is not in the bundle.

Legal advice and the council's own weighing of its case are not served on anybody.
"""

from collections.abc import Iterator

from legal.models import ProsecutionTest
from legal.selectors.bundle_sheets import Block, Desk, Line, Sheet, on_day, some
from rules.dates import in_words
from rules.defences import DEFENCES
from rules.prosecutions import CODE_QUESTIONS, CodeTest

QUESTIONS = {one.key: one.words for one in CODE_QUESTIONS}
TESTS = {CodeTest.EVIDENTIAL: "The evidential test", CodeTest.PUBLIC_INTEREST: "Public interest"}


def tests(desk: Desk) -> Sheet:
    """Both tests as they were made, with who made each and when."""
    rows = ProsecutionTest.objects.filter(prosecution=desk.prosecution).select_related("made_by")
    blocks = [
        Block(
            f"{TESTS[CodeTest(row.test)]}, {in_words(row.on)}, by {row.made_by.name}:"
            f" {'passed' if row.passed else 'not passed'}",
            some(
                desk.line(f"{QUESTIONS.get(key, key)} {text}", when=str(number))
                for number, (key, text) in enumerate(row.answers.items(), start=1)
            ),
        )
        for row in rows.order_by("pk")
    ]
    return Sheet(
        "The two tests",
        tuple(blocks) or (Block("The two tests", (), "Neither has been made."),),
        intro=("For the prosecutor alone. This file is not served.",),
    )


def weighing(desk: Desk) -> Sheet:
    """What was found of each defence, who authorised it, and the gate's frozen answer."""
    return Sheet(
        "Defences, authority and the gate",
        (
            Block("Defences", some(_defences(desk)), "None has been weighed."),
            Block("Authority", some(_authority(desk)), "Nobody has authorised it."),
            Block("The gate, as it was answered then", some(_gate(desk)), "None was frozen."),
        ),
    )


def _defences(desk: Desk) -> Iterator[Line | None]:
    known = {one.key: one.words for one in DEFENCES}
    for key, found in desk.prosecution.defences.items():
        said = found if isinstance(found, dict) else {"found": found}
        yield desk.line(
            f"{said.get('found', '')}. {said.get('reason', '')}".strip(),
            when=known.get(key, key),
        )


def _authority(desk: Desk) -> Iterator[Line | None]:
    one = desk.prosecution
    if one.authorised_by is not None:
        yield desk.line(f"{one.authorised_by.name}, {one.officer}.", when=on_day(one.authorised_on))


def _gate(desk: Desk) -> Iterator[Line | None]:
    for group in desk.prosecution.gate.get("groups", []):
        for one in group.get("requirements", []):
            met = "met" if one.get("met") else "gone past" if one.get("overridden") else "not met"
            yield desk.line(
                f"{one.get('words', '')}: {met}. {one.get('why', '')}".strip(),
                when=str(group.get("title", "")),
            )


def kept_out(desk: Desk) -> Sheet:
    """What is not in the served file and must be decided on by hand. Made last."""
    guard = desk.guard
    names = [
        Line(f"“{name}” is a word of this paper too. Read the file for it.", "By hand")
        for name in guard.by_hand
    ]
    return Sheet(
        "What is not in the bundle",
        (
            Block(
                "Left out: decide by hand whether it must be disclosed, and how",
                tuple(Line(why, what) for what, why in dict(guard.kept_out).items()),
                "Nothing was left out.",
            ),
            Block("Names to look for by hand", tuple(names), "None."),
        ),
        intro=(
            f"Other people's names and details were blacked out {guard.blacked} times.",
            "A machine cannot know every way to speak of a person. Read the whole file before it"
            " is served.",
        ),
    )
