"""The register as it was known at a past moment, held against a replay of what was done."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance import marks as codec
from attendance.selectors import registers as selectors
from attendance.services import registers
from rules.marks import DatedSession, Session
from tests.attendance.registers import MONDAY, NOW, frame, school_year, week_of
from tests.attendance.test_register_marks import batch

SESSIONS = [DatedSession(MONDAY + timedelta(days=at // 2), Session(at % 2)) for at in range(6)]

entries = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(range(6)), st.sampled_from("/LONIU"), min_size=1),
        st.sampled_from(["record", "import", "undo"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=entries)
def test_any_past_register_is_what_had_been_entered_by_then(cast, story):
    """The reference keeps a copy of the whole register after each thing done."""
    from django.db import transaction

    with transaction.atomic():
        school_year(cast.hillside, 2026)
        kept: list[dict[int, str]] = []
        now: dict[int, str] = {}
        batches: list[tuple[object, dict[int, str], dict[int, str]]] = []
        touched: dict[int, int] = {}
        for at, (codes, how) in enumerate(story):
            moment = NOW + timedelta(hours=at)
            if how == "undo" and batches:
                file, before, after = batches.pop()
                registers.undo(batch=file, by=None, now=moment)
                for place in after:
                    written = before.get(place, "") != after[place]
                    if written and touched[place] == file.pk:
                        now[place] = before.get(place, "")
            else:
                file = batch(cast.hillside) if how == "import" else None
                before = {place: now.get(place, "") for place in codes}
                registers.record_marks(
                    school=cast.hillside,
                    marks=frame(
                        (cast.enrolment.pk, *SESSIONS[place], code) for place, code in codes.items()
                    ),
                    batch=file,
                    by=None,
                    reason="As told",
                    now=moment,
                )
                for place, code in codes.items():
                    if before[place] != code:
                        touched[place] = file.pk if file else -at - 1
                now |= codes
                if file:
                    batches.append((file, before, codes))
            kept.append(dict(now))

        for at, expected in enumerate(kept):
            held = selectors.register_as_known_at(
                cast.enrolment, 2026, NOW + timedelta(hours=at, minutes=30)
            )
            found = {
                place: codec.code_of(held[codec.position(*when)])
                for place, when in enumerate(SESSIONS)
            }
            assert found == {place: expected.get(place, "") for place in range(6)}
        before_all = selectors.register_as_known_at(cast.enrolment, 2026, NOW - timedelta(hours=1))
        assert before_all == bytes(742)
        assert not list(selectors.differences(cast.hillside, 2026))
        transaction.set_rollback(True)


def test_a_certificate_of_last_month_does_not_know_todays_correction(cast):
    school_year(cast.hillside, 2026)
    pk = cast.enrolment.pk
    first, later = NOW - timedelta(days=7), NOW
    for rows, now in ((week_of(pk, MONDAY, "NO"), first), (week_of(pk, MONDAY, "I /"), later)):
        registers.record_marks(
            school=cast.hillside, marks=frame(rows), batch=None, by=None, reason="Rang", now=now
        )

    then = selectors.register_as_known_at(cast.enrolment, 2026, NOW - timedelta(days=1))
    today = selectors.register_as_known_at(cast.enrolment, 2026, NOW)

    assert [mark.code for mark in codec.decode(2026, then)] == ["N", "O"]
    assert [mark.code for mark in codec.decode(2026, today)] == ["I", "O", "/"]
    assert date(2026, 11, 9) == MONDAY
