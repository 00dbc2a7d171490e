//! Reply codes (RFC 5321 §4.2) and enhanced status codes (RFC 3463).

use std::fmt;

/// A three-digit reply code; any three digits, also those that no standard knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u16);

/// What the first digit of a code says (RFC 5321 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// 2xx: done.
    Positive,
    /// 3xx: go on.
    Intermediate,
    /// 4xx: not now.
    Transient,
    /// 5xx: no.
    Permanent,
    /// Anything else: no valid SMTP reply.
    Invalid,
}

impl Code {
    /// System status, or help.
    pub const STATUS: Self = Self(211);
    /// Help.
    pub const HELP: Self = Self(214);
    /// Service ready.
    pub const READY: Self = Self(220);
    /// Service closing the channel.
    pub const CLOSING: Self = Self(221);
    /// Authentication succeeded (RFC 4954 §6).
    pub const AUTHENTICATED: Self = Self(235);
    /// Done.
    pub const OK: Self = Self(250);
    /// Cannot verify, will try (RFC 5321 §3.5.3).
    pub const CANNOT_VERIFY: Self = Self(252);
    /// The server's turn in a login (RFC 4954 §4).
    pub const AUTH_CHALLENGE: Self = Self(334);
    /// Replies for each recipient follow, and then one for all (draft-hall-prdr).
    pub const EACH_RECIPIENT: Self = Self(353);
    /// Send the mail data.
    pub const START_DATA: Self = Self(354);
    /// Service not available, closing.
    pub const NOT_AVAILABLE: Self = Self(421);
    /// Not now; the mailbox, or the client, is busy.
    pub const BUSY: Self = Self(450);
    /// Local error.
    pub const LOCAL_ERROR: Self = Self(451);
    /// Too little storage, or too many recipients (RFC 5321 §4.5.3.1.10).
    pub const NO_STORAGE: Self = Self(452);
    /// Command not recognised.
    pub const UNRECOGNIZED: Self = Self(500);
    /// Syntax error in the arguments.
    pub const BAD_ARGUMENTS: Self = Self(501);
    /// Command not implemented.
    pub const NOT_IMPLEMENTED: Self = Self(502);
    /// Bad sequence of commands.
    pub const BAD_SEQUENCE: Self = Self(503);
    /// A parameter of a command is not known, such as a mechanism.
    pub const UNKNOWN_PARAMETER: Self = Self(504);
    /// The login failed.
    pub const NOT_LOGGED_IN: Self = Self(535);
    /// Mailbox unavailable.
    pub const NO_MAILBOX: Self = Self(550);
    /// Message too big.
    pub const TOO_BIG: Self = Self(552);
    /// Mailbox name not allowed.
    pub const BAD_MAILBOX: Self = Self(553);
    /// Transaction failed, or no service.
    pub const FAILED: Self = Self(554);
    /// Parameters not recognised.
    pub const BAD_PARAMETERS: Self = Self(555);

    /// The codes that a standard lists.
    pub const REGISTERED: &'static [u16] = &[
        211, 214, 220, 221, 235, 250, 251, 252, 253, 334, 353, 354, 421, 432, 450, 451, 452, 453,
        454, 455, 458, 459, 500, 501, 502, 503, 504, 521, 523, 524, 525, 530, 533, 534, 535, 538,
        550, 551, 552, 553, 554, 555, 556,
    ];

    /// Three digits at the beginning of `line`.
    pub fn read(line: &[u8]) -> Option<Self> {
        let digits = line.get(..3)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| Self(digits.iter().fold(0, |n, d| n * 10 + u16::from(d - b'0'))))
    }

    /// What the first digit says.
    pub const fn class(self) -> Class {
        match self.0 / 100 {
            2 => Class::Positive,
            3 => Class::Intermediate,
            4 => Class::Transient,
            5 => Class::Permanent,
            _ => Class::Invalid,
        }
    }

    /// Whether a standard lists the code.
    pub fn is_registered(self) -> bool {
        Self::REGISTERED.contains(&self.0)
    }

    /// Writes it, as `Display` does but without its machinery: each reply of a server begins so.
    pub(super) fn write(self, out: &mut impl fmt::Write) -> fmt::Result {
        match self.0 {
            100.. => out.write_str(itoa::Buffer::new().format(self.0)),
            few => write!(out, "{few:03}"),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// An enhanced status code, `class.subject.detail` (RFC 3463 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Enhanced {
    /// 2, 4 or 5; 3 is an oddity.
    pub class: u8,
    /// What it is about.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

impl Enhanced {
    /// `2.1.5`.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        Self { class, subject, detail }
    }

    /// The code at the beginning of `text`, with the number of bytes it takes. There is no class
    /// 3, but servers write it.
    pub fn read(text: &[u8]) -> Option<(Self, usize)> {
        let (class, rest) = text.split_first()?;
        if !matches!(class, b'2'..=b'5') {
            return None;
        }
        let (subject, rest) = number(rest.strip_prefix(b".")?)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        let ends = rest.first().is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'.');
        ends.then(|| (Self::new(class - b'0', subject, detail), text.len() - rest.len()))
    }

    /// Writes it, as [`Code::write`] does.
    pub(super) fn write(self, out: &mut impl fmt::Write) -> fmt::Result {
        let mut number = itoa::Buffer::new();
        out.write_str(number.format(self.class))?;
        for part in [self.subject, self.detail] {
            out.write_str(".")?;
            out.write_str(number.format(part))?;
        }
        Ok(())
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// One to three digits (RFC 3463 §2).
fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (head, rest) = text.split_at_checked(digits)?;
    (1..=3)
        .contains(&digits)
        .then(|| (head.iter().fold(0, |n, d| n * 10 + u16::from(d - b'0')), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_are_read_only_where_they_stand_alone() {
        assert_eq!(Enhanced::read(b"2.1.5 ok"), Some((Enhanced::new(2, 1, 5), 5)));
        assert_eq!(Enhanced::read(b"5.7.139 x"), Some((Enhanced::new(5, 7, 139), 7)));
        for text in ["1.0.0 x", "2.1.5.1", "2.1", "2.1.1234", "2.1.5x", ""] {
            assert_eq!(Enhanced::read(text.as_bytes()), None, "{text}");
        }
    }
}
