-- The simulated provider's book. It is as far from the shop's tables as a real provider's: no statement joins them, no
-- transaction writes both.

CREATE TABLE simulated_payments (
    attempt_key TEXT PRIMARY KEY NOT NULL,
    token TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (
        status = 'lost' OR status = 'requires_action' OR status = 'authorized' OR status = 'captured'
        OR status = 'declined' OR status = 'cancelled' OR status = 'voided'
    ),
    decline_code TEXT,
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    asked INTEGER NOT NULL DEFAULT 1 CHECK (asked > 0),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE simulated_refunds (
    attempt_key TEXT NOT NULL,
    refund_key TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (attempt_key, refund_key)
) STRICT, WITHOUT ROWID;
