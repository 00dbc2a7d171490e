//! Samples of one figure, and the rows of the table that they make.

/// The head of the table.
pub(crate) const HEAD: &str = "\
| figure | ehlo median (min-max) | yardstick | yardstick median | ratio | within 3x? |
|---|---|---|---|---|---|";

/// A ratio above this is said to be off.
const FAR: f64 = 3.0;

/// What is measured.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// The unit of its samples.
    pub(crate) unit: &'static str,
    /// Whether more is better, as with a throughput.
    pub(crate) more_is_better: bool,
    /// What cannot be told from nothing; smaller samples count as this much in a ratio.
    pub(crate) least: f64,
}

impl Kind {
    /// A time in milliseconds.
    pub(crate) const fn time(name: &'static str) -> Self {
        Self { name, unit: "ms", more_is_better: false, least: 0.001 }
    }

    /// A throughput.
    pub(crate) const fn rate(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, more_is_better: true, least: 0.001 }
    }

    /// Something that is used up, of which less than `least` is nothing.
    pub(crate) const fn cost(name: &'static str, unit: &'static str, least: f64) -> Self {
        Self { name, unit, more_is_better: false, least }
    }

    /// How many times worse `ours` is than `theirs`.
    fn ratio(&self, ours: f64, theirs: f64) -> f64 {
        let (ours, theirs) = (ours.max(self.least), theirs.max(self.least));
        if self.more_is_better { theirs / ours } else { ours / theirs }
    }
}

/// The samples of one figure, ours and those of the yardsticks, in rounds.
#[derive(Debug)]
pub(crate) struct Series {
    /// What was measured.
    pub(crate) kind: &'static Kind,
    ours: Vec<f64>,
    yardsticks: Vec<(&'static str, Vec<f64>)>,
}

impl Series {
    /// A series without samples.
    pub(crate) fn new(kind: &'static Kind, yardsticks: &[&'static str]) -> Self {
        let yardsticks = yardsticks.iter().map(|name| (*name, Vec::new())).collect();
        Self { kind, ours: Vec::new(), yardsticks }
    }

    /// Adds a round: our sample, then one of each yardstick, `None` where it is not installed.
    pub(crate) fn round(&mut self, samples: &[Option<f64>]) {
        let mut samples = samples.iter().copied();
        self.ours.extend(samples.next().flatten());
        for ((_, theirs), sample) in self.yardsticks.iter_mut().zip(samples) {
            theirs.extend(sample);
        }
    }

    /// One row of the table for each yardstick.
    pub(crate) fn rows(&self) -> Vec<String> {
        self.yardsticks.iter().map(|(name, theirs)| self.row(name, theirs)).collect()
    }

    fn row(&self, name: &str, theirs: &[f64]) -> String {
        let unit = self.kind.unit;
        let (least, most) =
            self.ours.iter().fold((f64::MAX, 0.0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
        let ours =
            format!("{} ({}-{}) {unit}", digits(median(&self.ours)), digits(least), digits(most));
        let figure = self.kind.name;
        if theirs.is_empty() {
            return format!("| {figure} | {ours} | {name} | not installed | - | - |");
        }
        // The median of the ratios of each round: what disturbs a round disturbs both.
        let ratios: Vec<f64> =
            self.ours.iter().zip(theirs).map(|(a, b)| self.kind.ratio(*a, *b)).collect();
        let ratio = median(&ratios);
        let verdict = if ratio <= FAR { "yes" } else { "NO" };
        let theirs = digits(median(theirs));
        format!("| {figure} | {ours} | {name} | {theirs} {unit} | {} | {verdict} |", digits(ratio))
    }
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let at = |i: usize| sorted.get(i).copied().unwrap_or_default();
    if sorted.len() % 2 == 1 {
        at(middle)
    } else {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    }
}

/// Three digits that mean something.
fn digits(number: f64) -> String {
    match number {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}
