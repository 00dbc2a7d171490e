//! What a domain's MTA-STS policy says about the server of this session (RFC 8461). Nothing is done
//! about it here: it is told what a sender would do that keeps to the policy.

use crate::journal::facts::{CertificateFault, NameKind, NameProblem, PolicyFacts};
use crate::journal::{Happening, NameFacts};
use crate::smtp::sts::{self, Mode, NoRecord, Policy};

use super::Dialogue;
use super::identity::{answers, asked_name};

/// What is known of a policy, and what follows from it for this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sts {
    /// The domain for which mail would be.
    pub domain: String,
    /// The host that was reached, where it has a name.
    pub host: Option<String>,
    /// The id of the record.
    pub id: Option<String>,
    /// The policy, as far as it can be read.
    pub policy: Option<Policy>,
    /// What follows.
    pub standing: Standing,
}

/// What follows from what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The domain has no record: no policy.
    NoRecord(NoRecord),
    /// Nobody told whether it has one.
    Unanswered(NameProblem),
    /// It says that it has a policy, which is still to come.
    Awaited,
    /// It says that it has a policy, which could not be fetched.
    Unfetched(Box<PolicyFacts>),
    /// No sender can use it.
    Invalid,
    /// The policy is that there is none.
    Off,
    /// Mail would be given to this host.
    Fits(Mode),
    /// The policy does not name this host.
    OtherHost(Mode),
    /// It does, and this session has no TLS.
    NoTls(Mode),
    /// It does, and the certificate cannot be trusted.
    Untrusted(Mode, Vec<CertificateFault>),
}

impl Standing {
    /// The name under which exports know it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoRecord(_) => "no-record",
            Self::Unanswered(_) => "unanswered",
            Self::Awaited => "awaited",
            Self::Unfetched(_) => "unfetched",
            Self::Invalid => "invalid",
            Self::Off => "off",
            Self::Fits(_) => "fits",
            Self::OtherHost(_) => "other-host",
            Self::NoTls(_) => "no-tls",
            Self::Untrusted(..) => "untrusted",
        }
    }

    /// What is wished of a sender here.
    pub const fn mode(&self) -> Option<Mode> {
        match self {
            Self::Fits(mode)
            | Self::OtherHost(mode)
            | Self::NoTls(mode)
            | Self::Untrusted(mode, _) => Some(*mode),
            Self::Off => Some(Mode::None),
            _ => None,
        }
    }
}

impl Sts {
    /// Of the last connection; `None` if nobody was asked.
    pub fn of(dialogue: &Dialogue) -> Option<Self> {
        let record = answers(dialogue, NameKind::Sts).next()?;
        let domain = record.name.strip_prefix(&sts::record_name("")).unwrap_or(&record.name);
        let fetched = dialogue.since_opened().find_map(|what| match what {
            Happening::Fetched(facts) if facts.domain == domain => Some(&**facts),
            _ => None,
        });
        let id = sts::record(&record.answers);
        let body = fetched.filter(|facts| facts.problem.is_none());
        let policy = body.and_then(|facts| facts.body.as_deref()).map(Policy::read);
        let host = asked_name(dialogue);
        let standing = match (refused(record, &id), fetched, &policy) {
            (Some(standing), ..) => standing,
            (None, None, _) => Standing::Awaited,
            (None, Some(facts), None) => Standing::Unfetched(Box::new(facts.clone())),
            (None, _, Some(policy)) => judge(policy, host.as_deref(), dialogue),
        };
        Some(Self { domain: domain.to_owned(), host, id: id.ok(), policy, standing })
    }
}

/// What follows from the record alone.
fn refused(record: &NameFacts, id: &Result<String, NoRecord>) -> Option<Standing> {
    match (record.problem, id) {
        (Some(problem), _) if problem.is_absence() => Some(Standing::NoRecord(NoRecord::None)),
        (Some(problem), _) => Some(Standing::Unanswered(problem)),
        (None, Err(why)) => Some(Standing::NoRecord(*why)),
        (None, Ok(_)) => None,
    }
}

fn judge(policy: &Policy, host: Option<&str>, dialogue: &Dialogue) -> Standing {
    let Some(mode) = policy.mode.filter(|_| policy.is_valid()) else { return Standing::Invalid };
    if mode == Mode::None {
        return Standing::Off;
    }
    if !host.is_some_and(|host| policy.allows(host)) {
        return Standing::OtherHost(mode);
    }
    let facts = dialogue.since_opened().find_map(Happening::tls);
    match facts {
        Some(facts) if !facts.faults().is_empty() => {
            Standing::Untrusted(mode, facts.faults().to_vec())
        }
        Some(facts) if facts.verdict.is_some() && dialogue.has_secured() => Standing::Fits(mode),
        _ => Standing::NoTls(mode),
    }
}
