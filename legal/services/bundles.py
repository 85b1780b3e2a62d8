"""Court bundles: asked for with one press, made by the worker, kept as they were made.

Two files come of it. One is served: for the court and the parent. The other is the prosecutor's
alone: tests, weighing of defences, legal thinking, and what was left out of the first. It fails
closed: a finished file that names another adult or another child is thrown away, and says where.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string

from attendance.access import PupilHere
from attendance.forms.pupils import year_group_words
from attendance.selectors.certificates import certificate_for
from audit.record import Kind, record
from audit.selectors import head, links_of
from authorities.access import Forbidden, Reach, reach_of
from authorities.jobs import LIVE, retry, start
from authorities.models import Job
from authorities.permissions import Permission
from cases.models import CaseLetter
from legal.models import BundleFile, BundlePart, CourtBundle, Prosecution
from legal.selectors import bundle_internal as internal
from legal.selectors import bundle_records as records
from legal.selectors.bundle_disclosure import disclosure
from legal.selectors.bundle_people import Guard, guard_of
from legal.selectors.bundle_sheets import Block, Desk, Line, Sheet, letters_to, local_day
from legal.selectors.bundle_statement import statement
from legal.services.bundle_pdf import Chapter, Made, Paper, bind, places
from legal.services.bundle_press import Printers, html_of, printers, text_of
from letters.models import LetterDocument
from letters.render import RenderFailed
from rules.errors import Conflict, RuleNotMet
from rules.prosecution_stages import ProsecutionState

TASK = "legal.make_bundle"
CERTIFICATE = "letters/registration_certificate.html"
OVER = (ProsecutionState.DISCONTINUED, ProsecutionState.NOT_PROCEEDED)
NUMBERED = ("index", "statement", "exhibits", "disclosure")  # links there name the page
MOST_PASSES = 4
ENDED = "This prosecution has ended without going to court. There is nothing to make a bundle for."
BROKEN = (
    "The stored file is not the one that was made. Do not use it: tell the people who run Onroll,"
    " and make the bundle again."
)

FROZEN = (
    "This bundle is out of date: marks that it rests on were corrected. It cannot be served."
    " Make it again, on the page of the prosecution's bundles."
)

Report = Callable[..., None]


# Asking


@transaction.atomic
def ask(*, reach: Reach, prosecution: Prosecution, now: datetime) -> CourtBundle:
    """Ask for the bundle of a prosecution. Whoever asks while one is being made gets that one.

    Raises Forbidden; Conflict for a prosecution that ended, or where a person must look at it or at
    its penalty notice first.
    """
    may_make(reach, prosecution)
    row = Prosecution.objects.select_for_update(of=("self",), no_key=True).get(pk=prosecution.pk)
    _ready(row)
    bundle = CourtBundle.objects.filter(prosecution=row, made_at=None).select_related("job").first()
    if bundle is not None and bundle.job is not None and bundle.job.state in LIVE:
        return bundle
    if bundle is not None and bundle.job is not None:
        CourtBundle.objects.filter(pk=bundle.pk).update(asked_by=reach.user, asked_at=now)
        retry(bundle.job)
    else:
        bundle = CourtBundle.objects.create(
            authority_id=row.authority_id,
            prosecution=row,
            school_id=row.school_id,
            asked_by=reach.user,
            asked_at=now,
        )
        bundle.job = start(
            TASK,
            authority=reach.authority,
            by=reach.user,
            now=now,
            school=row.school,
            bundle_id=bundle.pk,
        )
        bundle.save(update_fields=["job"])
    record(
        Kind.BUNDLE_ASKED,
        by=reach.user,
        authority=reach.authority,
        school=row.school,
        on=row,
        reference=row.reference,
    )
    return bundle


def may_make(reach: Reach, prosecution: Prosecution) -> None:
    """Raise Forbidden unless the person may make and take the bundle of a prosecution."""
    reach.require(Permission.PROSECUTE, prosecution.school)
    if not reach.may(Permission.VIEW_SENSITIVE, prosecution.school):
        raise Forbidden("Somebody who may read every attendance code makes the bundle.")


def _ready(prosecution: Prosecution) -> None:
    if prosecution.state in OVER:
        raise Conflict(ENDED)
    if prosecution.review:
        raise Conflict(f"{prosecution.review} Look at the prosecution again, and decide first.")
    notice = prosecution.notice
    if notice is not None and notice.review:
        raise Conflict(f"{notice.review} Look at the penalty notice again, and decide first.")


# Making


@dataclass
class _Bench:
    """One bundle in the making."""

    desk: Desk
    printers: Printers
    report: Report
    done: int = 0
    total: int = 0
    printed: dict[str, tuple[Paper, ...]] = field(default_factory=dict)

    def say(self, doing: str, steps: int = 0) -> None:
        """Report how far it is."""
        self.done += steps
        self.report(self.done, self.total, doing)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part before it is printed: a sheet, a finished page, or papers that exist already."""

    key: str
    title: str
    sheet: Sheet | None = None
    page: str = ""
    papers: tuple[Paper, ...] = ()
    records: tuple[str, ...] = ()


def make(job: Job, *, today: date, now: datetime, report: Report) -> CourtBundle:
    """Make the bundle that a job was started for. Made already, it is left as it is.

    Raises Forbidden and Conflict as `ask`; RuleNotMet when somebody who must not be there is.
    """
    bundle = (
        CourtBundle.objects.select_for_update(of=("self",))
        .select_related("asked_by", "authority")
        .get(pk=job.arguments["bundle_id"])
    )
    if bundle.made_at is not None:
        return bundle
    prosecution = _loaded(bundle.prosecution_id)
    reach = reach_of(bundle.asked_by, bundle.authority, today)
    may_make(reach, prosecution)
    _ready(prosecution)
    guard = guard_of(prosecution)
    desk = Desk(prosecution, reach, today, now, guard)
    with printers() as made:
        bench = _Bench(desk, made, report)
        try:
            served = _served(bench)
            _keep(bundle, BundlePart.SERVED, bench, served)
            own = _prosecutors(bench)
            _keep(bundle, BundlePart.PROSECUTOR, bench, own, chain=True)
        except RenderFailed as problem:
            raise RuleNotMet(
                f"A page could not be made: {problem} Try again when the machine is less busy."
            ) from None
    bundle.made_at, bundle.version = now, prosecution.version
    bundle.kept_out = len(dict.fromkeys(guard.kept_out))
    bundle.review = ""  # what was corrected while it waited is in it
    bundle.save(update_fields=["made_at", "version", "kept_out", "review"])
    return bundle


def _loaded(pk: int) -> Prosecution:
    return Prosecution.objects.select_related(
        "authority",
        "adult",
        "pupil__authority",
        "enrolment__pupil",
        "enrolment__school__authority",
        "enrolment__school__trust",
        "school__authority",
        "school__trust",
        "case__school__trust",
        "case__enrolment",
        "case__pupil",
        "case__opened_by",
        "case__crossing",
        "notice__pupil",
        "notice__adult",
        "order",
        "letter__letter__document",
        "authorised_by",
    ).get(pk=pk)


def _served(bench: _Bench) -> list[_Part]:
    """The parts of the served file, in their order."""
    desk = bench.desk
    bench.say("Reading the letters")
    desk.letters = [row for row in letters_to(desk.prosecution) if _may_stand(desk.guard, row)]
    bench.say("Putting the records together")
    one = desk.prosecution
    parts = [
        _Part("certificate", "Headteacher's certificate", page=_certificate(desk)),
        _of("register", records.register(desk), f"attendance.Enrolment:{one.enrolment_id}"),
        _of("basis", records.basis(desk), *_subjects(one)),
        _of("service", records.service(desk)),
        _Part("letters", "Letters", papers=_letters(desk.letters), records=_names(desk.letters)),
        _of("chronology", records.chronicle(desk)),
        _of("support", records.support(desk)),
        _caution(desk),
        _of("pace", records.caution(desk), _subject(one)),
        _of("disclosure", disclosure(desk)),
    ]
    parts = [part for part in parts if part.sheet or part.page or part.papers]
    front = [
        _of("index", _index(parts)),
        _of("statement", statement(desk), _subject(one)),
        _of("exhibits", _exhibits(parts)),
    ]
    return [*front, *parts]


def _prosecutors(bench: _Bench) -> list[_Part]:
    """The parts of the prosecutor's own file."""
    desk = bench.desk
    return [
        _of("tests", internal.tests(desk), _subject(desk.prosecution)),
        _of("weighing", internal.weighing(desk), _subject(desk.prosecution)),
        _of("kept-out", internal.kept_out(desk)),
    ]


def _of(key: str, sheet: Sheet, *subjects: str) -> _Part:
    return _Part(key, sheet.title, sheet=sheet, records=subjects)


def _subject(prosecution: Prosecution) -> str:
    return f"legal.Prosecution:{prosecution.pk}"


def _subjects(prosecution: Prosecution) -> list[str]:
    """The things whose audit links go with the prosecutor's file."""
    found = [_subject(prosecution)]
    if prosecution.notice_id:
        found.append(f"legal.PenaltyNotice:{prosecution.notice_id}")
    return found


def _certificate(desk: Desk) -> str:
    """The school's registration certificate of the period, ready for the head to sign."""
    one = desk.prosecution
    sees = frozenset(held for held in Permission if desk.reach.may(held, one.school))
    certificate = certificate_for(
        PupilHere(one.pupil, (one.enrolment,), sees),
        first=one.first,
        last=one.last,
        year_group=year_group_words(one.enrolment.year_group),
        made_by=desk.reach.user.name,
        made_at=desk.now,
        today=desk.today,
    )
    page = desk.guard.page(
        render_to_string(CERTIFICATE, {"certificate": certificate}), "The certificate"
    )
    if page is None:
        raise RuleNotMet(
            "The headteacher's certificate names somebody who is protected. Make it by hand, and"
            " take legal advice before anything is served."
        )
    return page


# Letters go in as they were sent: the same bytes. One that names somebody else stays out.


def _may_stand(guard: Guard, row: CaseLetter) -> bool:
    text = " ".join(text_of(bytes(row.letter.document.pdf)))
    if guard.found_in(text):
        guard.kept_out.append((f"Letter {row.letter.reference}", "It names somebody else."))
        return False
    return True


def _letters(rows: Sequence[CaseLetter]) -> tuple[Paper, ...]:
    kept = LetterDocument.objects.in_bulk([row.letter_id for row in rows], field_name="letter_id")
    return tuple(_letter(row, kept[row.letter_id]) for row in rows)


def _letter(row: CaseLetter, document: LetterDocument) -> Paper:
    name = f"letter-{row.letter.reference}"
    day = local_day(row.letter.handed_over_at)
    return Paper(
        f"{name}.pdf", bytes(document.pdf), document.pages, f"{row.letter.reference}, {day}", name
    )


def _names(rows: Sequence[CaseLetter]) -> tuple[str, ...]:
    return tuple(f"letters.Letter:{row.letter_id}" for row in rows)


def _caution(desk: Desk) -> _Part:
    """The caution letter, as it was sent."""
    row = desk.prosecution.letter
    document = getattr(row.letter, "document", None) if row is not None else None
    title = "Caution letter"
    if row is None or document is None or not _may_stand(desk.guard, row):
        return _Part("caution", title)
    return _Part("caution", title, papers=(_letter(row, document),), records=_names([row]))


# The front


def _index(parts: Sequence[_Part]) -> Sheet:
    """What is where. The statement and the exhibits list come right after it."""
    known = [("statement", "Draft statement of a witness"), ("exhibits", "Exhibits")]
    known += [(part.key, part.title) for part in parts]
    return Sheet(
        "Court bundle",
        (
            Block(
                "Index",
                tuple(
                    Line(title, f"{number}", to=key)
                    for number, (key, title) in enumerate(known, start=1)
                ),
            ),
        ),
        intro=(
            "Each page has its number at the top right. Each part has a bookmark.",
            "The file holds a manifest with the SHA-256 of each part and each page, and each part's"
            " own file. The council gives a small program that checks them without Onroll.",
        ),
    )


def _exhibits(parts: Sequence[_Part]) -> Sheet:
    """The exhibits by number. Each letter is one."""
    lines, number = [], 0
    for part in parts:
        if part.key in ("service", "disclosure"):
            continue
        many = part.papers if part.key == "letters" else ()
        for key, title in [(one.key, f"Letter {one.title}") for one in many] or [
            (part.key, part.title)
        ]:
            number += 1
            lines.append(Line(title, f"Exhibit {number}", to=key))
    return Sheet("Exhibits", (Block("", tuple(lines)),))


# Printing, binding, keeping


def _keep(
    bundle: CourtBundle, kind: BundlePart, bench: _Bench, parts: list[_Part], *, chain: bool = False
) -> BundleFile:
    """Print the parts, bind them, read the file as its reader will, and keep it."""
    bench.say("Making the pages")
    chapters = _chapters(bench, parts)
    bench.say("Putting the file together")
    made = bind(
        chapters,
        title=f"Court bundle {bundle.reference}",
        facts=_facts(bundle, kind, bench, chain=chain),
        now=bench.desk.now,
    )
    bench.say("Reading every page for other people's names")
    _search(made, bench.desk.guard)
    return BundleFile.objects.create(
        authority_id=bundle.authority_id,
        bundle=bundle,
        part=kind,
        pdf=made.pdf,
        sha256=made.sha256,
        pages=made.pages,
        manifest=made.manifest,
        manifest_sha256=made.manifest_sha256,
        software=bench.printers.software,
        made_at=bench.desk.now,
    )


def _chapters(bench: _Bench, parts: list[_Part]) -> list[Chapter]:
    """Print everything once, then the numbered parts again until their page numbers hold."""
    known = _keys(parts)
    named = dict.fromkeys(known, "page 000")
    plain = dict.fromkeys(known, "see the page")
    _print(bench, parts, lambda part: named if part.key in NUMBERED else plain)
    numbered = [part for part in parts if part.key in NUMBERED]
    for _ in range(MOST_PASSES):
        chapters = _bound(bench, parts)
        where = places(chapters)
        found = {key: f"page {where[key]}" for key in known if key in where}
        if found == named or not numbered:
            return chapters
        named = found
        _print(bench, numbered, lambda part: named)  # noqa: B023  used at once
    raise RuleNotMet("The page numbers did not settle. Try again, and tell us the reference.")


def _keys(parts: Sequence[_Part]) -> set[str]:
    """The keys of records that are in some part."""
    found = {part.key for part in parts}
    for part in parts:
        found |= {paper.key for paper in part.papers if paper.key}
        if part.sheet is not None:
            found |= {line.key for block in part.sheet.blocks for line in block.lines if line.key}
    return found


def _print(bench: _Bench, parts: Sequence[_Part], named: Callable[[_Part], dict[str, str]]) -> None:
    """Print the sheets and pages among the parts, two at a time."""
    jobs: list[tuple[str, str]] = []
    for part in parts:
        if part.sheet is not None:
            words = named(part)
            jobs += [(part.key, html) for html in html_of(_cited(part, words), words)]
        elif part.page:
            jobs.append((part.key, part.page))
    bench.total += len(jobs)
    pages = bench.printers.make_all(
        [html for _, html in jobs], partial(bench.say, "Making the pages", 1)
    )
    papers: dict[str, list[Paper]] = {}
    for (key, _), page in zip(jobs, pages, strict=True):
        done = papers.setdefault(key, [])
        done.append(Paper(f"{key}-{len(done) + 1}.pdf", page.pdf, page.pages))
    bench.printed |= {key: tuple(done) for key, done in papers.items()}


def _cited(part: _Part, known: dict[str, str]) -> Sheet:
    """The sheet; of the statement only the sentences whose record is in the bundle."""
    assert part.sheet is not None  # noqa: S101  asked before
    if part.key != "statement":
        return part.sheet
    return replace(
        part.sheet,
        blocks=tuple(
            replace(block, lines=tuple(line for line in block.lines if line.to in known))
            for block in part.sheet.blocks
        ),
    )


def _bound(bench: _Bench, parts: Sequence[_Part]) -> list[Chapter]:
    found = []
    for number, part in enumerate(parts, start=1):
        papers = part.papers or bench.printed[part.key]
        found.append(
            Chapter(
                part.key,
                part.title,
                tuple(replace(one, name=f"{number:02}-{one.name}") for one in papers),
                part.records,
            )
        )
    return found


def _facts(bundle: CourtBundle, kind: BundlePart, bench: _Bench, *, chain: bool) -> dict[str, Any]:
    """What the manifest says of the file: of what, when, with which software, the audit's head."""
    audit = head(bundle.authority)
    if chain:
        audit["links"] = links_of(bundle.authority, _subjects(bench.desk.prosecution))
    return {
        "bundle": bundle.reference,
        "file": str(BundlePart(kind).label),
        "prosecution": bench.desk.prosecution.reference,
        "made_at": bench.desk.now.isoformat(),
        "software": {
            "pages": bench.printers.software,
            "binding": f"pikepdf {version('pikepdf')}",
        },
        "audit": audit,
    }


def _search(made: Made, guard: Guard) -> None:
    """Raise RuleNotMet when the finished file has somebody else in it. It says where, not whom."""
    for number, text in enumerate(text_of(made.pdf), start=1):
        if guard.found_in(text):
            part = next(
                one["title"]
                for one in made.manifest["parts"]
                if one["first"] <= number <= one["last"]
            )
            raise RuleNotMet(
                f"The bundle was not made: page {number}, in “{part}”, has the name or the details"
                " of somebody who must not be there. Put the record right, then make it again."
            )


# Taking


@transaction.atomic
def take(*, reach: Reach, file: BundleFile) -> bytes:
    """The bytes of a file, checked against what was kept, and written down.

    Raises Conflict for one that is not as it was made, and for the file to be served of a bundle
    that is out of date: the prosecutor may still read their own.
    """
    bundle = file.bundle
    may_make(reach, bundle.prosecution)
    if file.part == BundlePart.SERVED and bundle.review:
        raise Conflict(FROZEN)
    pdf = bytes(file.pdf)
    if hashlib.sha256(pdf).hexdigest() != file.sha256:
        raise Conflict(BROKEN)
    record(
        Kind.BUNDLE_READ,
        by=reach.user,
        authority=reach.authority,
        school=bundle.school,
        on=bundle.prosecution,
        reference=bundle.prosecution.reference,
    )
    return pdf
