//! The SKUs of a file: the written ones, and those made for variants that have none.
//!
//! Decides how a made SKU reads and that no two variants of a file get the same. It is made of the product's handle
//! and the variant's option values (`ocean-blue-shirt-small`), so that importing the file again, with its rows in any
//! order, finds the same variants. Where that text is wanted twice, or is written in the file as another variant's
//! SKU, each of the variants that want it gets a fingerprint of its exact handle and option values behind it: which
//! row comes first plays no part. Leaves checking what a SKU may be to the catalog.

use std::collections::{HashMap, HashSet};

use data_encoding::HEXLOWER;
use sellonce_checkout::limits;
use sha2::{Digest, Sha256};

/// What names a variant in its file, if not a SKU.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity<'row> {
    pub(super) handle: &'row str,
    pub(super) option_values: [&'row str; 3],
}

/// The digits of a fingerprint: enough for any file; more are taken if the file contains even that.
const FINGERPRINT_DIGITS: usize = 10;

/// Every SKU of a file, collected before the first product is made.
#[derive(Debug, Default)]
pub(super) struct Skus {
    claims: HashMap<String, Claim>,
    contested: HashSet<String>,
}

#[derive(Debug)]
enum Claim {
    /// The file has it, first in this line.
    Written(u64),
    /// It would be made for the variant with this fingerprint.
    Made([u8; 32]),
}

impl Skus {
    /// Notes a SKU that the file has.
    pub(super) fn note_written(&mut self, sku: &str, line: u64) {
        match self.claims.get(sku) {
            Some(Claim::Written(_)) => {}
            Some(Claim::Made(_)) => {
                self.contested.insert(sku.to_owned());
                self.claims.insert(sku.to_owned(), Claim::Written(line));
            }
            None => {
                self.claims.insert(sku.to_owned(), Claim::Written(line));
            }
        }
    }

    /// Notes a variant that needs a SKU.
    pub(super) fn note_missing(&mut self, identity: Identity<'_>) {
        let plain = plain(identity);
        let fingerprint = fingerprint(identity);
        match self.claims.get(&plain) {
            Some(Claim::Made(other)) if *other == fingerprint => {}
            Some(Claim::Made(_) | Claim::Written(_)) => {
                self.contested.insert(plain);
            }
            None => {
                self.claims.insert(plain, Claim::Made(fingerprint));
            }
        }
    }

    /// The line in which a written SKU stands first.
    pub(super) fn first_line(&self, sku: &str) -> Option<u64> {
        match self.claims.get(sku)? {
            Claim::Written(line) => Some(*line),
            Claim::Made(_) => None,
        }
    }

    /// The SKU made for a variant; what [`Skus::note_missing`] noted is unique in the file.
    pub(super) fn make(&self, identity: Identity<'_>) -> String {
        let plain = plain(identity);
        let fits = (1..=limits::SKU_BYTES_MAX).contains(&plain.len());
        if fits && !self.contested.contains(&plain) {
            return plain;
        }
        let fingerprint = HEXLOWER.encode(&fingerprint(identity));
        let with_digits = |digits: usize| {
            let tail = fingerprint.get(..digits).unwrap_or(&fingerprint);
            let room = limits::SKU_BYTES_MAX.saturating_sub(digits).saturating_sub(1);
            let head = plain.get(..plain.floor_char_boundary(room)).unwrap_or_default();
            if head.is_empty() { tail.to_owned() } else { format!("{head}-{tail}") }
        };
        (FINGERPRINT_DIGITS..fingerprint.len())
            .map(with_digits)
            .find(|sku| !self.claims.contains_key(sku))
            .unwrap_or_else(|| with_digits(fingerprint.len()))
    }
}

/// Letters and digits of any script in small letters, with single hyphens between them.
fn plain(identity: Identity<'_>) -> String {
    let mut text = String::new();
    for part in std::iter::once(identity.handle).chain(identity.option_values) {
        for word in part.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
            if !text.is_empty() {
                text.push('-');
            }
            text.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
    text
}

fn fingerprint(identity: Identity<'_>) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in std::iter::once(identity.handle).chain(identity.option_values) {
        // No field of a row contains this separator's byte, as it never occurs in UTF-8.
        digest.update(part);
        digest.update([0xFF]);
    }
    digest.finalize().into()
}
