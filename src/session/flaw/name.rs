//! Names of parts: how they are written, and whether what they say of the part is so.

use super::rule::{
    NAME_CODED, NAME_DECLARED, NAME_DOUBLE, NAME_HIDES, NAME_LIES, NAME_PATH, NAME_RAW, NAME_RUNS,
    NAME_UNQUOTED, NAME_WORD, NAMES_DIFFER, Rule, TYPE_LIES,
};
use crate::session::content::{Field, Part, param};
use crate::smtp::Span;
use crate::smtp::unseen::Unseen;

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

/// Names of one thing, `x-` and `vnd.` left out: the first is the one that is registered, or else
/// that is met most.
const SAME: &[&[&str]] = &[
    &["application/bzip2", "application/bz2", "application/bzip"],
    &["application/debian.binary-package", "application/deb", "application/debian-package"],
    &[
        "application/gzip",
        "application/compressed",
        "application/compressed-tar",
        "application/gtar",
        "application/gtar-compressed",
        "application/gzip-compressed",
        "application/tgz",
    ],
    &[
        "application/microsoft.portable-executable",
        "application/dosexec",
        "application/exe",
        "application/msdos-program",
        "application/msdownload",
    ],
    // One extension, `asc`, stands for all of them.
    &["application/pgp-signature", "application/pgp-encrypted", "application/pgp-keys"],
    &[
        "application/pkix-cert",
        "application/pem-certificate-chain",
        "application/pem-file",
        "application/x509-ca-cert",
        "application/x509-user-cert",
    ],
    &["application/rar", "application/rar-compressed"],
    &["application/rpm", "application/redhat-package-manager"],
    &["application/rtf", "text/rtf"],
    &["application/zip", "application/zip-compressed"],
    &["font/sfnt", "application/font-sfnt", "application/font-ttf", "font/otf", "font/ttf"],
    &["font/woff", "application/font-woff"],
    &["image/bmp", "image/ms-bmp", "image/windows-bmp"],
    &["image/heif", "image/heic", "image/heic-sequence", "image/heif-sequence"],
    &["image/jpeg", "image/jpg", "image/pjpeg"],
    &["image/microsoft.icon", "image/ico", "image/icon"],
    &["image/png", "image/apng"],
    // Most raw pictures of cameras are TIFF.
    &["image/tiff", "image/adobe-dng", "image/nikon-nef", "image/sony-arw", "image/tif"],
    &["text/calendar", "application/ics"],
    &["text/csv", "application/csv", "text/comma-separated-values"],
    &["text/html", "application/xhtml+xml"],
    &["text/javascript", "application/ecmascript", "application/javascript"],
    &[
        "text/shellscript",
        "application/csh",
        "application/httpd-php",
        "application/perl",
        "application/python",
        "application/ruby",
        "application/sh",
        "application/shellscript",
        "application/tcl",
    ],
    &["text/vcard", "text/directory"],
    &["text/xml", "application/xml"],
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
    if name.chars().any(hides) {
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
    pieces(raw).map(<[u8]>::trim_ascii_start).find_map(|piece| {
        let (begin, rest) = piece.split_at_checked(name.len())?;
        let is_it = begin.eq_ignore_ascii_case(name.as_bytes())
            && matches!(rest.trim_ascii_start().first(), Some(b'*' | b'='));
        is_it.then_some(rest)
    })
}

/// What semicolons separate, those inside of quotes left alone (RFC 2045 §5.1).
fn pieces(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    raw.split(move |b| {
        quoted ^= *b == b'"' && !escaped;
        escaped = *b == b'\\' && quoted && !escaped;
        *b == b';' && !quoted
    })
}

/// Whether what follows the name of a parameter has no quotes and goes on behind a blank
/// (RFC 2045 §5.1).
fn is_unquoted(written: &[u8]) -> bool {
    let value = written.trim_ascii_start().strip_prefix(b"=").unwrap_or_default().trim_ascii();
    let end = value.iter().position(u8::is_ascii_whitespace);
    let behind = end.and_then(|end| value.get(end..)).unwrap_or_default().trim_ascii_start();
    !value.starts_with(b"\"") && !behind.is_empty() && !behind.starts_with(b"(")
}

/// Whether a character makes a name look like another one.
fn hides(c: char) -> bool {
    c.is_control() || Unseen::of(c).is_some_and(Unseen::hides)
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
    let head = bytes.get(..MAGIC).unwrap_or(bytes);
    let found = infer::get(head)?.mime_type();
    let told = match found {
        // All of PEM and DER is taken for one: keys, signatures and what is encrypted too.
        "application/x-x509-ca-cert" => false,
        "application/rtf" => true,
        // It is looked for in a whole kilobyte.
        "application/pdf" => head.starts_with(b"%PDF-") || !is_text(head),
        // Two letters that begin a picture or a program may begin a text too.
        _ => found.starts_with("text/") || !is_text(head),
    };
    told.then_some(found)
}

/// Whether there is no control character that texts have no use for.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| !b.is_ascii_control() || b"\t\n\x0c\r\x1b".contains(b))
}

/// Where type, name and bytes of `part` say different things.
pub(super) fn lies(part: &Part, decoded: &[u8]) -> Vec<(&'static Rule, Values)> {
    let mut out = Vec::new();
    let found = magic(decoded);
    let says_nothing = matches!(part.kind.as_str(), "application/octet-stream" | "");
    let text = part.is_text();
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
        Some(found) if !fits(found) => Some((&NAME_LIES, ("found", found.to_owned()))),
        // Only the declaration says something else.
        None if !says_nothing && !text && !fits(&part.kind) => {
            Some((&NAME_DECLARED, ("kind", part.kind.clone())))
        }
        _ => None,
    };
    if let Some((rule, other)) = lie {
        out.push((rule, vec![("name", name.to_owned()), ("named", named.to_owned()), other]));
    }
    out
}

/// Whether two types are names of one thing, or one is a container of the other.
fn is_alike(one: &str, other: &str) -> bool {
    const ZIPPED: [&str; 8] = [
        "openxmlformats",
        "oasis.opendocument",
        "ms-",
        "epub",
        "java-archive",
        "android",
        "kmz",
        "xpinstall",
    ];
    let plain = |kind: &str| {
        let kind = kind.replace("/x-", "/").replace("/vnd.", "/");
        let same = SAME.iter().find(|names| names.contains(&kind.as_str()));
        same.and_then(|names| names.first()).map_or(kind, |first| (*first).to_owned())
    };
    let (one, other) = (plain(one), plain(other));
    let zipped = |kind: &str| {
        ["/zip", "+zip"].iter().any(|end| kind.ends_with(end))
            || ZIPPED.iter().any(|part| kind.contains(part))
    };
    let legacy =
        |kind: &str| kind.contains("msword") || kind.contains("ms-") || kind.contains("ole");
    let top = |kind: &str| kind.split('/').next().map(str::to_owned);
    one == other
        || (zipped(&one) && zipped(&other))
        || (legacy(&one) && legacy(&other))
        || (one.ends_with("xml") && other.ends_with("xml"))
        // A text may begin as another kind of text does.
        || (one.starts_with("text/") && other.starts_with("text/"))
        // Sounds and films share their containers.
        || (matches!(top(&one).as_deref(), Some("audio" | "video"))
            && matches!(top(&other).as_deref(), Some("audio" | "video")))
}

/// A name under which a part can be kept: the last of its path, without what hides or does harm.
pub fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String =
        last.chars().map(|c| if hides(c) || "<>:\"|?*".contains(c) { '_' } else { c }).collect();
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
            ("application/gzip", "application/zip", false),
            ("application/x-zip-compressed", "application/zip", true),
            ("application/x-zip-compressed", "application/java-archive", true),
            ("application/x-rar-compressed", "application/vnd.rar", true),
            ("application/x-msdownload", "application/vnd.microsoft.portable-executable", true),
            ("application/x-compressed", "application/gzip", true),
            ("application/ics", "text/calendar", true),
            ("application/x-javascript", "text/javascript", true),
            ("application/x-sh", "text/x-shellscript", true),
            ("text/rtf", "application/rtf", true),
            ("image/heic", "image/heif", true),
            ("image/pjpeg", "image/jpeg", true),
            ("image/x-icon", "image/vnd.microsoft.icon", true),
            ("image/x-ms-bmp", "image/bmp", true),
            ("text/html", "image/png", false),
        ] {
            assert_eq!(is_alike(one, other), alike, "{one} {other}");
            assert_eq!(is_alike(other, one), alike, "{other} {one}");
        }
        let mut all: Vec<_> = SAME.iter().copied().flatten().collect();
        all.sort();
        assert!(all.windows(2).all(|two| two[0] != two[1]), "a name stands twice: {all:?}");
        let plain = |kind: &&&str| !kind.contains("/x-") && !kind.contains("/vnd.");
        assert_eq!(all.iter().find(|kind| !plain(kind)), None);
    }

    #[test]
    fn text_is_no_picture_and_what_is_signed_no_certificate() {
        for (bytes, found) in [
            (&b"-----BEGIN PGP SIGNATURE-----\n\nx"[..], None),
            (b"\x30\x82\x01\x00\x06\x09\x2a", None),
            (b"BMW has new cars", None),
            (b"BM\0\0\0\0\0\0", Some("image/bmp")),
            (b"MZ is two letters", None),
            (b"MZ\x90\0\x03", Some("application/vnd.microsoft.portable-executable")),
            (b"ID3 tags caf\xe9", None),
            (b"see %PDF-1.4", None),
            (b"%PDF-1.4\n", Some("application/pdf")),
            (b"{\\rtf1 x}", Some("application/rtf")),
            (b"<html><p>", Some("text/html")),
            (b"\x1b$BF|\x1b(B", None),
        ] {
            assert_eq!(magic(bytes), found, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_parameter_is_found_outside_of_quotes_and_by_its_whole_name() {
        for (raw, found) in [
            (&b" a/b; name=x y"[..], Some(&b"=x y"[..])),
            (b"a/b; x=\"a; name=b c\"; name=\"d.png\"", Some(b"=\"d.png\"")),
            (b"a/b; x=\"a\\\"; name=b\";\r\n NAME=d", Some(b"=d")),
            (b"a/b; namex=1; name==?utf-8?q?a?=", Some(b"==?utf-8?q?a?=")),
            (b"a/b; name*0*=utf-8''a", Some(b"*0*=utf-8''a")),
            (b"a/b; x=\"name=b", None),
        ] {
            assert_eq!(written(raw, "name"), found, "{}", raw.escape_ascii());
        }
    }
}
