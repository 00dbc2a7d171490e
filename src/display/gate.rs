//! What is held at the gate, and why, in words for every front. Secrets are hidden.

use crate::knowledge::{self, Lang};
use crate::session::pattern::Pattern;
use crate::session::{Dialogue, secrets};
use crate::smtp::line::LineEnd;

use super::text::clip;
use super::token::visible;

/// How many columns of what is held are shown.
const COLUMNS: usize = 200;

/// What is held, as it may be shown.
pub fn what(bytes: &[u8], seen: &Dialogue, with_secrets: bool) -> String {
    let mut out = bytes.to_vec();
    let mut at = 0;
    for exchange in seen.foreseen(&bytes.to_vec().into()) {
        let Some(line) = exchange.line else { continue };
        let behind = at + line.bytes.len();
        if let Some(own) = out.get_mut(at..behind).filter(|_| !with_secrets) {
            secrets::veil(own, exchange.secret);
        }
        at = behind + line.end.bytes().len();
    }
    let shown = out.strip_suffix(LineEnd::CrLf.bytes()).unwrap_or(&out);
    clip(&visible(shown), COLUMNS)
}

/// That it is held, and why: by a breakpoint, perhaps since that fitted an exchange.
pub fn held(
    what: &str,
    breakpoint: &Pattern,
    exchange: Option<usize>,
    seen: &Dialogue,
    lang: Lang,
) -> String {
    let breakpoint = breakpoint.to_string();
    let place = exchange.map(|at| place(at, seen)).unwrap_or_default();
    let values = [("breakpoint", &*breakpoint), ("what", what), ("where", &place)];
    let key = if exchange.is_some() { "gate.held.next" } else { "gate.held" };
    knowledge::fill(lang, key, &values)
}

/// That a breakpoint was reached.
pub fn stopped(breakpoint: &Pattern, exchange: usize, seen: &Dialogue, lang: Lang) -> String {
    let (breakpoint, place) = (breakpoint.to_string(), place(exchange, seen));
    knowledge::fill(lang, "gate.stopped", &[("breakpoint", &breakpoint), ("where", &place)])
}

/// The verb and the code of an exchange.
fn place(at: usize, seen: &Dialogue) -> String {
    let Some(exchange) = seen.exchanges().get(at) else { return String::new() };
    let verb = exchange.verb().map_or_else(String::new, ToString::to_string);
    let code = exchange.reply.as_ref().and_then(|reply| reply.code).map(|code| code.to_string());
    let words = [verb, code.unwrap_or_default()];
    let words: Vec<_> = words.iter().filter(|word| !word.is_empty()).map(String::as_str).collect();
    visible(words.join(" ").as_bytes())
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
