//! The catalog of the demo shop: a small general store that does not exist.
//!
//! Decides what `--demo` sells. Among it is one of each kind that a shop has to cope with: products with options, one
//! that is made to order, one of which hardly anything is left, one that is sold out, one with a struck price, and one
//! that is kept but not shown. The pictures are files of the server crate (`static/demo`).

use sellonce_checkout::catalog::{
    Details, Handle, Image, ImportedProduct, ImportedVariant, Listing, Sku, Variant,
};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::money::{Currency, Money};

/// The whole catalog, priced in a currency.
pub(crate) fn products(currency: Currency) -> Vec<ImportedProduct> {
    GOODS.iter().map(|goods| goods.product(currency)).collect()
}

/// A product of the catalog.
struct Goods {
    handle: &'static str,
    title: &'static str,
    /// What the picture shows.
    shows: &'static str,
    kind: &'static str,
    tags: &'static [&'static str],
    /// One paragraph each.
    body: &'static [&'static str],
    options: &'static [&'static str],
    items: &'static [Item],
    policy: Policy,
    listing: Listing,
}

/// A variant: its part of the SKU, its option values, its price in hundredths, its stock and its weight.
struct Item {
    code: &'static str,
    values: &'static [&'static str],
    price: i64,
    compare_at: Option<i64>,
    quantity: i64,
    grams: u32,
}

const fn item(
    code: &'static str,
    values: &'static [&'static str],
    price: i64,
    quantity: i64,
    grams: u32,
) -> Item {
    Item { code, values, price, compare_at: None, quantity, grams }
}

/// What most products are: on sale, and sold only from stock.
const PLAIN: Goods = Goods {
    handle: "",
    title: "",
    shows: "",
    kind: "",
    tags: &[],
    body: &[],
    options: &[],
    items: &[],
    policy: Policy::Deny,
    listing: Listing::Published,
};

const GOODS: &[Goods] = &[
    Goods {
        handle: "enamel-mug",
        title: "Enamel Mug",
        shows: "A white enamel mug with a dark green rim",
        kind: "Kitchen",
        tags: &["mug", "cup", "coffee", "tea"],
        body: &[
            "Steel under three coats of enamel, with a rolled rim. Holds 350 ml, survives every drop.",
            "Good on a campfire, good in the dishwasher.",
        ],
        options: &["Rim"],
        items: &[
            item("MUG-GREEN", &["Forest green"], 1450, 80, 180),
            item("MUG-BLUE", &["Night blue"], 1450, 60, 180),
            item("MUG-RED", &["Brick red"], 1450, 4, 180),
        ],
        ..PLAIN
    },
    Goods {
        handle: "wool-blanket",
        title: "Wool Blanket",
        shows: "A folded green wool blanket with fringes",
        kind: "Home",
        tags: &["blanket", "throw", "wool"],
        body: &[
            "Lambswool, woven in a broad stripe and finished with a fringe. 140 by 200 cm, for one and a half people.",
        ],
        options: &["Colour"],
        items: &[
            Item { compare_at: Some(13_800), ..item("BLANKET-MOSS", &["Moss"], 11_000, 24, 1_350) },
            Item { compare_at: Some(13_800), ..item("BLANKET-RUST", &["Rust"], 11_000, 0, 1_350) },
        ],
        ..PLAIN
    },
    Goods {
        handle: "wildflower-honey",
        title: "Wildflower Honey",
        shows: "A jar of honey with a red cloth lid",
        kind: "Larder",
        tags: &["honey", "food", "breakfast"],
        body: &[
            "From eleven hives at the edge of a wood. Tastes of lime blossom early in the year and of heather late.",
        ],
        options: &["Size"],
        items: &[
            item("HONEY-250", &["250 g"], 800, 200, 420),
            item("HONEY-500", &["500 g"], 1450, 120, 760),
            item("HONEY-1000", &["1 kg"], 2600, 40, 1_380),
        ],
        ..PLAIN
    },
    Goods {
        handle: "walnut-stool",
        title: "Walnut Stool",
        shows: "A three-legged stool of walnut wood",
        kind: "Home",
        tags: &["stool", "seat", "furniture", "wood"],
        body: &[
            "Three legs, because three legs never wobble. Turned from one board and oiled.",
            "Made to order: it leaves the workshop about four weeks after you have ordered it.",
        ],
        items: &[item("STOOL-WALNUT", &[], 18_000, 0, 4_200)],
        policy: Policy::Continue,
        ..PLAIN
    },
    Goods {
        handle: "brass-desk-lamp",
        title: "Brass Desk Lamp",
        shows: "A brass desk lamp with a green shade, switched on",
        kind: "Home",
        tags: &["lamp", "light", "desk"],
        body: &[
            "An arm with two joints and a shade that turns. The last pieces of a workshop that has closed.",
        ],
        items: &[item("LAMP-BRASS", &[], 12_900, 2, 2_100)],
        ..PLAIN
    },
    Goods {
        handle: "linen-apron",
        title: "Linen Apron",
        shows: "A blue linen apron on a hook",
        kind: "Kitchen",
        tags: &["apron", "linen", "cooking"],
        body: &["Washed linen with a split pocket. It gets better with every stain."],
        options: &["Length", "Colour"],
        items: &[
            item("APRON-S-INDIGO", &["Short", "Indigo"], 4200, 18, 310),
            item("APRON-S-OAT", &["Short", "Oat"], 4200, 22, 310),
            item("APRON-L-INDIGO", &["Long", "Indigo"], 4800, 9, 390),
            item("APRON-L-OAT", &["Long", "Oat"], 4800, 3, 390),
        ],
        ..PLAIN
    },
    Goods {
        handle: "stoneware-teapot",
        title: "Stoneware Teapot",
        shows: "A round grey-blue stoneware teapot",
        kind: "Kitchen",
        tags: &["teapot", "tea", "stoneware"],
        body: &["Thrown by hand, glazed where the tea is and bare where the table is. Pours without a drip."],
        items: &[item("TEAPOT-GREY", &[], 6400, 0, 980)],
        ..PLAIN
    },
    Goods {
        handle: "pocket-notebook",
        title: "Pocket Notebook",
        shows: "A red pocket notebook with a pencil",
        kind: "Desk",
        tags: &["notebook", "paper", "writing"],
        body: &["96 pages that lie flat, with a band that keeps them shut. The pencil is included."],
        options: &["Pages"],
        items: &[
            item("NOTEBOOK-PLAIN", &["Plain"], 900, 300, 140),
            item("NOTEBOOK-RULED", &["Ruled"], 900, 250, 140),
            item("NOTEBOOK-DOTTED", &["Dotted"], 900, 150, 140),
        ],
        ..PLAIN
    },
    Goods {
        handle: "beeswax-candle",
        title: "Beeswax Candles",
        shows: "Three beeswax candles of different heights, burning",
        kind: "Home",
        tags: &["candle", "light", "beeswax"],
        body: &[
            "Three candles, poured from the wax of the hives that also give the honey. They burn for ninety hours together.",
        ],
        items: &[item("CANDLE-SET", &[], 2200, 90, 640)],
        ..PLAIN
    },
    Goods {
        handle: "canvas-tote",
        title: "Canvas Tote",
        shows: "A canvas tote bag with a leaf printed on it",
        kind: "Bags",
        tags: &["bag", "tote", "canvas"],
        body: &["Heavy cotton canvas with handles that go over a winter coat. Carries a week of vegetables."],
        items: &[item("TOTE-LEAF", &[], 2400, 140, 350)],
        ..PLAIN
    },
    Goods {
        handle: "garden-trowel",
        title: "Garden Trowel",
        shows: "A hand trowel with a wooden handle, in the soil beside a seedling",
        kind: "Garden",
        tags: &["trowel", "garden", "tool"],
        body: &[
            "Forged in one piece and fixed to an ash handle. It does not bend, whatever your soil is like.",
        ],
        items: &[item("TROWEL-ASH", &[], 2600, 75, 290)],
        ..PLAIN
    },
    Goods {
        handle: "winter-lantern",
        title: "Winter Lantern",
        shows: "A tin lantern with a candle in it, in the snow",
        kind: "Garden",
        tags: &["lantern", "light", "winter"],
        body: &["Tin and old glass, for a candle outside the door. It comes back into the shop in November."],
        items: &[item("LANTERN-TIN", &[], 3900, 30, 1_100)],
        listing: Listing::Hidden,
        ..PLAIN
    },
];

impl Goods {
    fn product(&self, currency: Currency) -> ImportedProduct {
        let paragraphs = self.body.iter().map(|text| format!("<p>{text}</p>"));
        let picture = Image { src: format!("/static/demo/{}.svg", self.handle), alt: self.shows.to_owned() };
        let details = Details {
            handle: Handle::parse(self.handle).expect("a handle of the table is one"),
            title: self.title.to_owned(),
            body_html: paragraphs.collect(),
            vendor: "Thistle & Twine".to_owned(),
            product_type: self.kind.to_owned(),
            tags: owned(self.tags),
            listing: self.listing,
            options: owned(self.options),
            images: vec![picture],
        };
        let variants = self.items.iter().map(|item| self.variant(item, currency)).collect();
        ImportedProduct { details, variants }
    }

    fn variant(&self, item: &Item, currency: Currency) -> ImportedVariant {
        let variant = Variant {
            sku: Sku::parse(item.code).expect("a SKU of the table is one"),
            title: item.values.join(" / "),
            option_values: owned(item.values),
            price: price(item.price, currency),
            compare_at: item.compare_at.map(|was| price(was, currency)),
            image_src: None,
            grams: item.grams,
            barcode: String::new(),
            policy: self.policy,
        };
        ImportedVariant { variant, quantity: Some(item.quantity) }
    }
}

/// A price of the table in a currency: 14.50 where it has two digits, 1450 where it has none, and where it has three or
/// more, whose units are worth more, 4.350.
fn price(hundredths: i64, currency: Currency) -> Money {
    let minor = match currency.exponent() {
        0..=2 => hundredths,
        digits => hundredths * 3 * 10_i64.pow(digits - 3),
    };
    Money::new(minor, currency).expect("the prices of the table are small")
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn priced(code: &str) -> Vec<ImportedProduct> {
        products(Currency::parse(code).unwrap())
    }

    #[test]
    fn handles_and_skus_are_given_once() {
        let catalog = priced("USD");
        let handles: BTreeSet<_> = catalog.iter().map(|product| &product.details.handle).collect();
        let variants = || catalog.iter().flat_map(|product| &product.variants);
        let skus: BTreeSet<_> = variants().map(|each| &each.variant.sku).collect();
        assert_eq!((handles.len(), skus.len()), (catalog.len(), variants().count()));
    }

    #[test]
    fn every_variant_has_a_value_for_each_option() {
        for product in priced("USD") {
            for each in &product.variants {
                assert_eq!(
                    each.variant.option_values.len(),
                    product.details.options.len(),
                    "{}",
                    each.variant.sku
                );
            }
        }
    }

    #[test]
    fn every_product_has_a_picture_with_words() {
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server");
        for product in priced("USD") {
            for image in &product.details.images {
                assert!(server.join(image.src.trim_start_matches('/')).is_file(), "{} is missing", image.src);
                assert!(!image.alt.is_empty(), "{} has no words", image.src);
            }
        }
    }

    #[test]
    fn prices_are_sensible_in_currencies_of_any_exponent() {
        for (code, expect) in
            [("USD", "14.50 USD"), ("JPY", "1450 JPY"), ("KWD", "4.350 KWD"), ("CLF", "4.3500 CLF")]
        {
            let mug = &priced(code)[0].variants[0].variant;
            assert_eq!(mug.price.to_string(), expect);
        }
    }

    #[test]
    fn there_is_one_of_each_kind_that_a_shop_has_to_cope_with() {
        let catalog = priced("USD");
        let holds = |check: &dyn Fn(&ImportedProduct) -> bool| catalog.iter().any(check);
        let total = |product: &ImportedProduct| -> i64 {
            product.variants.iter().filter_map(|each| each.quantity).sum()
        };
        assert!(holds(&|product| product.details.options.len() > 1));
        assert!(holds(&|product| product.variants[0].variant.policy == Policy::Continue));
        assert!(holds(&|product| (1..=3).contains(&total(product))));
        assert!(holds(&|product| total(product) == 0 && product.variants[0].variant.policy == Policy::Deny));
        assert!(holds(&|product| product.variants[0].variant.compare_at.is_some()));
        assert!(holds(&|product| product.details.listing == Listing::Hidden));
    }
}
