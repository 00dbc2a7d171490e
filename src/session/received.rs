//! One Received field: its clauses with their places, and what servers put into comments
//! (RFC 5321 §4.4).
//!
//! The forms of Postfix, Exim, sendmail, qmail, Gmail and Exchange are read alike: whatever looks
//! like a name, an address or a word of TLS is taken for one. What cannot be read is left out; the
//! bytes remain the evidence. Every place is kept, so that a clause can be marked where it stands:
//! the parser of whole messages keeps none, and drops protocols that it does not know.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::smtp::Span;

use super::date::{self, Date};
use super::flaw::rule::{BAD_RECEIVED, Fault, NO_DATE};

/// A word or several, and where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// What they say, blanks between them.
    pub text: String,
    /// Where, in the bytes that were read.
    pub span: Span,
}

/// What TLS there was, where a server says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// `TLSv1.3`, `TLS1_2`: as the server writes it.
    pub version: Option<Word>,
    /// The cipher suite.
    pub cipher: Option<Word>,
}

/// A Received field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// What stands behind `from`.
    pub from: Option<Word>,
    /// How the client called itself in EHLO or HELO.
    pub helo: Option<Word>,
    /// The name that belongs to its address by DNS, where the server found one.
    pub reverse: Option<Word>,
    /// Whether the server says that it found none.
    pub nameless: bool,
    /// The address that the client came from.
    pub ip: Option<(IpAddr, Span)>,
    /// The server that wrote the field.
    pub by: Option<Word>,
    /// The link, such as `TCP`.
    pub via: Option<Word>,
    /// The protocol, such as `ESMTPSA`.
    pub with: Option<Word>,
    /// The server's own number for the message.
    pub id: Option<Word>,
    /// The only recipient.
    pub for_: Option<Word>,
    /// What TLS there was.
    pub tls: Tls,
    /// The date as written, behind the last semicolon.
    pub written: Option<Word>,
    /// The same, read.
    pub date: Option<Date>,
}

/// A word, a comment without its brackets, or the semicolon before the date.
#[derive(Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Comment,
    Semicolon,
}

/// The words that begin a clause.
const CLAUSES: [&str; 10] =
    ["from", "by", "via", "with", "id", "for", "tls", "group", "priority", "state"];

impl Received {
    /// Reads the value of a field that stands from byte `offset` on.
    pub fn read(value: &[u8], offset: usize) -> Self {
        // Of bytes that are no UTF-8 the places stay right: each becomes one `?`.
        let plain: String = String::from_utf8(value.to_vec()).unwrap_or_else(|_| {
            value.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect()
        });
        let mut out = Self::default();
        let all = tokens(&plain);
        let end = all.iter().rposition(|token| token.kind == Kind::Semicolon);
        if let Some(semicolon) = end.and_then(|at| all.get(at)) {
            let text = plain.get(semicolon.span.end..).unwrap_or_default();
            out.date = Date::read(text);
            let blanks = text.len() - text.trim_start().len();
            let start = semicolon.span.end + blanks;
            out.written = (!text.trim().is_empty()).then(|| Word {
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
                span: Span::new(start, start + text.trim().len()),
            });
        }
        let tokens = all.get(..end.unwrap_or(all.len())).unwrap_or_default();
        out.clauses(tokens);
        out.tls = tls(tokens);
        out.shift(offset);
        out
    }

    /// Whether anything of it could be read.
    pub fn is_readable(&self) -> bool {
        self.from.is_some() || self.by.is_some()
    }

    /// What is wrong with the field by itself: its form, and its date.
    pub fn faults(&self) -> Vec<Fault> {
        let fault = |rule| Fault { rule, values: Vec::new() };
        let mut out = Vec::new();
        if !self.is_readable() {
            out.push(fault(&BAD_RECEIVED));
        }
        if self.written.is_some() {
            out.extend(date::faults(self.date.as_ref(), "Received"));
        } else if self.is_readable() {
            out.push(fault(&NO_DATE));
        }
        out
    }

    fn clauses(&mut self, tokens: &[Token<'_>]) {
        let (mut seen, mut at) = (Vec::new(), 0);
        while let Some(token) = tokens.get(at) {
            at += 1;
            let Some(clause) = clause(token).filter(|clause| !seen.contains(clause)) else {
                continue;
            };
            seen.push(clause);
            let rest = tokens.get(at..).unwrap_or_default();
            let len = rest
                .iter()
                .position(|token| self::clause(token).is_some_and(|next| !seen.contains(&next)))
                .unwrap_or(rest.len());
            let inside = rest.get(..len).unwrap_or_default();
            at += len;
            let first = || inside.iter().find(|token| token.kind == Kind::Word).map(word);
            match clause {
                "from" => self.client(inside),
                "by" => self.by = first(),
                "via" => self.via = first(),
                "with" => self.with = words(inside),
                "id" => self.id = first(),
                "for" => self.for_ = first(),
                _ => {}
            }
        }
    }

    /// Who the client was: in most forms the name is what it said, and the comment what is known.
    fn client(&mut self, inside: &[Token<'_>]) {
        self.from = inside.iter().find(|token| token.kind == Kind::Word).map(word);
        let comments = inside.iter().filter(|token| token.kind == Kind::Comment);
        let comments: Vec<_> = comments
            .enumerate()
            .flat_map(|(n, token)| pieces(token).into_iter().map(move |p| (n, p)))
            .collect();
        let named = self.from.clone().filter(|from| address(&from.text).is_none());
        let greets =
            |word: &Word| ["helo", "ehlo"].iter().any(|v| word.text.eq_ignore_ascii_case(v));
        let greeting = comments.iter().position(|(_, piece)| greets(piece));
        let said = greeting.map(|at| {
            let (comment, _) = comments.get(at)?;
            comments.get(at + 1).filter(|(next, _)| next == comment).map(|(_, word)| word.clone())
        });
        // What the server saw stands in the comment; a literal outside of it was often said.
        let seen = comments.iter().map(|(_, piece)| piece);
        let seen =
            seen.filter(|piece| said.as_ref().and_then(Option::as_ref) != Some(*piece)).cloned();
        let outside = inside.iter().filter(|token| token.kind == Kind::Word).flat_map(pieces);
        self.ip = seen.chain(outside).find_map(|piece| Some((address(&piece.text)?, piece.span)));
        let is_unknown = |word: &Word| word.text.eq_ignore_ascii_case("unknown");
        self.nameless = named.iter().chain(comments.iter().map(|(_, word)| word)).any(is_unknown);
        if let Some(said) = said {
            self.helo = said;
            self.reverse = named.filter(|word| !is_unknown(word));
        } else {
            self.helo = self.from.clone().filter(|word| !is_unknown(word));
            self.reverse =
                comments.into_iter().map(|(_, word)| word).find(|word| is_name(&word.text));
        }
    }

    fn shift(&mut self, offset: usize) {
        let shift = |span: &mut Span| *span = Span::new(span.start + offset, span.end + offset);
        for word in [
            &mut self.from,
            &mut self.helo,
            &mut self.reverse,
            &mut self.by,
            &mut self.via,
            &mut self.with,
            &mut self.id,
            &mut self.for_,
            &mut self.tls.version,
            &mut self.tls.cipher,
            &mut self.written,
        ]
        .into_iter()
        .flatten()
        {
            shift(&mut word.span);
        }
        if let Some((_, span)) = &mut self.ip {
            shift(span);
        }
    }
}

/// The clause that a word begins.
fn clause(token: &Token<'_>) -> Option<&'static str> {
    let is = |clause: &&&str| token.text.eq_ignore_ascii_case(clause);
    CLAUSES.iter().find(is).filter(|_| token.kind == Kind::Word).copied()
}

fn word(token: &Token<'_>) -> Word {
    let text = token.text.trim_end_matches(',');
    Word { text: text.to_owned(), span: Span::new(token.span.start, token.span.start + text.len()) }
}

/// The words of a clause that stand together.
fn words(inside: &[Token<'_>]) -> Option<Word> {
    let run: Vec<_> = inside.iter().take_while(|token| token.kind == Kind::Word).collect();
    let (first, last) = (run.first()?, run.last()?);
    let text: Vec<_> = run.iter().map(|token| token.text).collect();
    Some(Word { text: text.join(" "), span: Span::new(first.span.start, last.span.end) })
}

/// What stands in a comment, or in a word, between signs.
fn pieces(token: &Token<'_>) -> Vec<Word> {
    let mut out = Vec::new();
    let mut start = 0;
    let signs = |c: char| c.is_whitespace() || "()[]=,;<>\"@".contains(c);
    for (at, c) in token.text.char_indices().chain([(token.text.len(), ' ')]) {
        if !signs(c) {
            continue;
        }
        if let Some(text) = token.text.get(start..at).filter(|text| !text.is_empty()) {
            let begin = token.span.start + start;
            out.push(Word { text: text.to_owned(), span: Span::new(begin, begin + text.len()) });
        }
        start = at + c.len_utf8();
    }
    out
}

/// An address as it stands in a literal (RFC 5321 §4.1.3), a port behind it left out.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let v6 = text.get(..5).filter(|begin| begin.eq_ignore_ascii_case("ipv6:"));
    let text = text.get(v6.map_or(0, str::len)..)?;
    if let Ok(v4) = text.parse::<Ipv4Addr>() {
        return Some(IpAddr::V4(v4));
    }
    if let Ok(v6) = text.parse::<Ipv6Addr>() {
        return Some(v6.to_canonical());
    }
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    host.parse().ok().map(IpAddr::V4)
}

/// Whether a word is the name of a host.
fn is_name(text: &str) -> bool {
    let text = text.trim_end_matches('.');
    text.contains('.')
        && address(text).is_none()
        && text.split('.').all(|label| !label.is_empty())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && text.rsplit('.').next().is_some_and(|top| !top.bytes().all(|b| b.is_ascii_digit()))
        && !is_version(text)
}

/// Whether a word is a version of TLS, however it is written.
fn is_version(text: &str) -> bool {
    let number = ["tls", "ssl"].iter().find_map(|name| {
        let (begin, rest) = text.split_at_checked(3)?;
        begin.eq_ignore_ascii_case(name).then(|| rest.trim_start_matches(['v', 'V', ' ']))
    });
    number.is_some_and(|n| {
        n.starts_with(|c: char| c.is_ascii_digit())
            && n.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
    })
}

/// Whether a word is the name of a cipher suite: a cipher stands in it, its key size behind it.
fn is_cipher(text: &str) -> bool {
    let is_known = |piece: &str| {
        let name = piece.trim_end_matches(|c: char| c.is_ascii_digit());
        ["AES", "CHACHA", "DES", "3DES", "RC", "CAMELLIA", "ARIA", "NULL"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    };
    text.len() > 6
        && text.contains(['-', '_'])
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && text.split(['-', '_']).any(is_known)
}

fn tls(tokens: &[Token<'_>]) -> Tls {
    let mut out = Tls::default();
    let mut before = String::new();
    let all = tokens.iter().flat_map(|token| pieces(token).into_iter().map(move |p| (token, p)));
    for (token, piece) in all {
        // A host or a number can be called like a cipher.
        let is = |names: &[&str]| names.iter().any(|name| before.eq_ignore_ascii_case(name));
        let may_be_cipher = if token.kind == Kind::Comment {
            !is(&["helo", "ehlo"])
        } else {
            is(&["tls", "cipher"])
        };
        let mut begin = piece.span.start;
        // Exim writes `TLS1.3:ECDHE-RSA-AES256-GCM-SHA384:256`.
        for text in piece.text.split(':') {
            let word =
                || Word { text: text.to_owned(), span: Span::new(begin, begin + text.len()) };
            if out.version.is_none() && is_version(text) {
                out.version = Some(word());
            } else if may_be_cipher && out.cipher.is_none() && is_cipher(text) {
                out.cipher = Some(word());
            }
            begin += text.len() + 1;
        }
        before = piece.text;
    }
    out
}

/// Words, comments and semicolons in order. Quotes and angle brackets hold a word together.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut start: Option<usize> = None;
    let (mut depth, mut quoted, mut angle, mut escaped) = (0usize, false, false, false);
    let mut push = |kind, from: usize, to: usize| {
        let span = Span::new(from, to);
        out.push(Token { kind, text: text.get(from..to).unwrap_or_default(), span });
    };
    for (at, c) in text.char_indices() {
        let was_escaped = escaped;
        escaped = c == '\\' && !was_escaped;
        if depth > 0 {
            match c {
                '(' if !was_escaped => depth += 1,
                ')' if !was_escaped => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                push(Kind::Comment, start.take().unwrap_or(at), at);
            }
            continue;
        }
        quoted ^= c == '"' && !was_escaped;
        angle = (angle || c == '<') && c != '>' && !c.is_whitespace();
        let ends = !quoted && !angle && (c.is_whitespace() || matches!(c, '(' | ';'));
        if !ends {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            push(Kind::Word, from, at);
        }
        match c {
            '(' => (depth, start) = (1, Some(at + 1)),
            ';' => push(Kind::Semicolon, at, at + 1),
            _ => {}
        }
    }
    if let Some(from) = start {
        push(if depth > 0 { Kind::Comment } else { Kind::Word }, from, text.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(word: Option<&Word>) -> &str {
        word.map_or("", |word| word.text.as_str())
    }

    /// helo, reverse, ip, by, with, id, version, cipher.
    type Row = [&'static str; 8];

    #[rustfmt::skip]
    const FORMS: &[(&str, &str, Row)] = &[
        ("Postfix", "from pc.example.org (host.isp.example [192.0.2.7])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n\t key-exchange X25519 server-signature RSA-PSS (2048 bits))\r\n\t(No client certificate requested)\r\n\tby submit.example.org (Postfix) with ESMTPSA id 4Xk9\r\n\tfor <bob@example.net>; Mon, 23 Nov 2026 07:54:41 +0000 (UTC)",
            ["pc.example.org", "host.isp.example", "192.0.2.7", "submit.example.org", "ESMTPSA", "4Xk9", "TLSv1.3", "TLS_AES_256_GCM_SHA384"]),
        ("Postfix, no name", "from mail (unknown [IPv6:2001:db8::7]) by mx.example.net (Postfix) with ESMTP id 1; Mon, 23 Nov 2026 07:54:41 +0000",
            ["mail", "", "2001:db8::7", "mx.example.net", "ESMTP", "1", "", ""]),
        ("Exim", "from host.isp.example ([192.0.2.7]:49152 helo=pc.example.org)\r\n by mx.example.net with esmtpsa (TLS1.3) tls TLS_AES_256_GCM_SHA384\r\n (Exim 4.98) (envelope-from <a@example.org>) id 1tEq-x\r\n for bob@example.net; Mon, 23 Nov 2026 07:54:41 +0000",
            ["pc.example.org", "host.isp.example", "192.0.2.7", "mx.example.net", "esmtpsa", "1tEq-x", "TLS1.3", "TLS_AES_256_GCM_SHA384"]),
        ("Exim, old", "from [192.0.2.7] (helo=pc.example.org) by mx.example.net with esmtps (TLS1.2:ECDHE-RSA-AES256-GCM-SHA384:256) id x; Mon, 23 Nov 2026 07:54:41 +0000",
            ["pc.example.org", "", "192.0.2.7", "mx.example.net", "esmtps", "x", "TLS1.2", "ECDHE-RSA-AES256-GCM-SHA384"]),
        ("Gmail", "from mail.example.org (mail.example.org. [192.0.2.7]) by mx.google.com with ESMTPS id d2e1a72 for <bob@gmail.example> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); Mon, 23 Nov 2026 07:54:41 -0800 (PST)",
            ["mail.example.org", "mail.example.org.", "192.0.2.7", "mx.google.com", "ESMTPS", "d2e1a72", "TLS1_3", "TLS_AES_256_GCM_SHA384"]),
        ("Gmail, inside", "by 2002:a05:6a10:9f1a with SMTP id x1csp42; Mon, 23 Nov 2026 07:54:41 -0800 (PST)",
            ["", "", "", "2002:a05:6a10:9f1a", "SMTP", "x1csp42", "", ""]),
        ("Exchange", "from A1.example.com (2603:10a6::17) by B2.example.com (2603:10a6::13) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.1.2; Mon, 23 Nov 2026 07:54:41 +0000",
            ["A1.example.com", "", "2603:10a6::17", "B2.example.com", "Microsoft SMTP Server", "15.20.1.2", "TLS1_2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]),
        ("sendmail", "from pc.example.org (IDENT:alice@host.isp.example [192.0.2.7] (may be forged))\r\n by mx.example.net (8.18.1/8.18.1) with ESMTPS id 3AN7s\r\n (version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)\r\n for <bob@example.net>; Mon, 23 Nov 2026 07:54:41 GMT",
            ["pc.example.org", "host.isp.example", "192.0.2.7", "mx.example.net", "ESMTPS", "3AN7s", "TLSv1.3", "TLS_AES_256_GCM_SHA384"]),
        ("qmail", "from unknown (HELO pc.example.org) (192.0.2.7)\r\n  by 0 with SMTP; 23 Nov 2026 07:54:41 -0000",
            ["pc.example.org", "", "192.0.2.7", "0", "SMTP", "", "", ""]),
        ("said and seen", "from [10.0.0.1] (host.isp.example [192.0.2.7]) by mx.example.net, id x; Sun Nov 23 07:54:41 2026",
            ["[10.0.0.1]", "host.isp.example", "192.0.2.7", "mx.example.net", "", "x", "", ""]),
        ("qmail, nothing said", "from host.isp.example (HELO ) (192.0.2.7) by mx.example.net with SMTP; 23 Nov 2026 07:54:41 -0000",
            ["", "host.isp.example", "192.0.2.7", "mx.example.net", "SMTP", "", "", ""]),
        ("program", "by pc.example.org (Postfix, from userid 1000) id 7A1; Mon, 23 Nov 2026 07:54:41 +0000",
            ["", "", "", "pc.example.org", "", "7A1", "", ""]),
        ("nonsense", "(", ["", "", "", "", "", "", "", ""]),
    ];

    #[test]
    fn forms_of_many_servers() {
        for (form, value, row) in FORMS {
            let seen = Received::read(value.as_bytes(), 0);
            let ip = seen.ip.map_or_else(String::new, |(ip, _)| ip.to_string());
            let got = [
                text(seen.helo.as_ref()),
                text(seen.reverse.as_ref()),
                &ip,
                text(seen.by.as_ref()),
                text(seen.with.as_ref()),
                text(seen.id.as_ref()),
                text(seen.tls.version.as_ref()),
                text(seen.tls.cipher.as_ref()),
            ];
            assert_eq!(&got, row, "{form}");
            assert_eq!(seen.date.is_some(), *form != "nonsense", "{form}");
            for word in [&seen.helo, &seen.by, &seen.id, &seen.tls.cipher].into_iter().flatten() {
                assert_eq!(word.span.of(value.as_bytes()), word.text.as_bytes(), "{form}");
            }
        }
    }

    #[test]
    fn what_is_called_like_a_cipher_is_none() {
        for (value, cipher) in [
            ("from DESKTOP-ABC123 (unknown [192.0.2.7]) by mx.example.net id 4Xk9", ""),
            ("from [192.0.2.7] (helo=abc-null-1) by mx.example.net id abc-null-1", ""),
            ("from x (DESKTOP-ABC123 [192.0.2.7]) by mx.example.net", ""),
            ("from x by y with ESMTPS (TLSv1.2:DES-CBC3-SHA:168) id abc-null-1", "DES-CBC3-SHA"),
            ("from x by y with (RC4-SHA encrypted) SMTP", "RC4-SHA"),
            (
                "from null-mx-1 by y cipher=TLS_RSA_WITH_NULL_SHA256 id 1",
                "TLS_RSA_WITH_NULL_SHA256",
            ),
            ("from x by y (ECDHE-RSA-CHACHA20-POLY1305)", "ECDHE-RSA-CHACHA20-POLY1305"),
        ] {
            let seen = Received::read(value.as_bytes(), 0);
            assert_eq!(text(seen.tls.cipher.as_ref()), cipher, "{value}");
        }
    }

    #[test]
    fn a_field_has_a_form_and_a_date() {
        for (value, rules) in [
            ("from a by b; Mon, 23 Nov 2026 07:54:41 +0000", &[][..]),
            ("(qmail 7 invoked by uid 1000); 23 Nov 2026 07:54:41 +0000", &["bad-received"]),
            ("by b; 23 Nov 2026 07:54:41 -0000", &["date-unsaid"]),
            ("", &["bad-received"]),
            (";", &["bad-received"]),
            ("by b", &["no-date"]),
            ("by b; ", &["no-date"]),
            ("by b; soon", &["bad-date"]),
            ("(x); soon", &["bad-received", "bad-date"]),
            ("by b; Tue, 23 Nov 26 07:54:41 GMT", &["date-weekday", "date-year", "date-zone"]),
            ("by b; Mon, 23 Nov 2026 07:54:41 +9999", &["bad-date"]),
        ] {
            let faults = Received::read(value.as_bytes(), 0).faults();
            let seen: Vec<_> = faults.iter().map(|fault| fault.rule.name()).collect();
            assert_eq!(seen, rules, "{value}");
        }
    }

    #[test]
    fn places_count_from_where_the_value_stands() {
        let seen = Received::read(b" by \xff.example with SMTP; x", 10);
        assert_eq!(
            (text(seen.by.as_ref()), seen.by.as_ref().unwrap().span),
            ("?.example", Span::new(14, 23))
        );
        assert_eq!(text(seen.written.as_ref()), "x");
        assert_eq!(seen.date, None);
    }
}
