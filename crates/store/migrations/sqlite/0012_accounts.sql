-- Who may administer: API keys, known by the hash of their secret.

CREATE TABLE api_keys (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret BLOB NOT NULL UNIQUE CHECK (length(secret) = 32),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
