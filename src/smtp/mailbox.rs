//! The mailboxes in the value of a header field, with their places: names, comments, groups, quoted
//! strings, and what people write instead (RFC 5322 §3.4).

use super::Span;

/// One mailbox, or what stands in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The address, without comments, blanks and source route; empty for `<>`.
    pub address: String,
    /// Where it stands, its name and comments included.
    pub span: Span,
}

/// What a field names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailboxes {
    /// The mailboxes in their order, members of groups among them.
    pub all: Vec<Mailbox>,
    /// The names of groups without members.
    pub empty_groups: Vec<String>,
    /// What is begun and not ended.
    pub open: Option<Open>,
}

/// What a list of mailboxes can begin and not end (RFC 5322 §3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// An address in brackets.
    Angle,
    /// A group.
    Group,
}

/// Reads what stands in `bytes` at `span`, line ends of folding included.
pub fn list(bytes: &[u8], span: Span) -> Mailboxes {
    let mut reader = Reader::default();
    for (at, byte) in bytes.iter().enumerate().take(span.end).skip(span.start) {
        reader.byte(*byte, at);
    }
    if reader.in_angle {
        reader.found.open = Some(Open::Angle);
    }
    reader.element(span.end.min(bytes.len()));
    let group = reader.group.map(|_| Open::Group);
    reader.found.open = reader.found.open.or(group);
    reader.found
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "brackets and quotes stand inside each other")]
struct Reader {
    found: Mailboxes,
    /// What it says outside of brackets, and inside.
    plain: Vec<u8>,
    angle: Option<Vec<u8>>,
    /// First and last byte that is neither blank nor separator.
    seen: Option<(usize, usize)>,
    group: Option<(String, usize)>,
    quoted: bool,
    escaped: bool,
    comments: usize,
    in_angle: bool,
    literal: bool,
}

impl Reader {
    fn byte(&mut self, byte: u8, at: usize) {
        if std::mem::take(&mut self.escaped) {
            return self.keep(byte, at);
        }
        match byte {
            b'\\' if self.quoted || self.comments > 0 => {
                self.escaped = true;
                self.keep(byte, at);
            }
            b'(' if !self.quoted => {
                self.comments += 1;
                self.mark(at);
            }
            b')' if self.comments > 0 => {
                self.comments -= 1;
                self.mark(at);
            }
            _ if self.comments > 0 => self.mark(at),
            b'"' => {
                self.quoted = !self.quoted;
                self.keep(byte, at);
            }
            _ if self.quoted => self.keep(byte, at),
            b'<' if !self.in_angle => {
                self.in_angle = true;
                self.angle = Some(Vec::new());
                self.mark(at);
            }
            b'<' if !self.literal => {
                self.found.open = Some(Open::Angle);
                self.keep(byte, at);
            }
            b'>' if self.in_angle => {
                self.in_angle = false;
                self.mark(at);
            }
            b'[' | b']' => {
                self.literal = byte == b'[';
                self.keep(byte, at);
            }
            b',' if !self.in_angle => self.element(at),
            b';' if !self.in_angle => self.end_group(at),
            b':' if !self.in_angle && !self.literal && self.angle.is_none() => self.begin_group(),
            other => self.keep(other, at),
        }
    }

    fn mark(&mut self, at: usize) {
        let first = self.seen.map_or(at, |(first, _)| first);
        self.seen = Some((first, at));
    }

    fn keep(&mut self, byte: u8, at: usize) {
        // A fold is a blank.
        if matches!(byte, b'\r' | b'\n') {
            return;
        }
        if !matches!(byte, b' ' | b'\t') {
            self.mark(at);
        }
        let text = if self.in_angle { self.angle.as_mut() } else { Some(&mut self.plain) };
        if let Some(text) = text {
            text.push(byte);
        }
    }

    /// The element ends before byte `end`.
    fn element(&mut self, end: usize) {
        let plain = std::mem::take(&mut self.plain);
        let address = match self.angle.take() {
            Some(inside) => Some(without_route(without_blanks(&inside))),
            None => Some(without_blanks(&plain)).filter(|address| !address.is_empty()),
        };
        let places = self.seen.take().filter(|(first, _)| *first < end);
        if let (Some(address), Some((first, last))) = (address, places) {
            if let Some((_, members)) = &mut self.group {
                *members += 1;
            }
            self.found.all.push(Mailbox { address, span: Span::new(first, last + 1) });
        }
        (self.in_angle, self.quoted, self.literal) = (false, false, false);
    }

    fn begin_group(&mut self) {
        let name = String::from_utf8_lossy(&std::mem::take(&mut self.plain)).trim().to_owned();
        self.group = Some((name, 0));
        self.seen = None;
    }

    fn end_group(&mut self, at: usize) {
        self.element(at);
        self.found
            .empty_groups
            .extend(self.group.take().filter(|(_, members)| *members == 0).map(|(name, _)| name));
    }
}

/// Blanks around dots and `@` mean nothing.
fn without_blanks(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut out = String::new();
    for word in text.split([' ', '\t']).filter(|word| !word.is_empty()) {
        let joined = out.is_empty() || out.ends_with(['@', '.']) || word.starts_with(['@', '.']);
        if !joined {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// `@a,@b:c@d` is `c@d` (RFC 5322 §4.4).
fn without_route(address: String) -> String {
    let routed = address.strip_prefix('@').and_then(|rest| rest.split_once(':'));
    routed.map(|(_, mailbox)| mailbox.to_owned()).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_and_their_places() {
        for (value, expected) in [
            ("a@x.example", &[("a@x.example", "a@x.example")][..]),
            ("A <a@x.example>", &[("a@x.example", "A <a@x.example>")]),
            (
                "\"B, A\" <a@x.example>, b@x.example (B)",
                &[("a@x.example", "\"B, A\" <a@x.example>"), ("b@x.example", "b@x.example (B)")],
            ),
            ("\"a b\"@x.example", &[("\"a b\"@x.example", "\"a b\"@x.example")]),
            ("<\"a>\"@x.example>", &[("\"a>\"@x.example", "<\"a>\"@x.example>")]),
            ("a (c, (d)) @ x . example", &[("a@x.example", "a (c, (d)) @ x . example")]),
            (
                "<@r.example,@s.example:a@x.example>",
                &[("a@x.example", "<@r.example,@s.example:a@x.example>")],
            ),
            ("a@[IPv6:::1]", &[("a@[IPv6:::1]", "a@[IPv6:::1]")]),
            (
                "Friends: a@x.example,\r\n B <b@x.example>;, c@x.example",
                &[
                    ("a@x.example", "a@x.example"),
                    ("b@x.example", "B <b@x.example>"),
                    ("c@x.example", "c@x.example"),
                ],
            ),
            ("<>", &[("", "<>")]),
            ("bob", &[("bob", "bob")]),
            ("John Doe", &[("John Doe", "John Doe")]),
            (" , ,", &[]),
            ("", &[]),
            ("a <a@x.example", &[("a@x.example", "a <a@x.example")]),
            (
                "gr\u{e5} <gr\u{e5}@x.example>",
                &[("gr\u{e5}@x.example", "gr\u{e5} <gr\u{e5}@x.example>")],
            ),
        ] {
            let text = format!("To: {value}\r\nB: c");
            let found = list(text.as_bytes(), Span::new(3, 4 + value.len() + 2));
            let seen: Vec<_> = found
                .all
                .iter()
                .map(|m| (m.address.as_str(), text.get(m.span.start..m.span.end).unwrap()))
                .collect();
            assert_eq!(seen, expected, "{value}");
        }
    }

    #[test]
    fn what_is_begun_and_not_ended() {
        for (value, open) in [
            ("A <a@x.example>, b@x.example", None),
            ("A <a@x.example", Some(Open::Angle)),
            ("A <a@x.example, B <b@x.example>", Some(Open::Angle)),
            ("\"<\" (<) <a@x.example>", None),
            ("A: a@x.example", Some(Open::Group)),
            ("A: <a@x.example", Some(Open::Angle)),
            ("A: a@x.example;, b@[IPv6:::1]", None),
        ] {
            assert_eq!(list(value.as_bytes(), Span::new(0, value.len())).open, open, "{value}");
        }
    }

    #[test]
    fn groups_without_members() {
        for (value, names) in [
            ("undisclosed-recipients:;", &["undisclosed-recipients"][..]),
            ("\"To, all\" : ;, a@x.example", &["\"To, all\""]),
            ("A: a@x.example;", &[]),
        ] {
            let found = list(value.as_bytes(), Span::new(0, value.len()));
            assert_eq!(found.empty_groups, names, "{value}");
        }
    }
}
