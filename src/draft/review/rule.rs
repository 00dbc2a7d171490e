//! The rules that a draft is measured by, beside those that hold for every message.

use crate::session::flaw::rule::{Rule, rules};

pub(super) use crate::session::flaw::rule::{
    BAD_BOUNDARY, BARE_CR, BARE_LF, BASE64, BOUNDARY_OPEN, BOUNDARY_UNUSED, ENCODED_MESSAGE,
    ENCODED_MULTIPART, ENCODING_COMMENT, LONG, LONG_ENCODED, NAKED, NARROW, NO_BOUNDARY,
    NO_CHARSET, NO_ENCODING, NO_SUBTYPE, NO_VERSION, NOT_IN_CHARSET, NUL, QUOTED, REPEATED,
    UNKNOWN_ENCODING, VERSION,
};

#[rustfmt::skip]
rules! {
    pub(super),
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
    EMPTY = "review.empty", Warn, "RFC 5322 §3.6", "header";
    BAD_ID = "review.bad-id", Error, "RFC 5322 §3.6.4", "Message-ID";
    BAD_ADDRESS = "review.bad-address", Warn, "RFC 5322 §3.4", "header";
    ANGLE_OPEN = "review.angle-open", Error, "RFC 5322 §3.4", "header";
    GROUP_OPEN = "review.group-open", Warn, "RFC 5322 §3.4", "header";
    SENDER_SEVERAL = "review.sender-several", Error, "RFC 5322 §3.6.2", "Sender";
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
    WORD_SPLIT = "review.word-split", Error, "RFC 2047 §5", "encoded-word";
    WORD_SHIFT = "review.word-shift", Error, "RFC 2047 §3", "encoded-word";
    WORD_CONTROL = "review.word-control", Warn, "RFC 2047 §5", "encoded-word";
    WORD_DIRECTION = "review.word-direction", Warn, "RFC 2047 §5", "encoded-word";
    WORD_PLACE = "review.word-place", Warn, "RFC 2047 §5", "encoded-word";

    // Lines.
    WIDE = "review.wide", Info, "RFC 5322 §2.1.1", "G19";
    NOT_UTF8 = "review.not-utf8", Error, "RFC 6532 §3.1", "charset";
    CONTROL = "review.control", Warn, "RFC 5322 §2.2", "header";
    CONTROL_IN_BODY = "review.control-in-body", Info, "RFC 5322 §2.3", "body";
    LONE_DOT = "review.lone-dot", Info, "RFC 5321 §4.5.2", "DATA";

    // MIME.
    WRONG_CHARSET = "review.wrong-charset", Warn, "RFC 2046 §4.1.2", "Content-Type";

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
