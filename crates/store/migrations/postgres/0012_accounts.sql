-- Who may administer: API keys, known by the hash of their secret.

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    scopes text NOT NULL,
    secret bytea NOT NULL UNIQUE CHECK (length(secret) = 32),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
