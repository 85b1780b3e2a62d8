"""A court bundle of over 200 pages, from the records to the two kept files.

The case of `bench.case_page` with a year of marks and 300 events, 700 notes more, and 60 letters of
two pages that went to the parent. The prosecution is about every session without leave since. The
reference prints the same sheets once, one after another, with one page maker: what layout alone
costs on this machine in this minute. `processor_seconds` is what a bundle takes of the processors,
page makers included: it holds on a busy machine too. `identical` is true only when the checker,
which shares no line with what made the files, finds nothing wrong with either, and no other adult
is in them.
"""

import argparse
import resource
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from attendance.models import Adult, AdultLink
from attendance.selectors.registers import marks_of
from authorities.models import Job, Membership, User
from authorities.permissions import Role
from authorities.tenancy import scope
from bench.case_page import Say, build
from cases.models import Case, CaseLetter, CaseNote
from legal.bundle_verifier.verify import wrong_with
from legal.models import BundleFile, CourtBundle, Prosecution
from legal.services import bundle_press, bundles
from legal.services.bundle_press import Printers, text_of
from letters.models import Letter, LetterDocument
from letters.render import PRESS

LETTERS = 60
NOTES = 700
PAGES = 200
GATE_SECONDS = 20
TEXT = "They talked for a while about mornings, the bus, and what would make it easier to come in. "
LETTER = (
    "<html lang=en><title>A letter</title><style>@page { size: A4; margin: 20mm }"
    " body { font-family: 'Liberation Sans' }</style>" + f"<p>{TEXT * 3}</p>" * 22
)


def fill(case: Case, officer: User) -> Prosecution:
    """The parent and another, the letters, the notes, and the prosecution."""
    today, now = timezone.localdate(), timezone.now()
    same = {"authority": case.authority}
    parent, other = Adult.objects.bulk_create(
        Adult(
            **same,
            title="Ms",
            forenames=name,
            surname=surname,
            address=f"{number} Example Row",
            postcode=f"ZZ99 {number}ZZ",
            protected_address="no",
        )
        for number, name, surname in ((1, "Ada", "Larkfield"), (2, "Tessa", "Reedham"))
    )
    for adult in (parent, other):
        AdultLink.objects.create(
            **same, pupil=case.pupil, adult=adult, relationship="mother", court_order="none"
        )
    CaseNote.objects.bulk_create(
        CaseNote(
            **same,
            case=case,
            text=f"{'Tessa Reedham rang. ' if n % 10 == 0 else ''}{TEXT * 2}",
            written_by=officer,
            written_at=now - timedelta(hours=n + 1),
        )
        for n in range(NOTES)
    )
    _letters(case, parent, officer)
    first = today - timedelta(days=170)
    marks = [mark for mark in marks_of(case.enrolment, first, today) if mark.code == "O"]
    return Prosecution.objects.create(
        **same,
        case=case,
        enrolment=case.enrolment,
        pupil=case.pupil,
        school=case.school,
        adult=parent,
        state="preparing",
        offence="444(1)",
        first=first,
        last=today,
        sessions=[
            {"day": mark.day.isoformat(), "session": int(mark.session), "code": mark.code}
            for mark in marks
        ],
        made_by=officer,
        made_at=now,
    )


def _letters(case: Case, parent: Adult, officer: User) -> None:
    now = timezone.now()
    page = PRESS.make(LETTER)
    assert page.pages == 2, page.pages
    for n in range(LETTERS):
        letter = Letter.objects.create(
            authority=case.authority,
            school=case.school,
            kind="bench",
            title="A letter about attendance",
            context={},
            state="handed over",
            created_by=officer,
            created_at=now,
            approved_by=officer,
            approved_at=now,
            changed_at=now,
            handed_over_at=now - timedelta(days=n),
        )
        LetterDocument.objects.create(
            authority=case.authority,
            letter=letter,
            pdf=page.pdf,
            sha256=page.sha256,
            pages=page.pages,
            software=page.software,
            made_at=now,
        )
        CaseLetter.objects.create(
            authority=case.authority, pupil=case.pupil, case=case, adult=parent, letter=letter
        )


def asked(prosecution: Prosecution, officer: User) -> CourtBundle:
    """A bundle that waits for the worker."""
    now = timezone.now()
    same = {"authority": prosecution.authority, "school": prosecution.school}
    bundle = CourtBundle.objects.create(
        **same, prosecution=prosecution, asked_by=officer, asked_at=now
    )
    bundle.job = Job.objects.create(
        **same,
        kind=bundles.TASK,
        arguments={"bundle_id": bundle.pk},
        asked_by=officer,
        asked_at=now,
    )
    bundle.save(update_fields=["job"])
    return bundle


def _spent() -> float:
    """Processor seconds of this process and of the page makers that it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """The bundle `--runs` times, and what its layout alone costs."""
    today = timezone.localdate()
    say(f"Making a case with {NOTES} notes more and {LETTERS} letters")
    authority, officer, cases = build(today)
    sheets: list[str] = []
    kept = Printers.make_all

    def listening(self: Printers, pages: Any, *more: Any) -> Any:
        sheets.extend(pages)
        return kept(self, pages, *more)

    bundle_press.Printers.make_all = listening  # type: ignore[method-assign]
    seconds, spent, said = [], [], []
    with scope([authority.pk]):
        Membership.objects.create(
            authority=authority, user=officer, role=Role.LEGAL_OFFICER, starts_on="2020-01-01"
        )
        case = Case.objects.select_related("authority", "school", "pupil", "enrolment__school").get(
            pk=cases["long"].pk
        )
        prosecution = fill(case, officer)
        for _ in range(max(1, options.runs)):
            waiting = asked(prosecution, officer)
            sheets.clear()
            start, before = time.perf_counter(), _spent()
            bundles.make(
                waiting.job,
                today=today,
                now=timezone.now(),
                report=lambda *words: said.append(words),
            )
            seconds.append(time.perf_counter() - start)
            spent.append(_spent() - before)
            say(f"{seconds[-1]:.1f} s, {spent[-1]:.1f} s of the processors")
        files = list(BundleFile.objects.filter(bundle=waiting).order_by("-part"))
    with bundle_press.printers() as one:
        one.make(sheets[0])
        start = time.perf_counter()
        for html in dict.fromkeys(sheets):
            one.presses[0].make(html)
        reference = time.perf_counter() - start
    pdf = bytes(files[0].pdf)
    best = min(seconds)
    found: dict[str, Any] = {
        "bench": "bundle",
        "pages": files[0].pages,
        "printed": files[0].pages - LETTERS * 2,
        "megabytes": round(len(pdf) / 1e6, 1),
        "seconds": round(best, 1),
        "processor_seconds": round(min(spent), 1),
        "reference_seconds": round(reference, 1),
        "ratio": round(best / reference, 2),
        "reports": len(said) // len(seconds),
        "identical": not any(list(wrong_with(bytes(file.pdf))) for file in files)
        and not any("Reedham" in text for file in files for text in text_of(bytes(file.pdf))),
    }
    say(f"{found['pages']} pages in {best:.1f} s; layout alone {reference:.1f} s: {found['ratio']}")
    found["gates"] = {
        "identical": found["identical"],
        f"{PAGES} pages or more": found["pages"] >= PAGES,
        f"the bundle under {GATE_SECONDS} s of processor time": min(spent) < GATE_SECONDS,
        "progress is reported": found["reports"] >= 10,
    }
    return found
