-- Whoever writes marks, an enrolment or a pupil leaves a row here for the next sweep, in the same
-- transaction: a change that is rolled back leaves none, one that commits late is not missed. The
-- rows are only ever added and taken away, so autovacuum comes early and the table stays small.

ALTER TABLE attendance_unswept SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_threshold = -1);

CREATE OR REPLACE FUNCTION onroll_leave_for_sweep() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  CASE TG_TABLE_NAME
  WHEN 'attendance_registeryear' THEN
    INSERT INTO attendance_unswept (authority_id, school_id, enrolment_id)
    SELECT authority_id, school_id, enrolment_id FROM written;
  WHEN 'attendance_enrolment' THEN
    INSERT INTO attendance_unswept (authority_id, school_id, enrolment_id)
    SELECT authority_id, school_id, id FROM written;
  WHEN 'attendance_pupil' THEN
    INSERT INTO attendance_unswept (authority_id, school_id, enrolment_id)
    SELECT e.authority_id, e.school_id, e.id FROM written p
    JOIN attendance_enrolment e ON e.authority_id = p.authority_id AND e.pupil_id = p.id;
  END CASE;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER added_for_sweep AFTER INSERT ON attendance_registeryear
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION onroll_leave_for_sweep();
CREATE OR REPLACE TRIGGER changed_for_sweep AFTER UPDATE ON attendance_registeryear
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION onroll_leave_for_sweep();
CREATE OR REPLACE TRIGGER added_for_sweep AFTER INSERT ON attendance_enrolment
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION onroll_leave_for_sweep();
CREATE OR REPLACE TRIGGER changed_for_sweep AFTER UPDATE ON attendance_enrolment
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION onroll_leave_for_sweep();
CREATE OR REPLACE TRIGGER changed_for_sweep AFTER UPDATE ON attendance_pupil
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION onroll_leave_for_sweep();
