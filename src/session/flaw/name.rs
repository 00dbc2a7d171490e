//! Names of parts: how they are written, and whether what they say of the part is so.

use super::rule::{
    NAME_CODED, NAME_DOUBLE, NAME_HIDES, NAME_LIES, NAME_PATH, NAME_RAW, NAME_RUNS, NAME_UNQUOTED,
    NAME_WORD, NAMES_DIFFER, Rule, TYPE_LIES,
};
use crate::session::content::{Field, Nature, Part, param};
use crate::smtp::Span;

/// The field that names a part.
pub const FIELD: &str = "Content-Disposition";

/// How many bytes tell what a file is.
const MAGIC: usize = 8 << 10;

/// Extensions of files that run when they are opened.
const RUNS: [&str; 31] = [
    "apk", "app", "bat", "chm", "cmd", "com", "cpl", "dll", "exe", "hta", "iso", "jar", "js",
    "jse", "lnk", "msc", "msi", "msp", "pif", "ps1", "py", "reg", "scr", "sh", "url", "vb", "vbe",
    "vbs", "vhd", "wsf", "wsh",
];

/// Values of a sentence.
type Values = Vec<(&'static str, String)>;

/// What is wrong with how the name of `part` is written in its header.
pub(super) fn faults(
    part: &Part,
    fields: &[Field],
    source: &[u8],
) -> Vec<(&'static Rule, Span, Values)> {
    let mut out = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut place = part.header;
    for (field, key) in [("Content-Type", "name"), (FIELD, "filename")] {
        let Some(field) = fields.iter().find(|f| f.name.eq_ignore_ascii_case(field)) else {
            continue;
        };
        let raw = Span::new(field.value_at, field.span.end).of(source);
        let Some(written) = written(raw, key) else { continue };
        place = field.span;
        let word = memchr::memmem::find(written, b"=?").is_some();
        let values = || vec![("name", part.name.clone().unwrap_or_default())];
        if word {
            out.push((&NAME_WORD, field.span, values()));
        } else if written.starts_with(b"*") {
            out.push((&NAME_CODED, field.span, values()));
        } else if !written.is_ascii() {
            out.push((&NAME_RAW, field.span, values()));
        }
        if is_unquoted(written) {
            out.push((&NAME_UNQUOTED, field.span, values()));
        }
        names.extend(param(raw, key));
    }
    if let [first, second] = names.as_slice()
        && first != second
    {
        let values = vec![("name", first.clone()), ("other", second.clone())];
        out.push((&NAMES_DIFFER, place, values));
    }
    let Some(name) = part.name.as_deref() else { return out };
    let values = || vec![("name", name.to_owned())];
    if name.chars().any(|c| c.is_control() || hides(c)) {
        out.push((&NAME_HIDES, place, values()));
    }
    if name.contains(['/', '\\']) {
        out.push((&NAME_PATH, place, values()));
    }
    let mut extensions = extensions(name);
    if let Some(last) = extensions.next().filter(|last| RUNS.contains(&last.as_str())) {
        let double = extensions.next().filter(|before| is_extension(before));
        let rule = if double.is_some() { &NAME_DOUBLE } else { &NAME_RUNS };
        let values = vec![("name", name.to_owned()), ("extension", last)];
        out.push((rule, place, values));
    }
    out
}

/// What stands behind `name` in a parameter list, from the star of RFC 2231 or the equals sign on.
fn written<'a>(raw: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let at = raw.split(|b| *b == b';').map(<[u8]>::trim_ascii_start).find(|piece| {
        piece.get(..name.len()).is_some_and(|p| p.eq_ignore_ascii_case(name.as_bytes()))
    })?;
    let rest = at.get(name.len()..)?;
    matches!(rest.trim_ascii_start().first(), Some(b'*' | b'=')).then_some(rest)
}

/// Whether what follows the name of a parameter has no quotes and goes on behind a blank
/// (RFC 2045 §5.1).
fn is_unquoted(written: &[u8]) -> bool {
    let value = written.trim_ascii_start().strip_prefix(b"=").unwrap_or_default().trim_ascii();
    let end = value.iter().position(u8::is_ascii_whitespace);
    let behind = end.and_then(|end| value.get(end..)).unwrap_or_default().trim_ascii_start();
    !value.starts_with(b"\"") && !behind.is_empty() && !behind.starts_with(b"(")
}

/// Characters that make a name look like another one.
const fn hides(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// The extensions of a name in lower case, the last one first.
fn extensions(name: &str) -> impl Iterator<Item = String> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let count = file.matches('.').count();
    file.rsplit('.')
        .take(count)
        .map(|e| e.trim().to_ascii_lowercase())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Whether it is the extension of some known kind of file.
fn is_extension(extension: &str) -> bool {
    mime_guess::from_ext(extension).first_raw().is_some()
}

/// What the bytes of a file say that it is: type and subtype.
pub fn magic(bytes: &[u8]) -> Option<&'static str> {
    infer::get(bytes.get(..MAGIC).unwrap_or(bytes)).map(|kind| kind.mime_type())
}

/// Where type, name and bytes of `part` say different things.
pub(super) fn lies(part: &Part, decoded: &[u8]) -> Vec<(&'static Rule, Values)> {
    let mut out = Vec::new();
    let found = magic(decoded);
    let says_nothing = matches!(part.kind.as_str(), "application/octet-stream" | "");
    let text = matches!(part.nature, Nature::Text | Nature::Html);
    if let Some(found) = found.filter(|found| !says_nothing && !is_alike(&part.kind, found))
        && !(text && found.starts_with("text/"))
    {
        out.push((&TYPE_LIES, vec![("kind", part.kind.clone()), ("found", found.to_owned())]));
    }
    let Some(name) = part.name.as_deref() else { return out };
    let Some(extension) = extensions(name).next() else { return out };
    let guessed = mime_guess::from_ext(&extension);
    let mut guessed = guessed.iter_raw().peekable();
    let Some(named) = guessed.peek().copied().filter(|kind| *kind != "application/octet-stream")
    else {
        return out;
    };
    let fits = |kind: &str| guessed.clone().any(|guess| is_alike(guess, kind));
    let lie = match found {
        Some(found) if !fits(found) => Some(found),
        None if !says_nothing && !text && !fits(&part.kind) => Some(part.kind.as_str()),
        _ => None,
    };
    if let Some(found) = lie {
        let values = vec![
            ("name", name.to_owned()),
            ("named", named.to_owned()),
            ("found", found.to_owned()),
        ];
        out.push((&NAME_LIES, values));
    }
    out
}

/// Whether two types are names of one thing, or one is a container of the other.
fn is_alike(one: &str, other: &str) -> bool {
    let plain = |kind: &str| {
        let kind = kind.replace("/x-", "/").replace("/vnd.", "/");
        kind.replace("image/jpg", "image/jpeg").replace("application/xml", "text/xml")
    };
    let (one, other) = (plain(one), plain(other));
    let zipped = |kind: &str| {
        kind.ends_with("zip")
            || ["openxmlformats", "oasis.opendocument", "ms-", "epub", "java-archive", "android"]
                .iter()
                .any(|part| kind.contains(part))
    };
    let legacy =
        |kind: &str| kind.contains("msword") || kind.contains("ms-") || kind.contains("ole");
    let top = |kind: &str| kind.split('/').next().map(str::to_owned);
    one == other
        || (zipped(&one) && zipped(&other))
        || (legacy(&one) && legacy(&other))
        || (one.ends_with("xml") && other.ends_with("xml"))
        // Sounds and films share their containers.
        || (matches!(top(&one).as_deref(), Some("audio" | "video"))
            && matches!(top(&other).as_deref(), Some("audio" | "video")))
}

/// A name under which a part can be kept: the last of its path, without what hides or does harm.
pub fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .map(|c| if c.is_control() || hides(c) || "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    // Programs take what begins with a hyphen for an option.
    let kept = kept.trim_start_matches(['.', ' ', '-']).trim_end_matches(['.', ' ']);
    // Longer names do not fit every file system.
    let end = kept.floor_char_boundary(120);
    kept.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_nothing_that_harms() {
        for (name, kept) in [
            ("a.png", "a.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\y.doc", "y.doc"),
            (".bashrc", "bashrc"),
            ("--as raw .bashrc", "as raw .bashrc"),
            ("a\u{202e}gpj.exe", "a_gpj.exe"),
            ("a\nb", "a_b"),
            ("..", ""),
            ("日本.txt", "日本.txt"),
        ] {
            assert_eq!(harmless(name), kept, "{name:?}");
        }
        assert!(harmless(&"é".repeat(200)).len() <= 120);
    }

    #[test]
    fn types_that_are_alike() {
        for (one, other, alike) in [
            ("image/jpg", "image/jpeg", true),
            ("application/x-gzip", "application/gzip", true),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/zip",
                true,
            ),
            ("audio/mp4", "video/mp4", true),
            ("image/png", "image/jpeg", false),
            ("application/pdf", "application/zip", false),
        ] {
            assert_eq!(is_alike(one, other), alike, "{one} {other}");
        }
    }
}
