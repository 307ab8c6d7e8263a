-- The simulated provider's book. It is as far from the shop's tables as a real provider's: no statement joins them, no
-- transaction writes both.

CREATE TABLE simulated_payments (
    attempt_key text COLLATE "C" PRIMARY KEY,
    token text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    status text NOT NULL CHECK (
        status IN ('lost', 'requires_action', 'authorized', 'captured', 'declined', 'cancelled', 'voided')
    ),
    decline_code text,
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    asked bigint NOT NULL DEFAULT 1 CHECK (asked > 0),
    created_at timestamptz NOT NULL
);

CREATE TABLE simulated_refunds (
    attempt_key text COLLATE "C" NOT NULL,
    refund_key text COLLATE "C" NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (attempt_key, refund_key)
);
