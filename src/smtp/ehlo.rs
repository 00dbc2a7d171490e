//! What a server announces in its reply to EHLO, unknown keywords included
//! (RFC 5321 §4.1.1.1).

use super::code::Code;
use super::param::words;
use super::reply::Reply;
use super::{Oddity, Span};

/// One announced extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The keyword in capitals.
    pub name: String,
    /// The keyword as it was written.
    pub written: String,
    /// Its parameters as written.
    pub params: Vec<String>,
    /// Index of its line in the reply.
    pub line: usize,
}

impl Keyword {
    /// Whether `name` stands among its parameters.
    pub fn lists(&self, name: &str) -> bool {
        self.params.iter().any(|param| param.eq_ignore_ascii_case(name))
    }
}

/// A keyword in two lists; one of them has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared<'a> {
    /// In the first list.
    pub before: Option<&'a Keyword>,
    /// In the second.
    pub after: Option<&'a Keyword>,
}

/// What became of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is announced as before.
    Same,
    /// It was not announced before.
    Added,
    /// It is no longer announced.
    Removed,
    /// It has other parameters.
    Changed,
}

impl<'a> Compared<'a> {
    /// The keyword in capitals.
    pub fn name(&self) -> &'a str {
        self.before.or(self.after).map_or("", |keyword| &keyword.name)
    }

    /// What became of it.
    pub fn change(&self) -> Change {
        match (self.before, self.after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (Some(before), Some(after)) if before.params == after.params => Change::Same,
            _ => Change::Changed,
        }
    }
}

/// The extensions of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The name by which the server calls itself.
    pub name: String,
    /// The keywords in their order.
    pub keywords: Vec<Keyword>,
    /// Oddities and the index of the line they are about.
    pub odd: Vec<(usize, Oddity)>,
}

impl Capabilities {
    /// Reads a positive reply to EHLO; any other announces nothing.
    pub fn read(reply: &Reply) -> Self {
        let mut seen = Self::default();
        for (at, line) in reply.lines.iter().enumerate().filter(|(_, l)| l.code == Some(Code::OK)) {
            let bytes = &line.line.bytes;
            // An enhanced code has no place here; what it hides is still the keyword.
            if let Some((_, span)) = line.enhanced {
                seen.odd.push((at, Oddity::new("B25", span)));
            }
            let mut parts = words(bytes, line.text.start);
            let Some(first) = parts.next() else { continue };
            let name = String::from_utf8_lossy(first.of(bytes)).into_owned();
            if at == 0 {
                seen.name = name;
                continue;
            }
            let params = parts.map(|p| String::from_utf8_lossy(p.of(bytes)).into_owned()).collect();
            let keyword = Keyword { name: name.to_uppercase(), written: name, params, line: at };
            seen.add(keyword, first);
        }
        seen
    }

    /// The keyword `name`, if announced. `AUTH=LOGIN` is not `AUTH`.
    pub fn find(&self, name: &str) -> Option<&Keyword> {
        self.keywords.iter().find(|k| k.name == name)
    }

    /// Whether `name` was announced.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The largest message the server takes; `None` if it names no limit (RFC 1870 §3).
    pub fn size_limit(&self) -> Option<u64> {
        let limit = self.find("SIZE")?.params.first()?.parse().ok()?;
        (limit > 0).then_some(limit)
    }

    /// A number that LIMITS names, such as `RCPTMAX` (RFC 9422 §4).
    pub fn limit(&self, name: &str) -> Option<usize> {
        let named = self.find("LIMITS")?.params.iter().find_map(|param| {
            let (key, value) = param.split_once('=')?;
            key.eq_ignore_ascii_case(name).then_some(value)
        });
        named?.parse().ok()
    }

    /// Each keyword of this list and of a later one, in their order.
    pub fn compared_with<'a>(&'a self, later: &'a Self) -> Vec<Compared<'a>> {
        let first = |list: &'a Self, at: usize, name: &str| {
            list.keywords.iter().take(at).all(|keyword| keyword.name != name)
        };
        let own = self.keywords.iter().enumerate().filter(|(at, k)| first(self, *at, &k.name));
        let new = later.keywords.iter().enumerate();
        let new = new.filter(|(at, k)| first(later, *at, &k.name) && !self.has(&k.name));
        own.map(|(_, k)| Compared { before: Some(k), after: later.find(&k.name) })
            .chain(new.map(|(_, k)| Compared { before: None, after: Some(k) }))
            .collect()
    }

    fn add(&mut self, keyword: Keyword, span: Span) {
        let written = keyword.written.as_str();
        let id = if written.to_ascii_uppercase().starts_with("AUTH=") {
            Some("C13")
        } else if is_masked(written) {
            Some("C16")
        } else if !is_keyword(written) {
            Some("C12")
        } else if keyword.name == "AUTH" && keyword.params.is_empty() {
            Some("C14")
        } else if keyword.name == "SIZE"
            && keyword.params.first().is_some_and(|p| p.parse::<u64>().is_err())
        {
            Some("G27")
        } else if written.bytes().any(|b| b.is_ascii_lowercase()) {
            Some("C11")
        } else {
            None
        };
        self.odd.extend(id.map(|id| (keyword.line, Oddity::new(id, span))));
        self.keywords.push(keyword);
    }
}

/// `ehlo-keyword` of RFC 5321 §4.1.1.1.
fn is_keyword(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// `XXXXXXXA`: what a firewall leaves of STARTTLS.
fn is_masked(word: &str) -> bool {
    let xs = word.chars().take_while(|c| *c == 'X').count();
    xs >= 4 && word.len() <= xs + 1 && word.chars().all(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::line::Line;
    use crate::smtp::reply::Collector;
    use bytes::Bytes;

    fn read(lines: &[&str]) -> Capabilities {
        let mut collector = Collector::default();
        let mut reply = None;
        for text in lines {
            let bytes = Bytes::copy_from_slice(text.as_bytes());
            reply = collector.push(Line { bytes, ..Line::default() });
        }
        Capabilities::read(&reply.expect("the last line ends the reply"))
    }

    #[test]
    fn keywords_and_what_is_odd_about_them() {
        let seen = read(&[
            "250-mx.example Hello",
            "250-SIZE 1000",
            "250-LIMITS MAILMAX=5 rcptmax=7 RCPTDOMAINMAX=x",
            "250-auth PLAIN LOGIN",
            "250-AUTH=LOGIN",
            "250-XXXXXXXA",
            "250-263.net",
            "250 AUTH",
        ]);
        assert_eq!(seen.name, "mx.example");
        assert_eq!(seen.size_limit(), Some(1000));
        assert_eq!((seen.limit("MAILMAX"), seen.limit("RCPTMAX")), (Some(5), Some(7)));
        assert_eq!(seen.limit("RCPTDOMAINMAX"), None);
        assert_eq!(seen.find("AUTH").map(|k| k.params.len()), Some(2));
        let ids: Vec<_> = seen.odd.iter().map(|(_, o)| o.id).collect();
        assert_eq!(ids, ["C11", "C13", "C16", "C12", "C14"]);
    }

    #[test]
    fn two_lists_side_by_side() {
        let clear = read(&["250-mx", "250-SIZE 10", "250-AUTH LOGIN", "250-dsn", "250 STARTTLS"]);
        let inside =
            read(&["250-mx", "250-DSN", "250-AUTH PLAIN LOGIN", "250-SIZE 10", "250 HELP"]);
        let compared = clear.compared_with(&inside);
        let seen: Vec<_> = compared.iter().map(|c| (c.name(), c.change())).collect();
        let expected = [
            ("SIZE", Change::Same),
            ("AUTH", Change::Changed),
            ("DSN", Change::Same),
            ("STARTTLS", Change::Removed),
            ("HELP", Change::Added),
        ];
        assert_eq!(seen, expected);
    }
}
