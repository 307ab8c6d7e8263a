//! Chance that is none: every draw is a function of the seed and of what is drawn for.
//!
//! Decides how draws are spread (evenly, by waiting times, by Zipf's law). Leaves what is drawn to the plan.

/// Draws for one purpose, such as one purchase.
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    /// The draws for a purpose: its name, and its number among those of that name.
    pub(crate) fn of(seed: u64, purpose: &str, number: u64) -> Self {
        let purpose = crate::dialect::body_hash(purpose.as_bytes());
        Self(fastrand::Rng::with_seed(mix(seed ^ mix(purpose ^ mix(number)))))
    }

    /// Evenly from 0 up to, but without, the bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.u64(..bound.max(1))
    }

    /// Whether something happens that happens so often in a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several, as often as its weight says.
    pub(crate) fn pick<T: Copy>(&mut self, weighted: &[(T, u64)]) -> T {
        let mut draw = self.below(weighted.iter().map(|(_, weight)| weight).sum());
        for (thing, weight) in weighted {
            if draw < *weight {
                return *thing;
            }
            draw -= weight;
        }
        weighted.first().expect("there is something to pick from").0
    }

    /// A waiting time: exponential, so that events come at random instants with this mean distance.
    pub(crate) fn wait_ns(&mut self, mean_ns: u64) -> u64 {
        let even = self.0.f64();
        let wait = -(1.0 - even).ln() * (mean_ns as f64);
        wait as u64
    }
}

/// Spreads the bits of a number (SplitMix64's finish), so that neighbours have nothing in common.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Which of several things people want: the first most, the k-th one k-th as often (Zipf's law with exponent 1).
pub(crate) struct Zipf {
    /// Sums of weights, so that a draw is found by halving.
    up_to: Vec<u64>,
}

impl Zipf {
    const WHOLE: u64 = 1_000_000_000;

    pub(crate) fn new(things: usize) -> Self {
        let mut sum = 0_u64;
        let weights = (1..=u64::try_from(things.max(1)).unwrap_or(u64::MAX)).map(|rank| Self::WHOLE / rank);
        let up_to = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self { up_to: up_to.collect() }
    }

    /// The index of the thing that is wanted.
    pub(crate) fn draw(&self, chance: &mut Chance) -> usize {
        let draw = chance.below(*self.up_to.last().expect("there is at least one thing"));
        self.up_to.partition_point(|up_to| *up_to <= draw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_does_not() {
        let draws = |seed, number| {
            let mut chance = Chance::of(seed, "purchase", number);
            (0..8).map(|_| chance.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(draws(7, 1), draws(7, 1));
        assert_ne!(draws(7, 1), draws(8, 1));
        assert_ne!(draws(7, 1), draws(7, 2));
    }

    #[test]
    fn the_most_wanted_thing_is_wanted_twice_as_often_as_the_second() {
        let zipf = Zipf::new(100);
        let mut counts = [0_u64; 100];
        let mut chance = Chance::of(1, "test", 0);
        for _ in 0..100_000 {
            counts[zipf.draw(&mut chance)] += 1;
        }
        assert!(counts.iter().all(|count| *count > 0));
        let ratio = counts[0] * 100 / counts[1];
        assert!((180..220).contains(&ratio), "{ratio}");
    }

    #[test]
    fn waits_have_their_mean() {
        let mut chance = Chance::of(1, "test", 0);
        let mean = (0..100_000).map(|_| chance.wait_ns(5_000)).sum::<u64>() / 100_000;
        assert!((4_900..5_100).contains(&mean), "{mean}");
    }
}
