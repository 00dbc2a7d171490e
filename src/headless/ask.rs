//! `?` in `--plain`: what can be typed now, and what is wrong with the line so far. It is printed
//! as comments, so that what stands on standard output is still a transcript.

use std::fmt::Write as _;

use crate::advice::{Candidate, Habits, Slip, complete, judge_behind, suggest};
use crate::display::advice::{say, words};
use crate::display::text::{fit, width};
use crate::display::token::own_visible;
use crate::knowledge::{self, Lang};
use crate::session::{Dialogue, secrets};
use crate::smtp::Span;

/// The line that is asked about, if `typed` asks. A lone `?` does, since no server knows a command
/// of that name; behind the beginning of a command it does for a person only, because in a script
/// it may be meant for the server. Inside a login it is no answer either, since it is not base64;
/// what stands before it may be a secret. Where text is awaited, it is text.
pub fn asked<'a>(seen: &Dialogue, typed: &'a [u8], person: bool) -> Option<&'a str> {
    if seen.awaits_mail_data() || seen.awaits_octets() {
        return None;
    }
    let line = std::str::from_utf8(typed).ok()?.strip_suffix('?')?;
    (line.is_empty() || (person && !seen.awaits_login())).then_some(line)
}

/// What can stand behind `line`, the legal things first, each with its words or the reason why it
/// is not legal; then the verdict on the line, and what could come next. Secrets are shown only if
/// `with_secrets`.
pub fn answer(
    seen: &Dialogue,
    habits: &Habits,
    line: &str,
    lang: Lang,
    with_secrets: bool,
) -> String {
    let shown = if with_secrets { line.to_owned() } else { veiled(seen, line) };
    let begun = seen.begun_line();
    let candidates =
        if begun.is_empty() { complete(seen, habits, line, line.len()) } else { Vec::new() };
    let names: Vec<_> = candidates.iter().map(|c| own_visible(c.insert.trim_end())).collect();
    let columns = names.iter().map(|name| width(name)).max().unwrap_or_default();
    let mut out = String::new();
    let mut note = |text: &str| {
        let _ = writeln!(out, "# {}", text.trim_end());
    };
    for (name, candidate) in names.iter().zip(&candidates) {
        note(&format!("{}  {}", fit(name, columns), remark(candidate, lang)));
    }
    for fault in judge_behind(seen, begun, line) {
        note(&format!("{}: {}", own_visible(shown.trim_end()), say(&fault, lang).with_clause()));
    }
    if let Some(rest) = suggest(seen, habits, line).filter(|_| begun.is_empty()) {
        let next = own_visible(&[&shown, &*rest].concat());
        note(&knowledge::fill(lang, "ask.next", &[("line", &next)]));
    } else if seen.awaits_login() {
        note(knowledge::word(lang, "ask.login"));
    } else if candidates.is_empty() {
        note(knowledge::word(lang, "ask.nothing"));
    }
    out
}

fn veiled(seen: &Dialogue, line: &str) -> String {
    let mut bytes = line.as_bytes().to_vec();
    // Behind a colon nobody knows where the text of a directive begins.
    let blanks = line.match_indices(' ').map(|(at, _)| at + 1).filter(|_| line.starts_with(':'));
    for from in std::iter::once(0).chain(blanks) {
        let text = line.as_bytes().get(from..).unwrap_or_default();
        let spans = secrets::in_typed(text, seen.next_line_is_meant_as()).into_iter();
        secrets::veil(&mut bytes, spans.map(|s| Span::new(from + s.start, from + s.end)));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What was wrong with what was sent last, and what was meant, in one line.
pub fn tell(slip: &Slip, lang: Lang) -> String {
    let said = say(&slip.fault, lang).with_clause();
    let told = match &slip.line {
        Some(line) => {
            let values = [("said", said.as_str()), ("line", &own_visible(line))];
            knowledge::fill(lang, "ask.meant", &values)
        }
        None => knowledge::fill(lang, "ask.slip", &[("said", &said)]),
    };
    format!("# {told}\n")
}

fn remark(candidate: &Candidate, lang: Lang) -> String {
    match &candidate.reason {
        Some(fault) => format!("({})", say(fault, lang).with_clause()),
        None => words(candidate, lang).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Moment, Side};

    #[test]
    fn no_secret_is_printed_that_stands_before_the_question() {
        let mut seen = Dialogue::default();
        let answered = |with_secrets| {
            let line = "AUTH PLAIN AGEA Yg";
            answer(&seen, &Habits::default(), line, Lang::En, with_secrets)
        };
        assert!(answered(true).contains("AGEA Yg"));
        assert!(answered(false).contains("AUTH PLAIN *******"));
        seen.apply(&Event::bytes(Moment(0), Side::Server, "220 mx\r\n".into()));
        assert!(
            !answer(&seen, &Habits::default(), "AUHT PLAIN AGEAYg==", Lang::En, false)
                .contains("AGEA")
        );
    }
}
