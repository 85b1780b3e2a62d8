"""A past period replayed under another policy, against the live step day by day."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from attendance.models import Enrolment
from attendance.services.registers import record_marks
from audit.models import Event
from authorities import jobs, packs
from authorities.access import Forbidden
from authorities.models import Job
from authorities.packs.schema import Pack
from authorities.permissions import Role
from cases import tasks
from cases.models import Case, Proposal
from cases.selectors.replays import Outcome, by_year, replay
from cases.services import proposing, what_if
from rules.dates import days_between
from rules.errors import InvalidInput
from tests import factories
from tests.attendance.registers import TERMS, frame, school_year
from tests.cases.family import NOW
from tests.cast import TODAY

FIRST, LAST = date(2026, 9, 2), date(2026, 11, 16)
CODES = np.array(["/", "I", "O", "N", "L", "U"])
HABITS = (
    [1, 0, 0, 0, 0, 0],
    [0.93, 0.05, 0.01, 0, 0.01, 0],
    [0.85, 0.05, 0.05, 0.01, 0.03, 0.01],
    [0.7, 0.1, 0.1, 0.02, 0.06, 0.02],
    [0.4, 0.1, 0.3, 0.1, 0.05, 0.05],
)


@pytest.fixture
def everybody(cast):
    """Ten pupils at each of two schools, from the very regular to the hardly seen."""
    random = np.random.default_rng(11)
    for school in (cast.hillside, cast.brook):
        for year in (2025, 2026):
            school_year(school, year)
        rows = []
        for number in range(10):
            pupil = factories.pupil(cast.northmoor)
            starts = date(2026, 9, 21) if number == 3 else date(2024, 9, 2)
            ends = date(2026, 10, 16) if number == 4 else None
            row = factories.enrolment(pupil, school, starts_on=starts, ends_on=ends)
            rows += marks_of(random, row, HABITS[number % len(HABITS)])
        record_marks(
            school=school, marks=frame(rows), batch=None, by=cast.officer, reason="start", now=NOW
        )
    packs.adopt(authority=cast.northmoor, pack="dorset", starts_on=date(2026, 9, 1), reach=None)
    packs.adopt(
        authority=cast.northmoor,
        pack="chaucer",
        starts_on=date(2026, 10, 1),
        reach=None,
        school=cast.hillside,
    )
    return cast


def marks_of(random, row, habits):
    """Half a year in runs, now and then a gap."""
    found, code = [], "/"
    for year in (2025, 2026):
        for first, last in TERMS[year][-1:] if year == 2025 else TERMS[year][:2]:
            for day in days_between(first, min(last, LAST)):
                if day.weekday() > 4 or not row.starts_on <= day <= (row.ends_on or LAST):
                    continue
                for half in (0, 1):
                    if random.random() < 0.6 or code == "":
                        code = str(random.choice(CODES, p=habits))
                    found.append((row.pk, day, half, code.replace("/", "/\\"[half])))
    return found


def schools(cast):
    return [cast.hillside, cast.brook]


def nobody(done, total):
    """Progress that nobody watches."""


def live(cast):
    """What the live step noted, looking at the end of every day."""
    for day in days_between(FIRST, LAST):
        proposing.look(cast.northmoor.pk, as_of=day, now=NOW)
    rows = list(Proposal.objects.all())
    times = Counter((row.pack, row.trigger) for row in rows)
    pupils = {}
    for row in rows:
        outcome = Outcome(row.proposes, row.pack, row.target)
        pupils.setdefault(outcome, set()).add(row.enrolment_id)
    return times, pupils


def test_a_draft_that_equals_the_pack_in_force_counts_what_the_live_step_counted(everybody):
    replayed = replay(schools(everybody), packs.load("dorset"), FIRST, LAST, nobody)

    times, pupils = live(everybody)

    assert len(times) > 6  # enough triggers came and went for the comparison to mean something
    assert max(times.values()) > 6
    for side in ("now", "draft"):
        assert replayed.sides[side].times == times
        assert dict(replayed.sides[side].pupils) == pupils
        assert sum(replayed.sides[side].weeks.values()) == sum(times.values())


def test_another_pack_changes_only_what_it_says(everybody):
    replayed = replay(schools(everybody), packs.load("bcp"), FIRST, LAST, nobody)

    now, draft = replayed.sides["now"], replayed.sides["draft"]
    assert {pack for pack, _ in now.times} == {"national", "dorset", "chaucer"}
    assert {pack for pack, _ in draft.times} == {"national", "bcp", "chaucer"}
    for pack in ("national", "chaucer"):
        assert {k: n for k, n in now.times.items() if k[0] == pack} == {
            k: n for k, n in draft.times.items() if k[0] == pack
        }


def test_a_milder_draft_reaches_fewer_pupils(everybody):
    dorset = packs.load("dorset")
    (line, *others) = dorset.triggers
    lower = line.model_copy(update={"number": line.number - 25})
    draft: Pack = dorset.model_copy(update={"triggers": (lower, *others)})

    replayed = replay(schools(everybody), draft, FIRST, LAST, nobody)

    letter = Outcome("letter", "dorset", "letter_2")
    now, then = (replayed.sides[side].pupils[letter] for side in ("now", "draft"))
    assert then
    assert then < now


def test_years_are_replayed_one_after_another_and_spells_go_on():
    cut = list(by_year(date(2026, 7, 1), date(2026, 9, 30)))

    assert cut == [
        (date(2026, 7, 1), date(2026, 7, 26)),
        (date(2026, 7, 27), date(2026, 9, 30)),
    ]


def asked(cast, user=None, **more):
    given = {"pack": "bcp", "school": None, "first": FIRST, "last": LAST, "now": NOW, **more}
    user = user or cast.person(Role.AUTHORITY_ADMINISTRATOR)
    return what_if.ask(reach=cast.reach(user), **given)


def test_a_job_keeps_both_sides_and_to_whom(everybody):
    job = asked(everybody)
    reports = []

    kept = what_if.run(job, lambda *report: reports.append(report), TODAY)

    assert (kept["schools"], kept["pupils"]) == (4 - 2, 20 + 1)  # with the cast's own pupil
    assert reports == [(0, 2), (1, 2)]
    letter = next(row for row in kept["rows"] if row["pack"] == "dorset")
    assert letter["draft"] == {"pupils": 0, "who": [], "post": 0, "held": 0}
    assert letter["now"]["pupils"] == len(letter["now"]["who"]) > 0
    assert kept["then"] == f"/la/990/what-if/{job.reference}/"
    assert Event.objects.get(kind="what_if.asked").facts["pack"] == "bcp"


def test_whom_it_would_reach_leaves_out_a_pupil_who_is_no_longer_on_file(everybody):
    """A kept answer names enrolments; one that was erased since is nobody's any more."""
    here = everybody.enrolment
    both = {"now": {"who": [here.pk, 0]}, "draft": {"who": [0]}}
    job = Job(result={"rows": [{"words": "Open a case", "policy": "BCP", **both}]})

    assert what_if.people(job) == [
        {"enrolment": here, "words": "Open a case", "policy": "BCP", "now": True, "draft": False}
    ]


def test_a_replay_notes_nothing(everybody):
    what_if.run(asked(everybody), nobody, TODAY)

    assert (Proposal.objects.count(), Case.objects.count()) == (0, 0)


def test_letters_are_counted_by_the_adults_who_may_be_written_to(everybody):
    for row in Enrolment.objects.filter(school=everybody.brook).select_related("pupil"):
        factories.adult(row.pupil, address="1 Road\nTown", postcode="ZZ99 1AA")
        factories.adult(
            row.pupil, address="2 Road\nTown", postcode="ZZ99 1AA", protected_address="unknown"
        )

    kept = what_if.run(asked(everybody, school=everybody.brook), nobody, TODAY)

    letter = next(row for row in kept["rows"] if row["pack"] == "dorset")
    assert letter["now"]["post"] == letter["now"]["pupils"]
    assert letter["now"]["held"] == letter["now"]["pupils"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"last": TODAY}, "must be in the past"),
        ({"first": LAST + timedelta(days=1)}, "must not be after 16 November 2026"),
        ({"first": LAST - timedelta(days=366)}, "a year at most"),
        ({"pack": "national"}, "Choose a local policy"),
    ],
)
def test_what_cannot_be_replayed_is_refused(everybody, more, says):
    with pytest.raises(InvalidInput, match=says):
        asked(everybody, **more)


def test_a_leader_tries_a_policy_at_their_own_school_only(everybody):
    head = everybody.person(Role.HEADTEACHER, "brook")

    assert asked(everybody, head, school=everybody.brook).school == everybody.brook
    with pytest.raises(Forbidden):
        asked(everybody, head, school=everybody.hillside)
    with pytest.raises(InvalidInput, match="Choose a school"):
        asked(everybody, head)
    with pytest.raises(Forbidden):
        asked(everybody, everybody.person(Role.TUTOR, "brook"), school=everybody.brook)


def test_the_worker_carries_the_job_out(everybody, monkeypatch):
    job = asked(everybody)
    monkeypatch.setattr(jobs.Progress, "__call__", lambda *a, **k: None)

    tasks.try_pack(authority_id=everybody.northmoor.pk, job_id=job.pk)

    job = Job.objects.get(pk=job.pk)
    assert job.state == "done"
    assert job.result["rows"]
