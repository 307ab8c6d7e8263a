-- When money is taken; sagas that are woken while somebody has them, and what an operator said of them; callbacks that
-- were heard; refunds of payments that have no order.

ALTER TABLE payments ADD COLUMN capture text NOT NULL DEFAULT 'automatic' CHECK (capture IN ('automatic', 'manual'));

ALTER TABLE sagas ADD COLUMN woken bigint NOT NULL DEFAULT 0 CHECK (woken BETWEEN 0 AND 1);
ALTER TABLE sagas ADD COLUMN resolution text CHECK (resolution IN ('captured', 'not_charged', 'give_up'));
ALTER TABLE sagas ADD COLUMN resolved_by text;
ALTER TABLE sagas ADD COLUMN resolved_reason text;
ALTER TABLE sagas ADD COLUMN resolved_at timestamptz CHECK (
    (resolution IS NULL) = (resolved_at IS NULL)
    AND (resolution IS NULL) = (resolved_by IS NULL)
    AND (resolution IS NULL) = (resolved_reason IS NULL)
);

-- A callback is heard once.
CREATE TABLE callbacks (
    provider text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    saga_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (provider, id)
);

CREATE INDEX callbacks_by_age ON callbacks (at);

ALTER TABLE refunds ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE refunds ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN actor text NOT NULL DEFAULT 'engine';
ALTER TABLE refunds ADD COLUMN stuck_since timestamptz;

UPDATE refunds SET stuck_since = ended_at WHERE state = 'refused';

CREATE INDEX refunds_of_saga ON refunds (saga_id);
CREATE INDEX refunds_stuck ON refunds (id) WHERE stuck_since IS NOT NULL;
