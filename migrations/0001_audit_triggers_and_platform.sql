-- The audit log is append-only. INSERT OR REPLACE deletes without asking a delete trigger, so an id that exists refuses the insert.
CREATE TRIGGER audit_logs_insert_once BEFORE INSERT ON audit_logs
WHEN EXISTS (SELECT 1 FROM audit_logs WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'audit_logs is append-only: this id exists');
END;
--> statement-breakpoint
-- Only ip and user_agent may change, and only by becoming shorter or NULL.
CREATE TRIGGER audit_logs_no_update BEFORE UPDATE ON audit_logs
WHEN OLD.id IS NOT NEW.id
  OR OLD.action IS NOT NEW.action
  OR OLD.actor_id IS NOT NEW.actor_id
  OR OLD.user_id IS NOT NEW.user_id
  OR OLD.community_id IS NOT NEW.community_id
  OR OLD.request_id IS NOT NEW.request_id
  OR OLD.details IS NOT NEW.details
  OR OLD.created_at IS NOT NEW.created_at
  OR (OLD.ip IS NULL AND NEW.ip IS NOT NULL)
  OR (OLD.ip IS NOT NEW.ip AND NEW.ip IS NOT NULL AND length(NEW.ip) >= length(OLD.ip))
  OR (OLD.user_agent IS NULL AND NEW.user_agent IS NOT NULL)
  OR (OLD.user_agent IS NOT NEW.user_agent AND NEW.user_agent IS NOT NULL AND length(NEW.user_agent) >= length(OLD.user_agent))
BEGIN
  SELECT RAISE(ABORT, 'audit_logs is append-only');
END;
--> statement-breakpoint
-- A row leaves only after the archive that holds it is on record.
CREATE TRIGGER audit_logs_no_delete BEFORE DELETE ON audit_logs
WHEN OLD.id > coalesce((SELECT max(last_id) FROM audit_archives), '')
BEGIN
  SELECT RAISE(ABORT, 'audit_logs is append-only: not archived yet');
END;
--> statement-breakpoint
-- The reserved community that holds the admins. It has no owner, no official address and no route.
INSERT INTO communities (id, name, name_key, slug_base, slug_number, status, bio, country, city, created_at, updated_at)
VALUES ('00000000-0000-7000-8000-000000000000', 'Platform', 'platform', 'platform', 0, 'active', 'The people who review communities.', '', '', 0, 0);
