"""The register as it was known at a past moment, held against a replay of what was done."""

from datetime import timedelta

from django.db import transaction
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


class Reference:
    """What a person would keep: a copy of the whole register after each thing done."""

    def __init__(self, cast):
        self.cast = cast
        self.now = {}
        self.written_by = {}
        self.imports = []
        self.kept = []

    def record(self, codes, moment, *, imported):
        """Enter marks, by an import or without."""
        file = batch(self.cast.hillside) if imported else None
        registers.record_marks(
            school=self.cast.hillside,
            marks=frame(
                (self.cast.enrolment.pk, *SESSIONS[place], code) for place, code in codes.items()
            ),
            batch=file,
            by=None,
            reason="As told",
            now=moment,
        )
        changed = {place for place, code in codes.items() if self.now.get(place) != code}
        self.written_by |= dict.fromkeys(changed, file)
        if file:
            self.imports.append((file, {place: self.now.get(place, "") for place in changed}))
        self.now = self.now | codes

    def undo(self, moment):
        """Take back the last import, where nobody wrote since."""
        file, before = self.imports.pop()
        registers.undo(batch=file, by=None, now=moment)
        ours = {place for place in before if self.written_by[place] is file}
        self.now = self.now | {place: before[place] for place in ours}

    def do(self, codes, how, moment):
        """One thing of the story."""
        if how == "undo" and self.imports:
            self.undo(moment)
        else:
            self.record(codes, moment, imported=how == "import")
        self.kept.append(self.now)


def known_at(enrolment, moment):
    """The six sessions as the register was known at a moment."""
    held = selectors.register_as_known_at(enrolment, 2026, moment)
    assert held.count(0) >= 742 - len(SESSIONS)
    return {
        place: codec.code_of(held[codec.position(*when)]) for place, when in enumerate(SESSIONS)
    }


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=entries)
def test_any_past_register_is_what_had_been_entered_by_then(cast, story):
    with transaction.atomic():
        school_year(cast.hillside, 2026)
        reference = Reference(cast)
        for at, (codes, how) in enumerate(story):
            reference.do(codes, how, NOW + timedelta(hours=at))

        blank = dict.fromkeys(range(6), "")
        assert known_at(cast.enrolment, NOW - timedelta(hours=1)) == blank
        for at, expected in enumerate(reference.kept):
            moment = NOW + timedelta(hours=at, minutes=30)
            assert known_at(cast.enrolment, moment) == blank | expected
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
