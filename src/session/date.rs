//! Dates as mail writes them: when, in which zone, and what is odd about the form
//! (RFC 5322 §3.3, RFC 5322 §4.3).

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::content;
use super::flaw::rule::{
    BAD_DATE, DATE_NO_ZONE, DATE_UNSAID, DATE_WEEKDAY, DATE_YEAR, DATE_ZONE, Fault, Rule,
};

/// Farthest zones that exist, in minutes from UTC.
pub(super) const ZONES: std::ops::RangeInclusive<i32> = -12 * 60..=14 * 60;

/// A date, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    /// The moment.
    pub at: Timestamp,
    /// What it says on the clock of its zone: `Mon, 23 Nov 2026 07:54:41 +0000`.
    pub clock: Zoned,
    /// What is odd about its form, and the word that is.
    pub odd: Vec<(Odd, String)>,
}

/// What can be odd about a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// It is another day of the week.
    Weekday,
    /// Its year has two or three digits.
    Year,
    /// Its zone is a name, as in old mail.
    Zone,
    /// There is no such zone.
    NoZone,
    /// It says that it does not say its zone.
    Unsaid,
    /// It is not in the form of the standard; a guess.
    Form,
}

impl Odd {
    const fn rule(self) -> &'static Rule {
        match self {
            Self::Weekday => &DATE_WEEKDAY,
            Self::Year => &DATE_YEAR,
            Self::Zone => &DATE_ZONE,
            Self::NoZone => &DATE_NO_ZONE,
            Self::Unsaid => &DATE_UNSAID,
            Self::Form => &BAD_DATE,
        }
    }
}

/// What is wrong with the date of the field `name`: that it is none, or words of it, the worst first.
pub fn faults(date: Option<&Date>, name: &str) -> Vec<Fault> {
    let field = ("field", name.to_owned());
    let Some(date) = date.filter(|date| date.is_regular()) else {
        return vec![Fault { rule: &BAD_DATE, values: vec![field] }];
    };
    let day = date.clock.strftime("%a").to_string();
    let fault = |(odd, word): &(Odd, String)| Fault {
        rule: odd.rule(),
        values: vec![field.clone(), ("word", word.clone()), ("day", day.clone())],
    };
    let mut all: Vec<_> = date.odd.iter().map(fault).collect();
    all.sort_by_key(|fault| std::cmp::Reverse(fault.rule.severity));
    all
}

impl Date {
    /// Reads a date; `None` if it is none.
    pub fn read(text: &str) -> Option<Self> {
        let plain = without_comments(text);
        let parser = DateTimeParser::new().relaxed_weekday(true);
        let mut odd = odd(&plain);
        let clock = if let Ok(clock) = parser.parse_zoned(&plain) {
            if let Some(day) = weekday(&plain)
                && !clock.strftime("%a").to_string().eq_ignore_ascii_case(day)
            {
                odd.push((Odd::Weekday, day.to_owned()));
            }
            clock
        } else {
            odd.push((Odd::Form, plain.clone()));
            match parser.parse_zoned(regular(&plain)) {
                Ok(clock) => clock,
                Err(_) => {
                    Timestamp::from_second(content::date(&plain)?).ok()?.to_zoned(TimeZone::UTC)
                }
            }
        };
        Some(Self { at: clock.timestamp(), clock, odd })
    }

    /// Whether it is in the form of the standard, old forms included.
    pub fn is_regular(&self) -> bool {
        self.odd.iter().all(|(odd, _)| *odd != Odd::Form)
    }

    /// Its zone as it is written: -0000 says that the clock is that of UTC and nothing of where it
    /// was written (RFC 5322 §3.3).
    pub fn zone(&self) -> String {
        let unsaid = self.odd.iter().any(|(odd, _)| *odd == Odd::Unsaid);
        if unsaid { "-0000".to_owned() } else { self.clock.strftime("%z").to_string() }
    }

    /// Whole seconds since 1970.
    pub fn second(&self) -> i64 {
        self.at.as_second()
    }
}

/// The standard's form of what is nearly in it: in the order of C's `ctime`, with fractions of a
/// second, or without a zone.
fn regular(plain: &str) -> String {
    let words: Vec<_> = plain.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_time = |word: &str| word.contains(':');
    let time = |word: &&str| word.split('.').next().unwrap_or_default().to_owned();
    match words.as_slice() {
        [_, month, day, clock, year] if is_month(month) && is_time(clock) => {
            format!("{day} {month} {year} {} +0000", time(clock))
        }
        [_, month, day, clock, a, b] if is_month(month) && is_time(clock) => {
            // The zone stands before the year or behind it.
            let is_year = a.bytes().all(|b| b.is_ascii_digit());
            let (year, zone) = if is_year { (a, b) } else { (b, a) };
            format!("{day} {month} {year} {} {zone}", time(clock))
        }
        [.., day, month, year, clock] if is_month(month) && is_time(clock) => {
            format!("{day} {month} {year} {} +0000", time(clock))
        }
        [.., day, month, year, clock, zone] if is_month(month) && is_time(clock) => {
            format!("{day} {month} {year} {} {zone}", time(clock))
        }
        _ => String::new(),
    }
}

/// What is odd about the words of a date.
fn odd(plain: &str) -> Vec<(Odd, String)> {
    let mut out = Vec::new();
    let words: Vec<_> = plain.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let month = words.iter().position(|word| word.len() == 3 && is_month(word));
    let day = |at: usize| words.get(at.checked_sub(1)?)?.parse::<u8>().ok();
    if let Some(year) = month.filter(|at| day(*at).is_some()).and_then(|at| words.get(at + 1))
        && year.len() < 4
        && year.bytes().all(|b| b.is_ascii_digit())
    {
        out.push((Odd::Year, (*year).to_owned()));
    }
    let Some(zone) = words.last().filter(|_| words.len() > 3) else { return out };
    if zone.bytes().all(|b| b.is_ascii_alphabetic()) && !is_month(zone) {
        out.push((Odd::Zone, (*zone).to_owned()));
    } else if *zone == "-0000" {
        out.push((Odd::Unsaid, (*zone).to_owned()));
    } else if zone.starts_with(['+', '-'])
        && minutes(zone).is_none_or(|zone| !ZONES.contains(&zone))
    {
        out.push((Odd::NoZone, (*zone).to_owned()));
    }
    out
}

fn is_month(word: &str) -> bool {
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        .iter()
        .any(|month| word.eq_ignore_ascii_case(month))
}

/// `+0130` in minutes.
fn minutes(zone: &str) -> Option<i32> {
    let digits = zone.get(1..).filter(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_digit()))?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let whole = (minutes < 60).then_some(hours * 60 + minutes)?;
    Some(if zone.starts_with('-') { -whole } else { whole })
}

/// The day of the week that a date begins with.
fn weekday(plain: &str) -> Option<&str> {
    let day = plain.split([',', ' ']).next()?;
    (!day.is_empty() && day.bytes().all(|b| b.is_ascii_alphabetic())).then_some(day)
}

/// Comments may stand between the parts, and blanks in any number.
pub(crate) fn without_comments(text: &str) -> String {
    let (mut depth, mut escaped) = (0usize, false);
    let mut out = String::new();
    for c in text.chars() {
        let was_escaped = escaped;
        escaped = c == '\\' && !was_escaped;
        match c {
            '(' if !was_escaped => depth += 1,
            ')' if !was_escaped && depth > 0 => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_what_is_odd_about_them() {
        for (text, second, odd) in [
            ("Mon, 23 Nov 2026 07:54:41 +0000", Some(0), &[][..]),
            ("23 Nov 2026 08:54 +0100 (CET)", Some(-41), &[]),
            ("Mon,  23 (a (b)) Nov 2026 07:54:41 -0000", Some(0), &[Odd::Unsaid]),
            ("Tue, 23 Nov 2026 07:54:41 +0000", Some(0), &[Odd::Weekday]),
            ("Mon, 23 Nov 26 07:54:41 GMT", Some(0), &[Odd::Year, Odd::Zone]),
            ("Mon, 23 Nov 2026 02:54:41 EST", Some(0), &[Odd::Zone]),
            ("Mon, 23 Nov 2026 23:54:41 +1600", Some(0), &[Odd::NoZone]),
            ("Mon, 23 Nov 2026 07:54:41", Some(0), &[Odd::Form]),
            ("Mon Nov 23 07:54:41 2026", Some(0), &[Odd::Form]),
            ("Mon Nov 23 02:54:41 EST 2026", Some(0), &[Odd::Form]),
            ("Mon, Nov 23 08:54:41 2026 +0100", Some(0), &[Odd::Form]),
            ("Mon, 23 Nov 2026 07:54:41.516 +0000", Some(0), &[Odd::Form]),
            ("yesterday", None, &[]),
            ("", None, &[]),
        ] {
            let read = Date::read(text);
            let seen = read.as_ref().map(|date| date.second() - 1_795_420_481);
            assert_eq!(seen, second, "{text}: {read:?}");
            let kinds: Vec<_> = read.iter().flat_map(|d| &d.odd).map(|(odd, _)| *odd).collect();
            assert_eq!(kinds, odd, "{text}");
            let unsaid = read.is_some_and(|date| date.zone() == "-0000");
            assert_eq!(unsaid, text.ends_with("-0000"), "{text}");
        }
    }
}
