//! Rows with numbers that only grow, of which some are in sight and one is chosen.

use std::collections::VecDeque;
use std::ops::Range;

use super::sieve::Sieve;

/// How many rows there are at most; the oldest that are over give way.
const MOST: usize = 10_000;

/// One row.
pub trait Row {
    /// Its number.
    fn number(&self) -> u64;
    /// Whether nothing more will happen to it.
    fn is_over(&self) -> bool;
    /// All words by which it can be found.
    fn words(&self) -> String;
    /// The code of a reply by which it can be found.
    fn code(&self) -> Option<u16>;
}

/// A list of rows.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// In the order of their numbers.
    rows: VecDeque<Box<T>>,
    sieve: Sieve,
    /// The numbers of those that the sieve keeps, where there is one.
    fitting: VecDeque<u64>,
    /// The row that the person chose; without one it is the last, whichever that is.
    chosen: Option<u64>,
    /// The first row in sight.
    top: usize,
    /// How many gave way.
    gone: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            rows: VecDeque::new(),
            sieve: Sieve::default(),
            fitting: VecDeque::new(),
            chosen: None,
            top: 0,
            gone: 0,
        }
    }
}

impl<T: Row> Listed<T> {
    /// Adds a row, or puts it in the place of the one with its number. Gives the row that gave way.
    pub fn put(&mut self, row: T) -> Option<T> {
        let number = row.number();
        if !self.sieve.is_empty() {
            let fits = self.sieve.keeps(&row);
            let place = self.fitting.partition_point(|fitting| *fitting < number);
            match (self.fitting.get(place) == Some(&number), fits) {
                (false, true) => self.fitting.insert(place, number),
                (true, false) => drop(self.fitting.remove(place)),
                _ => {}
            }
        }
        let place = self.rows.partition_point(|other| other.number() < number);
        match self.rows.get_mut(place).filter(|other| other.number() == number) {
            Some(other) => **other = row,
            None => self.rows.insert(place, Box::new(row)),
        }
        if self.rows.len() <= MOST {
            return None;
        }
        let oldest = self.rows.iter().position(|row| row.is_over()).unwrap_or_default();
        let number = self.rows.get(oldest).map(|row| row.number())?;
        self.give_up(number)
    }

    /// A row gives way to newer ones.
    pub fn give_up(&mut self, number: u64) -> Option<T> {
        let gone = self.remove(number);
        self.gone += u64::from(gone.is_some());
        gone
    }

    /// Takes a row away.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        let place = self.rows.binary_search_by_key(&number, |row| row.number()).ok()?;
        let shown = self.index(number);
        // What is in sight stays in sight.
        self.top = self.top.saturating_sub(usize::from(shown < self.top));
        if let Ok(place) = self.fitting.binary_search(&number) {
            self.fitting.remove(place);
        }
        self.rows.remove(place).map(|row| *row)
    }

    /// Keeps only some rows.
    pub fn keep_only(&mut self, is_kept: impl Fn(&T) -> bool) {
        self.rows.retain(|row| is_kept(row));
        self.gone = 0;
        self.sift(self.sieve.clone());
    }

    /// Keeps only those in sight that fit; what is chosen stays so, or what is next to it.
    pub fn sift(&mut self, sieve: Sieve) {
        let kept = self.rows.iter().filter(|row| !sieve.is_empty() && sieve.keeps(&***row));
        self.fitting = kept.map(|row| row.number()).collect();
        self.sieve = sieve;
    }

    /// What is kept in sight.
    pub const fn sieve(&self) -> &Sieve {
        &self.sieve
    }

    /// How many rows gave way.
    pub const fn gone(&self) -> u64 {
        self.gone
    }

    /// How many rows there are, whether in sight or not.
    pub fn all(&self) -> usize {
        self.rows.len()
    }

    /// How many rows have come, those that gave way among them.
    pub fn come(&self) -> u64 {
        self.rows.len() as u64 + self.gone
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.rows.iter().map(|row| &**row)
    }

    /// How many fit the sieve.
    pub fn len(&self) -> usize {
        if self.sieve.is_empty() { self.rows.len() } else { self.fitting.len() }
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row with this number.
    pub fn get(&self, number: u64) -> Option<&T> {
        let place = self.rows.binary_search_by_key(&number, |row| row.number()).ok()?;
        self.rows.get(place).map(|row| &**row)
    }

    /// The row at a place, of those that fit.
    pub fn at(&self, index: usize) -> Option<&T> {
        if self.sieve.is_empty() {
            return self.rows.get(index).map(|row| &**row);
        }
        self.get(*self.fitting.get(index)?)
    }

    /// Where the row with this number stands, or would stand, among those that fit.
    fn index(&self, number: u64) -> usize {
        if self.sieve.is_empty() {
            self.rows.partition_point(|row| row.number() < number)
        } else {
            self.fitting.partition_point(|fitting| *fitting < number)
        }
    }

    /// Where the chosen row stands.
    pub fn place(&self) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        Some(self.chosen.map_or(last, |number| self.index(number).min(last)))
    }

    /// The chosen row: the last one as long as the person has not moved.
    pub fn chosen(&self) -> Option<&T> {
        self.at(self.place()?)
    }

    /// Whether the newest row is always the chosen one.
    pub const fn follows(&self) -> bool {
        self.chosen.is_none()
    }

    /// Chooses the newest row, whichever that will be.
    pub const fn follow(&mut self) {
        self.chosen = None;
    }

    /// Chooses a row by its number.
    pub const fn choose(&mut self, number: u64) {
        self.chosen = Some(number);
    }

    /// Chooses the row at a place of the list, the last one where there is none.
    pub fn choose_at(&mut self, index: usize) {
        let index = index.min(self.len().saturating_sub(1));
        self.chosen = self.at(index).map(Row::number).or(self.chosen);
    }

    /// Moves the choice; behind the newest, where that is followed, there is nothing to go to.
    pub fn step(&mut self, by: isize) {
        if let Some(place) = self.place().filter(|_| by < 0 || !self.follows()) {
            self.choose_at(place.saturating_add_signed(by));
        }
    }

    /// Moves what is in sight, and the choice along with it.
    pub fn scroll(&mut self, by: isize, height: usize) {
        self.top = self.window(height).start.saturating_add_signed(by);
        self.step(by);
        self.settle(height);
    }

    /// Which rows are in sight where there is place for `height`: the chosen one is among them.
    pub fn window(&self, height: usize) -> Range<usize> {
        let (len, height) = (self.len(), height.max(1));
        let place = self.place().unwrap_or_default();
        let top = self.top.min(len.saturating_sub(height));
        let top = top.clamp((place + 1).saturating_sub(height), place);
        top..(top + height).min(len)
    }

    /// Remembers what is in sight, so that it stays there.
    pub fn settle(&mut self, height: usize) {
        self.top = self.window(height).start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Line(u64, &'static str, bool);

    impl Row for Line {
        fn number(&self) -> u64 {
            self.0
        }
        fn is_over(&self) -> bool {
            self.2
        }
        fn words(&self) -> String {
            self.1.to_owned()
        }
        fn code(&self) -> Option<u16> {
            None
        }
    }

    fn rows(numbers: impl IntoIterator<Item = u64>) -> Listed<Line> {
        let mut listed = Listed::default();
        for number in numbers {
            listed.put(Line(number, if number % 2 == 0 { "even" } else { "odd" }, true));
        }
        listed
    }

    fn seen(listed: &Listed<Line>, height: usize) -> Vec<u64> {
        listed.window(height).filter_map(|at| listed.at(at).map(|row| row.0)).collect()
    }

    #[test]
    fn rows_stand_in_order_whenever_they_come() {
        let listed = rows([3, 1, 2, 5, 4, 3]);
        assert_eq!(seen(&listed, 9), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn the_newest_is_followed_until_another_is_chosen() {
        let mut listed = rows(1..=9);
        assert_eq!((seen(&listed, 3), listed.chosen().unwrap().0), (vec![7, 8, 9], 9));
        listed.put(Line(10, "even", false));
        listed.settle(3);
        assert_eq!(seen(&listed, 3), [8, 9, 10]);
        listed.step(-1);
        listed.settle(3);
        for number in 11..20 {
            listed.put(Line(number, "odd", false));
            assert_eq!((seen(&listed, 3), listed.chosen().unwrap().0), (vec![8, 9, 10], 9));
        }
        // What stands before what is in sight goes without moving it.
        listed.remove(2);
        assert_eq!((seen(&listed, 3), listed.chosen().unwrap().0), (vec![8, 9, 10], 9));
        listed.remove(9);
        assert_eq!(listed.chosen().unwrap().0, 10, "its neighbour");
        listed.follow();
        assert_eq!(listed.chosen().unwrap().0, 19);
    }

    #[test]
    fn what_is_scrolled_takes_the_choice_along() {
        let mut listed = rows(1..=20);
        let mut scrolled = |by| {
            listed.scroll(by, 5);
            (seen(&listed, 5), listed.chosen().unwrap().0, listed.follows())
        };
        assert_eq!(scrolled(3), (vec![16, 17, 18, 19, 20], 20, true), "there is nothing below");
        assert_eq!(scrolled(-3), (vec![13, 14, 15, 16, 17], 17, false));
        assert_eq!(scrolled(-12), (vec![1, 2, 3, 4, 5], 5, false));
        assert_eq!(scrolled(-3), (vec![1, 2, 3, 4, 5], 2, false), "as far as the first");
        assert_eq!(scrolled(-3), (vec![1, 2, 3, 4, 5], 1, false));
        assert_eq!(scrolled(3), (vec![4, 5, 6, 7, 8], 4, false));
        assert_eq!(scrolled(99), (vec![16, 17, 18, 19, 20], 20, false));
    }

    #[test]
    fn a_sieve_keeps_what_fits_as_it_comes_and_changes() {
        let mut listed = rows(1..=6);
        listed.sift(Sieve::read("even"));
        assert_eq!((seen(&listed, 9), listed.len(), listed.all()), (vec![2, 4, 6], 3, 6));
        listed.put(Line(7, "even", true));
        listed.put(Line(2, "odd", true));
        assert_eq!(seen(&listed, 9), [4, 6, 7]);
        listed.put(Line(3, "even", true));
        listed.remove(6);
        assert_eq!(seen(&listed, 9), [3, 4, 7]);
        listed.sift(Sieve::read("nothing"));
        assert!(listed.is_empty() && listed.chosen().is_none() && seen(&listed, 9).is_empty());
        listed.sift(Sieve::default());
        assert_eq!(listed.len(), 6);
    }

    #[test]
    fn the_oldest_that_is_over_gives_way() {
        let mut listed = Listed::default();
        listed.put(Line(0, "open", false));
        for number in 1..MOST as u64 {
            assert_eq!(listed.put(Line(number, "over", true)), None);
        }
        assert_eq!(listed.put(Line(MOST as u64, "new", true)), Some(Line(1, "over", true)));
        assert_eq!((listed.all(), listed.gone(), listed.at(0).unwrap().0), (MOST, 1, 0));
    }
}
