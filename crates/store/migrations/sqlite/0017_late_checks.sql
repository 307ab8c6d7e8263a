-- Sagas that have ended, and whose provider is still to be asked whether money came after the end (I4).

ALTER TABLE sagas ADD COLUMN late_check INTEGER NOT NULL DEFAULT 0 CHECK (
    late_check = 0 OR (late_check = 1 AND state = 'released')
);

CREATE INDEX sagas_owing_a_late_check ON sagas (next_run_at) WHERE late_check = 1;

-- They stand on the stuck list, too, when they have waited for too long.
DROP INDEX sagas_stuck;
CREATE INDEX sagas_stuck ON sagas (id) WHERE stuck_since IS NOT NULL;
