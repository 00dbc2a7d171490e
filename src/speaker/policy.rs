//! What the practice server believes, as values.
//!
//! The practice world is the same in every mode, lesson and test: `mx.example.net` takes mail for
//! a few people at `example.net` and relays for whoever has logged in, as alice can.

mod errors;

use std::sync::Arc;

use jiff::Timestamp;

use crate::smtp::path::Path;
use crate::smtp::wait::Limits;

use super::login::{Account, Secret};

pub use errors::{Beliefs, Errors};

/// The account of the practice world.
pub const ALICE: &str = "alice@example.org";

/// The extensions that most servers have.
pub const EVERYDAY: &[&str] = &[
    "PIPELINING",
    "SIZE",
    "8BITMIME",
    "SMTPUTF8",
    "DSN",
    "CHUNKING",
    "EXPN",
    "HELP",
    "STARTTLS",
    "AUTH",
    "ENHANCEDSTATUSCODES",
];

/// The beliefs of a practice server. Each session has its own, which share what is long.
#[expect(clippy::struct_excessive_bools, reason = "each is a belief of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name it calls itself.
    pub host: Arc<str>,
    /// The domain whose mailboxes it has.
    pub domain: Arc<str>,
    /// Local parts that exist there; matched without case.
    pub mailboxes: Arc<[String]>,
    /// Mailboxes that are full: they are recipients, but no message goes into them.
    pub full: Arc<[String]>,
    /// The domain of its mailing lists.
    pub list_domain: Arc<str>,
    /// Lists and their members.
    pub lists: Arc<[(String, Vec<String>)]>,
    /// Domains for which mail waits, and how many messages (RFC 1985 §5).
    pub queues: Arc<[(String, usize)]>,
    /// The mechanisms of AUTH it offers, in this order; none offers no AUTH.
    pub mechanisms: Arc<[String]>,
    /// Who can log in.
    pub accounts: Arc<[Account]>,
    /// Whether everybody is let in who can be without the server knowing a password.
    pub any_login: bool,
    /// Whether any recipient of any domain is accepted, as a catcher does.
    pub catch_all: bool,
    /// Largest message in bytes (RFC 1870).
    pub size_limit: u64,
    /// Most recipients of one message, those that are refused included; at least 100
    /// (RFC 5321 §4.5.3.1.8).
    pub recipient_limit: usize,
    /// Most messages of one session (RFC 9422 §4).
    pub mail_limit: usize,
    /// Most domains of the recipients of one session (RFC 9422 §4).
    pub domain_limit: usize,
    /// Most clients at once (421).
    pub client_limit: usize,
    /// Most connections (421) and messages (450) of one address in a minute, if there is a limit.
    pub rate_limit: Option<u32>,
    /// The shortest time in seconds behind which a message can be returned (RFC 2852 §2).
    pub deliver_by: i64,
    /// For how many seconds a message is held at most (RFC 4865 §3).
    pub hold_limit: u64,
    /// The date and time at which a session begins: what moments are counted from.
    pub begun: Timestamp,
    /// Classes of advertising that are not wanted (RFC 3865 §2.2).
    pub solicitations: Arc<[String]>,
    /// Longest command line in bytes. RFC 5321 §4.5.3.1.4 asks for 512, and every extension adds
    /// some ([`increment`]): those of MAIL 1,737 together.
    ///
    /// [`increment`]: crate::smtp::parameter::increment
    pub line_limit: u64,
    /// Longest line of a login in bytes (RFC 4954 §4).
    pub login_limit: u64,
    /// How many commands one session may have; then it is closed with 421 (RFC 5321 §7.8), so
    /// that no client makes it remember without end.
    pub command_limit: usize,
    /// About how many bytes of memory the commands of one session may take, and their replies; then it
    /// is closed with 421, too. What a long line means may take many times as much as the line, and
    /// RFC 5321 §4.5.3.1 lets a server refuse what is longer than it says, not forget it.
    pub talk_limit: usize,
    /// Whether only the extensions that most servers have are offered, so that the first EHLO is
    /// not a lesson of its own.
    pub everyday: bool,
    /// Whether STARTTLS is offered (RFC 3207).
    pub starttls: bool,
    /// Whether it speaks LMTP (RFC 2033) instead of SMTP.
    pub lmtp: bool,
    /// How long it waits, most of all for a command (RFC 5321 §4.5.3.2.7).
    pub limits: Limits,
    /// What no good server believes.
    pub errors: Errors,
}

impl Default for Policy {
    fn default() -> Self {
        let all = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        let friends = ["bob@example.net", "carol@example.net", "dave@example.net"];
        let friends = friends.map(str::to_owned).to_vec();
        Self {
            host: "mx.example.net".into(),
            domain: "example.net".into(),
            mailboxes: all(&["bob", "carol", "dave", "full", "postmaster"]),
            full: all(&["full"]),
            list_domain: "lists.example.net".into(),
            lists: [("friends".to_owned(), friends)].into(),
            queues: [("example.org".to_owned(), 2)].into(),
            mechanisms: all(&[
                "PLAIN",
                "LOGIN",
                "CRAM-MD5",
                "SCRAM-SHA-1",
                "SCRAM-SHA-256",
                "XOAUTH2",
                "OAUTHBEARER",
                "ANONYMOUS",
            ]),
            accounts: [Account {
                name: ALICE.to_owned(),
                password: Secret::new("correct horse"),
                token: Secret::new("ya29.token"),
            }]
            .into(),
            any_login: false,
            catch_all: false,
            size_limit: 50 << 20,
            recipient_limit: 1_000,
            mail_limit: 1_000,
            domain_limit: 100,
            client_limit: 1_000,
            rate_limit: None,
            deliver_by: 60,
            hold_limit: 30 * 24 * 60 * 60,
            begun: Timestamp::UNIX_EPOCH,
            solicitations: all(&["net.example:ADV"]),
            line_limit: 2_300,
            login_limit: 12_288,
            command_limit: 100_000,
            talk_limit: 64 << 20,
            everyday: false,
            starttls: false,
            lmtp: false,
            limits: Limits::default(),
            errors: Errors::default(),
        }
    }
}

impl Policy {
    /// Whether `local` is a mailbox of the domain.
    pub fn has_mailbox(&self, local: &str) -> bool {
        let same = |mailbox: &String| {
            mailbox == local || (!self.errors.case_sensitive && mailbox.eq_ignore_ascii_case(local))
        };
        self.mailboxes.iter().any(same)
    }

    /// Whether `path` is a mailbox here into which nothing goes any more.
    pub fn is_full(&self, path: &Path) -> bool {
        let here = path.domain.as_deref().is_none_or(|d| d.eq_ignore_ascii_case(&self.domain));
        here && self.full.iter().any(|m| m.eq_ignore_ascii_case(&path.local))
    }

    /// The account of this name.
    pub fn account(&self, name: &[u8]) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The members of the list `local`.
    pub fn list(&self, local: &str) -> Option<&[String]> {
        let (_, members) = self.lists.iter().find(|(name, _)| name.eq_ignore_ascii_case(local))?;
        Some(members)
    }
}
