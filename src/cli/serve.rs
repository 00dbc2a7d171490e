//! Options of `ehlo serve`: the practice server, and the catcher of mail that it can be.

use std::path::PathBuf;

use clap::Args;

use super::tls::PracticeArgs;
use crate::net::listen::{Entrance, Place};
use crate::session::archive::Room;
use crate::speaker::fault::Choice;
use crate::speaker::login::Account;
use crate::speaker::{Policy, Secret};

/// Options of `ehlo serve`.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where to listen: an address, whose port 0 picks a free one, or a path behind "unix:"; smtps://
    /// before it begins with TLS, and lmtp:// speaks LMTP. Can be said several times
    #[arg(long, default_value = "127.0.0.1:2525", value_name = "ADDR")]
    pub listen: Vec<Entrance>,
    /// Accept any recipient of any domain, as a catcher does
    #[arg(long)]
    pub catch_all: bool,
    /// Speak LMTP: LHLO, and one reply for each recipient
    #[arg(long)]
    pub lmtp: bool,
    /// Let this user log in, in place of alice; everybody on this machine can read the password. Can be
    /// said several times
    #[arg(long = "user", value_name = "NAME:PASSWORD", value_parser = account)]
    pub users: Vec<Account>,
    /// Let everybody log in, whatever the password; SCRAM, where the server has to know it, is not
    /// offered then
    #[arg(long, conflicts_with = "users")]
    pub auth_any: bool,
    /// What is kept.
    #[command(flatten)]
    pub keeping: KeepArgs,
    /// How much is taken.
    #[command(flatten)]
    pub bounds: BoundArgs,
    /// Misbehave so: a name of `ehlo faults`, or a file, with =VALUE where it takes one; can be
    /// said several times, and then they are played one over another
    #[arg(long = "fault", value_name = "NAME|FILE[=VALUE]", value_parser = super::fault)]
    pub faults: Vec<Choice>,
    /// What the dice of faults begin with; the same number throws the same
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Answer with the server's half of this recording or transcript instead: what was replied to
    /// the same line, or else to the next command of the kind. Each connection is the next of the
    /// recording. No login is verified and no message kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["maildir", "catch_all", "lmtp", "faults"])]
    pub replay: Option<PathBuf>,
    /// With --replay: take the time for each reply that it took
    #[arg(long, requires = "replay")]
    pub timing: bool,
    /// Answer each client yourself: what it says stands waiting, with suggested replies. On the screen,
    /// or line by line with --plain and in a pipe, where `:quit` ends all
    #[arg(long, conflicts_with_all = ["maildir", "faults", "replay"])]
    pub by_hand: bool,
    /// Its certificates.
    #[command(flatten)]
    pub practice: PracticeArgs,
    /// Line by line, without a screen; the default in a pipe
    #[arg(long)]
    pub plain: bool,
    /// Print one JSON object for each event: what each holds is below
    #[arg(long)]
    pub json: bool,
}

/// What is kept.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Keeping")]
pub struct KeepArgs {
    /// Store accepted messages in this Maildir, and beside them in its folder "sessions" a journal of
    /// each session, without passwords; `ehlo send --release` sends a message on
    #[arg(long, value_name = "DIR")]
    pub maildir: Option<PathBuf>,
    /// Keep so many sessions that are over, in memory and in a Maildir; there, those that left a message
    /// are kept beyond that
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub keep: usize,
    /// Keep no more bytes of them than this, about
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256M")]
    pub keep_bytes: u64,
}

/// How much is taken.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
#[expect(clippy::struct_field_names, reason = "the options are called so")]
pub struct BoundArgs {
    /// The largest message in bytes, or with K, M, G; announced by SIZE, and 552 beyond it
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "50M")]
    max_size: u64,
    /// The most recipients of a message; announced by LIMITS RCPTMAX, and 452 beyond it. RFC 5321 asks
    /// for 100 at least
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = at_least_one())]
    max_recipients: u64,
    /// The most messages of a session; announced by LIMITS MAILMAX, and 451 beyond it
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = at_least_one())]
    max_messages: u64,
    /// The most clients at once; 421 to the next one
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = at_least_one())]
    max_clients: u64,
    /// The most connections (421 beyond it) and messages (450) of one address in a minute; without it,
    /// there is no limit
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    max_rate: Option<u32>,
}

impl KeepArgs {
    /// How much is kept.
    pub const fn room(&self) -> Room {
        Room { sessions: self.keep, bytes: self.keep_bytes }
    }
}

impl ServeArgs {
    /// What the server believes.
    pub fn policy(&self) -> Policy {
        let usual = Policy::default();
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Policy {
            catch_all: self.catch_all,
            lmtp: self.lmtp,
            accounts: if self.users.is_empty() { usual.accounts } else { (&*self.users).into() },
            any_login: self.auth_any,
            // What most servers offer is enough to be read.
            everyday: self.by_hand,
            size_limit: self.bounds.max_size,
            recipient_limit: count(self.bounds.max_recipients),
            mail_limit: count(self.bounds.max_messages),
            client_limit: count(self.bounds.max_clients),
            rate_limit: self.bounds.max_rate,
            ..usual
        }
    }

    /// Two doors that are one.
    pub(super) fn conflict(&self) -> Option<String> {
        let doubled = self.listen.iter().enumerate().find(|(at, door)| {
            let free = matches!(door.place, Place::Tcp(address) if address.port() == 0);
            !free && self.listen.iter().skip(at + 1).any(|other| other.place == door.place)
        });
        doubled.map(|(_, door)| format!("--listen {} is said twice", door.place))
    }
}

fn at_least_one() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..)
}

/// Reads a number of bytes: `50M`, `512K`, `1000`.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (text.get(..at), 10),
        Some((at, 'm' | 'M')) => (text.get(..at), 20),
        Some((at, 'g' | 'G')) => (text.get(..at), 30),
        _ => (Some(text), 0),
    };
    let number = digits.and_then(|digits| digits.parse::<u64>().ok());
    let bytes = number.and_then(|number| number.checked_mul(1 << unit)).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| "expected a number of bytes, or one with K, M or G behind it".to_owned())
}

/// Reads a user and the password, which is a token, too.
fn account(text: &str) -> Result<Account, String> {
    let (name, password) = text.split_once(':').unwrap_or((text, ""));
    if name.is_empty() || password.is_empty() {
        return Err("expected NAME:PASSWORD".to_owned());
    }
    let secret = Secret::new(password);
    Ok(Account { name: name.to_owned(), password: secret.clone(), token: secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("1000", 1_000), ("2k", 2_048), ("50M", 50 << 20), ("1G", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "0", "-1", "1T", "99999999999999999999", "17179869184G"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_account_is_a_name_and_a_password() {
        let read = account("bob@example.net:a:b").unwrap();
        assert_eq!((read.name.as_str(), read.password.reveal()), ("bob@example.net", &b"a:b"[..]));
        assert!(["bob", ":x", "bob:", ""].into_iter().all(|text| account(text).is_err()));
    }
}
