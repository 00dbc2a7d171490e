//! Which message answers which, as lines: one for each message, one for everything odd about it.

use jiff::Timestamp;

use crate::display::text::clip;
use crate::display::token::visible;
use crate::display::{Role, words};
use crate::knowledge::{self, Kind, Lang};
use crate::session::thread::{Broken, Entry, Odd, Threads, Who};

use super::{Line, Piece};

/// On fewer columns there is no place for a date.
const DATE_NEEDS: usize = 48;

/// How deep lines are indented at most; below that they stand below one another.
const DEEPEST: usize = 12;

/// `count` lines from number `first` on, clipped to `columns`; the message `shown` has a sign.
pub fn lines(
    threads: &Threads,
    (first, count): (usize, usize),
    columns: usize,
    shown: Option<usize>,
    lang: Lang,
) -> Vec<Line> {
    let last = threads.line_count().min(first.saturating_add(count));
    let line = |at| {
        let (entry, within) = threads.at_line(at)?;
        Some(match within.checked_sub(1) {
            None => message(threads, entry, shown, columns, lang),
            Some(odd) => oddity(entry, entry.odd.get(odd)?, columns, lang),
        })
    };
    (first..last).filter_map(line).collect()
}

/// The message of a line; one that is not here has none.
pub fn message_at(threads: &Threads, line: usize) -> Option<usize> {
    match threads.at_line(line)?.0.who {
        Who::Here(message) => Some(message),
        Who::Missing { .. } => None,
    }
}

/// `- 2  2026-11-26 10:59Z  Bob: Re: Hello  (References)`.
fn message(
    threads: &Threads,
    entry: &Entry,
    shown: Option<usize>,
    columns: usize,
    lang: Lang,
) -> Line {
    let is_shown = shown.is_some_and(|shown| entry.who == Who::Here(shown));
    let sign =
        if is_shown { (Role::Selected, ">".to_owned()) } else { (Role::Dim, "-".to_owned()) };
    let mut pieces = vec![(Role::Dim, indent(entry)), sign, (Role::Dim, " ".to_owned())];
    match &entry.who {
        Who::Here(at) => {
            let Some(letter) = threads.letters.get(*at) else { return Line::new(pieces) };
            pieces.push((Role::Title, (at + 1).to_string()));
            let date = letter.date.and_then(|date| Timestamp::from_second(date).ok());
            // What was not read may be there all the same.
            let none = |key| if letter.may_say_more() { "?" } else { knowledge::word(lang, key) };
            let date = date.map_or_else(
                || none("thread.no-date").to_owned(),
                |date| date.strftime("%Y-%m-%d %H:%MZ").to_string(),
            );
            let date = if columns < DATE_NEEDS { "  ".to_owned() } else { format!("  {date}  ") };
            pieces.push((Role::Dim, date));
            let subject = match letter.subject.trim() {
                "" => none("thread.no-subject").to_owned(),
                subject => visible(subject.as_bytes()),
            };
            pieces.push((Role::Text, visible(letter.from.trim().as_bytes())));
            pieces.push((Role::Dim, knowledge::word(lang, "colon").to_owned()));
            pieces.push((Role::Decoded, subject));
        }
        Who::Missing { id, before } => {
            let id = format!("<{}>", visible(id.as_bytes()));
            let key = if *before > 0 { "thread.missing.before" } else { "thread.missing" };
            let values = [("id", &*id), ("n", &*words::grouped(*before as u64))];
            pieces.push((Role::Notice, knowledge::fill(lang, key, &values)));
        }
    }
    if let Some(tie) = entry.tie {
        pieces.push((Role::Dim, format!("  ({})", tie.field())));
    }
    let mut about = vec![(Kind::Idea, "thread".to_owned())];
    about.extend(entry.tie.map(|tie| (Kind::Field, tie.field().to_owned())));
    about.push((Kind::Field, "Message-ID".to_owned()));
    Line { about: about.into(), ..Line::new(clipped(pieces, columns)) }
}

fn oddity(entry: &Entry, odd: &Odd, columns: usize, lang: Lang) -> Line {
    let text = format!("{}  ! {}", indent(entry), said(odd, lang));
    let field = match odd.what {
        Broken::NoId
        | Broken::ReplyWithoutId
        | Broken::SameId
        | Broken::Unread
        | Broken::Grows
        | Broken::BrokeOff => "Message-ID",
        Broken::Malformed | Broken::Repeated => &*odd.about,
        Broken::SubjectAlone => "Subject",
        Broken::TooEarly => "Date",
        Broken::Itself | Broken::Circle | Broken::Disagrees | Broken::Torn => "References",
    };
    let about = vec![(Kind::Field, field.to_owned()), (Kind::Idea, "thread".to_owned())];
    Line { about: about.into(), ..Line::new(clipped(vec![(Role::Warn, text)], columns)) }
}

/// What is odd, in one sentence.
pub fn said(odd: &Odd, lang: Lang) -> String {
    let key = match odd.what {
        Broken::NoId => "thread.no-id",
        Broken::ReplyWithoutId => "thread.reply-without-id",
        Broken::SameId => "thread.same-id",
        Broken::Repeated => "thread.repeated",
        Broken::Malformed => "thread.malformed",
        Broken::Itself => "thread.itself",
        Broken::Circle => "thread.circle",
        Broken::Disagrees => "thread.disagrees",
        Broken::Torn => "thread.torn",
        Broken::TooEarly => "thread.too-early",
        Broken::SubjectAlone => "thread.subject-alone",
        Broken::Unread => "thread.unread",
        Broken::Grows => "thread.grows",
        Broken::BrokeOff => "thread.broke-off",
    };
    knowledge::fill(lang, key, &[("about", &visible(odd.about.as_bytes()))])
}

fn indent(entry: &Entry) -> String {
    "  ".repeat(entry.depth.min(DEEPEST))
}

/// The pieces on `columns` columns; a message is one line, however long its subject is.
fn clipped(pieces: Vec<Piece>, columns: usize) -> Vec<Piece> {
    let mut left = columns;
    let mut out = Vec::new();
    for (role, text) in pieces {
        let cut = clip(&text, left);
        let whole = cut == text;
        left = left.saturating_sub(crate::display::text::width(&cut));
        out.push((role, cut));
        if !whole {
            break;
        }
    }
    out
}
