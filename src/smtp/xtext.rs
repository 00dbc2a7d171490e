//! `xtext`: what a parameter may not hold is written as `+` and two hexadecimal digits
//! (RFC 3461 §4).

/// Whether `value` is some.
pub fn is_xtext(value: &str) -> bool {
    !value.is_empty() && value.is_ascii() && decode(value).is_some()
}

/// `text` in this form.
pub fn encode(text: &str) -> String {
    let written = |byte: u8| match byte {
        plain if is_plain(plain) => char::from(plain).to_string(),
        other => format!("+{other:02X}"),
    };
    text.bytes().map(written).collect()
}

/// What `value` means, undecodable bytes replaced; `None` if it is no such text.
pub fn decode(value: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => (digit(bytes.next()?)? << 4) | digit(bytes.next()?)?,
            plain if is_plain(plain) => plain,
            _ => return None,
        });
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// Bytes 33 to 126, but for those that mean something here.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'+' | b'=')
}

/// The digits are capitals.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (text, written) in [
            ("bob@example.net", "bob@example.net"),
            ("a+b=c d", "a+2Bb+3Dc+20d"),
            ("\u{e5}", "+C3+A5"),
        ] {
            assert_eq!(encode(text), written);
            assert_eq!(decode(written).as_deref(), Some(text));
        }
        for wrong in ["a=b", "a b", "+2", "+2b", "a+", "\u{e5}"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
        assert!(!is_xtext(""));
    }
}
