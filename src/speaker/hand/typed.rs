//! A line that a person types in the place of a server ↔ what is said.
//!
//! A line is what leaves, several lines leave together, and a colon begins a directive: `:raw`,
//! `:drip`, `:b64` as for clients, `:close` and `:reset`, which say what stands behind them first.

use bytes::Bytes;

use crate::journal::Ending;
use crate::journal::transcript::{Place, TranscriptError, text, write_text};

use super::super::directive::{self, Directive};
use super::Say;

/// The directives that close, and how.
const CLOSING: [(&str, Ending); 2] = [("close", Ending::Finished), ("reset", Ending::Reset)];

/// What a line says. The colon of a directive stands at `at`.
///
/// # Errors
/// With the place of a slip in a directive, or of the name of one that says nothing here.
pub fn read(line: &str, at: Place) -> Result<Vec<Say>, TranscriptError> {
    let Some(rest) = line.strip_prefix(':') else {
        let lines = line.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let wire: Vec<u8> = lines.flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect();
        return Ok(vec![Say::Bytes(Bytes::from(wire))]);
    };
    let (name, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    let name = name.to_ascii_lowercase();
    if let Some((_, how)) = CLOSING.iter().find(|(closing, _)| *closing == name) {
        let behind = Place { column: at.column + name.len() + 2, ..at };
        let words = text(argument.as_bytes(), behind)?.wire();
        let words = (!argument.is_empty()).then_some(Say::Bytes(words));
        return Ok(words.into_iter().chain([Say::Close(how.clone())]).collect());
    }
    match directive::read(&name, argument.as_bytes(), at)? {
        Some(Directive::Say(say)) if say.is_words() || matches!(say, Say::Limit(_)) => {
            Ok(vec![say])
        }
        _ => Err(TranscriptError::new(at, "misread.hand").with("name", name)),
    }
}

/// The line that says this, as far as there is one.
pub fn write(said: &[Say]) -> String {
    let words: Vec<u8> = said.iter().flat_map(|say| say.bytes().to_vec()).collect();
    let close = said.iter().find_map(|say| match say {
        Say::Close(how) => CLOSING.iter().find(|(_, closing)| closing == how),
        _ => None,
    });
    let bare = words.strip_suffix(b"\r\n").unwrap_or(&words);
    if let Some((name, _)) = close {
        let mut line = format!(":{name} ");
        write_text(&mut line, bare, true);
        return line.trim_end().to_owned();
    }
    String::from_utf8_lossy(bare).replace("\r\n", "\n")
}
