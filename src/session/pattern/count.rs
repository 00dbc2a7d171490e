//! Which of several: a number or a range, `2`, `3..`, `2..5`.

use std::fmt;
use std::str::FromStr;

/// The numbers from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    from: u32,
    to: u32,
}

impl Count {
    /// Whether `nth`, from 1, is one of them.
    pub const fn holds(self, nth: u32) -> bool {
        self.from <= nth && nth <= self.to
    }
}

/// It is neither a number from 1 nor a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number from 1, or a range: 2, 3.., 2..5")]
pub struct NoCount;

impl FromStr for Count {
    type Err = NoCount;

    fn from_str(text: &str) -> Result<Self, NoCount> {
        let number = |text: &str| match text.parse() {
            Ok(n) if n > 0 && !text.starts_with('+') => Ok(n),
            _ => Err(NoCount),
        };
        let (from, to) = match text.split_once("..") {
            None => (number(text)?, number(text)?),
            Some((from, "")) => (number(from)?, u32::MAX),
            Some((from, to)) => (number(from)?, number(to)?),
        };
        if from <= to { Ok(Self { from, to }) } else { Err(NoCount) }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (from, to) if from == to => write!(f, "{from}"),
            (from, u32::MAX) => write!(f, "{from}.."),
            (from, to) => write!(f, "{from}..{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_both_its_ends() {
        for (text, inside, outside) in [
            ("2", &[2][..], &[1, 3][..]),
            ("3..", &[3, 4, 999], &[1, 2]),
            ("2..5", &[2, 5], &[1, 6]),
        ] {
            let count: Count = text.parse().unwrap();
            assert!(inside.iter().all(|n| count.holds(*n)), "{text}");
            assert!(!outside.iter().any(|n| count.holds(*n)), "{text}");
            assert_eq!(count.to_string(), text);
        }
        for text in ["", "0", "..", "..3", "5..2", "1..x", "-1", "+1", "0..2"] {
            assert_eq!(text.parse::<Count>(), Err(NoCount), "{text}");
        }
    }
}
