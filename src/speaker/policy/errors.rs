//! What a broken server believes and no good one does: nothing of it unless a fault says so.

use serde::Deserialize;

use crate::smtp::payload::Ends;
use crate::smtp::wait::Wait;

use super::Policy;

/// Beliefs of a broken server.
#[expect(clippy::struct_excessive_bools, reason = "each is an error of its own")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// Commands are taken in any order: MAIL without EHLO or twice, RCPT without MAIL, AUTH twice.
    pub any_order: bool,
    /// Paths without their brackets, with blanks before them or names in them are taken.
    pub lenient_syntax: bool,
    /// Stuffed dots stay in what is stored.
    pub keeps_dots: bool,
    /// A bare LF is the end of a line, and stored as CR LF.
    pub lf_ends_lines: bool,
    /// What is stored has no eighth bits.
    pub strips_eighth_bit: bool,
    /// Lines of what is stored are cut behind so many bytes.
    pub cut_lines: Option<usize>,
    /// What is accepted is not stored.
    pub drops: bool,
    /// What was said behind STARTTLS in clear text is answered inside TLS.
    pub keeps_buffer: bool,
    /// Whether a mailbox exists is looked up only at the end of the message.
    pub verifies_late: bool,
    /// Local parts have to be written as they are.
    pub case_sensitive: bool,
    /// A login names nobody to act as, not even oneself.
    pub refuses_authzid: bool,
    /// EHLO leaves an open transaction as it is.
    pub keeps_transaction: bool,
}

/// The names that `order` has in a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Order {
    Strict,
    Loose,
}

/// Whether a login may name the one to act as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Authzid {
    Accepted,
    Refused,
}

/// What a fault makes a server believe; all else stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Beliefs {
    host: Option<String>,
    mechanisms: Option<Vec<String>>,
    catch_all: Option<bool>,
    size_limit: Option<u64>,
    recipient_limit: Option<usize>,
    mail_limit: Option<usize>,
    line_limit: Option<u64>,
    login_limit: Option<u64>,
    starttls: Option<bool>,
    lmtp: Option<bool>,
    everyday: Option<bool>,
    idle: Option<crate::speaker::fault::Time>,
    order: Option<Order>,
    lenient_syntax: Option<bool>,
    #[serde(default)]
    end_of_data: Ends,
    unstuff: Option<bool>,
    lf_ends_lines: Option<bool>,
    strip_eighth_bit: Option<bool>,
    cut_lines: Option<usize>,
    stores: Option<bool>,
    keeps_buffer: Option<bool>,
    late_verification: Option<bool>,
    case_sensitive: Option<bool>,
    authzid: Option<Authzid>,
    one_at_a_time: Option<bool>,
    ehlo_resets: Option<bool>,
}

impl Beliefs {
    /// What ends mail data beside the end mark.
    pub(in crate::speaker) const fn data_ends(&self) -> Ends {
        self.end_of_data
    }

    /// Whether clients are served one after another.
    pub(in crate::speaker) fn serves_one(&self) -> bool {
        self.one_at_a_time == Some(true)
    }
}

impl Policy {
    /// The same, believing this.
    pub fn believing(mut self, beliefs: &Beliefs) -> Self {
        let Beliefs { host, mechanisms, .. } = beliefs.clone();
        self.host = host.map_or(self.host, Into::into);
        self.mechanisms = mechanisms.map_or(self.mechanisms, Into::into);
        self.catch_all = beliefs.catch_all.unwrap_or(self.catch_all);
        self.size_limit = beliefs.size_limit.unwrap_or(self.size_limit);
        self.recipient_limit = beliefs.recipient_limit.unwrap_or(self.recipient_limit);
        self.mail_limit = beliefs.mail_limit.unwrap_or(self.mail_limit);
        self.line_limit = beliefs.line_limit.unwrap_or(self.line_limit);
        self.login_limit = beliefs.login_limit.unwrap_or(self.login_limit);
        self.starttls = beliefs.starttls.unwrap_or(self.starttls);
        self.lmtp = beliefs.lmtp.unwrap_or(self.lmtp);
        self.everyday = beliefs.everyday.unwrap_or(self.everyday);
        if let Some(time) = beliefs.idle {
            self.limits.set(Wait::Idle, time.0.as_secs().max(1));
        }
        self.errors = self.errors.with(beliefs);
        self
    }
}

impl Errors {
    fn with(self, beliefs: &Beliefs) -> Self {
        let not = |value: Option<bool>, before: bool| value.map_or(before, |good| !good);
        Self {
            any_order: beliefs.order.map_or(self.any_order, |order| order == Order::Loose),
            lenient_syntax: beliefs.lenient_syntax.unwrap_or(self.lenient_syntax),
            keeps_dots: not(beliefs.unstuff, self.keeps_dots),
            lf_ends_lines: beliefs.lf_ends_lines.unwrap_or(self.lf_ends_lines),
            strips_eighth_bit: beliefs.strip_eighth_bit.unwrap_or(self.strips_eighth_bit),
            cut_lines: beliefs.cut_lines.or(self.cut_lines),
            drops: not(beliefs.stores, self.drops),
            keeps_buffer: beliefs.keeps_buffer.unwrap_or(self.keeps_buffer),
            verifies_late: beliefs.late_verification.unwrap_or(self.verifies_late),
            case_sensitive: beliefs.case_sensitive.unwrap_or(self.case_sensitive),
            refuses_authzid: beliefs
                .authzid
                .map_or(self.refuses_authzid, |authzid| authzid == Authzid::Refused),
            keeps_transaction: not(beliefs.ehlo_resets, self.keeps_transaction),
        }
    }

    /// What becomes of `content` before it is stored, whose stuffed dots are taken away already or
    /// are to stay.
    pub(in crate::speaker) fn spoil(&self, content: Vec<u8>) -> Vec<u8> {
        let mut content = if self.lf_ends_lines { with_crlf(&content) } else { content };
        if self.strips_eighth_bit {
            for byte in &mut content {
                *byte &= 0x7f;
            }
        }
        let Some(limit) = self.cut_lines else { return content };
        let mut out = Vec::with_capacity(content.len());
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            let end = if line.ends_with(b"\r\n") { 2 } else { usize::from(line.ends_with(b"\n")) };
            let (text, end) = line.split_at_checked(line.len() - end).unwrap_or((line, &[]));
            out.extend_from_slice(text.get(..limit).unwrap_or(text));
            out.extend_from_slice(end);
        }
        out
    }
}

/// `content` with CR LF where LF stands.
fn with_crlf(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n").filter(|text| !text.ends_with(b"\r")) {
            Some(text) => out.extend_from_slice(&[text, b"\r\n"].concat()),
            None => out.extend_from_slice(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spoiled_is_spoiled_line_by_line() {
        let errors = Errors { strips_eighth_bit: true, cut_lines: Some(3), ..Errors::default() };
        assert_eq!(errors.spoil(b"abcdef\r\nab\n\xe1bcd".to_vec()), b"abc\r\nab\nabc");
        assert_eq!(Errors::default().spoil(b"\xe1\n".to_vec()), b"\xe1\n");
        let errors = Errors { lf_ends_lines: true, ..Errors::default() };
        assert_eq!(errors.spoil(b"a\nb\r\n\nc".to_vec()), b"a\r\nb\r\n\r\nc");
    }

    #[test]
    fn a_belief_changes_what_it_names_alone() {
        let beliefs: Beliefs =
            toml::from_str("order = 'loose'\nunstuff = false\nidle = '2s'").unwrap();
        let policy = Policy::default().believing(&beliefs);
        assert!(policy.errors.any_order && policy.errors.keeps_dots);
        assert_eq!(policy.limits.seconds(Wait::Idle), 2);
        let mut same = policy;
        same.errors = Errors::default();
        same.limits = crate::smtp::wait::Limits::default();
        assert_eq!(same, Policy::default());
        assert!(toml::from_str::<Beliefs>("ordre = 'loose'").is_err());
    }
}
