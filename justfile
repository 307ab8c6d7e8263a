# The commands of a working day. `just` alone lists them; each is one line that can be typed without `just`.

_default:
    @just --list --unsorted

# Install what is missing and run all that CI runs
test:
    ./test

# The quick half of the tests: format, lints, dependencies
check:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo clippy --locked --workspace --features sellonce/sabotage --bin sellonce --test sabotage -- -D warnings
    cargo deny --locked check bans licenses sources

# Sixteen planted defects, each of which must be caught (CONTRIBUTING.md)
sabotage:
    cargo run --quiet --locked -p sellonce-cluster -- \
        cargo nextest run --locked --workspace --features sellonce/sabotage --test sabotage

# Format everything
fmt:
    cargo fmt --all

# A shop with a demo catalog on http://localhost:8080
run:
    cargo run --release -- serve --demo

# The documentation of all crates, as it is read inside them
docs:
    cargo doc --locked --workspace --no-deps --document-private-items

# The long proofs stand here, as `long-<what>`: too long for `just test`, each with its duration in its comment.

# Fifty kills with -9 under load on SQLite and on PostgreSQL with two servers, 25 crashes of PostgreSQL, and the same with
# the payment provider at its worst (six minutes)
long-kill kills="50":
    SELLONCE_KILLS={{kills}} cargo nextest run --profile long --release -p sellonce --test engine --no-capture no_acknowledged_order nothing_over

# Every flow of a checkout with every fault at each of its calls, on SQLite (6 minutes of processor time) and on
# PostgreSQL (22)
long-saga:
    SELLONCE_SAGA_ALL=1 cargo run --release -p sellonce-cluster -- cargo nextest run --release --profile long -p sellonce-store --test saga --test saga_postgres

# The saga's table searched as a model with two faults instead of one: millions of states (many minutes)
long-model faults="2":
    SELLONCE_MODEL_FAULTS={{faults}} cargo nextest run --profile long --release -p sellonce-checkout --test model --no-capture

# Twelve hundred simulated days of a shop, each from a seed that plays it again (five minutes)
long-simulation seeds="600":
    SELLONCE_SIMULATION_SEEDS={{seeds}} cargo nextest run --profile long --release -p sellonce-payments --test simulation --no-capture

# A surge on a shop with each of the sixteen planted defects, which it must find, and on shops without one (ten minutes);
# `just long-surge late-success-ignored,none` for some of them
long-surge defects="all":
    SELLONCE_SURGE_DEFECTS={{defects}} cargo run --quiet --locked -p sellonce-cluster -- \
        cargo nextest run --locked --profile long --workspace --features sellonce/sabotage --test sabotage --no-capture a_surge_catches
