"""Who must not be in a court bundle: every other adult around the child, and every other child.

An adult whose details are kept back, or about whom a court order is on record, is not there in any
form: a line that names them, or only says what they are to the child, is left out whole. Another
person's name is blacked out where it stands. It fails closed: what is not known is kept back.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from django.db.models import Q

from attendance.models import Adult, AdultLink, Pupil
from attendance.selectors.families import ORDERS
from cases.models import CaseLetter
from legal.models import Prosecution

BLACK = "█████"
# Names that are words of this paper too: a single one is searched for only beside the other names.
_ALSO_WORDS = """
    april art august baker bill black brown carter chance church clerk cook court dale dawn day
    dean drew faith ford frank friday grace grant gray green head hill hope hunt iris ivy jack
    january joy june july king lane law long mark march marsh may miles moon north page parent
    park pat penny pierce pope price reason rich rose school short singer smith south street sue
    summer wall ward way week west white will winter wood young
"""
WORDS = frozenset(_ALSO_WORDS.split())
# How people write of a parent without a name.
SAID_OF = {
    "mother": ("mother", "mum", "mummy", "mam", "mom"),
    "father": ("father", "dad", "daddy"),
    "stepmother": ("stepmother", "step-mother", "stepmum", "step-mum"),
    "stepfather": ("stepfather", "step-father", "stepdad", "step-dad"),
    "grandmother": ("grandmother", "gran", "granny", "nan", "nanna", "grandma"),
    "grandfather": ("grandfather", "grandad", "grandpa"),
    "partner": ("partner", "boyfriend", "girlfriend", "husband", "wife"),
}
FORMER = ("ex-partner", "ex-husband", "ex-wife", "other parent")
SPACE = re.compile(r"\s+")
TAG = re.compile(r"(<style.*?</style>|<[^>]*>)", re.DOTALL)


@dataclass
class Guard:
    """What may not stand in a bundle.

    hidden     patterns of people who are not there in any form: a line that has one is left out
    black      patterns of everybody else: blacked out
    by_hand    names that are words too: somebody reads the file for them
    kept_out   what was left out: the prosecutor decides on it by hand
    """

    hidden: re.Pattern[str] | None = None
    black: re.Pattern[str] | None = None
    searched: re.Pattern[str] | None = None
    by_hand: tuple[str, ...] = ()
    kept_out: list[tuple[str, str]] = field(default_factory=list)
    blacked: int = 0

    def text(self, text: str, what: str) -> str | None:
        """The text with others blacked out; None when it is left out whole. what  for the list"""
        if self.hidden is not None and self.hidden.search(SPACE.sub(" ", text)):
            self.kept_out.append((what, "It names, or speaks of, somebody who is protected."))
            return None
        return self.blackened(text)

    def blackened(self, text: str) -> str:
        """The same text with everybody else blacked out."""
        if self.black is None:
            return text
        made, count = self.black.subn(BLACK, text)
        self.blacked += count
        return made

    def page(self, html: str, what: str) -> str | None:
        """A finished page in the same way: its words, never its tags."""
        parts = TAG.split(html)
        words = [unescape(part) for part in parts[::2]]
        if self.hidden is not None and self.hidden.search(SPACE.sub(" ", " ".join(words))):
            self.kept_out.append((what, "It names, or speaks of, somebody who is protected."))
            return None
        parts[::2] = [escape(self.blackened(part), quote=False) for part in words]
        return "".join(parts)

    def found_in(self, text: str) -> bool:
        """Whether somebody else is in the text of a finished page."""
        return self.searched is not None and bool(self.searched.search(SPACE.sub(" ", text)))


def guard_of(prosecution: Prosecution) -> Guard:
    """The guard of one prosecution. Six queries, whatever the family."""
    links = _links(prosecution)
    accused, pupil = prosecution.adult, prosecution.pupil
    kept = _Kept(accused, pupil)
    hidden: list[str] = []
    black: list[str] = []
    by_hand: set[str] = set()
    searched: list[str] = []
    for adult, theirs in _adults(prosecution, links).items():
        protected = adult.kept_back or any(one.court_order in ORDERS for one in theirs)
        tokens = [*_names(adult.forenames, adult.surname, adult.title, kept), *_ways(adult, kept)]
        searched += tokens
        by_hand |= _ambiguous(adult.forenames, adult.surname, kept)
        if protected:
            hidden += [*tokens, *_said(pupil, accused, theirs, links)]
        else:
            black += tokens
    for child in _children(pupil, links):
        tokens = list(_names(f"{child.forenames} {child.known_as}", child.surname, "", kept))
        searched += tokens
        black += tokens
        by_hand |= _ambiguous(f"{child.forenames} {child.known_as}", child.surname, kept)
    return Guard(
        hidden=_any(hidden),
        black=_any(black),
        searched=_any(searched),
        by_hand=tuple(sorted(by_hand)),
    )


def _links(prosecution: Prosecution) -> list[AdultLink]:
    """The circle: this child's adults, the other children of theirs, and the adults of those."""
    own = AdultLink.objects.filter(pupil=prosecution.pupil_id).values("adult")
    children = AdultLink.objects.filter(
        Q(adult__in=own) | Q(adult=prosecution.adult_id) | Q(pupil=prosecution.pupil_id)
    ).values("pupil")
    rows = AdultLink.objects.filter(pupil__in=children).select_related("adult", "pupil")
    return list(rows.order_by("pk"))


def _adults(prosecution: Prosecution, links: Iterable[AdultLink]) -> dict[Adult, list[AdultLink]]:
    """Everybody but the one who is prosecuted; also who was written to and is off the record."""
    found: dict[Adult, list[AdultLink]] = {}
    for link in links:
        if link.adult_id != prosecution.adult_id:
            found.setdefault(link.adult, []).append(link)
    written = CaseLetter.objects.filter(pupil=prosecution.pupil_id).values("adult")
    for adult in Adult.objects.filter(pk__in=written).exclude(pk=prosecution.adult_id):
        found.setdefault(adult, [])
    return found


def _children(pupil: Pupil, links: Iterable[AdultLink]) -> Iterator[Pupil]:
    seen = {pupil.pk}
    for link in links:
        if link.pupil_id not in seen:
            seen.add(link.pupil_id)
            yield link.pupil


class _Kept:
    """What belongs to the parent or the child of the bundle, and so stays."""

    def __init__(self, accused: Adult, pupil: Pupil) -> None:
        named = f"{accused.forenames} {accused.surname} {pupil.forenames} {pupil.known_as} "
        self.names = {part.casefold() for part in f"{named}{pupil.surname}".split()}
        self.title = accused.title.casefold()
        self.lines = {line.strip().casefold() for line in accused.address.splitlines()}
        self.postcode = _bare(accused.postcode)
        self.phone = _digits(accused.phone)
        self.email = accused.email.casefold()


def _names(forenames: str, surname: str, title: str, kept: _Kept) -> Iterator[str]:
    """Patterns of a name: whole, with its title, and each part that is nobody's else."""
    first = forenames.split()
    last = _spaced(surname)
    for one in first:
        if not {one.casefold(), *surname.casefold().split()} <= kept.names:
            yield _word(rf"{re.escape(one)}(?:\s+[\w'\u2019-]+)?\s+{last}")
            yield _word(rf"{last},?\s+{re.escape(one)}")
        if _alone(one, kept):
            yield _word(re.escape(one))
    if title and title.casefold() != kept.title:
        yield _word(rf"{re.escape(title)}\.?\s+(?:\w\.?\s+)?{last}")
    if not set(surname.casefold().split()) <= kept.names and surname.casefold() not in WORDS:
        yield _word(last)


def _alone(name: str, kept: _Kept) -> bool:
    folded = name.casefold()
    return len(name) > 2 and folded not in kept.names and folded not in WORDS


def _ambiguous(forenames: str, surname: str, kept: _Kept) -> set[str]:
    """Parts of a name that cannot be searched for alone."""
    return {
        part
        for part in (*forenames.split(), surname)
        if part and part.casefold() not in kept.names and part.casefold() in WORDS
    }


def _ways(adult: Adult, kept: _Kept) -> Iterator[str]:
    """Patterns of where and how somebody is reached."""
    for line in adult.address.splitlines():
        line = line.strip().rstrip(",")
        if any(c.isdigit() for c in line) and line.casefold() not in kept.lines:
            yield _word(_spaced(line))
    postcode = _bare(adult.postcode)
    if postcode and postcode != kept.postcode:
        yield _word(r"\s?".join(re.escape(c) for c in postcode))
    digits = _digits(adult.phone)
    if len(digits) > 5 and digits != kept.phone:
        yield r"(?:(?:\+44|0)[\s().-]*)?" + r"[\s().-]*".join(digits)
    if adult.email and adult.email.casefold() != kept.email:
        yield re.escape(adult.email)
    yield _word(re.escape(adult.reference))


def _said(
    pupil: Pupil, accused: Adult, theirs: Iterable[AdultLink], links: Iterable[AdultLink]
) -> Iterator[str]:
    """What a protected adult is called without a name, unless the accused is called the same."""
    own = {
        one.relationship.casefold()
        for one in links
        if one.adult_id == accused.pk and one.pupil_id == pupil.pk
    }
    for one in theirs:
        said = one.relationship.casefold().strip()
        if one.pupil_id == pupil.pk and said and said not in own:
            for word in (*SAID_OF.get(said, (said,)), *FORMER):
                yield _word(rf"{re.escape(word)}s?")


def _any(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """One pattern: emails, then the longest first, so that a whole name goes before its parts."""
    found = sorted(set(patterns), key=lambda one: ("@" not in one, -len(one), one))
    return re.compile("|".join(found), re.IGNORECASE) if found else None


def _word(pattern: str) -> str:
    return rf"(?<!\w){pattern}(?!\w)"


def _spaced(text: str) -> str:
    return r"[\s,]+".join(re.escape(part.strip(",")) for part in text.split() if part.strip(","))


def _bare(postcode: str) -> str:
    return "".join(postcode.split()).casefold()


def _digits(phone: str) -> str:
    """The number without its country and its leading nought."""
    digits = "".join(c for c in phone if c.isdigit())
    return re.sub(r"^(?:0044|44|0)", "", digits)
