//! Targets: anybody's shop, described in a file: requests, extraction, checks.
