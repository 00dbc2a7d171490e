//! Lines that are no commands: answers of a login, and mail data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::session::Dialogue;
use crate::smtp::Span;

use super::super::fault::{Fault, Says};
use super::super::rule::Rule;
use super::READABLE;

/// What is wrong with an answer to a step of AUTH; `*` cancels (RFC 4954 §4).
pub(in super::super) fn in_answer(line: &str) -> Option<Fault> {
    let fault = base64(line).filter(|_| line != "*")?;
    let plain = fault.says == Says::Rule(Rule::NotBase64);
    // Here a directive helps; behind AUTH it does not.
    Some(if plain { Rule::AnswerNotBase64.at(fault.span) } else { fault })
}

/// What is wrong with base64; `=` alone is the empty response (RFC 4954 §4).
pub(super) fn base64(text: &str) -> Option<Fault> {
    if text == "=" {
        return None;
    }
    match STANDARD.decode(text) {
        Ok(_) => None,
        Err(base64::DecodeError::InvalidByte(at, _)) => {
            Some(Rule::NotBase64.at(Span::new(at, at + 1)))
        }
        Err(_) => Some(Rule::AnswerBegun.at(Span::new(0, text.len()))),
    }
}

/// What there is to say about a line that is typed while so many octets of a chunk are `left`; its
/// CRLF goes with it where that fits.
pub(super) fn in_chunk(line: &str, left: u64) -> Option<Fault> {
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    let all = Span::new(0, line.len());
    let surplus = (line.len() + 2).saturating_sub(left);
    match line.len().checked_sub(left) {
        Some(0) => Some(Rule::FillsChunk.at(all)),
        Some(_) => {
            let beyond = Rule::Surplus.at(Span::new(left, line.len()));
            Some(beyond.with("n", surplus.to_string()))
        }
        None => (surplus == 1).then(|| Rule::NoRoom.at(all)),
    }
}

/// What there is to say about a line of mail data.
pub(super) fn in_data(seen: &Dialogue, line: &str) -> Vec<Fault> {
    let all = Span::new(0, line.len());
    if line == "." {
        return vec![Rule::EndsData.at(all)];
    }
    let read = line.split_at(line.floor_char_boundary(READABLE)).0;
    let odd = seen.read_data_line(read.as_bytes());
    let mut faults: Vec<Fault> = odd.iter().map(Fault::odd).collect();
    if is_dot_and_blanks(line) {
        faults.retain(|fault| fault.says != Says::Oddity("G16"));
        faults.push(Rule::DotBlank.at(all));
    }
    if line.starts_with(':') && seen.is_inside_text() {
        faults.push(Rule::ColonText.at(Span::new(0, 1)));
    }
    if line.trim_end().eq_ignore_ascii_case("QUIT") {
        faults.push(Rule::QuitInData.at(all));
    }
    faults
}

fn is_dot_and_blanks(line: &str) -> bool {
    line.len() > 1 && line.trim_matches([' ', '\t']) == "."
}
