-- The only way to change a mark. Each function runs as the tables' owner, for a caller whose
-- transaction may see the authority; it locks rows in one order (year, then enrolment), compares,
-- writes the ledger, then the bytes. Errors carry our own codes:
--   ON001 not in scope   ON002 no calendar   ON003 a mark cannot be taken
--   ON004 a change needs a reason            ON005 changed meanwhile

ALTER TABLE attendance_registeryear SET (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
ALTER TABLE attendance_registeryear ALTER COLUMN marks SET STORAGE PLAIN;
ALTER TABLE attendance_pupilstanding SET (
  fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);

CREATE OR REPLACE FUNCTION onroll_grid_start(year int) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT make_date(year, 8, 1) - (extract(isodow FROM make_date(year, 8, 1))::int - 1)
$$;

CREATE OR REPLACE FUNCTION onroll_year_of(day date) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT extract(year FROM day)::int
    - (day < onroll_grid_start(extract(year FROM day)::int))::int
$$;

-- `held` with bytes put at places. Places must rise, so one place given twice is refused.
CREATE OR REPLACE FUNCTION onroll_put_bytes(held bytea, places int[], numbers int[])
RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  at int;
  former int := -1;
BEGIN
  FOR i IN 1 .. cardinality(places) LOOP
    at := places[i];
    IF at <= former THEN
      RAISE EXCEPTION 'one session was given two marks' USING ERRCODE = 'ON003';
    END IF;
    held := set_byte(held, at, numbers[i]);
    former := at;
  END LOOP;
  RETURN held;
END $$;

CREATE OR REPLACE FUNCTION onroll_require_scope(p_authority bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT coalesce(p_authority = ANY (string_to_array(
      nullif(current_setting('onroll.authorities', true), ''), ',')::bigint[]), false) THEN
    RAISE EXCEPTION 'this transaction may not see that authority' USING ERRCODE = 'ON001';
  END IF;
END $$;

-- Let the planner know what it plans for, where a table has outgrown twice what it was when last
-- looked at. Autovacuum comes by once a minute and sees no open transaction's rows; until then the
-- tables of a first import pass for tiny, and each foreign key is checked by reading the authority
-- whole. A table that somebody else is looking at is left to them. The rows are the caller's own
-- only in number, so any caller may ask.
CREATE OR REPLACE FUNCTION onroll_refresh_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_table regclass;
BEGIN
  FOR v_table IN
    SELECT c.oid FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND c.relname = ANY ('{attendance_pupil,attendance_enrolment,attendance_pupilflag,
        attendance_adult,attendance_adultlink,attendance_importbatch,attendance_registeryear,
        attendance_registertaken,attendance_roll,attendance_amendment}')
      AND pg_relation_size(c.oid) > 2 * c.relpages * current_setting('block_size')::bigint
    ORDER BY c.oid
  LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) %s', v_table);
  END LOOP;
END $$;

-- Make sure that a register year exists for each enrolment, and lock them in order.
CREATE OR REPLACE FUNCTION onroll_lock_years(
  p_authority bigint, p_school bigint, p_year int, p_enrolments bigint[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO attendance_registeryear (authority_id, school_id, enrolment_id, year, codec, marks)
  SELECT p_authority, p_school, wanted.id, p_year, 1, decode(repeat('00', 742), 'hex')
  FROM unnest(p_enrolments) AS wanted (id)
  WHERE NOT EXISTS (
    SELECT FROM attendance_registeryear held
    WHERE held.authority_id = p_authority AND held.enrolment_id = wanted.id
      AND held.year = p_year)
  ORDER BY wanted.id
  ON CONFLICT DO NOTHING;
  PERFORM FROM attendance_registeryear held
  WHERE held.authority_id = p_authority AND held.year = p_year
    AND held.enrolment_id = ANY (p_enrolments)
  ORDER BY held.enrolment_id
  FOR NO KEY UPDATE;
END $$;

-- Record marks of one school and academic year: first entries go to the ledger as one row a
-- session, changes of recorded marks as one amendment each. `p_expected`, where given, is the
-- byte that every mark must hold now.
CREATE OR REPLACE FUNCTION onroll_record_marks(
  p_authority bigint, p_school bigint, p_year int,
  p_enrolments bigint[], p_places int[], p_numbers int[],
  p_source int, p_batch bigint, p_by bigint, p_by_name text, p_by_position text,
  p_reason text, p_at timestamptz, p_expected int DEFAULT NULL,
  OUT entered bigint, OUT changed bigint, OUT unchanged bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  v_start date := onroll_grid_start(p_year);
  v_sessions bytea;
  v_enrolments bigint[];
  v_digest bytea;
  v_roll bigint;
  -- The marks once more, by enrolment and place, with the byte that stands there now.
  v_ids bigint[];
  v_places int[];
  v_numbers int[];
  v_formers int[];
  v_as_expected boolean;
BEGIN
  PERFORM onroll_require_scope(p_authority);
  SELECT sessions INTO v_sessions FROM attendance_calendar
  WHERE authority_id = p_authority AND year = p_year
    AND (school_id = p_school OR school_id IS NULL)
  ORDER BY school_id NULLS LAST LIMIT 1;
  IF v_sessions IS NULL THEN
    RAISE EXCEPTION 'no calendar for that year' USING ERRCODE = 'ON002';
  END IF;
  SELECT array_agg(DISTINCT id ORDER BY id) INTO v_enrolments FROM unnest(p_enrolments) AS g (id);
  IF v_enrolments IS NULL THEN
    entered := 0; changed := 0; unchanged := 0;
    RETURN;
  END IF;
  -- Tables are joined to pupils and never to marks: no plan can then compare every mark with
  -- every pupil, whatever the planner takes the tables to be.
  IF EXISTS (
    SELECT FROM unnest(p_enrolments, p_places, p_numbers) AS g (id, place, number)
    WHERE g.id IS NULL OR g.place IS NULL OR g.number IS NULL
      OR g.place NOT BETWEEN 0 AND 741 OR g.number NOT BETWEEN 32 AND 159
      OR get_byte(v_sessions, g.place) = 0
  ) OR EXISTS (
    SELECT FROM (
      SELECT g.id, min(g.place) AS first, max(g.place) AS last
      FROM unnest(p_enrolments, p_places) AS g (id, place) GROUP BY g.id
    ) AS given
    LEFT JOIN attendance_enrolment e
      ON e.id = given.id AND e.authority_id = p_authority AND e.school_id = p_school
    WHERE e.id IS NULL
      OR v_start + given.first / 2 < e.starts_on OR v_start + given.last / 2 > e.ends_on
  ) THEN
    RAISE EXCEPTION 'a mark is off roll, outside the calendar or no code'
      USING ERRCODE = 'ON003';
  END IF;

  PERFORM onroll_lock_years(p_authority, p_school, p_year, v_enrolments);
  IF cardinality(p_enrolments) > 2000 THEN
    PERFORM onroll_refresh_statistics();
  END IF;
  SELECT array_agg(given.id), array_agg(mark.place), array_agg(mark.number),
    array_agg(get_byte(held.marks, mark.place))
  INTO v_ids, v_places, v_numbers, v_formers
  FROM (
    SELECT g.id, array_agg(g.place ORDER BY g.place) AS places,
      array_agg(g.number ORDER BY g.place) AS numbers
    FROM unnest(p_enrolments, p_places, p_numbers) AS g (id, place, number) GROUP BY g.id
  ) AS given
  JOIN attendance_registeryear held
    ON held.authority_id = p_authority AND held.enrolment_id = given.id AND held.year = p_year
  CROSS JOIN unnest(given.places, given.numbers) AS mark (place, number);

  SELECT count(*) FILTER (WHERE former = 0),
    count(*) FILTER (WHERE former <> 0 AND former <> number),
    count(*) FILTER (WHERE former = number),
    p_expected IS NULL OR bool_and(former = p_expected)
  INTO entered, changed, unchanged, v_as_expected
  FROM unnest(v_numbers, v_formers) AS g (number, former);
  IF NOT v_as_expected THEN
    RAISE EXCEPTION 'the mark is no longer what it was' USING ERRCODE = 'ON005';
  END IF;
  IF changed > 0 AND coalesce(btrim(p_reason), '') = '' THEN
    RAISE EXCEPTION 'a change of a recorded mark needs a reason' USING ERRCODE = 'ON004';
  END IF;

  IF entered > 0 THEN  -- first entries need a roll to hang on; changes alone do not
    v_digest := sha256(convert_to(array_to_string(v_enrolments, ','), 'UTF8'));
    INSERT INTO attendance_roll (authority_id, school_id, enrolment_ids, digest)
    SELECT p_authority, p_school, v_enrolments, v_digest
    WHERE NOT EXISTS (
      SELECT FROM attendance_roll WHERE school_id = p_school AND digest = v_digest)
    ON CONFLICT DO NOTHING;
    SELECT id INTO STRICT v_roll FROM attendance_roll
    WHERE school_id = p_school AND digest = v_digest;
    INSERT INTO attendance_registertaken (
      id, authority_id, school_id, roll_id, day, session, codes, source, batch_id,
      taken_by_id, taken_at)
    SELECT nextval('attendance_amendment_id_seq'), p_authority, p_school, v_roll,
      v_start + first.place / 2, first.place % 2, first.codes, p_source, p_batch, p_by, p_at
    FROM (
      SELECT given.place, onroll_put_bytes(
        decode(repeat('00', cardinality(v_enrolments)), 'hex'),
        array_agg(on_roll.at::int - 1 ORDER BY on_roll.at),
        array_agg(given.number ORDER BY on_roll.at)) AS codes
      FROM unnest(v_ids, v_places, v_numbers, v_formers) AS given (id, place, number, former)
      JOIN unnest(v_enrolments) WITH ORDINALITY AS on_roll (id, at) ON on_roll.id = given.id
      WHERE given.former = 0
      GROUP BY given.place
      ORDER BY given.place
    ) AS first;
  END IF;
  IF changed > 0 THEN
    INSERT INTO attendance_amendment (
      id, authority_id, enrolment_id, day, session, original, amended, reason, source, batch_id,
      made_by_id, made_by_name, made_by_position, made_at)
    SELECT nextval('attendance_amendment_id_seq'), p_authority, id, v_start + place / 2,
      place % 2, former, number, p_reason, p_source, p_batch, p_by, p_by_name, p_by_position, p_at
    FROM unnest(v_ids, v_places, v_numbers, v_formers) AS given (id, place, number, former)
    WHERE former <> 0 AND former <> number;
  END IF;
  IF entered + changed > 0 THEN
    UPDATE attendance_registeryear held
    SET marks = onroll_put_bytes(held.marks, wanted.places, wanted.numbers)
    FROM (
      SELECT id, array_agg(place ORDER BY place) AS places,
        array_agg(number ORDER BY place) AS numbers
      FROM unnest(v_ids, v_places, v_numbers, v_formers) AS given (id, place, number, former)
      WHERE former <> number GROUP BY id
    ) AS wanted
    WHERE held.authority_id = p_authority AND held.year = p_year AND held.enrolment_id = wanted.id;
  END IF;
END $$;

-- Take back what one batch wrote, mark by mark, where nobody has changed it since. Returns the
-- marks that stay because somebody has, and in a last row how many were blanked and restored.
CREATE OR REPLACE FUNCTION onroll_undo_batch(
  p_authority bigint, p_batch bigint, p_by bigint, p_by_name text, p_by_position text,
  p_reason text, p_at timestamptz)
RETURNS TABLE (kept_enrolment bigint, kept_day date, kept_session int, blanked bigint, restored bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v record;
BEGIN
  PERFORM onroll_require_scope(p_authority);
  DROP TABLE IF EXISTS pg_temp.onroll_undo;  -- fails on one that the caller planted
  CREATE TEMP TABLE onroll_undo (
    id bigint, year int, place int, day date, session int, entry bigint, original int,
    standing text) ON COMMIT DROP;
  INSERT INTO pg_temp.onroll_undo
  SELECT events.id, onroll_year_of(events.day),
    (events.day - onroll_grid_start(onroll_year_of(events.day))) * 2 + events.session,
    events.day, events.session, max(events.entry),
    (array_agg(events.original ORDER BY events.entry))[1], 'ours'
  FROM (
    SELECT taken.id AS entry, roll.enrolment_ids[at] AS id, taken.day, taken.session::int,
      0 AS original
    FROM attendance_registertaken taken
    JOIN attendance_roll roll ON roll.id = taken.roll_id
    CROSS JOIN generate_series(1, length(taken.codes)) AS at
    WHERE taken.authority_id = p_authority AND taken.batch_id = p_batch
      AND get_byte(taken.codes, at - 1) <> 0
    UNION ALL
    SELECT changed.id, changed.enrolment_id, changed.day, changed.session::int,
      changed.original::int
    FROM attendance_amendment changed
    WHERE changed.authority_id = p_authority AND changed.batch_id = p_batch AND changed.source <> 3
  ) AS events
  GROUP BY events.id, events.day, events.session;
  FOR v IN
    SELECT mine.year, e.school_id, array_agg(DISTINCT mine.id ORDER BY mine.id) AS ids
    FROM pg_temp.onroll_undo mine JOIN attendance_enrolment e ON e.id = mine.id
    GROUP BY mine.year, e.school_id ORDER BY mine.year, e.school_id
  LOOP
    PERFORM onroll_lock_years(p_authority, v.school_id, v.year, v.ids);
  END LOOP;
  UPDATE pg_temp.onroll_undo mine
  SET standing = CASE WHEN later.undone THEN 'undone' ELSE 'kept' END
  FROM (
    SELECT DISTINCT ON (changed.enrolment_id, changed.day, changed.session)
      changed.enrolment_id, changed.day, changed.session,
      (changed.source = 3 AND changed.batch_id = p_batch) AS undone
    FROM attendance_amendment changed JOIN pg_temp.onroll_undo w
      ON changed.enrolment_id = w.id AND changed.day = w.day AND changed.session = w.session
    WHERE changed.authority_id = p_authority AND changed.id > w.entry
    ORDER BY changed.enrolment_id, changed.day, changed.session, changed.id
  ) AS later
  WHERE later.enrolment_id = mine.id AND later.day = mine.day AND later.session = mine.session;
  INSERT INTO attendance_amendment (
    id, authority_id, enrolment_id, day, session, original, amended, reason, source, batch_id,
    made_by_id, made_by_name, made_by_position, made_at)
  SELECT nextval('attendance_amendment_id_seq'), p_authority, mine.id, mine.day, mine.session,
    get_byte(held.marks, mine.place), mine.original, p_reason, 3, p_batch, p_by, p_by_name,
    p_by_position, p_at
  FROM pg_temp.onroll_undo mine JOIN attendance_registeryear held
    ON held.authority_id = p_authority AND held.enrolment_id = mine.id AND held.year = mine.year
  WHERE mine.standing = 'ours';
  UPDATE attendance_registeryear held
  SET marks = onroll_put_bytes(held.marks, wanted.places, wanted.numbers)
  FROM (
    SELECT mine.id, mine.year, array_agg(mine.place ORDER BY mine.place) AS places,
      array_agg(mine.original ORDER BY mine.place) AS numbers
    FROM pg_temp.onroll_undo mine WHERE mine.standing = 'ours' GROUP BY mine.id, mine.year
  ) AS wanted
  WHERE held.authority_id = p_authority AND held.enrolment_id = wanted.id
    AND held.year = wanted.year;
  RETURN QUERY
    SELECT mine.id, mine.day, mine.session, NULL::bigint, NULL::bigint
    FROM pg_temp.onroll_undo mine WHERE mine.standing = 'kept'
    ORDER BY mine.id, mine.day, mine.session;
  RETURN QUERY
    SELECT NULL::bigint, NULL::date, NULL::int,
      count(*) FILTER (WHERE mine.original = 0), count(*) FILTER (WHERE mine.original <> 0)
    FROM pg_temp.onroll_undo mine WHERE mine.standing = 'ours';
END $$;

REVOKE ALL ON FUNCTION onroll_refresh_statistics, onroll_lock_years, onroll_record_marks,
  onroll_undo_batch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION onroll_record_marks, onroll_undo_batch TO onroll_app;
GRANT EXECUTE ON FUNCTION onroll_refresh_statistics TO onroll_app;

-- Marks as rows, for support and reports. Slow over a whole authority: name one school.
CREATE OR REPLACE VIEW attendance_mark_rows WITH (security_invoker = true) AS
SELECT held.authority_id, held.school_id, held.enrolment_id, held.year,
  onroll_grid_start(held.year) + place / 2 AS day, place % 2 AS session, codes.code
FROM attendance_registeryear held
CROSS JOIN generate_series(0, 741) AS place
JOIN (VALUES
  (32, '#'), (33, 'Z'), (34, 'D'), (35, 'X'), (36, 'Q'), (37, 'Y1'), (38, 'Y2'), (39, 'Y3'),
  (40, 'Y4'), (41, 'Y5'), (42, 'Y6'), (43, 'Y7'), (44, 'Y'),
  (64, '/'), (65, E'\\'), (66, 'L'), (67, 'K'), (68, 'V'), (69, 'P'), (70, 'W'), (71, 'B'),
  (72, 'J'),
  (96, 'C1'), (97, 'M'), (98, 'J1'), (99, 'S'), (100, 'C2'), (101, 'C'), (102, 'T'), (103, 'R'),
  (104, 'I'), (105, 'E'), (106, 'H'), (107, 'F'),
  (128, 'G'), (129, 'N'), (130, 'O'), (131, 'U')
) AS codes (number, code) ON codes.number = get_byte(held.marks, place);
GRANT SELECT ON attendance_mark_rows TO onroll_app;
