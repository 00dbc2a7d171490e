//! Domains beyond ASCII: what a person writes (U-labels), and what is asked for and sent in its
//! place (A-labels, as IDNA calls them).

/// A domain in A-labels; `None` if it is ASCII already, or no domain of that kind.
pub fn to_ascii(domain: &str) -> Option<String> {
    let beyond = (!domain.is_ascii()).then_some(domain)?;
    idna::domain_to_ascii(beyond).ok().filter(|ascii| !ascii.is_empty())
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
}
