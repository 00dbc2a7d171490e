//! Answers of name servers that stand in a file, as zone files and `dig` write them: one record a
//! line, `name TYPE value`. What the file does not have does not exist, and nobody else is asked.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::journal::authenticity::{Answer, Record, bytes, written};
use crate::journal::facts::NameProblem;
use crate::journal::transcript::{Place, TranscriptError};

/// The answers of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The file.
    pub file: String,
    rows: Vec<Row>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    line: usize,
    name: String,
    /// Nothing stands for a name about which the name server fails.
    record: Option<Record>,
    value: String,
}

/// The word for a name about which the name server fails.
const FAILS: &str = "SERVFAIL";

impl Answers {
    /// Reads the text of `file`. Lines that begin with `#` or `;` are comments; a time to live and a
    /// class may stand before the type.
    ///
    /// # Errors
    /// With the place of what is wrong, and what was expected there.
    pub fn parse(file: &str, text: &str) -> Result<Self, TranscriptError> {
        let mut rows = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if let Some(row) = row(line.trim_end(), at + 1)? {
                rows.push(row);
            }
        }
        Ok(Self { file: file.to_owned(), rows })
    }

    /// What it says about `name`.
    pub fn about(&self, record: Record, name: &str) -> Answer {
        let of_name: Vec<&Row> = self.rows.iter().filter(|row| is_same(&row.name, name)).collect();
        let found = of_name.iter().filter(|row| row.record == Some(record));
        let values: Vec<String> = found.clone().map(|row| row.value.clone()).collect();
        let fails = of_name.iter().find(|row| row.record.is_none());
        let problem = match (fails, values.is_empty(), of_name.is_empty()) {
            (Some(_), ..) => Some(NameProblem::ServerFailed),
            (None, false, _) => None,
            (None, true, true) => Some(NameProblem::NoSuchName),
            (None, true, false) => Some(NameProblem::NoRecord),
        };
        let lines = found.chain(fails.iter().copied()).map(|row| row.line.to_string());
        let lines = lines.collect::<Vec<_>>().join(",");
        let by = [self.file.as_str(), &lines].join(if lines.is_empty() { "" } else { ":" });
        Answer {
            name: name.to_owned(),
            record,
            by,
            values: if problem.is_some() { Vec::new() } else { values },
            problem,
            detail: String::new(),
            authentic: false,
            took: 0,
        }
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// Reads one line; nothing of an empty one and of a comment.
fn row(text: &str, line: usize) -> Result<Option<Row>, TranscriptError> {
    let (name, mut at) = word(text, 0);
    if name.is_empty() || name.starts_with(['#', ';']) {
        return Ok(None);
    }
    let wrong = |at: usize, key, found: &str| {
        let place = Place { line, column: at + 1 };
        Err(TranscriptError::new(place, key).with("text", found))
    };
    let kind = loop {
        let from = blanks(text, at);
        let (found, end) = word(text, at);
        at = end;
        let is_time = !found.is_empty() && found.bytes().all(|b| b.is_ascii_digit());
        if is_time || found.eq_ignore_ascii_case("IN") {
            continue;
        }
        if found.eq_ignore_ascii_case(FAILS) {
            break None;
        }
        match Record::ALL.into_iter().find(|record| found.eq_ignore_ascii_case(record.name())) {
            Some(record) => break Some(record),
            None => return wrong(from, "answers.type", found),
        }
    };
    let from = blanks(text, at);
    let rest = text.get(from..).unwrap_or_default();
    let host = |name: &str| name.trim_end_matches('.').to_owned();
    let is_host = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    let value = match kind {
        None if rest.is_empty() => String::new(),
        None => return wrong(from, "answers.nothing", rest),
        Some(Record::A) => match rest.parse::<Ipv4Addr>() {
            Ok(address) => address.to_string(),
            Err(_) => return wrong(from, "answers.a", rest),
        },
        Some(Record::Aaaa) => match rest.parse::<Ipv6Addr>() {
            Ok(address) => address.to_string(),
            Err(_) => return wrong(from, "answers.aaaa", rest),
        },
        Some(Record::Mx) => {
            let (preference, end) = word(rest, 0);
            let (name, over) = word(rest, end);
            let is_last = rest.get(over..).is_some_and(|rest| rest.trim().is_empty());
            if preference.parse::<u16>().is_err() || name.is_empty() || !is_last {
                return wrong(from, "answers.mx", rest);
            }
            format!("{preference} {}", host(name))
        }
        Some(Record::Ptr) if is_host(rest) => host(rest),
        Some(Record::Ptr) => return wrong(from, "answers.ptr", rest),
        Some(Record::Txt) => match txt(rest) {
            Ok(text) => written(&text),
            Err(at) => return wrong(from + at, "answers.txt", rest.get(at..).unwrap_or_default()),
        },
    };
    let name = if kind == Some(Record::Ptr) { address(name) } else { host(name) };
    Ok(Some(Row { line, name, record: kind, value }))
}

/// The texts between quotes, put together, or a text without any. The error is the place of what is
/// no text.
fn txt(rest: &str) -> Result<Vec<u8>, usize> {
    if !rest.starts_with('"') {
        return if rest.is_empty() { Err(0) } else { Ok(bytes(rest)) };
    }
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(inside) = rest.get(at..).and_then(|rest| rest.strip_prefix('"')) {
        let mut escaped = false;
        let end = inside.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let end = end.ok_or(at)?;
        out.extend(bytes(inside.get(..end).unwrap_or_default()));
        at = blanks(rest, at + end + 2);
    }
    if at < rest.len() { Err(at) } else { Ok(out) }
}

/// The address in the name that stands for it in the DNS; any other name as it is.
fn address(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let reversed =
        |labels: &str, between: &str| labels.rsplit('.').collect::<Vec<_>>().join(between);
    let v4 = name.strip_suffix(".in-addr.arpa").map(|labels| reversed(labels, "."));
    let v6 = name.strip_suffix(".ip6.arpa").and_then(|labels| {
        let digits = reversed(labels, "");
        let number = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?;
        Some(Ipv6Addr::from(number).to_string())
    });
    v4.or(v6).unwrap_or_else(|| name.parse::<Ipv6Addr>().map_or(name, |v6| v6.to_string()))
}

fn blanks(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.len() - rest.trim_start().len()
}

/// The next word, and where it ends.
fn word(text: &str, from: usize) -> (&str, usize) {
    let begin = blanks(text, from);
    let rest = text.get(begin..).unwrap_or_default();
    let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
    (rest.get(..len).unwrap_or_default(), begin + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# a comment\n\
        example.org.  300 IN TXT \"v=spf1 \" \"a:\\\"x -all\" ; no comment\n";

    #[test]
    fn records_are_found_by_name_and_kind() {
        let text = "; two\n\nExample.ORG.\t300\tIN\tTXT\t\"v=spf1 mx \" \"-all\"\nexample.org MX 10 mx.example.org.\n\
            mx.example.org A 192.0.2.1\nmx.example.org AAAA 2001:db8:0::1\n\
            1.2.0.192.in-addr.arpa PTR mx.example.org.\n192.0.2.2 PTR other.example.org\n\
            odd.example.org TXT v=spf1 \\255 -all\nbroken.example.org SERVFAIL\n";
        let answers = Answers::parse("x.zone", text).unwrap();
        for (record, name, values, by) in [
            (Record::Txt, "example.org", &["v=spf1 mx -all"][..], "x.zone:3"),
            (Record::Mx, "EXAMPLE.org.", &["10 mx.example.org"], "x.zone:4"),
            (Record::A, "mx.example.org", &["192.0.2.1"], "x.zone:5"),
            (Record::Aaaa, "mx.example.org", &["2001:db8::1"], "x.zone:6"),
            (Record::Ptr, "192.0.2.1", &["mx.example.org"], "x.zone:7"),
            (Record::Ptr, "192.0.2.2", &["other.example.org"], "x.zone:8"),
            (Record::Txt, "odd.example.org", &["v=spf1 \\255 -all"], "x.zone:9"),
        ] {
            let answer = answers.about(record, name);
            assert_eq!(
                (answer.values.as_slice(), answer.problem),
                (&values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>()[..], None),
                "{name}"
            );
            assert_eq!(answer.by, by);
        }
        for (record, name, problem) in [
            (Record::A, "example.org", NameProblem::NoRecord),
            (Record::A, "example.net", NameProblem::NoSuchName),
            (Record::A, "broken.example.org", NameProblem::ServerFailed),
        ] {
            assert_eq!(answers.about(record, name).problem, Some(problem), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, line, column, key) in [
            (FILE, 2, 49, "answers.txt"),
            ("example.org", 1, 12, "answers.type"),
            ("\nexample.org 300 CNAME x", 2, 17, "answers.type"),
            ("example.org A 192.0.2", 1, 15, "answers.a"),
            ("example.org AAAA x", 1, 18, "answers.aaaa"),
            ("example.org MX mx.example.org", 1, 16, "answers.mx"),
            ("192.0.2.1 PTR ", 1, 14, "answers.ptr"),
            ("example.org TXT", 1, 16, "answers.txt"),
            ("example.org TXT \"a\" \"b", 1, 21, "answers.txt"),
            ("example.org SERVFAIL now", 1, 22, "answers.nothing"),
        ] {
            let error = Answers::parse("x", text).unwrap_err();
            assert_eq!((error.at, error.key), (Place { line, column }, key), "{text}");
        }
    }

    #[test]
    fn addresses_have_names_of_their_own() {
        let reversed = format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23));
        assert_eq!(address(&reversed), "2001:db8::1");
        assert_eq!(address("2001:DB8:0:0::1"), "2001:db8::1");
        assert_eq!(address("x.in-addr.arpa"), "x");
    }
}
