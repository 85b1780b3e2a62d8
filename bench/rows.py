"""The reference: the same standings in tuned SQL over one row a mark.

Twelve data bytes a row, a primary key and a partial index on unauthorised absence. As few passes
over the marks as we found: one for the weeks' sums, one for what absences alone decide, one for
the runs. Windows are looked at only where sessions count. No row-level security, to its favour.
"""

import io
from typing import Any

import numpy as np

from attendance import marks as codec
from attendance.sweep import compulsory_ages
from bench.world import AS_OF, YEAR, World
from rules.school_calendar import grid_start

TABLES = """
CREATE UNLOGGED TABLE bench_mark (
  enrolment_id int NOT NULL, day date NOT NULL, session smallint NOT NULL, code smallint NOT NULL);
CREATE TABLE bench_session (school_id int, day date, session smallint);
CREATE TABLE bench_compulsory (enrolment_id int PRIMARY KEY, first date, last date);
CREATE TABLE bench_standing (LIKE attendance_pupilstanding INCLUDING ALL);
ALTER TABLE bench_standing SET (fillfactor = 50);
"""
INDEXES = """
ALTER TABLE bench_mark SET LOGGED;
ALTER TABLE bench_mark ADD PRIMARY KEY (enrolment_id, day, session);
CREATE INDEX bench_unauthorised ON bench_mark (enrolment_id, day) WHERE code >= 128;
"""


def build(cursor: Any, world: World) -> None:
    """Write the world's marks as rows: this year's, and last year's from Easter on."""
    cursor.execute(TABLES)
    for year, begin in ((YEAR - 1, 36 * codec.SLOTS_A_WEEK), (YEAR, 0)):
        start = grid_start(year).toordinal() - 730_120  # days since 2000-01-01
        for low in range(0, len(world), 5_000):
            held = world.marks[year][low : low + 5_000, begin:]
            pupil, place = np.nonzero(held)
            copy_rows(
                cursor,
                world.enrolments[low + pupil],
                start + (place + begin) // 2,
                (place + begin) % 2,
                held[pupil, place],
            )
    cursor.execute(INDEXES)
    cursor.execute(
        "INSERT INTO bench_session SELECT c.school_id, onroll_grid_start(c.year) + at / 2, at % 2"
        " FROM attendance_calendar c, generate_series(0, 741) AS at"
        " WHERE get_byte(c.sessions, at) = 1"
    )
    cursor.execute(
        "SELECT e.id, p.born_on FROM attendance_enrolment e JOIN attendance_pupil p"
        " ON p.id = e.pupil_id ORDER BY e.id"
    )
    rows = cursor.fetchall()
    first, last = compulsory_ages(np.array([born.toordinal() for _, born in rows], np.int64))
    epoch = 730_120
    lines = io.StringIO(
        "".join(
            f"{pk}\t{np.datetime64('2000-01-01') + (a - epoch)}"
            f"\t{np.datetime64('2000-01-01') + (b - epoch)}\n"
            for (pk, _), a, b in zip(rows, first.tolist(), last.tolist(), strict=True)
        )
    )
    cursor.copy_expert("COPY bench_compulsory FROM STDIN", lines)


def copy_rows(cursor: Any, pupil: Any, day: Any, session: Any, code: Any) -> None:
    """Mark rows as a binary COPY."""
    layout = np.dtype(
        [("count", ">i2"), ("a", ">i4"), ("pupil", ">i4"), ("b", ">i4"), ("day", ">i4"),
         ("c", ">i4"), ("session", ">i2"), ("d", ">i4"), ("code", ">i2")]
    )  # fmt: skip
    rows = np.zeros(len(pupil), layout)
    rows["count"], rows["a"], rows["b"], rows["c"], rows["d"] = 4, 4, 4, 2, 2
    rows["pupil"], rows["day"], rows["session"], rows["code"] = pupil, day, session, code
    stream = io.BytesIO(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")
    cursor.copy_expert("COPY bench_mark FROM STDIN (FORMAT binary)", stream, size=1 << 20)


# Parameters: authority, schools, year, start (of the year), as_of.
STEPS = (
    # The school weeks begun, numbered on; the last twelve of last year before this year's.
    """
    CREATE TEMP TABLE week ON COMMIT DROP AS
    SELECT school_id, week, this,
      row_number() OVER (PARTITION BY school_id ORDER BY week)::int AS k,
      count(*) OVER (PARTITION BY school_id)::int AS weeks,
      count(*) FILTER (WHERE NOT this) OVER (PARTITION BY school_id)::int AS past
    FROM (
      SELECT school_id, week, week >= 0 AS this,
        row_number() OVER (PARTITION BY school_id, week >= 0 ORDER BY week DESC) AS back
      FROM (
        SELECT DISTINCT school_id, floor((day - %(start)s::date) / 7.0)::int AS week
        FROM bench_session WHERE school_id = ANY (%(schools)s) AND day <= %(as_of)s
      ) AS met
    ) AS numbered
    WHERE this OR back <= 12
    """,
    "CREATE INDEX ON week (school_id, week)",
    """
    CREATE TEMP TABLE who ON COMMIT DROP AS
    SELECT e.id::int AS id, e.school_id::int AS school_id, e.starts_on AS first,
      least(coalesce(e.ends_on, 'infinity'), %(as_of)s) AS last,
      c.first AS compulsory_first, c.last AS compulsory_last
    FROM attendance_enrolment e JOIN bench_compulsory c ON c.enrolment_id = e.id
    WHERE e.authority_id = %(authority)s AND e.school_id = ANY (%(schools)s)
      AND e.starts_on <= %(as_of)s AND (e.ends_on IS NULL OR e.ends_on >= %(start)s)
    """,
    "ALTER TABLE who ADD PRIMARY KEY (id)",
    "ANALYZE week", "ANALYZE who",
    # One pass over all marks: each pupil's weeks.
    """
    CREATE TEMP TABLE weekly ON COMMIT DROP AS
    SELECT m.enrolment_id AS id, (m.day - %(start)s::date + 371) / 7 - 53 AS week,
      count(*) FILTER (WHERE m.code >= 64)::int AS possible,
      count(*) FILTER (WHERE m.code >= 96)::int AS absent,
      count(*) FILTER (WHERE m.code >= 128)::int AS unauthorised,
      count(*) FILTER (WHERE m.code = 66)::int AS late
    FROM bench_mark m JOIN who ON who.id = m.enrolment_id
    WHERE m.day BETWEEN who.first AND who.last
    GROUP BY 1, 2
    """,
    "ANALYZE weekly",
    # What only absences decide.
    """
    CREATE TEMP TABLE away ON COMMIT DROP AS
    SELECT m.enrolment_id AS id, m.day, m.session, m.code,
      (m.day - %(start)s::date + 371) / 7 - 53 AS week,
      m.code >= 128 AND m.day BETWEEN who.compulsory_first AND who.compulsory_last AS counting
    FROM bench_mark m JOIN who ON who.id = m.enrolment_id
    WHERE m.code >= 96 AND m.day BETWEEN who.first AND who.last
    """,
    "ANALYZE away",
    """
    CREATE TEMP TABLE counted ON COMMIT DROP AS
    SELECT away.id, who.school_id, w.k, w.weeks, w.past, w.this,
      count(*)::int AS counting, count(*) FILTER (WHERE away.code = 129)::int AS unresolved
    FROM away JOIN who ON who.id = away.id
    JOIN week w ON w.school_id = who.school_id AND w.week = away.week
    WHERE away.counting
    GROUP BY 1, 2, 3, 4, 5, 6
    """,
    "ANALYZE counted",
    # The largest window ends in a week that counts, or in the year's first week.
    """
    CREATE TEMP TABLE largest ON COMMIT DROP AS
    SELECT id, max(held) FILTER (WHERE this) AS largest FROM (
      SELECT id, k > past AS this, sum(counting) OVER last_ten AS held
      FROM (
        SELECT id, k, past, counting FROM counted
        UNION ALL
        SELECT id, past + 1, past, 0 FROM counted WHERE weeks > past GROUP BY id, past
      ) AS steps
      WINDOW last_ten AS (PARTITION BY id ORDER BY k RANGE 9 PRECEDING)
    ) AS windows GROUP BY id
    """,
    """
    CREATE TEMP TABLE current_window ON COMMIT DROP AS
    SELECT id, sum(counting)::int AS counting, sum(unresolved)::int AS unresolved
    FROM counted WHERE k > weeks - 10 GROUP BY id
    """,
    # Every window of the pupils who met it.
    """
    CREATE TEMP TABLE met ON COMMIT DROP AS
    SELECT id, max(past) AS past,
      bool_or(firm >= 10) AS certain,
      min(k) FILTER (WHERE held >= 10) AS first,
      max(k) FILTER (WHERE held >= 10) AS latest
    FROM (
      SELECT grid.id, grid.k, grid.past,
        sum(coalesce(c.counting, 0)) OVER last_ten AS held,
        sum(coalesce(c.counting - c.unresolved, 0)) OVER last_ten AS firm
      FROM (
        SELECT who.id, w.k, w.past FROM largest JOIN who ON who.id = largest.id
        JOIN week w ON w.school_id = who.school_id WHERE largest.largest >= 10
      ) AS grid
      LEFT JOIN counted c ON c.id = grid.id AND c.k = grid.k
      WINDOW last_ten AS (PARTITION BY grid.id ORDER BY grid.k ROWS 9 PRECEDING)
    ) AS windows
    WHERE k > past
    GROUP BY id
    """,
    """
    CREATE TEMP TABLE tenth ON COMMIT DROP AS
    SELECT id, day, session FROM (
      SELECT away.id, away.day, away.session,
        row_number() OVER (PARTITION BY away.id ORDER BY away.day, away.session) AS n
      FROM met JOIN who ON who.id = met.id
      JOIN away ON away.id = met.id AND away.counting
      JOIN week w ON w.school_id = who.school_id AND w.week = away.week
      WHERE w.k BETWEEN met.first - 9 AND met.first
    ) AS numbered WHERE n = 10
    """,
    # Runs: absences with the same number of attended sessions before them are one run.
    """
    CREATE TEMP TABLE runs ON COMMIT DROP AS
    SELECT id, max(length)::int AS longest,
      max(length) FILTER (WHERE attended = total)::int AS current
    FROM (
      SELECT id, attended, total, count(*) AS length FROM (
        SELECT m.enrolment_id AS id, m.code,
          count(*) FILTER (WHERE m.code < 96) OVER so_far AS attended,
          count(*) FILTER (WHERE m.code < 96) OVER whole AS total
        FROM bench_mark m JOIN who ON who.id = m.enrolment_id
        WHERE m.code >= 64 AND m.day BETWEEN greatest(who.first, %(start)s) AND who.last
        WINDOW so_far AS (PARTITION BY m.enrolment_id ORDER BY m.day, m.session),
          whole AS (PARTITION BY m.enrolment_id)
      ) AS sessions
      WHERE code >= 96 GROUP BY id, attended, total
    ) AS islands GROUP BY id
    """,
    """
    CREATE TEMP TABLE unauthorised_run ON COMMIT DROP AS
    SELECT runs.id, count(*)::int AS current
    FROM runs JOIN LATERAL (
      SELECT m.day, m.session FROM bench_mark m JOIN who ON who.id = m.enrolment_id
      WHERE m.enrolment_id = runs.id AND m.code >= 64 AND m.code < 128
        AND m.day BETWEEN who.first AND who.last
      ORDER BY m.day DESC, m.session DESC LIMIT 1
    ) AS former ON true
    JOIN away ON away.id = runs.id AND away.code >= 128 AND away.week >= 0
      AND (away.day, away.session) > (former.day, former.session)
    WHERE runs.current > 0
    GROUP BY runs.id
    """,
    """
    CREATE TEMP TABLE unauthorised_always ON COMMIT DROP AS
    SELECT id, sum(unauthorised)::int AS current FROM weekly
    GROUP BY id HAVING sum(possible) = sum(unauthorised)
    """,
    """
    CREATE TEMP TABLE weekday ON COMMIT DROP AS
    SELECT id,
      count(*) FILTER (WHERE weekday = 0) AS monday,
      count(*) FILTER (WHERE weekday = 1) AS tuesday,
      count(*) FILTER (WHERE weekday = 2) AS wednesday,
      count(*) FILTER (WHERE weekday = 3) AS thursday,
      count(*) FILTER (WHERE weekday = 4) AS friday,
      count(*) FILTER (WHERE weekday = 5) AS saturday,
      count(*) FILTER (WHERE weekday = 6) AS sunday,
      count(*) FILTER (WHERE code = 131) AS late
    FROM (SELECT id, code, (day - %(start)s::date) %% 7 AS weekday FROM away WHERE week >= 0) AS of
    GROUP BY id
    """,
    """
    CREATE TEMP TABLE total ON COMMIT DROP AS
    SELECT weekly.id,
      sum(possible) FILTER (WHERE weekly.week >= 0)::int AS possible,
      sum(absent) FILTER (WHERE weekly.week >= 0)::int AS absent,
      sum(unauthorised) FILTER (WHERE weekly.week >= 0)::int AS unauthorised,
      sum(late) FILTER (WHERE weekly.week >= 0)::int AS late,
      sum(possible) FILTER (WHERE w.k > w.weeks - 12)::int AS back_possible,
      sum(absent) FILTER (WHERE w.k > w.weeks - 12)::int AS back_absent,
      sum(unauthorised) FILTER (WHERE w.k > w.weeks - 12)::int AS back_unauthorised
    FROM weekly JOIN who ON who.id = weekly.id
    LEFT JOIN week w ON w.school_id = who.school_id AND w.week = weekly.week
    GROUP BY weekly.id
    """,
    *(
        f"ANALYZE {name}"
        for name in ("largest", "current_window", "met", "tenth", "runs", "weekday", "total")
    ),
    """
    INSERT INTO bench_standing (
      authority_id, enrolment_id, year, school_id, as_of, plan_key, marks_xmin, tail_xmin,
      enrolment_xmin, pupil_xmin, possible, attended, authorised, unauthorised, late_before,
      late_after, basis_points, band, five_point_band, persistent, severe, window_count,
      window_unresolved, window_max, state, first_met, latest_start, latest_end, latest_count,
      absent_monday, absent_tuesday, absent_wednesday, absent_thursday, absent_friday,
      absent_saturday, absent_sunday, run_current, run_longest, unauthorised_run_current,
      back_possible, back_attended, back_authorised, back_unauthorised)
    SELECT %(authority)s, id, %(year)s, school_id, %(as_of)s, 0, 0, 0, 0, 0,
      possible, possible - absent, absent - unauthorised, unauthorised, late, late_after,
      CASE WHEN possible > 0 THEN 10000 * (possible - absent) / possible ELSE -1 END,
      CASE WHEN possible > 0 THEN (100 * (possible - absent) <= 95 * possible)::int
        + (100 * (possible - absent) <= 90 * possible)::int
        + (100 * (possible - absent) <= 50 * possible)::int ELSE -1 END,
      CASE WHEN possible > 0 THEN least(20 * absent / possible, 10) ELSE -1 END,
      possible > 0 AND 10 * absent >= possible, possible > 0 AND 2 * absent >= possible,
      window_count, window_unresolved, window_max, state, first_met, latest_start, latest_end,
      latest_count, monday, tuesday, wednesday, thursday, friday, saturday, sunday,
      run_current, run_longest, unauthorised_run,
      back_possible, back_possible - back_absent, back_absent - back_unauthorised,
      back_unauthorised
    FROM (
      SELECT who.id, who.school_id,
        coalesce(total.possible, 0) AS possible, coalesce(total.absent, 0) AS absent,
        coalesce(total.unauthorised, 0) AS unauthorised, coalesce(total.late, 0) AS late,
        coalesce(weekday.late, 0) AS late_after,
        coalesce(current_window.counting, 0) AS window_count,
        coalesce(current_window.unresolved, 0) AS window_unresolved,
        coalesce(largest.largest, 0) AS window_max,
        CASE WHEN met.id IS NULL THEN 0 WHEN met.certain THEN 2 ELSE 1 END AS state,
        CASE WHEN met.id IS NULL THEN -1 WHEN tenth.day < %(start)s THEN -2
          ELSE (tenth.day - %(start)s::date) * 2 + tenth.session END AS first_met,
        coalesce(opens.week, 0) AS latest_start, coalesce(ends.week, 0) AS latest_end,
        coalesce(latest.held, 0) AS latest_count,
        coalesce(weekday.monday, 0) AS monday, coalesce(weekday.tuesday, 0) AS tuesday,
        coalesce(weekday.wednesday, 0) AS wednesday, coalesce(weekday.thursday, 0) AS thursday,
        coalesce(weekday.friday, 0) AS friday, coalesce(weekday.saturday, 0) AS saturday,
        coalesce(weekday.sunday, 0) AS sunday,
        coalesce(runs.current, 0) AS run_current, coalesce(runs.longest, 0) AS run_longest,
        coalesce(unauthorised_run.current, unauthorised_always.current, 0) AS unauthorised_run,
        coalesce(total.back_possible, 0) AS back_possible,
        coalesce(total.back_absent, 0) AS back_absent,
        coalesce(total.back_unauthorised, 0) AS back_unauthorised
      FROM who
      LEFT JOIN total ON total.id = who.id
      LEFT JOIN weekday ON weekday.id = who.id
      LEFT JOIN current_window ON current_window.id = who.id
      LEFT JOIN largest ON largest.id = who.id
      LEFT JOIN met ON met.id = who.id
      LEFT JOIN tenth ON tenth.id = who.id
      LEFT JOIN runs ON runs.id = who.id
      LEFT JOIN unauthorised_run ON unauthorised_run.id = who.id
      LEFT JOIN unauthorised_always ON unauthorised_always.id = who.id
      LEFT JOIN week opens
        ON met.id IS NOT NULL AND opens.school_id = who.school_id
        AND opens.k = greatest(met.latest - 9, 1)
      LEFT JOIN week ends ON ends.school_id = who.school_id AND ends.k = met.latest
      LEFT JOIN LATERAL (
        SELECT sum(counting)::int AS held FROM counted
        WHERE met.id IS NOT NULL AND counted.id = met.id
          AND counted.k BETWEEN met.latest - 9 AND met.latest
      ) AS latest ON true
    ) AS found
    ON CONFLICT (authority_id, enrolment_id, year) DO UPDATE SET
    """
    + ", ".join(
        f"{name} = excluded.{name}"
        for name in (
            "school_id", "as_of", "plan_key", "marks_xmin", "tail_xmin", "enrolment_xmin",
            "pupil_xmin", "possible", "attended", "authorised", "unauthorised", "late_before",
            "late_after", "basis_points", "band", "five_point_band", "persistent", "severe",
            "window_count", "window_unresolved", "window_max", "state", "first_met",
            "latest_start", "latest_end", "latest_count", "absent_monday", "absent_tuesday",
            "absent_wednesday", "absent_thursday", "absent_friday", "absent_saturday",
            "absent_sunday", "run_current", "run_longest", "unauthorised_run_current",
            "back_possible", "back_attended", "back_authorised", "back_unauthorised",
        )
    ),
)  # fmt: skip


def sweep(cursor: Any, authority: int, schools: list[int]) -> None:
    """All standings of some schools in one transaction, which the caller commits."""
    values = {
        "authority": authority,
        "schools": schools,
        "year": YEAR,
        "start": grid_start(YEAR),
        "as_of": AS_OF,
    }
    for step in STEPS:
        cursor.execute(step, values)
