//! What is held at the gate, and why, in words for every front. Secrets are hidden.

use std::time::Duration;

use crate::knowledge::{self, Lang};
use crate::session::pattern::Pattern;
use crate::session::timing::in_words;
use crate::session::{Dialogue, secrets};
use crate::smtp::Span;
use crate::smtp::line::LineEnd;

use super::line::turn;
use super::text::clip;
use super::token::visible;

/// How many columns say where something stopped.
const PLACE: usize = 32;

/// How many bytes of what is held are looked at, so that a large thing takes no time.
const HEAD: usize = 1 << 10;

/// What is held, as it may be shown: the beginning of it, on so many columns.
pub fn what(bytes: &[u8], secrets: &[Span], with_secrets: bool, columns: usize) -> String {
    let shown = bytes.strip_suffix(LineEnd::CrLf.bytes()).unwrap_or(bytes);
    let mut head = shown.get(..HEAD.min(shown.len())).unwrap_or_default().to_vec();
    if !with_secrets {
        let len = head.len();
        let here = secrets.iter().filter(|span| span.start < len);
        secrets::veil(&mut head, here.map(|span| Span::new(span.start, span.end.min(len))));
    }
    clip(&visible(&head), columns)
}

/// That it is held, and why: by a breakpoint, perhaps since that fitted an exchange; and in what time
/// it leaves by itself.
pub fn held(
    what: &str,
    breakpoint: &Pattern,
    exchange: Option<usize>,
    leaves: Option<Duration>,
    seen: &Dialogue,
    lang: Lang,
) -> String {
    let breakpoint = breakpoint.to_string();
    let place = exchange.map(|at| place(at, seen, lang)).unwrap_or_default();
    let values = [("breakpoint", &*breakpoint), ("what", what), ("where", &place)];
    let key = if exchange.is_some() { "gate.held.next" } else { "gate.held" };
    let held = knowledge::fill(lang, key, &values);
    let leaves =
        leaves.map(|time| knowledge::fill(lang, "gate.leaves", &[("time", &in_words(time))]));
    held + &leaves.unwrap_or_default()
}

/// That a breakpoint was reached.
pub fn stopped(breakpoint: &Pattern, exchange: usize, seen: &Dialogue, lang: Lang) -> String {
    let (breakpoint, place) = (breakpoint.to_string(), place(exchange, seen, lang));
    knowledge::fill(lang, "gate.stopped", &[("breakpoint", &breakpoint), ("where", &place)])
}

/// What was said in an exchange, and the code of the reply.
fn place(at: usize, seen: &Dialogue, lang: Lang) -> String {
    let Some(exchange) = seen.exchanges().get(at) else { return String::new() };
    let said = clip(&turn(exchange, false, lang), PLACE);
    match exchange.reply.as_ref().and_then(|reply| reply.code) {
        Some(code) => format!("{said} \u{2192} {code}"),
        None => said,
    }
}

/// The breakpoints, numbered.
pub fn list(breakpoints: &[Pattern], lang: Lang) -> String {
    if breakpoints.is_empty() {
        return knowledge::word(lang, "gate.none").to_owned();
    }
    let numbered = breakpoints.iter().zip(1..).map(|(pattern, n)| format!("{n} {pattern}"));
    let list = numbered.collect::<Vec<_>>().join(", ");
    knowledge::fill(lang, "gate.breakpoints", &[("list", &list)])
}
