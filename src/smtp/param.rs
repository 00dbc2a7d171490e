//! ESMTP parameters of MAIL and RCPT, `keyword[=value]`, known and unknown, in their order
//! (RFC 5321 §4.1.2).

use super::{Parsed, Span};

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The keyword in capitals; keywords have no case.
    pub name: String,
    /// What stood behind `=`, undecodable bytes replaced.
    pub value: Option<String>,
}

/// Splits `line` from byte `from` on at blanks.
pub fn read(line: &[u8], from: usize) -> Vec<Parsed<Param>> {
    words(line, from)
        .map(|span| {
            let word = span.of(line);
            let (name, value) = match memchr::memchr(b'=', word) {
                Some(at) => {
                    (Span::new(0, at).of(word), Some(Span::new(at + 1, word.len()).of(word)))
                }
                None => (word, None),
            };
            let param = Param {
                name: String::from_utf8_lossy(name).to_uppercase(),
                value: value.map(|v| String::from_utf8_lossy(v).into_owned()),
            };
            Parsed::plain(param, span)
        })
        .collect()
}

/// The words of `line` from byte `from` on, with their places.
pub fn words(line: &[u8], from: usize) -> impl Iterator<Item = Span> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = line.get(at..)?;
        let start = at + rest.iter().position(|b| !is_blank(*b))?;
        let word = line.get(start..)?;
        let end = word.iter().position(|b| is_blank(*b)).map_or(line.len(), |n| start + n);
        at = end;
        Some(Span::new(start, end))
    })
}

/// Space or tab.
pub const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The ESMTP keyword that a MAIL or RCPT parameter needs in the EHLO reply.
pub fn keyword_of(name: &str) -> &str {
    match name {
        "BODY" => "8BITMIME",
        "RET" | "ENVID" | "NOTIFY" | "ORCPT" => "DSN",
        "BY" => "DELIVERBY",
        "HOLDFOR" | "HOLDUNTIL" => "FUTURERELEASE",
        "SOLICIT" => "NO-SOLICITING",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_order_and_odd_values() {
        let seen: Vec<_> = read(b"SIZE=10  body=8BITMIME\tX= Y=a=b", 0)
            .into_iter()
            .map(|p| (p.value.name, p.value.value))
            .collect();
        let some = |s: &str| Some(s.to_owned());
        assert_eq!(
            seen,
            [
                ("SIZE".into(), some("10")),
                ("BODY".into(), some("8BITMIME")),
                ("X".into(), some("")),
                ("Y".into(), some("a=b")),
            ]
        );
    }
}
