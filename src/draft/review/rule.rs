//! The rules that a draft is measured by: sentence, severity, clause, and what explains more.

use super::Severity::{self, Error, Info, Warn};

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) key: &'static str,
    pub(super) severity: Severity,
    pub(super) clause: &'static str,
    pub(super) about: &'static str,
}

const fn rule(
    key: &'static str,
    severity: Severity,
    clause: &'static str,
    about: &'static str,
) -> Rule {
    Rule { key, severity, clause, about }
}

macro_rules! rules {
    ($($name:ident = $key:literal, $severity:ident, $clause:literal, $about:literal;)*) => {
        $(pub(super) const $name: Rule = rule($key, $severity, $clause, $about);)*

        #[cfg(test)]
        pub(super) const ALL: &[&Rule] = &[$(&$name),*];
    };
}

#[rustfmt::skip]
rules! {
    // The form of the header.
    NO_COLON = "review.no-colon", Error, "RFC 5322 §2.2", "header";
    BAD_NAME = "review.bad-name", Error, "RFC 5322 §2.2", "header";
    SPACE_COLON = "review.space-colon", Warn, "RFC 5322 §4.5", "header";
    MBOX = "review.mbox", Error, "RFC 5322 §2.2", "header";
    BEGINS_FOLDED = "review.begins-folded", Error, "RFC 5322 §2.2.3", "header";
    FOLDED = "review.folded", Info, "RFC 5322 §2.2.3", "header";
    BLANK_FOLD = "review.blank-fold", Warn, "RFC 5322 §3.2.2", "header";
    NO_END = "review.no-end", Warn, "RFC 5322 §2.1", "header";

    // Fields; clause and explanation come with the field.
    MISSING = "review.missing", Error, "RFC 5322 §3.6", "header";
    ADVISED = "review.advised", Warn, "RFC 5322 §3.6", "header";
    REPEATED = "review.repeated", Error, "RFC 5322 §3.6", "header";
    EMPTY = "review.empty", Warn, "RFC 5322 §3.6", "header";
    BAD_DATE = "review.bad-date", Error, "RFC 5322 §3.3", "Date";
    DATE_WEEKDAY = "review.date-weekday", Error, "RFC 5322 §3.3", "Date";
    DATE_YEAR = "review.date-year", Warn, "RFC 5322 §4.3", "Date";
    DATE_ZONE = "review.date-zone", Warn, "RFC 5322 §4.3", "Date";
    DATE_NO_ZONE = "review.date-no-zone", Error, "RFC 5322 §3.3", "Date";
    BAD_ID = "review.bad-id", Error, "RFC 5322 §3.6.4", "Message-ID";
    BAD_ADDRESS = "review.bad-address", Warn, "RFC 5322 §3.4", "header";
    SENDER_MISSING = "review.sender-missing", Error, "RFC 5322 §3.6.2", "Sender";
    SENDER_SAME = "review.sender-same", Info, "RFC 5322 §3.6.2", "Sender";
    BCC = "review.bcc", Warn, "RFC 5322 §3.6.3", "Bcc";
    BCC_EMPTY = "review.bcc-empty", Info, "RFC 5322 §3.6.3", "Bcc";
    RETURN_PATH = "review.return-path", Warn, "RFC 5321 §4.4", "Return-Path";

    RETURN_PATH_LOW = "review.return-path-low", Warn, "RFC 5321 §4.4", "Return-Path";
    TRACE_LOW = "review.trace-low", Warn, "RFC 5322 §3.6.7", "Received";

    // Encoded words.
    WORD_BROKEN = "review.word-broken", Warn, "RFC 2047 §2", "encoded-word";
    WORD_LONG = "review.word-long", Warn, "RFC 2047 §2", "encoded-word";
    WORD_CHARSET = "review.word-charset", Warn, "RFC 2047 §2", "encoded-word";
    WORD_PLACE = "review.word-place", Warn, "RFC 2047 §5", "encoded-word";

    // Lines.
    LONG = "review.long", Error, "RFC 5322 §2.1.1", "G19";
    WIDE = "review.wide", Info, "RFC 5322 §2.1.1", "G19";
    BARE_CR = "review.bare-cr", Error, "RFC 5322 §2.3", "G13";
    BARE_LF = "review.bare-lf", Error, "RFC 5322 §2.3", "G13";
    NOT_UTF8 = "review.not-utf8", Error, "RFC 6532 §3.1", "charset";
    NUL = "review.nul", Error, "RFC 5322 §4.1", "G22";
    CONTROL = "review.control", Warn, "RFC 5322 §2.2", "header";
    CONTROL_IN_BODY = "review.control-in-body", Info, "RFC 5322 §2.3", "body";
    LONE_DOT = "review.lone-dot", Info, "RFC 5321 §4.5.2", "DATA";

    // MIME.
    NO_VERSION = "review.no-version", Warn, "RFC 2045 §4", "MIME-Version";
    NO_CHARSET = "review.no-charset", Warn, "RFC 2046 §4.1.2", "Content-Type";
    WRONG_CHARSET = "review.wrong-charset", Warn, "RFC 2046 §4.1.2", "Content-Type";
    NO_ENCODING = "review.no-encoding", Warn, "RFC 2045 §6.2", "Content-Transfer-Encoding";
    NAKED = "review.naked", Warn, "RFC 2045 §5.2", "Content-Type";
    UNKNOWN_ENCODING = "review.unknown-encoding", Warn, "RFC 2045 §6.4", "Content-Transfer-Encoding";
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

    // What the server has to take.
    EIGHT_BIT = "review.eight-bit", Info, "RFC 6152 §3", "8BITMIME";
    EIGHT_BIT_REFUSED = "review.eight-bit.refused", Error, "RFC 6152 §3", "8BITMIME";
    EIGHT_BIT_UNDECLARED = "review.eight-bit.undeclared", Warn, "RFC 6152 §3", "8BITMIME";
    INTERNATIONAL = "review.international", Info, "RFC 6531 §3.2", "SMTPUTF8";
    INTERNATIONAL_REFUSED = "review.international.refused", Error, "RFC 6531 §3.2", "SMTPUTF8";
    INTERNATIONAL_UNDECLARED = "review.international.undeclared", Error, "RFC 6531 §3.4", "SMTPUTF8";
    BINARY = "review.binary", Error, "RFC 3030 §3", "BINARYMIME";
    SIZE = "review.size", Error, "RFC 1870 §6.1", "SIZE";
    SIZE_DECLARED = "review.size-declared", Warn, "RFC 1870 §6.3", "SIZE";
}
