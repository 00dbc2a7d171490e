//! Bytes that are not what their encoding, their charset or a line may hold.

use encodify::qp;

use super::super::content;
use crate::smtp::Span;

/// How a text is no base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A byte that has no place in it.
    Byte,
    /// Padding too early, or something behind it.
    Padding,
    /// It ends too early: more could still make it right.
    End,
}

/// Where `text` stops being base64, line ends and blanks left out, and how (RFC 2045 §6.8). Bits
/// that nobody reads harm nobody.
pub fn base64_fault(text: &[u8]) -> Option<(usize, Wrong)> {
    let (mut digits, mut pads, mut last) = (0_usize, 0_usize, 0);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'=' if digits % 4 >= 2 && digits % 4 + pads < 4 => pads += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if pads == 0 => digits += 1,
            // What follows padding, or padding too early, ends the text there.
            b'=' | b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                return Some((at, Wrong::Padding));
            }
            _ => return Some((at, Wrong::Byte)),
        }
        last = at;
    }
    (!(digits + pads).is_multiple_of(4)).then_some((last, Wrong::End))
}

/// Where `text` is no quoted-printable first, and on how many lines (RFC 2045 §6.7).
pub fn quoted_fault(text: &[u8]) -> Option<(usize, usize)> {
    let strict = |text: &[u8]| {
        let coded = qp::BODY.strict().decoded_len(text).err().and_then(|error| error.offset());
        let beyond = text.iter().position(|b| !b.is_ascii());
        coded.into_iter().chain(beyond).min()
    };
    let first = strict(text)?;
    let line = memchr::memrchr(b'\n', text.get(..first)?).map_or(0, |at| at + 1);
    let lines = text.get(line..)?.split_inclusive(|b| *b == b'\n');
    Some((first, lines.filter(|line| strict(line).is_some()).count().max(1)))
}

/// The same of the beginning of a text: a character that is cut at its end may still become one.
pub fn begun_charset_fault(charset: &str, decoded: &[u8]) -> Option<usize> {
    let at = charset_fault(charset, decoded)?;
    let cut = match str::from_utf8(decoded) {
        Err(error) if content::is_utf8(charset) => error.error_len().is_none(),
        _ => content::decode(charset, decoded).is_some_and(|text| {
            let begun = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
            replaced(begun) <= meant(charset, decoded)
        }),
    };
    (!cut).then_some(at)
}

/// Where `decoded` first holds what is no text in `charset`, which is known; the place is exact for
/// UTF-8, and the beginning otherwise.
pub fn charset_fault(charset: &str, decoded: &[u8]) -> Option<usize> {
    if content::is_utf8(charset) {
        return str::from_utf8(decoded).err().map(|error| error.valid_up_to());
    }
    let count = replaced(&content::decode(charset, decoded)?);
    (count > 0 && count > meant(charset, decoded)).then_some(0)
}

/// How many characters stand for what could not be read, or were written so.
fn replaced(text: &str) -> usize {
    text.matches(char::REPLACEMENT_CHARACTER).count()
}

/// How often that character itself was written in `bytes`: beside UTF-8, only UTF-16 and GB 18030
/// have it.
fn meant(charset: &str, bytes: &[u8]) -> usize {
    const CHINESE: &[u8] = b"\x84\x31\xa4\x37";
    // Which of them it is, whatever it is called, shows in what it makes of the character.
    let reads = |begin: &[u8], written: &[u8], behind: &[u8]| {
        let text = content::decode(charset, &[begin, written, behind].concat());
        text.is_some_and(|text| text.ends_with("\u{fffd}x"))
    };
    if reads(b"", CHINESE, b"x") {
        return chinese(bytes).filter(|c| *c == CHINESE).count();
    }
    // The first two bytes may say in which order all others stand.
    let order = bytes.get(..2).unwrap_or_default();
    for (written, behind) in [(b"\xff\xfd", b"\0x"), (b"\xfd\xff", b"x\0")] {
        if reads(order, written, behind) {
            return bytes.as_chunks::<2>().0.iter().filter(|unit| *unit == written).count();
        }
    }
    0
}

/// The characters of a text in GB 18030, of one, two or four bytes each.
fn chinese(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let len = match bytes {
            [] => return None,
            [0x81..=0xfe, b'0'..=b'9', ..] => 4,
            [0x81..=0xfe, _, ..] => 2,
            _ => 1,
        };
        let (c, rest) = bytes.split_at_checked(len).unwrap_or((bytes, b""));
        bytes = rest;
        Some(c)
    })
}

/// The first line of `bytes` that is longer than `limit` without its end, and how many are.
pub fn long_line(bytes: &[u8], limit: usize) -> Option<(Span, usize)> {
    let (mut at, mut first, mut count) = (0, None, 0);
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..end).unwrap_or_default();
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        if bare.len() > limit {
            first.get_or_insert_with(|| Span::new(at, at + bare.len()));
            count += 1;
        }
        at += end;
    }
    first.map(|first| (first, count))
}

/// Where something stands first, and how often.
pub type Times = (Option<usize>, usize);

/// What no line may hold (RFC 5322 §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineFaults {
    /// CR without LF behind it.
    pub bare_cr: Times,
    /// LF without CR before it.
    pub bare_lf: Times,
    /// NUL.
    pub nul: Times,
}

/// Looks for them in `bytes`.
pub fn line_faults(bytes: &[u8]) -> LineFaults {
    let mut found = LineFaults::default();
    let met = |times: &mut Times, at| {
        times.0.get_or_insert(at);
        times.1 += 1;
    };
    for at in memchr::memchr3_iter(b'\r', b'\n', 0, bytes) {
        let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at).copied());
        match byte(Some(at)) {
            Some(0) => met(&mut found.nul, at),
            // The last byte of a part may stand before the LF of a delimiter.
            Some(b'\r') if byte(Some(at + 1)).is_some_and(|behind| behind != b'\n') => {
                met(&mut found.bare_cr, at);
            }
            Some(b'\n') if byte(at.checked_sub(1)) != Some(b'\r') && at > 0 => {
                met(&mut found.bare_lf, at);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_ends_where_it_is_wrong() {
        for (text, fault) in [
            (&b"QUJD"[..], None),
            (b"QUI=\r\n", None),
            (b"QQ==", None),
            (b"QU\r\nJD\r\n", None),
            (b"", None),
            (b"QU*D", Some((2, Wrong::Byte))),
            (b"QUJD\xe9", Some((4, Wrong::Byte))),
            (b"QUI", Some((2, Wrong::End))),
            (b"QUJDQUI", Some((6, Wrong::End))),
            (b"QQ=", Some((2, Wrong::End))),
            (b"QQ==QUJD", Some((4, Wrong::Padding))),
            (b"=QUJ", Some((0, Wrong::Padding))),
            (b"QQ===", Some((4, Wrong::Padding))),
        ] {
            assert_eq!(base64_fault(text), fault, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn quoted_printable_is_strict() {
        for (text, fault) in [
            (&b"a=3Db=\r\nc"[..], None),
            (b"a=G0\r\nb=\r\nc=ZZ", Some((2, 2))),
            (b"ok\r\na\xe9", Some((5, 1))),
        ] {
            assert_eq!(quoted_fault(text), fault, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn lines_are_measured_and_their_ends_seen() {
        assert_eq!(long_line(b"abc\r\nabcd\r\nabcde", 3), Some((Span::new(5, 9), 2)));
        assert_eq!(long_line(b"abc\r\n", 3), None);
        let found = line_faults(b"a\r\nb\nc\rd\0\n");
        assert_eq!(found.bare_cr, (Some(6), 1));
        assert_eq!(found.bare_lf, (Some(4), 2));
        assert_eq!(found.nul, (Some(8), 1));
    }

    #[test]
    fn charsets_are_held_to_their_word() {
        for (charset, bytes, fault) in [
            ("UTF-8", &b"a\xc3\xa9"[..], None),
            ("utf-8", b"a\xe9", Some(1)),
            ("iso-8859-1", b"a\xe9", None),
            ("US-ASCII", b"a", None),
            ("us-ascii", b"a\xe9", Some(0)),
            ("shift_jis", b"\x93\xfa\x96\x7b", None),
            ("iso-2022-jp", b"\x1b$B\xff\xff\x1b(B", Some(0)),
            // U+FFFD itself.
            ("utf-16", b"\xff\xfe\xe9\0\xfd\xff", None),
            ("utf-16", b"\xfe\xff\0\xe9\xff\xfd", None),
            ("utf-16le", b"a\0\xfd\xff", None),
            ("utf-16be", b"\0a\xff\xfd", None),
            ("gb18030", b"\x90\x30\x81\x30a\x84\x31\xa4\x37", None),
            // And half of a character beside it.
            ("utf-16", b"\xff\xfe\xfd\xff\0\xd8a\0", Some(0)),
            ("gb18030", b"\x84\x31\xa4\x37\xff", Some(0)),
            ("big5", b"\xfd\xff", Some(0)),
            ("shift_jis", b"\xfd\xff", Some(0)),
        ] {
            assert_eq!(charset_fault(charset, bytes), fault, "{charset}");
        }
        for (bytes, fault) in [(&b"a\xc3"[..], None), (b"\xc3a", Some(0)), (b"a\xff", Some(1))] {
            assert_eq!(begun_charset_fault("utf-8", bytes), fault);
        }
        assert_eq!(begun_charset_fault("shift_jis", b"\x93\xfa\x96"), None);
        assert_eq!(begun_charset_fault("utf-16be", b"\xff\xfd\0a\xd8\0"), None);
        assert_eq!(begun_charset_fault("utf-16be", b"\xff\xfd\xd8\0\0a"), Some(0));
    }
}
