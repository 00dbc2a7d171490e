//! Dice whose throws follow from a seed.

use sha2::{Digest as _, Sha256};

/// How many sides they have.
pub(super) const SIDES: u16 = 1_000;

/// Throw number `throw` of a session: from 0 to below [`SIDES`].
pub(super) fn roll(seed: u64, session: u64, throw: u64) -> u16 {
    let mut hash = Sha256::new();
    for number in [seed, session, throw] {
        hash.update(number.to_be_bytes());
    }
    let drawn = hash.finalize();
    let number = drawn.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte));
    u16::try_from(number % u32::from(SIDES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_fair_and_fall_the_same_way_again() {
        let throws: Vec<u16> = (0..10_000).map(|throw| roll(7, 1, throw)).collect();
        let low = throws.iter().filter(|roll| **roll < SIDES / 4).count();
        assert!((2_300..2_700).contains(&low), "{low}");
        assert_eq!(roll(7, 1, 3), throws[3]);
        assert!(throws.iter().zip(0..).any(|(before, throw)| *before != roll(8, 1, throw)));
    }
}
