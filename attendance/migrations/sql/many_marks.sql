-- For changes of many marks that somebody decided on beforehand: lock, look again, write. Used by
-- attendance.services.registers alone. Errors as in mark_functions.sql.

CREATE OR REPLACE FUNCTION onroll_require_school(
  p_authority bigint, p_school bigint, p_enrolments bigint[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM onroll_require_scope(p_authority);
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT id FROM unnest(p_enrolments) AS g (id)) AS given
    LEFT JOIN attendance_enrolment e
      ON e.id = given.id AND e.authority_id = p_authority AND e.school_id = p_school
    WHERE e.id IS NULL
  ) THEN
    RAISE EXCEPTION 'a pupil is not of this school' USING ERRCODE = 'ON003';
  END IF;
END $$;

-- Hold the marks of these pupils in a year, in the one order of locks, until the transaction ends.
CREATE OR REPLACE FUNCTION onroll_hold_marks(
  p_authority bigint, p_school bigint, p_year int, p_enrolments bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM onroll_require_school(p_authority, p_school, p_enrolments);
  PERFORM onroll_lock_years(p_authority, p_school, p_year, ARRAY(
    SELECT DISTINCT id FROM unnest(p_enrolments) AS g (id) ORDER BY id));
END $$;

-- Put marks back to what they were before one change of many, where nobody has touched them since:
-- the mark still reads what the change made of it (p_numbers) and the ledger holds nothing later
-- about it than p_last, the last number that the change wrote. A first entry (original 0) becomes
-- blank again. Returns the marks that stay, and in a last row how many were blanked and restored.
CREATE OR REPLACE FUNCTION onroll_restore_marks(
  p_authority bigint, p_school bigint, p_year int,
  p_enrolments bigint[], p_places int[], p_numbers int[], p_originals int[], p_last bigint,
  p_source int, p_by bigint, p_by_name text, p_by_position text, p_reason text, p_at timestamptz)
RETURNS TABLE (kept_enrolment bigint, kept_place int, blanked bigint, restored bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_start date := onroll_grid_start(p_year);
  -- The marks to put back, by enrolment and place.
  v_ids bigint[];
  v_places int[];
  v_numbers int[];
  v_originals int[];
BEGIN
  PERFORM onroll_require_school(p_authority, p_school, p_enrolments);
  IF coalesce(btrim(p_reason), '') = '' THEN
    RAISE EXCEPTION 'a change of a recorded mark needs a reason' USING ERRCODE = 'ON004';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(p_places, p_numbers, p_originals) AS g (place, number, original)
    WHERE g.place NOT BETWEEN 0 AND 741 OR g.number NOT BETWEEN 32 AND 159
      OR (g.original <> 0 AND g.original NOT BETWEEN 32 AND 159)
  ) THEN
    RAISE EXCEPTION 'a mark is outside the year or no code' USING ERRCODE = 'ON003';
  END IF;
  PERFORM onroll_lock_years(p_authority, p_school, p_year, ARRAY(
    SELECT DISTINCT id FROM unnest(p_enrolments) AS g (id) ORDER BY id));

  SELECT array_agg(g.id), array_agg(g.place), array_agg(g.number), array_agg(g.original)
  INTO v_ids, v_places, v_numbers, v_originals
  FROM unnest(p_enrolments, p_places, p_numbers, p_originals) AS g (id, place, number, original)
  JOIN attendance_registeryear held
    ON held.authority_id = p_authority AND held.enrolment_id = g.id AND held.year = p_year
  WHERE get_byte(held.marks, g.place) = g.number
    AND NOT EXISTS (
      SELECT FROM attendance_amendment later
      WHERE later.authority_id = p_authority AND later.enrolment_id = g.id
        AND later.day = v_start + g.place / 2 AND later.session = g.place % 2
        AND later.id > p_last);

  INSERT INTO attendance_amendment (
    id, authority_id, enrolment_id, day, session, original, amended, reason, source,
    made_by_id, made_by_name, made_by_position, made_at)
  SELECT nextval('attendance_amendment_id_seq'), p_authority, id, v_start + place / 2, place % 2,
    number, original, p_reason, p_source, p_by, p_by_name, p_by_position, p_at
  FROM unnest(v_ids, v_places, v_numbers, v_originals) AS ours (id, place, number, original);
  UPDATE attendance_registeryear held
  SET marks = onroll_put_bytes(held.marks, wanted.places, wanted.numbers)
  FROM (
    SELECT id, array_agg(place ORDER BY place) AS places,
      array_agg(original ORDER BY place) AS numbers
    FROM unnest(v_ids, v_places, v_originals) AS ours (id, place, original) GROUP BY id
  ) AS wanted
  WHERE held.authority_id = p_authority AND held.year = p_year AND held.enrolment_id = wanted.id;

  RETURN QUERY
    SELECT g.id, g.place, NULL::bigint, NULL::bigint
    FROM unnest(p_enrolments, p_places) AS g (id, place)
    EXCEPT
    SELECT ours.id, ours.place, NULL::bigint, NULL::bigint
    FROM unnest(v_ids, v_places) AS ours (id, place)
    ORDER BY 1, 2;
  RETURN QUERY
    SELECT NULL::bigint, NULL::int,
      count(*) FILTER (WHERE original = 0), count(*) FILTER (WHERE original <> 0)
    FROM unnest(v_originals) AS ours (original);
END $$;

REVOKE ALL ON FUNCTION onroll_require_school, onroll_hold_marks, onroll_restore_marks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION onroll_hold_marks, onroll_restore_marks TO onroll_app;
