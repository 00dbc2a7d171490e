//! Reverse-paths and forward-paths: `<alice@example.org>`, `<>`, `<Postmaster>`, source routes,
//! address literals, and everything that people write instead (RFC 5321 §4.1.2).

use super::param::is_blank;
use super::{Oddity, Parsed, Span};

/// A path as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What stood between the brackets, undecodable bytes replaced.
    pub written: String,
    /// The part before the last `@`, without a source route; empty for the null path.
    pub local: String,
    /// The domain or address literal.
    pub domain: Option<String>,
}

impl Path {
    /// Whether this is `<>`, the sender of notifications (RFC 5321 §4.5.5).
    pub fn is_null(&self) -> bool {
        self.written.is_empty()
    }

    /// Whether the address has characters beyond ASCII (needs SMTPUTF8, RFC 6531 §3.3).
    pub fn is_international(&self) -> bool {
        !self.written.is_ascii()
    }

    /// `local@domain`, or what was written where there is no domain.
    pub fn address(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.local),
            None => self.written.clone(),
        }
    }

    /// Whether local part and domain have the form that RFC 5321 §4.1.2 asks for.
    pub fn is_well_formed(&self) -> bool {
        self.is_null()
            || (is_local_part(&self.local)
                && self.domain.as_deref().is_none_or(is_domain)
                && (self.domain.is_some() || self.local.eq_ignore_ascii_case("postmaster")))
    }
}

/// Reads a path in `line` from byte `from` on; also says where it ended.
pub fn read(line: &[u8], from: usize) -> (Parsed<Path>, usize) {
    let mut odd = Vec::new();
    let rest = line.get(from..).unwrap_or_default();
    let blanks = rest.iter().take_while(|b| is_blank(**b)).count();
    let start = from + blanks;
    if blanks > 0 {
        odd.push(Oddity::new("F01", Span::new(from, start)));
    }
    let (inner, end) = extent(line, start);
    let span = Span::new(start, end);
    let bracketed = inner.start > start && end > inner.end;
    if !bracketed {
        odd.push(Oddity::new("F02", span));
    }
    let text = inner.of(line);
    if has_display_name(text) {
        odd.push(Oddity::new("F03", inner));
    }
    let written = String::from_utf8_lossy(text).into_owned();
    let routed = written.strip_prefix('@').and_then(|r| r.split_once(':'));
    if routed.is_some() {
        odd.push(Oddity::new("F25", inner));
    }
    let mailbox = routed.map_or(written.as_str(), |(_, mailbox)| mailbox);
    let (local, domain) = match mailbox.rsplit_once('@') {
        Some((local, domain)) => (local.to_owned(), Some(domain.to_owned())),
        None => (mailbox.to_owned(), None),
    };
    if domain.as_deref().is_some_and(is_untagged_v6) {
        odd.push(Oddity::new("C19", inner));
    }
    let value = Path { written, local, domain };
    (Parsed { value, span, odd }, end)
}

/// `[2001:db8::1]`: an IPv6 literal without its tag (RFC 5321 §4.1.3).
pub fn is_untagged_v6(domain: &str) -> bool {
    domain
        .strip_prefix('[')
        .is_some_and(|d| d.contains(':') && !d.to_ascii_lowercase().starts_with("ipv6:"))
}

/// A domain name or address literal.
pub fn is_domain(name: &str) -> bool {
    if let Some(literal) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        return match literal.to_ascii_lowercase().strip_prefix("ipv6:") {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
            None => literal.parse::<std::net::Ipv4Addr>().is_ok(),
        };
    }
    !name.is_empty()
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii())
        })
}

fn is_local_part(local: &str) -> bool {
    if let Some(rest) = local.strip_prefix('"') {
        return is_quoted(rest);
    }
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || "!#$%&'*+-/=?^_`{|}~".contains(c)
                    || (!c.is_ascii() && !c.is_control())
            })
    })
}

/// What follows the opening quote: printable characters, and no bare quote but the last.
fn is_quoted(rest: &str) -> bool {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            c if c.is_control() => return false,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1 == rest.len(),
            _ => {}
        }
    }
    false
}

/// The inside of the path and the end of the whole. Quoted strings may hide blanks and brackets.
fn extent(line: &[u8], start: usize) -> (Span, usize) {
    let rest = line.get(start..).unwrap_or_default();
    let bracket = rest.first() == Some(&b'<');
    let from = start + usize::from(bracket);
    let (mut quoted, mut escaped, mut depth) = (false, false, 1_u32);
    let mut first_blank = None;
    for (at, byte) in line.iter().enumerate().skip(from) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'<' if bracket => depth += 1,
            b'>' if bracket => {
                depth -= 1;
                if depth == 0 {
                    return (Span::new(from, at), at + 1);
                }
            }
            b' ' | b'\t' if first_blank.is_none() => first_blank = Some(at),
            _ => {}
        }
    }
    // No closing bracket: the path ends at the first blank or with the line.
    let end = first_blank.unwrap_or(line.len());
    let inner = if !bracket && line.get(from..end).is_some_and(|t| t.ends_with(b">")) {
        Span::new(from, end - 1)
    } else {
        Span::new(from, end)
    };
    (inner, end)
}

fn has_display_name(text: &[u8]) -> bool {
    let mut quoted = false;
    let mut escaped = false;
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b' ' | b'\t' | b'<' if !quoted => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<&'static str> {
        read(text.as_bytes(), 0).0.odd.iter().map(|o| o.id).collect()
    }

    #[test]
    fn forms_that_people_write() {
        let rows: &[(&str, &str, Option<&str>, &[&str], usize)] = &[
            ("<a@b.example> X", "a", Some("b.example"), &[], 13),
            ("<>", "", None, &[], 2),
            ("<Postmaster>", "Postmaster", None, &[], 12),
            (" <a@b>", "a", Some("b"), &["F01"], 6),
            ("a@b SIZE=1", "a", Some("b"), &["F02"], 3),
            ("<a@b SIZE=1", "a", Some("b"), &["F02"], 4),
            ("<A <a@b>>", "A <a", Some("b>"), &["F03"], 9),
            ("<\"x y>\"@b>", "\"x y>\"", Some("b"), &[], 10),
            ("<@r.example,@s:a@b>", "a", Some("b"), &["F25"], 19),
            ("<a@[2001:db8::1]>", "a", Some("[2001:db8::1]"), &["C19"], 17),
        ];
        for (text, local, domain, odd, end) in rows {
            let (path, seen_end) = read(text.as_bytes(), 0);
            assert_eq!(path.value.local, *local, "{text}");
            assert_eq!(path.value.domain.as_deref(), *domain, "{text}");
            assert_eq!(ids(text), *odd, "{text}");
            assert_eq!(seen_end, *end, "{text}");
        }
    }

    #[test]
    fn well_formed_is_what_the_rfc_allows() {
        for (text, good) in [
            ("<a.b+c@example.org>", true),
            ("<a..b@example.org>", false),
            ("<a@-x.example>", false),
            ("<a@under_score.example>", false),
            ("<a@[IPv6:::1]>", true),
            ("<a@[192.0.2.1]>", true),
            ("<grå@example.org>", true),
            ("<bob>", false),
            ("<\"john doe\"@example.org>", true),
            ("<\"a\\\"b\"@example.org>", true),
            ("<\"a\u{1b}b\"@example.org>", false),
            ("<\"\"b\"\"@example.org>", false),
            ("<postmaster>", true),
            ("<>", true),
        ] {
            assert_eq!(read(text.as_bytes(), 0).0.value.is_well_formed(), good, "{text}");
        }
    }
}
