"""The hash chain: each event gets its link when its transaction commits.

At commit, not at the insert, so that the chain's lock is held only for the commit itself: two
people reading pupils of one authority do not wait for each other's pages.
"""

from django.db import migrations

CANONICAL = """
CREATE FUNCTION audit_canonical(event audit_event) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT convert_to(jsonb_build_array(
    event.id, event.authority_id, event.school_id, event.by_id, event.kind, event.subject,
    event.facts, (extract(epoch FROM event.at) * 1000000)::bigint)::text, 'UTF8')
$$
"""

# The trigger sees the chain of the event's own authority, whatever the scope is at commit.
LINK = """
CREATE FUNCTION audit_link_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  scope text := coalesce(current_setting('onroll.authorities', true), '');
  last audit_link;
BEGIN
  PERFORM set_config('onroll.authorities', NEW.authority_id::text, true);
  PERFORM pg_advisory_xact_lock(7301, NEW.authority_id::int);
  SELECT * INTO last FROM audit_link
    WHERE authority_id = NEW.authority_id ORDER BY number DESC LIMIT 1;
  INSERT INTO audit_link (authority_id, event_id, number, previous, digest) VALUES (
    NEW.authority_id, NEW.id, coalesce(last.number, 0) + 1, coalesce(last.digest, ''::bytea),
    sha256(coalesce(last.digest, ''::bytea) || audit_canonical(NEW)));
  PERFORM set_config('onroll.authorities', scope, true);
  RETURN NULL;
END $$
"""

TRIGGER = """
CREATE CONSTRAINT TRIGGER link_event AFTER INSERT ON audit_event
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_link_event()
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(CANONICAL, "DROP FUNCTION audit_canonical(audit_event)"),
        migrations.RunSQL(LINK, "DROP FUNCTION audit_link_event()"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER link_event ON audit_event"),
    ]
