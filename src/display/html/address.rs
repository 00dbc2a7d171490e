//! Addresses in HTML: where they lead as browsers read them, and where a text says that it leads.

use std::net::Ipv4Addr;

use url::Url;

/// The host of addresses that lead nowhere by themselves.
const NOWHERE: &str = "nowhere.invalid";

/// What relative addresses are relative to.
pub(super) struct Base {
    url: Option<Url>,
    given: bool,
}

impl Default for Base {
    /// A mail has no address of its own. The scheme is none of the web, since `http:a.example/b`
    /// is relative to an address of its own scheme.
    fn default() -> Self {
        Self { url: Url::parse(&format!("ftp://{NOWHERE}/")).ok(), given: false }
    }
}

impl Base {
    /// Takes the address of the first `base` element.
    pub(super) fn give(&mut self, address: &str) {
        if !self.given
            && let Ok(url) = Url::options().base_url(self.url.as_ref()).parse(address)
        {
            *self = Self { url: Some(url), given: true };
        }
    }

    /// The host to which an address leads, if it leads to one.
    pub(super) fn host(&self, address: &str) -> Option<String> {
        let url = Url::options().base_url(self.url.as_ref()).parse(address).ok()?;
        let host = url.host_str()?.trim_end_matches('.');
        let is_host = matches!(url.scheme(), "http" | "https" | "ftp" | "file") && host != NOWHERE;
        (is_host && !host.is_empty()).then(|| host.to_owned())
    }

    /// Whether what stands at an address is elsewhere: neither in the message nor in the address.
    pub(super) fn is_remote(&self, address: &str) -> bool {
        !address.is_empty() && !address.starts_with('#') && self.host(address).is_some()
    }
}

/// Whether who follows a link to `led` is where a text said that named `named`.
pub(super) fn fits(led: &str, named: &str) -> bool {
    led.strip_suffix(named).is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

/// Last labels that are kinds of files more often than domains.
const FILES: [&str; 58] = [
    "7z", "avi", "bmp", "bz2", "css", "csv", "doc", "docm", "docx", "eml", "eps", "exe", "gif",
    "gz", "heic", "htm", "html", "ics", "jpeg", "jpg", "js", "json", "jsx", "log", "m4a", "mkv",
    "mov", "mp3", "mp4", "msi", "odp", "ods", "odt", "ogg", "pdf", "php", "png", "pps", "ppt",
    "pptx", "rar", "rtf", "svg", "tar", "tgz", "tif", "tiff", "tsx", "txt", "vcf", "wav", "webp",
    "xls", "xlsm", "xlsx", "xml", "yml", "zip",
];

/// The host that a text names, if it looks like an address of the web; without its `www.`.
pub(super) fn named(text: &str) -> Option<String> {
    let host = match text.split_whitespace().find_map(spelled) {
        Some(rest) => read(rest),
        None if text.contains(char::is_whitespace) => None,
        None => bare(text).and_then(read),
    }?;
    Some(host.strip_prefix("www.").unwrap_or(&host).to_owned())
}

/// What stands behind `://`, or from `www.` on.
fn spelled(word: &str) -> Option<&str> {
    if let Some((_, rest)) = word.split_once("://") {
        return Some(rest);
    }
    let at = word.to_ascii_lowercase().find("www.")?;
    let (front, rest) = word.split_at_checked(at)?;
    let joined = |c: char| c.is_ascii_alphanumeric() || "-.@".contains(c);
    (!front.ends_with(joined)).then_some(rest)
}

/// The host of an address without a scheme.
fn read(address: &str) -> Option<String> {
    let authority = address.split(['/', '\\', '?', '#']).next()?;
    // Where no blanks stand between words, text goes on right behind a name.
    let end = match authority.rsplit_once('.') {
        Some((front, last)) if last.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
            let stops = |c: char| !c.is_ascii_alphanumeric() && c != '-';
            front.len() + 1 + last.find(stops).unwrap_or(last.len())
        }
        _ => authority.len(),
    };
    let url = Url::parse(&format!("https://{}", authority.get(..end)?)).ok()?;
    let host = url.host_str()?.trim_end_matches('.');
    host.contains('.').then(|| host.to_owned())
}

/// A word that is a host by its form alone, perhaps with a path: `more...`, `3.14`, `e.g.` and
/// `invoice.pdf` are none.
fn bare(word: &str) -> Option<&str> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let host = word.split(['/', '\\', '?', '#', ':']).next()?;
    // Letters without case are those of languages that put no blanks between words.
    let fits = |c: char| c.is_ascii_alphanumeric() || c.is_lowercase() || c.is_uppercase();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| fits(c) || c == '-');
    let (front, last) = host.rsplit_once('.')?;
    let is_domain = last.len() > 1
        && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"))
        && !FILES.iter().any(|kind| last.eq_ignore_ascii_case(kind));
    let is_host = front.split('.').all(is_label) && is_label(last) && is_domain;
    (is_host || host.parse::<Ipv4Addr>().is_ok()).then_some(host)
}

/// The addresses of a `srcset`.
pub(super) fn of_set(set: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = set;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return out;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        let bare = address.trim_end_matches(',');
        out.push(bare);
        let has_size = bare.len() == address.len();
        rest = if has_size { after.split_once(',').map_or("", |(_, rest)| rest) } else { after };
    }
}

/// The addresses that rules of CSS name by `url()` and `@import`.
pub(super) fn of_rules(css: &str) -> Vec<&str> {
    let lower = css.to_ascii_lowercase();
    let mut out = Vec::new();
    for mark in ["url(", "@import"] {
        // What stands inside of an address names no other.
        let mut end = 0;
        for (at, _) in lower.match_indices(mark).filter(|(at, _)| css.is_char_boundary(*at)) {
            let Some(rest) = css.get(at + mark.len()..).filter(|_| at >= end) else { continue };
            let rest = rest.trim_start();
            let address = match rest.chars().next() {
                Some(quote @ ('"' | '\'')) => rest.split(quote).nth(1),
                _ if mark == "url(" => rest.split(')').next(),
                _ => None,
            };
            let Some(address) = address else { continue };
            end = css.len() - rest.len() + address.len();
            out.push(address.trim());
        }
    }
    out
}

/// The address to which a `meta` with this `content` turns after some seconds.
pub(super) fn of_refresh(content: &str) -> Option<&str> {
    let (_, rest) = content.split_once([';', ','])?;
    let rest = rest.trim();
    let address = match rest.split_once('=') {
        Some((key, address)) if key.trim().eq_ignore_ascii_case("url") => address.trim(),
        _ => rest,
    };
    Some(address.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_a_host() {
        for (text, want) in [
            ("paypal.example", "paypal.example"),
            ("(PayPal.example)", "paypal.example"),
            ("WWW.BANK.EXAMPLE", "bank.example"),
            ("bank.example/login?x=1.pdf", "bank.example"),
            ("bank.example:8443", "bank.example"),
            ("b\u{fc}cher.example.", "xn--bcher-kva.example"),
            ("192.0.2.1/login", "192.0.2.1"),
            ("HTTPS://Bank.example\\x", "bank.example"),
            ("https://me@bank.example:443/", "bank.example"),
            ("Go to https://bank.example, now", "bank.example"),
            ("Go to www.bank.example now", "bank.example"),
            ("\u{8a73}\u{7d30}\u{306f}www.bank.example\u{3078}", "bank.example"),
        ] {
            assert_eq!(named(text).as_deref(), Some(want), "{text}");
        }
        for text in [
            "",
            "here",
            "more...",
            "Read more.",
            "e.g.",
            "a..b",
            ".bashrc",
            "3.14",
            "v1.2b",
            "1,234.56",
            "invoice.pdf",
            "Report.PDF",
            "Node.js",
            "me@bank.example",
            "Bank.example is here",
            "\u{3053}\u{3061}\u{3089}bank.example",
        ] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_ends_at_a_dot() {
        assert!(fits("bank.example", "bank.example") && fits("login.bank.example", "bank.example"));
        assert!(!fits("evilbank.example", "bank.example") && !fits("example", "bank.example"));
    }

    #[test]
    fn what_is_remote_has_a_host() {
        let mut base = Base::default();
        for address in [
            "http://t.example/1.gif",
            "HTTP:t.example/1.gif",
            "https:/t.example/1.gif",
            "//t.example/1.gif",
            "\\\\t.example\\1.gif",
            "/\\t.example/1.gif",
            "ht\ntp://t.example/1.gif",
            "http://cid:x@t.example/1.gif",
        ] {
            assert_eq!(base.host(address).as_deref(), Some("t.example"), "{address:?}");
        }
        for address in [
            "",
            "1.gif",
            "/1.gif",
            "cid:1@t.example",
            "data:image/gif;base64,//x",
            "#x",
            "mailto:a@b",
        ] {
            assert!(!base.is_remote(address), "{address}");
        }
        base.give("//first.example/mail/");
        base.give("//second.example/");
        assert_eq!(base.host("1.gif").as_deref(), Some("first.example"));
        assert!(base.is_remote("1.gif"));
        for address in ["", "#x", "cid:1@t.example"] {
            assert!(!base.is_remote(address), "{address}");
        }
    }

    #[test]
    fn addresses_are_found_where_they_stand() {
        assert_eq!(of_set("a.png 1x, b,c.png 2x ,d.png,"), ["a.png", "b,c.png", "d.png"]);
        assert_eq!(
            of_rules("@import 'a.css';a{b:URL( \"b.png\" )}c{d:url(c.png)}@import url(d.css)"),
            ["b.png", "c.png", "d.css", "a.css"]
        );
        assert_eq!(of_rules("\u{e9}{a:url(b"), ["b"]);
        assert_eq!(of_rules(&"url(".repeat(50_000)).len(), 1);
        for content in [
            "0;URL='http://a.example/?b=c'",
            "0; http://a.example/?b=c",
            "1,url = http://a.example/?b=c",
        ] {
            assert_eq!(of_refresh(content), Some("http://a.example/?b=c"), "{content}");
        }
        assert_eq!(of_refresh("5"), None);
    }
}
