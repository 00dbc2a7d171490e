//! A list that grows at its end, and of which a copy costs next to nothing.
//!
//! A session of a hundred thousand exchanges is copied wherever somebody wants to know how it stood
//! a moment ago. Both copies hold the same pieces of the list, and a piece is copied only when one
//! of them changes something in it: what lies behind does not change any more.

use std::fmt;
use std::iter::{Chain, FlatMap};
use std::ops::{Index, Range};
use std::slice;
use std::sync::Arc;

/// How many entries a piece has, and how many pieces a page: so many are copied when one of them
/// changes, and a list has one page for each four thousand entries.
const PIECE: usize = 64;

/// Entries of a page.
const PAGE: usize = PIECE * PIECE;

/// For how many bytes of entries there is place at first: many lists, such as those of recipients, have
/// one entry.
const FIRST: usize = 128;

/// Some entries that stand together.
type Piece<T> = Arc<Vec<T>>;

/// Some pieces that do.
type Page<T> = Arc<Vec<Piece<T>>>;

/// The list.
pub struct Shared<T> {
    /// The pieces that are full. All pages but the last one are full, too.
    pages: Vec<Page<T>>,
    /// The entries behind them, if there are any: most lists have no more.
    last: Option<Piece<T>>,
    len: usize,
}

impl<T> Shared<T> {
    /// An empty list.
    pub const fn new() -> Self {
        Self { pages: Vec::new(), last: None, len: 0 }
    }

    /// Number of entries.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Entry number `at`.
    pub fn get(&self, at: usize) -> Option<&T> {
        match at.checked_sub(self.full()) {
            Some(behind) => self.last.as_ref()?.get(behind),
            None => self.pages.get(at / PAGE)?.get(at % PAGE / PIECE)?.get(at % PIECE),
        }
    }

    /// How many entries stand in pieces that are full.
    const fn full(&self) -> usize {
        self.len - self.len % PIECE
    }

    /// The first entry.
    pub fn first(&self) -> Option<&T> {
        self.get(0)
    }

    /// The last entry.
    pub fn last(&self) -> Option<&T> {
        self.get(self.len.checked_sub(1)?)
    }

    /// All entries, from both ends; to skip some of them costs nothing.
    pub const fn iter(&self) -> Iter<'_, T> {
        Iter { list: self, range: 0..self.len }
    }

    /// The entries of `range`, as far as they are there.
    pub fn range(&self, range: Range<usize>) -> Iter<'_, T> {
        let end = range.end.min(self.len);
        Iter { list: self, range: range.start.min(end)..end }
    }

    /// The first place at which `before` is false, of entries for which it is true first and then
    /// false.
    pub fn partition_point(&self, before: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.get(middle).is_some_and(&before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Where the entry with this key is, of entries that are sorted by it.
    pub fn find_by_key<K: Ord>(&self, key: &K, of: impl Fn(&T) -> K) -> Option<usize> {
        let at = self.partition_point(|entry| of(entry) < *key);
        self.get(at).is_some_and(|entry| of(entry) == *key).then_some(at)
    }

    /// Nothing is left.
    pub fn clear(&mut self) {
        *self = Self::new();
    }
}

impl<T: Clone> Shared<T> {
    /// Adds an entry at the end.
    pub fn push(&mut self, entry: T) {
        let begin = || Arc::new(Vec::with_capacity(FIRST.div_ceil(size_of::<T>().max(1))));
        Arc::make_mut(self.last.get_or_insert_with(begin)).push(entry);
        self.len += 1;
        if self.len.is_multiple_of(PIECE) {
            if (self.len - PIECE).is_multiple_of(PAGE) {
                self.pages.push(Arc::default());
            }
            if let Some(page) = self.pages.last_mut() {
                Arc::make_mut(page).extend(self.last.take());
            }
        }
    }

    /// Entry number `at`, to be changed.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if let Some(behind) = at.checked_sub(self.full()) {
            return Arc::make_mut(self.last.as_mut()?).get_mut(behind);
        }
        let page = Arc::make_mut(self.pages.get_mut(at / PAGE)?);
        Arc::make_mut(page.get_mut(at % PAGE / PIECE)?).get_mut(at % PIECE)
    }

    /// The last entry, to be changed.
    pub fn last_mut(&mut self) -> Option<&mut T> {
        self.get_mut(self.len.checked_sub(1)?)
    }

    /// All entries, to be changed; the full pieces that are not reached stay shared.
    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        let pieces: fn(&mut Page<T>) -> slice::IterMut<'_, Piece<T>> =
            |page| Arc::make_mut(page).iter_mut();
        let entries: fn(&mut Piece<T>) -> slice::IterMut<'_, T> =
            |piece| Arc::make_mut(piece).iter_mut();
        let last = self.last.as_mut().map(entries).unwrap_or_default();
        self.pages.iter_mut().flat_map(pieces).flat_map(entries).chain(last)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { pages: self.pages.clone(), last: self.last.clone(), len: self.len }
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        let mut both = self.pages.iter().zip(&other.pages);
        self.len == other.len
            && both.all(|(one, other)| Arc::ptr_eq(one, other) || one == other)
            && self.last == other.last
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T> Index<usize> for Shared<T> {
    type Output = T;

    /// # Panics
    /// When there is no such entry, as with a slice.
    #[expect(clippy::panic, reason = "as a slice does; the sources use `get`")]
    fn index(&self, at: usize) -> &T {
        self.get(at).unwrap_or_else(|| panic!("no entry {at} of {}", self.len))
    }
}

impl<T: Clone> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut list = Self::new();
        all.into_iter().for_each(|entry| list.push(entry));
        list
    }
}

impl<'a, T> IntoIterator for &'a Shared<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Clone> IntoIterator for &'a mut Shared<T> {
    type Item = &'a mut T;
    type IntoIter = IterMut<'a, T>;

    fn into_iter(self) -> IterMut<'a, T> {
        self.iter_mut()
    }
}

/// The entries of a list, to be changed.
pub type IterMut<'a, T> = Chain<
    FlatMap<
        FlatMap<
            slice::IterMut<'a, Page<T>>,
            slice::IterMut<'a, Piece<T>>,
            fn(&'a mut Page<T>) -> slice::IterMut<'a, Piece<T>>,
        >,
        slice::IterMut<'a, T>,
        fn(&'a mut Piece<T>) -> slice::IterMut<'a, T>,
    >,
    slice::IterMut<'a, T>,
>;

/// The entries of a list.
pub struct Iter<'a, T> {
    list: &'a Shared<T>,
    range: Range<usize>,
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { list: self.list, range: self.range.clone() }
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.list.get(self.range.next()?)
    }

    fn nth(&mut self, n: usize) -> Option<&'a T> {
        self.list.get(self.range.nth(n)?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl<'a, T> DoubleEndedIterator for Iter<'a, T> {
    fn next_back(&mut self) -> Option<&'a T> {
        self.list.get(self.range.next_back()?)
    }

    fn nth_back(&mut self, n: usize) -> Option<&'a T> {
        self.list.get(self.range.nth_back(n)?)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list_like_others() {
        for len in [0, 1, 63, 64, 65, 128, 1_000, 4_095, 4_096, 4_097, 9_000] {
            let list: Shared<usize> = (0..len).map(|n| n * 2).collect();
            let plain: Vec<usize> = (0..len).map(|n| n * 2).collect();
            assert_eq!((list.len(), list.is_empty()), (len, len == 0));
            assert!(list.iter().eq(&plain) && list.iter().rev().eq(plain.iter().rev()));
            assert_eq!((list.first(), list.last()), (plain.first(), plain.last()));
            for at in [0, 1, 62, 63, 64, 65, 127, 128, 999, 1_000, 4_095, 4_096, 8_999] {
                assert_eq!(list.get(at), plain.get(at));
                assert!(list.iter().skip(at).eq(plain.iter().skip(at)));
                assert!(list.iter().rev().skip(at).eq(plain.iter().rev().skip(at)));
                assert!(list.range(at..at + 70).eq(plain.iter().skip(at).take(70)));
                let sought = at + 1;
                assert_eq!(
                    list.partition_point(|n| *n < sought),
                    plain.partition_point(|n| *n < sought),
                    "{len} {at}"
                );
                assert_eq!(list.find_by_key(&at, |n| *n), plain.binary_search(&at).ok());
            }
        }
    }

    #[test]
    fn copies_share_what_neither_changes() {
        let first: Shared<usize> = (0..200).collect();
        let mut second = first.clone();
        *second.get_mut(70).unwrap() = 0;
        second.push(200);
        assert_eq!((first.get(70), second.get(70)), (Some(&70), Some(&0)));
        assert_eq!((first.len(), second.len()), (200, 201));
        let same = |at: usize| Arc::ptr_eq(&first.pages[0][at], &second.pages[0][at]);
        assert_eq!([0, 1, 2].map(same), [true, false, true]);
        let lasts = [&first, &second].map(|list| list.last.as_ref().unwrap());
        assert!(!Arc::ptr_eq(lasts[0], lasts[1]));
        assert!(first != second && first == first.clone());
        // From the end, and no further than one looks.
        let mut third = first.clone();
        assert_eq!(third.iter_mut().rev().take_while(|n| **n >= 190).count(), 10);
        assert!(Arc::ptr_eq(&first.pages[0][1], &third.pages[0][1]));
        assert!(!Arc::ptr_eq(first.last.as_ref().unwrap(), third.last.as_ref().unwrap()));
    }
}
