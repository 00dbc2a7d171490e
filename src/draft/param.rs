//! Parameters of MIME fields, `; name=value` (RFC 2045 §5.1), read leniently.

/// The value before the parameters, in lower case.
pub(super) fn head(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The parameter `name` of a field's value.
pub(super) fn find(value: &str, name: &str) -> Option<String> {
    pieces(value).into_iter().skip(1).find_map(|piece| {
        let (key, value) = piece.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| unquoted(value.trim()))
    })
}

/// `value` with the parameter `name` set to `to`, in quotes.
pub(super) fn set(value: &str, name: &str, to: &str) -> String {
    let is_other = |piece: &&str| {
        piece.split_once('=').is_none_or(|(key, _)| !key.trim().eq_ignore_ascii_case(name))
    };
    let kept: Vec<_> = pieces(value).into_iter().filter(is_other).map(str::trim).collect();
    format!("{}; {name}=\"{to}\"", kept.join("; "))
}

/// What semicolons separate, those inside of quotes left alone.
fn pieces(value: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    value
        .split(move |c| {
            let ends = c == ';' && !quoted;
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })
        .collect()
}

fn unquoted(value: &str) -> String {
    let Some(rest) = value.strip_prefix('"') else {
        return value.split_ascii_whitespace().next().unwrap_or_default().to_owned();
    };
    let mut out = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next().filter(|c| *c != '"') {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_and_set() {
        let value = "Multipart/Mixed; a=\"x;y\\\"z\" ; BOUNDARY=b1; c";
        assert_eq!(head(value), "multipart/mixed");
        assert_eq!(find(value, "a").as_deref(), Some("x;y\"z"));
        assert_eq!(find(value, "boundary").as_deref(), Some("b1"));
        assert_eq!(find(value, "c"), None);
        assert_eq!(
            set("a/b; boundary=x; c=\"d\"", "boundary", "y"),
            "a/b; c=\"d\"; boundary=\"y\""
        );
        assert_eq!(set("a/b", "charset", "utf-8"), "a/b; charset=\"utf-8\"");
    }
}
