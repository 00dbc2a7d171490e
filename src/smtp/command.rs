//! One command line → [`Command`], leniently: whatever a client writes is some command.

use super::param::{self, Param, is_blank, words};
use super::path::{self, Path};
use super::verb::Verb;
use super::{Oddity, Parsed, Span};

/// A command as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The first word.
    pub verb: Verb,
    /// What followed.
    pub argument: Argument,
}

/// What stood behind the verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    Nothing,
    /// The name after EHLO, HELO or LHLO.
    Name(String),
    /// The reverse-path or forward-path of MAIL and RCPT, with parameters.
    Path(Parsed<Path>, Vec<Parsed<Param>>),
    /// The size of a chunk, and whether it is the last (RFC 3030 §2).
    Chunk {
        /// Number of octets that follow the line.
        size: u64,
        /// Whether `LAST` was there.
        last: bool,
    },
    /// The mechanism of AUTH, and where an initial response stood (RFC 4954 §4).
    Login {
        /// The mechanism's name in capitals.
        mechanism: String,
        /// The place of the initial response.
        initial: Option<Span>,
    },
    /// The attributes of XCLIENT and XFORWARD.
    Attributes(Vec<Parsed<Param>>),
    /// From where BURL fetches the message or a piece of it (RFC 4468 §3).
    Reference {
        /// The place of the URL.
        url: Span,
        /// Whether `LAST` was there.
        last: bool,
    },
    /// Any other text.
    Text(Span),
    /// Text that is not what this verb wants.
    Malformed(Span),
}

/// Reads one command line, without its ending.
pub fn read(line: &[u8]) -> Parsed<Command> {
    let all = Span::new(0, line.len());
    let word = words(line, 0).next().unwrap_or_default();
    let mut odd = Vec::new();
    if looks_like_header(word.of(line)) {
        odd.push(Oddity::new("G29", all));
    }
    let verb = Verb::new(word.of(line));
    let argument = argument(&verb, line, word.end, &mut odd);
    Parsed { value: Command { verb, argument }, span: all, odd }
}

fn argument(verb: &Verb, line: &[u8], from: usize, odd: &mut Vec<Oddity>) -> Argument {
    let Some(first) = words(line, from).next() else {
        if matches!(*verb, Verb::Ehlo | Verb::Helo | Verb::Lhlo) {
            odd.push(Oddity::new("C06", Span::new(0, line.len())));
        }
        return match *verb {
            Verb::Mail | Verb::Rcpt | Verb::Bdat => {
                Argument::Malformed(Span::new(from, line.len()))
            }
            _ => Argument::Nothing,
        };
    };
    let rest = Span::new(first.start, trimmed_end(line));
    match *verb {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => name(line, rest, odd),
        Verb::Mail => path_argument(line, rest, b"FROM", odd),
        Verb::Rcpt => path_argument(line, rest, b"TO", odd),
        Verb::Bdat => chunk(line, rest),
        Verb::Auth => Argument::Login {
            mechanism: String::from_utf8_lossy(first.of(line)).to_uppercase(),
            initial: words(line, first.end)
                .next()
                .map(|second| Span::new(second.start, line.len())),
        },
        Verb::Xclient | Verb::Xforward => Argument::Attributes(param::read(line, first.start)),
        Verb::Burl => reference(line, rest),
        _ => Argument::Text(rest),
    }
}

fn reference(line: &[u8], rest: Span) -> Argument {
    let parts: Vec<Span> = words(line, rest.start).collect();
    match parts.as_slice() {
        [url] => Argument::Reference { url: *url, last: false },
        [url, last] if last.of(line).eq_ignore_ascii_case(b"LAST") => {
            Argument::Reference { url: *url, last: true }
        }
        _ => Argument::Malformed(rest),
    }
}

fn name(line: &[u8], rest: Span, odd: &mut Vec<Oddity>) -> Argument {
    let name = String::from_utf8_lossy(rest.of(line)).into_owned();
    if path::is_untagged_v6(&name) {
        odd.push(Oddity::new("C19", rest));
    } else if !name.is_ascii() || !path::is_domain(&name) {
        odd.push(Oddity::new("C04", rest));
    }
    Argument::Name(name)
}

fn path_argument(line: &[u8], rest: Span, word: &[u8], odd: &mut Vec<Oddity>) -> Argument {
    let text = rest.of(line);
    let Some((head, tail)) = text.split_at_checked(word.len()) else {
        return Argument::Malformed(rest);
    };
    let blanks = tail.iter().take_while(|b| is_blank(**b)).count();
    if !head.eq_ignore_ascii_case(word) || tail.get(blanks) != Some(&b':') {
        return Argument::Malformed(rest);
    }
    let colon = rest.start + word.len() + blanks;
    if blanks > 0 {
        odd.push(Oddity::new("F01", Span::new(colon - blanks, colon)));
    }
    let (path, end) = path::read(line, colon + 1);
    if path.span.is_empty() {
        return Argument::Malformed(rest);
    }
    odd.extend(path.odd.iter().copied());
    Argument::Path(path, param::read(line, end))
}

fn chunk(line: &[u8], rest: Span) -> Argument {
    let parts: Vec<&[u8]> = words(line, rest.start).map(|w| w.of(line)).collect();
    let size = |word: &[u8]| {
        word.iter()
            .all(u8::is_ascii_digit)
            .then(|| std::str::from_utf8(word).ok()?.parse().ok())
            .flatten()
    };
    let (number, last) = match parts.as_slice() {
        [number] => (number, false),
        [number, last] if last.eq_ignore_ascii_case(b"LAST") => (number, true),
        _ => return Argument::Malformed(rest),
    };
    match size(number) {
        Some(size) => Argument::Chunk { size, last },
        None => Argument::Malformed(rest),
    }
}

/// `Subject:` where a command should stand: the mail data came too early (RFC 5321 §3.3).
fn looks_like_header(word: &[u8]) -> bool {
    word.split_last().is_some_and(|(last, name)| {
        *last == b':'
            && !name.is_empty()
            && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    })
}

fn trimmed_end(line: &[u8]) -> usize {
    line.iter().rposition(|b| !is_blank(*b)).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(line: &str) -> Vec<&'static str> {
        read(line.as_bytes()).odd.iter().map(|o| o.id).collect()
    }

    #[test]
    fn verbs_have_no_case_and_unknown_ones_stay_as_written() {
        assert_eq!(read(b"ehlo x.example").value.verb, Verb::Ehlo);
        assert_eq!(read(b"  Mail FROM:<>").value.verb, Verb::Mail);
        assert_eq!(read(b"xyzzy").value.verb.as_str(), "xyzzy");
        assert_eq!(read(b"").value.verb.as_str(), "");
    }

    #[test]
    fn arguments_by_verb() {
        assert!(matches!(
            read(b"BDAT 10 LAST").value.argument,
            Argument::Chunk { size: 10, last: true }
        ));
        assert!(matches!(read(b"BDAT -1").value.argument, Argument::Malformed(_)));
        assert!(matches!(read(b"MAIL <a@b>").value.argument, Argument::Malformed(_)));
        assert!(matches!(read(b"RCPT TO:").value.argument, Argument::Malformed(_)));
        assert!(matches!(read(b"DATA ").value.argument, Argument::Nothing));
        let login = read(b"auth plain AGE= x").value.argument;
        assert_eq!(
            login,
            Argument::Login { mechanism: "PLAIN".into(), initial: Some(Span::new(11, 17)) }
        );
        let url = Span::new(5, 21);
        assert_eq!(
            read(b"BURL imap://x.example last").value.argument,
            Argument::Reference { url, last: true }
        );
        assert!(matches!(read(b"BURL a b c").value.argument, Argument::Malformed(_)));
        assert!(
            matches!(read(b"xclient a=b c").value.argument, Argument::Attributes(a) if a.len() == 2)
        );
        match read(b"mail from:<a@b.example> SIZE=5 body=8bitmime").value.argument {
            Argument::Path(path, params) => {
                assert_eq!(path.value.address(), "a@b.example");
                assert_eq!(params.len(), 2);
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn slips_are_named() {
        for (line, odd) in [
            ("MAIL FROM: <a@b.example>", "F01"),
            ("MAIL FROM :<a@b.example>", "F01"),
            ("RCPT TO:a@b.example", "F02"),
            ("EHLO", "C06"),
            ("EHLO my_host", "C04"),
            ("EHLO [2001:db8::1]", "C19"),
            ("Subject: hello", "G29"),
        ] {
            assert_eq!(ids(line), [odd], "{line}");
        }
        assert!(ids("EHLO [192.0.2.1]").is_empty());
    }
}
