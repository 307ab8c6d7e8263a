//! The details of a checkout: what the buyer types into the form, and what is wrong about it.
//!
//! Decides which fields there are and how a mistake is told. Leaves what an e-mail address, an address or a discount
//! code may be to checkout.

use std::collections::BTreeMap;

use sellonce_checkout::address::{Address, Country, typed_text};
use sellonce_checkout::catalog::Malformed;
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::email::Email;
use sellonce_checkout::limits;
use sellonce_checkout::price_lock::LockRefusal;
use sellonce_checkout::session::{Buyer, Checkout};
use sellonce_checkout::store::checkouts::OpenRefusal;
use sellonce_checkout::totals::PricingProblem;
use serde::Deserialize;

/// The name of the field with the shipping method.
pub(super) const SHIPPING_METHOD: &str = "shipping_method";

/// What kind of field it is.
pub(super) struct Kind {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    width: &'static str,
    is_optional: bool,
    chars_max: usize,
}

const TEXT: Kind = Kind {
    name: "",
    label: "",
    kind: "text",
    autocomplete: "off",
    width: "",
    is_optional: false,
    chars_max: limits::TEXT_CHARS_MAX,
};

/// Who buys.
pub(super) const CONTACT: &[Kind] = &[Kind {
    name: "email",
    label: "E-mail",
    kind: "email",
    autocomplete: "email",
    chars_max: limits::EMAIL_BYTES_MAX,
    ..TEXT
}];

/// Where the goods go.
pub(super) const ADDRESS: &[Kind] = &[
    Kind { name: "name", label: "Name", autocomplete: "shipping name", ..TEXT },
    Kind { name: "line1", label: "Street and number", autocomplete: "shipping address-line1", ..TEXT },
    Kind {
        name: "line2",
        label: "Flat, floor or company",
        autocomplete: "shipping address-line2",
        is_optional: true,
        ..TEXT
    },
    Kind {
        name: "postal_code",
        label: "Postal code",
        autocomplete: "shipping postal-code",
        width: "third",
        ..TEXT
    },
    Kind {
        name: "city",
        label: "City",
        autocomplete: "shipping address-level2",
        width: "two-thirds",
        ..TEXT
    },
    Kind {
        name: "region",
        label: "State or region",
        autocomplete: "shipping address-level1",
        width: "half",
        is_optional: true,
        ..TEXT
    },
    Kind { name: "country", label: "Country", autocomplete: "shipping country", width: "half", ..TEXT },
    Kind {
        name: "phone",
        label: "Telephone",
        kind: "tel",
        autocomplete: "shipping tel",
        is_optional: true,
        ..TEXT
    },
];

/// What takes something off the price.
pub(super) const DISCOUNT: &[Kind] = &[Kind {
    name: "discount_code",
    label: "Discount code",
    is_optional: true,
    chars_max: limits::DISCOUNT_CODE_CHARS_MAX,
    ..TEXT
}];

/// What was typed, by the names of the fields.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Typed(BTreeMap<String, String>);

/// What is wrong, by the names of the fields.
pub(super) type Mistakes = BTreeMap<&'static str, String>;

/// The details, read.
pub(super) struct Details {
    pub(super) buyer: Buyer,
    pub(super) shipping_method: Option<String>,
    pub(super) discount_code: Option<DiscountCode>,
}

/// A field as the form shows it.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) autocomplete: &'static str,
    pub(super) width: &'static str,
    pub(super) chars_max: usize,
    pub(super) is_required: bool,
    pub(super) value: String,
    pub(super) error: String,
}

impl Typed {
    /// What was typed into a field, without the spaces around it.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// Whether anything was typed into one of these fields.
    pub(super) fn has_any(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| !self.text(kind.name).is_empty())
    }

    /// What must have been typed for a checkout to be as it is.
    pub(super) fn of(checkout: &Checkout) -> Self {
        let mut typed = BTreeMap::new();
        let mut put = |name: &str, text: &str| typed.insert(name.to_owned(), text.to_owned());
        put("email", checkout.buyer.email.as_str());
        put(SHIPPING_METHOD, &checkout.lock.shipping_method);
        put("discount_code", checkout.discount_code.as_ref().map_or("", |code| code.as_str()));
        if let Some(address) = &checkout.buyer.address {
            put("name", &address.name);
            put("line1", &address.line1);
            put("line2", address.line2.as_deref().unwrap_or_default());
            put("postal_code", &address.postal_code);
            put("city", &address.city);
            put("region", address.region.as_deref().unwrap_or_default());
            put("country", address.country.as_str());
            put("phone", address.phone.as_deref().unwrap_or_default());
        }
        Self(typed)
    }

    /// Reads the details, or tells every mistake.
    pub(super) fn read(&self, address_required: bool) -> Result<Details, Mistakes> {
        let mut mistakes = Mistakes::new();
        let email = keep(&mut mistakes, "email", Email::parse(self.text("email")));
        let wants_address = address_required || self.has_any(ADDRESS);
        let address = wants_address.then(|| self.address(&mut mistakes));
        let optional = |name| Some(self.text(name)).filter(|text| !text.is_empty());
        let shipping_method = optional(SHIPPING_METHOD)
            .and_then(|code| keep(&mut mistakes, SHIPPING_METHOD, typed_text("shipping method", code)));
        let discount_code = optional("discount_code")
            .and_then(|code| keep(&mut mistakes, "discount_code", DiscountCode::parse(code)));
        match email {
            Some(email) if mistakes.is_empty() => {
                let buyer = Buyer { email, address: address.flatten(), customer_reference: None };
                Ok(Details { buyer, shipping_method, discount_code })
            }
            _ => Err(mistakes),
        }
    }

    fn address(&self, mistakes: &mut Mistakes) -> Option<Address> {
        let country = keep(mistakes, "country", Country::parse(self.text("country")));
        let mut needed = |name| keep(mistakes, name, typed_text(name, self.text(name)));
        let (name, line1, city, postal_code) =
            (needed("name"), needed("line1"), needed("city"), needed("postal_code"));
        let mut optional = |name| if self.text(name).is_empty() { None } else { needed(name) };
        let (line2, region, phone) = (optional("line2"), optional("region"), optional("phone"));
        Some(Address {
            name: name?,
            line1: line1?,
            line2,
            city: city?,
            region,
            postal_code: postal_code?,
            country: country?,
            phone,
        })
    }
}

/// Takes a value that was read, or notes the mistake.
fn keep<T>(mistakes: &mut Mistakes, name: &'static str, read: Result<T, Malformed>) -> Option<T> {
    read.map_err(|malformed| mistakes.insert(name, format!("This {}.", malformed.problem))).ok()
}

/// The mistake of the field that is to blame for a refusal; other refusals are of no field.
pub(super) fn blame(refusal: &OpenRefusal) -> Option<Mistakes> {
    let of = |name, text: String| Some(Mistakes::from([(name, text)]));
    match refusal {
        OpenRefusal::UnknownDiscount => {
            of("discount_code", "We do not know this code. Check the spelling, or leave it out.".to_owned())
        }
        OpenRefusal::Lock(LockRefusal::Discount(why)) => of("discount_code", format!("We are sorry: {why}.")),
        OpenRefusal::Lock(LockRefusal::Pricing(problem)) => match problem {
            PricingProblem::AddressRequired => of("country", "We need to know where it goes.".to_owned()),
            PricingProblem::NotShippedThere => of("country", "We do not ship to this country.".to_owned()),
            PricingProblem::UnknownShippingMethod { .. } => {
                of(SHIPPING_METHOD, "This does not go to your country. Choose another way.".to_owned())
            }
            PricingProblem::Money(_) => None,
        },
        OpenRefusal::Lock(_) | OpenRefusal::CartNotFound | OpenRefusal::CartOrdered => None,
    }
}

/// Fields with what was typed into them and what is wrong about it.
pub(super) fn fields(kinds: &[Kind], typed: &Typed, mistakes: &Mistakes, required: bool) -> Vec<Field> {
    let field = |kind: &Kind| Field {
        name: kind.name,
        label: kind.label,
        kind: kind.kind,
        autocomplete: kind.autocomplete,
        width: kind.width,
        chars_max: kind.chars_max,
        is_required: required && !kind.is_optional,
        value: typed.text(kind.name).to_owned(),
        error: mistakes.get(kind.name).cloned().unwrap_or_default(),
    };
    kinds.iter().map(field).collect()
}
