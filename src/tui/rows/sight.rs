//! Which rows can be seen: folds hide lines of a reply or of mail data, a filter hides exchanges.
//!
//! Folds are looked up row by row. The filter keeps an index of the runs of the wire whose
//! exchange fits; it grows with the session, at the cost of what is new. A moment that is over is the
//! beginning of the same wire: what fits in the end is what is kept of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::session::pattern::{Counter, Pattern};
use crate::session::{Dialogue, Row};
use crate::smtp::verb::Verb;

/// What has more lines than this is long.
const LONG: usize = 4;

/// What hides rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Whether everything long is folded.
    fold_long: bool,
    /// What the person folded or unfolded since, by the first row of its run.
    folds: BTreeMap<usize, bool>,
    /// Rows that were put away together, by the first one, which stands for them.
    away: BTreeMap<usize, usize>,
    filter: Option<Filter>,
}

/// A filter and what it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Filter {
    pattern: Pattern,
    /// The first rows of the runs that are kept.
    runs: BTreeSet<usize>,
    /// The exchanges that fit.
    fitting: BTreeSet<usize>,
    /// How many rows of the wire were looked at.
    rows: usize,
    /// The runs of exchanges about which a reply may still decide.
    pending: BTreeMap<usize, Vec<usize>>,
    counter: Counter,
    /// Which of its kind each exchange is.
    nth: Vec<u32>,
    /// The exchange to which mail data belongs.
    carrier: Option<usize>,
}

/// Number of rows, unfinished ones included.
pub fn count(dialogue: &Dialogue) -> usize {
    let (reply, rest) = dialogue.partial_reply();
    let server = reply.lines.len() + usize::from(!rest.is_empty());
    dialogue.wire().len() + usize::from(dialogue.has_partial_line()) + server
}

impl Sight {
    /// The filter, and how many exchanges of `dialogue` fit it.
    pub fn filter(&self, dialogue: &Dialogue) -> Option<(&Pattern, usize)> {
        let filter = self.filter.as_ref()?;
        let end = dialogue.exchanges().len();
        let later = filter.fitting.last().is_some_and(|last| *last >= end);
        let n = if later { filter.fitting.range(..end).count() } else { filter.fitting.len() };
        Some((&filter.pattern, n))
    }

    /// Keeps only what fits `pattern`; a pattern without words keeps everything.
    pub fn set_filter(&mut self, pattern: Pattern, dialogue: &Dialogue) {
        self.filter = Some(Filter::new(pattern)).filter(|f| !f.pattern.is_empty());
        self.grow(dialogue);
    }

    /// Takes in what is new in the dialogue.
    pub fn grow(&mut self, dialogue: &Dialogue) {
        if let Some(filter) = &mut self.filter {
            filter.grow(dialogue);
        }
    }

    /// The same with another dialogue in place of the one before.
    pub fn begin_again(&mut self, dialogue: &Dialogue) {
        self.folds.clear();
        self.away.clear();
        if let Some(filter) = self.filter.take() {
            self.set_filter(filter.pattern, dialogue);
        }
    }

    /// Puts rows away: the first one stands for all of them until the person unfolds it.
    pub fn put_away(&mut self, rows: Range<usize>) {
        self.away.insert(rows.start, rows.end);
    }

    /// The rows with which row `at` was put away.
    fn put_away_with(&self, at: usize) -> Option<Range<usize>> {
        let (start, end) = self.away.range(..=at).next_back()?;
        Some(*start..*end).filter(|rows| rows.contains(&at) && rows.len() > 1)
    }

    /// Folds or unfolds what row `at` belongs to; gives its first row, `None` if it has but one.
    pub fn fold(&mut self, dialogue: &Dialogue, at: usize) -> Option<usize> {
        let away = self.put_away_with(at);
        if let Some(rows) = away.filter(|rows| self.is_away(rows) || at == rows.start) {
            self.folds.insert(rows.start, !self.is_away(&rows));
            return Some(rows.start);
        }
        let rows = foldable(dialogue, at)?;
        self.folds.insert(rows.start, !self.is_folded(&rows));
        Some(rows.start)
    }

    /// Folds everything long, or unfolds everything.
    pub fn fold_all(&mut self) {
        self.fold_long = !self.fold_long;
        self.folds.clear();
    }

    /// Unfolds what row `at` belongs to, if it is hidden by that.
    pub fn unfold(&mut self, dialogue: &Dialogue, at: usize) {
        if let Some(rows) = self.folded(dialogue, at).filter(|rows| rows.start != at) {
            self.folds.insert(rows.start, false);
        }
    }

    fn is_away(&self, rows: &Range<usize>) -> bool {
        self.folds.get(&rows.start).copied().unwrap_or(true)
    }

    fn is_folded(&self, rows: &Range<usize>) -> bool {
        let long = self.fold_long && rows.len() > LONG;
        self.folds.get(&rows.start).copied().unwrap_or(long)
    }

    /// The folded rows to which row `at` belongs.
    fn folded(&self, dialogue: &Dialogue, at: usize) -> Option<Range<usize>> {
        if let Some(rows) = self.put_away_with(at).filter(|rows| self.is_away(rows)) {
            return Some(rows);
        }
        if !self.fold_long && self.folds.is_empty() {
            return None;
        }
        foldable(dialogue, at).filter(|rows| self.is_folded(rows))
    }

    /// How many rows are folded behind row `at`.
    pub fn behind(&self, dialogue: &Dialogue, at: usize) -> usize {
        self.folded(dialogue, at).filter(|rows| rows.start == at).map_or(0, |rows| rows.len() - 1)
    }

    /// Whether row `at` can be seen.
    pub fn shows(&self, dialogue: &Dialogue, at: usize) -> bool {
        self.kept_from(dialogue, at) == Some(at)
            && self.folded(dialogue, at).is_none_or(|rows| rows.start == at)
    }

    /// The first row from `at` on that the filter keeps, folded or not.
    pub fn kept_from(&self, dialogue: &Dialogue, at: usize) -> Option<usize> {
        let wire = dialogue.wire();
        let kept = match &self.filter {
            Some(filter) if at < wire.len() => {
                let (rows, _) = wire.run(at)?;
                let inside = filter.runs.contains(&rows.start).then_some(at);
                // What is not finished is always kept.
                let next = || filter.runs.range(rows.end..wire.len()).next().copied();
                inside.or_else(next).unwrap_or_else(|| wire.len())
            }
            _ => at,
        };
        (kept < count(dialogue)).then_some(kept)
    }

    /// The last row before `at` that the filter keeps, folded or not.
    pub fn kept_before(&self, dialogue: &Dialogue, at: usize) -> Option<usize> {
        let last = at.min(count(dialogue)).checked_sub(1)?;
        let Some(filter) = self.filter.as_ref().filter(|_| last < dialogue.wire().len()) else {
            return Some(last);
        };
        let (rows, _) = dialogue.wire().run(last)?;
        if filter.runs.contains(&rows.start) {
            return Some(last);
        }
        let before = filter.runs.range(..rows.start).next_back()?;
        dialogue.wire().run(*before).map(|(rows, _)| rows.end - 1)
    }

    /// The row behind row `at`.
    pub fn after(&self, dialogue: &Dialogue, at: usize) -> Option<usize> {
        let next = self.folded(dialogue, at).map_or(at + 1, |rows| rows.end);
        self.kept_from(dialogue, next)
    }

    /// The row before row `at`.
    pub fn before(&self, dialogue: &Dialogue, at: usize) -> Option<usize> {
        let start = self.folded(dialogue, at).map_or(at, |rows| rows.start);
        let last = self.kept_before(dialogue, start)?;
        Some(self.folded(dialogue, last).map_or(last, |rows| rows.start))
    }

    /// The first row.
    pub fn first(&self, dialogue: &Dialogue) -> Option<usize> {
        self.kept_from(dialogue, 0)
    }

    /// The last row.
    pub fn last(&self, dialogue: &Dialogue) -> Option<usize> {
        self.before(dialogue, count(dialogue))
    }

    /// Row `at`, or what is shown nearest to it.
    pub fn nearest(&self, dialogue: &Dialogue, at: usize) -> Option<usize> {
        if let Some(rows) = self.folded(dialogue, at)
            && self.shows(dialogue, rows.start)
        {
            return Some(rows.start);
        }
        self.kept_from(dialogue, at).or_else(|| self.last(dialogue))
    }
}

/// The run of row `at`, if it is one of several rows that can be folded.
fn foldable(dialogue: &Dialogue, at: usize) -> Option<Range<usize>> {
    let (rows, begin) = dialogue.wire().run(at)?;
    let kind = matches!(begin, Row::Server { .. } | Row::Data { .. });
    (kind && rows.len() > 1).then_some(rows)
}

impl Filter {
    fn new(pattern: Pattern) -> Self {
        Self {
            pattern,
            runs: BTreeSet::new(),
            fitting: BTreeSet::new(),
            rows: 0,
            pending: BTreeMap::new(),
            counter: Counter::default(),
            nth: Vec::new(),
            carrier: None,
        }
    }

    fn grow(&mut self, dialogue: &Dialogue) {
        for exchange in dialogue.exchanges().iter().skip(self.nth.len()) {
            self.nth.push(self.counter.next(exchange));
        }
        while let Some((rows, begin)) = dialogue.wire().run(self.rows) {
            // A run that has only grown stays where it is.
            if rows.start == self.rows
                && let Some(owner) = self.owner(dialogue, begin)
            {
                let runs = self.pending.entry(owner).or_default();
                runs.push(rows.start);
                // A reply decides about what it answers, too, though it may not be settled by it.
                if matches!(begin, Row::Server { .. }) {
                    let runs = runs.clone();
                    self.judge(dialogue, owner, &runs);
                } else {
                    self.judge(dialogue, owner, &[rows.start]);
                }
            }
            self.rows = rows.end;
        }
        self.settle(dialogue);
    }

    /// Looks again at what was answered. The last exchange may yet turn out odd.
    fn settle(&mut self, dialogue: &Dialogue) {
        let exchanges = dialogue.exchanges().len();
        let mut undecided = self.pending.split_off(&dialogue.settled());
        for (owner, runs) in std::mem::take(&mut self.pending) {
            self.judge(dialogue, owner, &runs);
            if owner + 1 == exchanges {
                undecided.insert(owner, runs);
            }
        }
        self.pending = undecided;
    }

    /// The exchange to which a run belongs: mail data to its DATA or BDAT.
    fn owner(&mut self, dialogue: &Dialogue, begin: Row) -> Option<usize> {
        match begin {
            Row::Client { exchange } => {
                let verb = dialogue.exchanges().get(exchange).and_then(|e| e.verb());
                if matches!(verb, Some(Verb::Data | Verb::Bdat)) {
                    self.carrier = Some(exchange);
                }
                Some(exchange)
            }
            Row::Server { exchange, .. } => Some(exchange),
            Row::Data { .. } => self.carrier,
            Row::Notice { .. } => None,
        }
    }

    fn judge(&mut self, dialogue: &Dialogue, owner: usize, runs: &[usize]) {
        let Some(exchange) = dialogue.exchanges().get(owner) else { return };
        let nth = self.nth.get(owner).copied().unwrap_or(1);
        if self.pattern.matches(exchange, nth) {
            self.fitting.insert(owner);
            self.runs.extend(runs);
        } else {
            self.fitting.remove(&owner);
            for run in runs {
                self.runs.remove(run);
            }
        }
    }
}
