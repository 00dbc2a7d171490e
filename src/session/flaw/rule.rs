//! The rules about parts that every message is measured by, a draft too: sentence, severity, clause,
//! and what explains more.

/// How much it matters that a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Legal, and good to know.
    Info,
    /// Breaks a SHOULD, or surprises a recipient.
    Warn,
    /// Breaks a MUST, or the server will refuse it.
    Error,
}

impl Severity {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Key of its sentence.
    pub key: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The clause it rests on.
    pub clause: &'static str,
    /// What explains more: a field, a keyword, an idea or an oddity of the knowledge base.
    pub about: &'static str,
}

impl Rule {
    /// `review.base64` → `base64`, as JSON names it.
    pub fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }
}

/// A rule that something breaks, and what fills the places of its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: &'static Rule,
    /// The values.
    pub values: Vec<(&'static str, String)>,
}

impl Fault {
    /// The word that is wrong, if it is not the whole.
    pub fn word(&self) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == "word").map(|(_, word)| word.as_str())
    }
}

/// Rules as a table, and the list of all of them.
macro_rules! rules {
    ($vis:vis, $($name:ident = $key:literal, $severity:ident, $clause:literal, $about:literal;)*) => {
        $(
            #[doc = concat!("`", $key, "`, ", $clause)]
            $vis const $name: Rule = Rule {
                key: $key,
                severity: $crate::session::flaw::rule::Severity::$severity,
                clause: $clause,
                about: $about,
            };
        )*

        /// All of them.
        #[cfg(test)]
        $vis const ALL: &[&Rule] = &[$(&$name),*];
    };
}
pub(crate) use rules;

#[rustfmt::skip]
rules! {
    pub,
    // Lines.
    LONG = "review.long", Error, "RFC 5322 §2.1.1", "G19";
    BARE_CR = "review.bare-cr", Error, "RFC 5322 §2.3", "G13";
    NUL = "review.nul", Error, "RFC 5322 §4.1", "G22";
    BARE_LF = "flaw.bare-lf", Error, "RFC 5322 §2.3", "G13";
    LF_ENDS = "flaw.lf-ends", Info, "RFC 5322 §2.3", "G13";

    // Fields.
    REPEATED = "review.repeated", Error, "RFC 5322 §3.6", "header";

    // Dates and trace fields.
    BAD_DATE = "review.bad-date", Error, "RFC 5322 §3.3", "Date";
    DATE_WEEKDAY = "review.date-weekday", Error, "RFC 5322 §3.3", "Date";
    DATE_YEAR = "review.date-year", Warn, "RFC 5322 §4.3", "Date";
    DATE_ZONE = "review.date-zone", Warn, "RFC 5322 §4.3", "Date";
    DATE_NO_ZONE = "review.date-no-zone", Error, "RFC 5322 §3.3", "Date";
    DATE_UNSAID = "review.date-unsaid", Info, "RFC 5322 §3.3", "Date";
    BAD_RECEIVED = "review.bad-received", Warn, "RFC 5321 §4.4", "Received";
    NO_DATE = "review.no-date", Error, "RFC 5322 §3.6.7", "Received";

    // MIME.
    NO_VERSION = "review.no-version", Warn, "RFC 2045 §4", "MIME-Version";
    VERSION = "review.version", Warn, "RFC 2045 §4", "MIME-Version";
    NO_SUBTYPE = "review.no-subtype", Error, "RFC 2045 §5.1", "Content-Type";
    NO_CHARSET = "review.no-charset", Warn, "RFC 2046 §4.1.2", "Content-Type";
    NO_ENCODING = "review.no-encoding", Warn, "RFC 2045 §6.2", "Content-Transfer-Encoding";
    NAKED = "review.naked", Warn, "RFC 2045 §5.2", "Content-Type";
    UNKNOWN_ENCODING = "review.unknown-encoding", Warn, "RFC 2045 §6.4", "Content-Transfer-Encoding";
    ENCODING_COMMENT = "review.encoding-comment", Warn, "RFC 2045 §1", "Content-Transfer-Encoding";
    NO_BOUNDARY = "review.no-boundary", Error, "RFC 2046 §5.1.1", "Content-Type";
    BAD_BOUNDARY = "review.bad-boundary", Error, "RFC 2046 §5.1.1", "Content-Type";
    BOUNDARY_UNUSED = "review.boundary-unused", Error, "RFC 2046 §5.1.1", "Content-Type";
    BOUNDARY_OPEN = "review.boundary-open", Error, "RFC 2046 §5.1.1", "Content-Type";
    ENCODED_MULTIPART = "review.encoded-multipart", Error, "RFC 2045 §6.4", "Content-Transfer-Encoding";
    ENCODED_MESSAGE = "review.encoded-message", Error, "RFC 2046 §5.2.1", "Content-Transfer-Encoding";
    NARROW = "review.narrow", Warn, "RFC 2045 §6.4", "Content-Transfer-Encoding";
    BASE64 = "review.base64", Error, "RFC 2045 §6.8", "Content-Transfer-Encoding";
    QUOTED = "review.quoted", Error, "RFC 2045 §6.7", "Content-Transfer-Encoding";
    LONG_ENCODED = "review.long-encoded", Warn, "RFC 2045 §6.7", "Content-Transfer-Encoding";
    PADDING = "flaw.padding", Error, "RFC 2045 §6.8", "base64";
    UNKNOWN_CHARSET = "flaw.unknown-charset", Warn, "RFC 2046 §4.1.2", "charset";
    NOT_IN_CHARSET = "flaw.not-in-charset", Error, "RFC 2046 §4.1.2", "charset";
    BOUNDARY_INSIDE = "flaw.boundary-inside", Error, "RFC 2046 §5.1.1", "multipart";
    SAME_BOUNDARY = "flaw.same-boundary", Error, "RFC 2046 §5.1.2", "multipart";
    NO_PARTS = "flaw.no-parts", Error, "RFC 2046 §5.1.1", "multipart";
    ONE_PART = "flaw.one-part", Info, "RFC 2046 §5.1.1", "multipart";
    CLOSED = "flaw.closed", Info, "RFC 2046 §5.2.1", "part";
    CUT_MESSAGE = "flaw.cut-message", Warn, "RFC 5322 §2.1", "part";
    UNREADABLE_MESSAGE = "flaw.unreadable-message", Warn, "RFC 2046 §5.2.1", "part";

    // Names and what they name.
    TYPE_LIES = "flaw.type-lies", Warn, "RFC 2046 §4", "Content-Type";
    NAME_LIES = "flaw.name-lies", Warn, "RFC 2183 §5", "attachment";
    NAME_DECLARED = "flaw.name-declared", Warn, "RFC 2183 §5", "attachment";
    NAME_RUNS = "flaw.name-runs", Warn, "RFC 2183 §5", "attachment";
    NAME_DOUBLE = "flaw.name-double", Warn, "RFC 2183 §5", "attachment";
    NAME_HIDES = "flaw.name-hides", Warn, "RFC 2183 §5", "attachment";
    NAME_PATH = "flaw.name-path", Warn, "RFC 2183 §2.3", "attachment";
    NAME_WORD = "flaw.name-word", Warn, "RFC 2047 §5", "encoded-word";
    NAME_CODED = "flaw.name-coded", Info, "RFC 2231 §4", "Content-Disposition";
    NAME_UNQUOTED = "flaw.name-unquoted", Error, "RFC 2045 §5.1", "Content-Disposition";
    NAME_RAW = "flaw.name-raw", Warn, "RFC 2231 §4", "Content-Disposition";
    NAMES_DIFFER = "flaw.names-differ", Info, "RFC 2183 §2.3", "Content-Disposition";

    // What a part is for.
    PARTIAL = "flaw.partial", Warn, "RFC 2046 §5.2.2", "part";
    EXTERNAL = "flaw.external", Warn, "RFC 2046 §5.2.3", "part";
    SMIME_SIGNED = "flaw.smime-signed", Info, "RFC 8551 §3.5", "smime";
    SMIME_ENVELOPED = "flaw.smime", Info, "RFC 8551 §3.2", "smime";
    PGP_SIGNED = "flaw.pgp-signed", Info, "RFC 3156 §5", "openpgp";
    PGP_ENCRYPTED = "flaw.pgp-encrypted", Info, "RFC 3156 §4", "openpgp";
    PGP_KEYS = "flaw.pgp-keys", Info, "RFC 3156 §7", "openpgp";
    PGP_INLINE = "flaw.pgp-inline", Info, "RFC 9580 §6.2", "openpgp";
}
