//! What can be asked of a server line by line, with the names that the screen has for the same.

use std::path::PathBuf;

use crate::cli::{Onward, typed_onward};
use crate::display::reach;
use crate::display::text::clip;
use crate::display::token::own_visible;
use crate::headless::faults::FORM;
use crate::journal::transcript;
use crate::knowledge::{self, Lang};
use crate::net::dial::Target;

/// A directive.
#[derive(Debug)]
pub(super) enum Directive {
    /// Says what is kept.
    List,
    /// Shows a session, or a message.
    Show(Which),
    /// Keeps a message in a file, byte for byte.
    Save(String, PathBuf),
    /// Sends a message to another server.
    Relay(String, Box<Onward>, Box<Target>),
    /// Forgets all sessions that are over.
    Clear,
    /// Plays other faults from now on.
    Fault(String),
    /// Says what there is.
    Help,
    /// Stops as a signal does.
    Quit,
}

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The session of this number.
    Session(u64),
    /// The message of this name.
    Message(String),
}

/// The directives, what stands behind each, and the keys of their words.
pub(super) const ALL: [(&str, &str, &str); 8] = [
    ("list", "", "serve.help.list"),
    ("show", "MESSAGE|session NUMBER", "serve.help.show"),
    ("save", "MESSAGE FILE", "serve.help.save"),
    ("relay", "MESSAGE [OPTIONS] TARGET", "serve.help.relay"),
    ("clear", "", "serve.help.clear"),
    ("fault", FORM, "help.fault"),
    ("help", "", "serve.help.help"),
    ("quit", "", "serve.help.quit"),
];

/// How many columns of what is no directive are said again.
const NAMED: usize = 40;

/// How a directive is written.
pub(super) fn written(name: &str, behind: &str) -> String {
    format!(":{name} {behind}").trim_end().to_owned()
}

impl Directive {
    /// Whether it is the one that waits for no other.
    pub(super) fn is_quit(line: &str) -> bool {
        matches!(Self::read(line, Lang::En), Ok(Some(Self::Quit)))
    }

    /// Reads a line; the colon may be left out, since nothing else can be said here. `None` if it is
    /// empty.
    ///
    /// # Errors
    /// With a sentence that says what was expected.
    pub(super) fn read(line: &str, lang: Lang) -> Result<Option<Self>, String> {
        let line = line.trim();
        if line.is_empty() {
            return Ok(None);
        }
        let (name, behind) =
            transcript::directive(line.strip_prefix(':').unwrap_or(line).as_bytes());
        let behind = String::from_utf8_lossy(behind).trim().to_owned();
        let Some((_, form, _)) = ALL.iter().find(|(known, ..)| *known == name) else {
            let forms = ALL.map(|(name, behind, _)| written(name, behind)).join(", ");
            let values = [("name", &*clip(&own_visible(&name), NAMED)), ("known", &*forms)];
            return Err(knowledge::fill(lang, "serve.unknown", &values));
        };
        let read = match &*name {
            "list" if behind.is_empty() => Some(Self::List),
            "clear" if behind.is_empty() => Some(Self::Clear),
            "help" if behind.is_empty() => Some(Self::Help),
            "quit" if behind.is_empty() => Some(Self::Quit),
            "show" => which(&behind).map(Self::Show),
            "save" => mail(&behind)
                .map(|(name, file)| (name, unquoted(file)))
                .filter(|(_, file)| !file.is_empty())
                .map(|(name, file)| Self::Save(name.to_owned(), file.into())),
            "relay" => match mail(&behind) {
                Some((name, target)) => relay(name, target, lang)?,
                None => None,
            },
            "fault" if !behind.is_empty() => Some(Self::Fault(behind)),
            _ => None,
        };
        let expected =
            || knowledge::fill(lang, "serve.expected", &[("form", &written(&name, form))]);
        read.map(Some).ok_or_else(expected)
    }
}

/// `session 2`, `3`, `message 3` or the name of a file.
fn which(text: &str) -> Option<Which> {
    if let Some(number) = behind("session", text) {
        return number.parse().ok().map(Which::Session);
    }
    let name = behind("message", text).unwrap_or(text);
    let one = !name.is_empty() && !name.contains(char::is_whitespace);
    (one && name != "session").then(|| Which::Message(name.to_owned()))
}

/// What stands behind a word and blanks.
fn behind<'a>(word: &str, text: &'a str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    rest.starts_with(char::is_whitespace).then(|| rest.trim())
}

/// A message, and what stands behind it.
fn mail(text: &str) -> Option<(&str, &str)> {
    let text = behind("message", text).unwrap_or(text);
    let (name, rest) = text.split_once(char::is_whitespace)?;
    Some((name, rest.trim_start()))
}

/// What stands between quotes, or all of it.
fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

/// Options of the way and of a login, and a target.
fn relay(name: &str, typed: &str, lang: Lang) -> Result<Option<Directive>, String> {
    let (onward, at) = typed_onward(typed, lang).map_err(|slip| slip.why)?;
    let target = typed.get(at..).unwrap_or_default().trim();
    if target.is_empty() {
        return Ok(None);
    }
    let target = Target::read(target).map_err(|error| reach::no_target(&error, lang))?;
    Ok(Some(Directive::Relay(name.to_owned(), Box::new(onward), Box::new(target))))
}

/// A line as it may be repeated: who logs in at a proxy, and by which password, is not told, nor what
/// stands behind an option about a password, whether there is such a one or not.
pub(super) fn without_login(line: &str) -> String {
    let (mut quoted, mut is_secret) = (false, false);
    let ends = move |c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    };
    let told = |word: &str| {
        let text = word.trim_end();
        let behind = word.get(text.len()..).unwrap_or_default();
        if text.is_empty() {
            return word.to_owned();
        }
        if std::mem::take(&mut is_secret) {
            return format!("***{behind}");
        }
        if text.starts_with("--password") {
            let Some((option, _)) = text.split_once('=') else {
                is_secret = true;
                return word.to_owned();
            };
            return format!("{option}=***{behind}");
        }
        let login = text.split_once("://").and_then(|(scheme, rest)| {
            let (_, place) = rest.rsplit_once('@')?;
            Some(format!("{scheme}://***@{place}{behind}"))
        });
        login.unwrap_or_else(|| word.to_owned())
    };
    line.split_inclusive(ends).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_number_or_the_name_of_its_file() {
        for (text, want) in [
            ("3", Some(Which::Message("3".to_owned()))),
            ("message 3", Some(Which::Message("3".to_owned()))),
            ("17.M1P2S3_000.ehlo", Some(Which::Message("17.M1P2S3_000.ehlo".to_owned()))),
            ("session 12", Some(Which::Session(12))),
            ("session\t 12", Some(Which::Session(12))),
            ("message\t3", Some(Which::Message("3".to_owned()))),
            ("session", None),
            ("session x", None),
            ("3 4", None),
            ("", None),
        ] {
            assert_eq!(which(text), want, "{text}");
        }
        assert_eq!(mail("message 3 a b.eml"), Some(("3", "a b.eml")));
        assert_eq!(mail("message\t3\ta b.eml"), Some(("3", "a b.eml")));
        assert_eq!(mail("3"), None);
    }

    #[test]
    fn what_is_wrong_says_what_was_expected() {
        for (line, why) in [
            (":shew 3", ":show MESSAGE|session NUMBER"),
            (":show", "expected :show MESSAGE|session NUMBER"),
            (":save 3", "expected :save MESSAGE FILE"),
            (":save 3 \"\"", "expected :save MESSAGE FILE"),
            (":relay 3", "expected :relay MESSAGE [OPTIONS] TARGET"),
            (":relay 3 -4", "expected :relay MESSAGE [OPTIONS] TARGET"),
            (":relay 3 --frob x", "--frob"),
            (":list all", "expected :list"),
            (":fault", "expected :fault FAULT[+FAULT]|off"),
        ] {
            let told = Directive::read(line, Lang::En).unwrap_err();
            assert!(told.contains(why), "{line}: {told}");
        }
        assert!(matches!(Directive::read("  ", Lang::En), Ok(None)));
        assert!(matches!(Directive::read(":show\t1", Lang::En), Ok(Some(Directive::Show(_)))));
        for line in [":list", "list", ":LIST "] {
            assert!(matches!(Directive::read(line, Lang::En), Ok(Some(Directive::List))), "{line}");
        }
    }

    #[test]
    fn a_login_is_not_repeated() {
        for (line, told) in [
            (":relay 3 --via socks5://me:s3@cret@proxy mx", ":relay 3 --via socks5://***@proxy mx"),
            (":relay 3 smtps://mx.example", ":relay 3 smtps://mx.example"),
            (" :save 1  a@b ", " :save 1  a@b "),
            (
                ":relay 1 --via \"socks5://me:s3 cret@proxy\" mx",
                ":relay 1 --via \"socks5://***@proxy\" mx",
            ),
            (":relay 1 --password-visible  s3cret mx", ":relay 1 --password-visible  *** mx"),
            (":relay 1 --password=s3cret mx", ":relay 1 --password=*** mx"),
            ("frob --password-command \"echo s3cret\" mx", "frob --password-command *** mx"),
            (":relay 1 --password \"s3cret", ":relay 1 --password ***"),
            (":relay 1 --password", ":relay 1 --password"),
        ] {
            assert_eq!(without_login(line), told);
        }
    }
}
