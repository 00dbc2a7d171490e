//! Domains beyond ASCII: what a person writes (U-labels), and what is asked for and sent in its
//! place (A-labels, as IDNA calls them).

/// A domain in A-labels; `None` if it is ASCII already, or no domain of that kind.
pub fn to_ascii(domain: &str) -> Option<String> {
    let beyond = (!domain.is_ascii()).then_some(domain)?;
    idna::domain_to_ascii(beyond).ok().filter(|ascii| !ascii.is_empty())
}

/// A domain as it is compared with others: in A-labels, in small letters, without the dot at its end.
pub fn comparable(domain: &str) -> String {
    let ascii = to_ascii(domain).unwrap_or_else(|| domain.to_owned()).to_ascii_lowercase();
    ascii.strip_suffix('.').map(str::to_owned).unwrap_or(ascii)
}

/// Whether two domains are the same.
pub fn is_same(one: &str, other: &str) -> bool {
    comparable(one) == comparable(other)
}

/// Whether `pattern` stands for `domain`: itself, or with `*` as its whole first label any name with
/// one label in that place (RFC 8461 §4.1).
pub fn stands_for(pattern: &str, domain: &str) -> bool {
    let (pattern, domain) = (comparable(pattern), comparable(domain));
    match pattern.strip_prefix("*.") {
        Some(rest) => {
            domain.split_once('.').is_some_and(|(first, tail)| !first.is_empty() && tail == rest)
        }
        None => pattern == domain,
    }
}

/// Whether a text has the form of a domain name: labels of letters, digits and hyphens, more than
/// one of them.
pub fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels = text.strip_suffix('.').unwrap_or(text);
    labels.contains('.') && labels.len() <= 253 && labels.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_beyond_ascii_is_written_otherwise() {
        for (domain, ascii) in [
            ("mx.müller.example", Some("mx.xn--mller-kva.example")),
            ("Müller.Example", Some("xn--mller-kva.example")),
            ("例え.example", Some("xn--r8jz45g.example")),
            ("ｌｏｃａｌｈｏｓｔ", Some("localhost")),
            ("MX.Example", None),
            ("fe80::1%lo", None),
            ("\u{ad}", None),
        ] {
            assert_eq!(to_ascii(domain).as_deref(), ascii, "{domain}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (pattern, domain, yes) in [
            ("mx.example.net", "MX.Example.NET.", true),
            ("mx.example.net", "mx2.example.net", false),
            ("*.example.net", "mx.example.net", true),
            ("*.example.net", "a.mx.example.net", false),
            ("*.example.net", "example.net", false),
            ("*.example.net", ".example.net", false),
            ("m*.example.net", "mx.example.net", false),
            ("mx.m\u{fc}ller.example", "mx.xn--mller-kva.example", true),
        ] {
            assert_eq!(stands_for(pattern, domain), yes, "{pattern} {domain}");
        }
    }

    #[test]
    fn what_has_the_form_of_a_name() {
        for (text, yes) in [
            ("mx.example.net", true),
            ("mx.example.net.", true),
            ("m\u{fc}ller.example", true),
            ("localhost", false),
            ("ESMTP", false),
            ("-x.example", false),
            ("a..b", false),
            ("[192.0.2.1]", false),
            ("", false),
        ] {
            assert_eq!(is_name(text), yes, "{text}");
        }
    }
}
