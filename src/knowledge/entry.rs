//! One entry of the knowledge base, in each language.

use serde::Deserialize;

use super::Lang;

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Legal, but surprising.
    Info,
    /// Breaks a SHOULD, or hurts others.
    Warn,
    /// Breaks a MUST, or loses mail.
    Error,
}

impl Severity {
    /// Its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The key of its words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Info => "severity.info",
            Self::Warn => "severity.warn",
            Self::Error => "severity.error",
        }
    }
}

/// Where a clause such as `RFC n §s` can be read.
pub fn page(clause: &str) -> Option<String> {
    let (number, section) = clause.strip_prefix("RFC ")?.split_once(" \u{a7}")?;
    let kind = if section.starts_with(char::is_alphabetic) { "appendix" } else { "section" };
    Some(format!("https://www.rfc-editor.org/rfc/rfc{number}#{kind}-{section}"))
}

/// What is said in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saying {
    /// A noun phrase.
    pub title: String,
    /// What it is, and what it means.
    pub say: String,
    /// What it changes in the session, in the message or in its delivery.
    pub changes: String,
    /// What one can do.
    pub next: String,
}

/// Something that can be explained.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// How much it matters, for oddities.
    pub severity: Option<Severity>,
    /// The clauses it rests on, `RFC n §s`.
    pub rfc: Vec<String>,
    /// Lines of a session (`C: `, `S: `) or of a message that show it.
    pub example: Vec<String>,
    /// Related entries, as topics such as `verb/MAIL`.
    pub see: Vec<String>,
    /// English.
    pub en: Saying,
    /// Japanese; falls back to English.
    pub ja: Option<Saying>,
}

impl Entry {
    /// What is said in `lang`.
    pub fn say(&self, lang: Lang) -> &Saying {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => self.ja.as_ref().unwrap_or(&self.en),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_have_pages() {
        let page = |clause| page(clause).unwrap_or_default();
        assert!(page("RFC 6531 §3.2").ends_with("/rfc/rfc6531#section-3.2"));
        assert!(page("RFC 5321 §F.6").ends_with("#appendix-F.6"));
        assert_eq!(page("elsewhere"), "");
    }
}
