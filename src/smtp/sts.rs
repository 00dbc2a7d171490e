//! The two texts of MTA-STS: the TXT record by which a domain says that it has a policy, and the
//! policy itself (RFC 8461 §3). What a sender has to ignore is ignored, and named.

use super::domain;

/// The longest time for which a policy may be kept, in seconds (RFC 8461 §3.2).
pub const MAX_AGE: u64 = 31_557_600;

/// The name at which the TXT record of `domain` stands.
pub fn record_name(domain: &str) -> String {
    format!("_mta-sts.{domain}")
}

/// The host from which the policy of `domain` is fetched.
pub fn policy_host(domain: &str) -> String {
    format!("mta-sts.{domain}")
}

/// The path of the policy on that host (RFC 8461 §3.3).
pub const PATH: &str = "/.well-known/mta-sts.txt";

/// Why a domain counts as one without a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRecord {
    /// No text says that it is such a record.
    None,
    /// Several say so (RFC 8461 §3.1).
    Several,
    /// It has no id, or one that is none.
    NoId,
}

/// The id of the record among the texts at that name.
///
/// # Errors
/// If a sender would go on as if there were no policy.
pub fn record(texts: &[impl AsRef<str>]) -> Result<String, NoRecord> {
    let mut records = texts.iter().map(AsRef::as_ref).filter(|text| is_record(text));
    let (Some(one), None) = (records.next(), records.next()) else {
        let any = texts.iter().any(|text| is_record(text.as_ref()));
        return Err(if any { NoRecord::Several } else { NoRecord::None });
    };
    let fields = one.split(';').skip(1).filter_map(|field| field.split_once('='));
    let mut ids = fields.filter(|(name, _)| name.trim() == "id").map(|(_, id)| id.trim());
    let id = ids
        .next()
        .filter(|id| (1..=32).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric()));
    id.map(str::to_owned).ok_or(NoRecord::NoId)
}

fn is_record(text: &str) -> bool {
    let version = text.split(';').next().unwrap_or_default();
    version.trim_end_matches([' ', '\t']) == "v=STSv1" && text.contains(';')
}

/// How many oddities of a policy are kept that hinder nobody: one can have nothing else in it.
const ODD: usize = 32;

/// What a sender does with a host that does not fit (RFC 8461 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It does not deliver there.
    Enforce,
    /// It delivers, and reports.
    Testing,
    /// As if there were no policy.
    None,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Testing, Self::None];

    /// As a policy writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::None => "none",
        }
    }
}

/// A policy, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whether it says `version: STSv1`.
    pub has_version: bool,
    /// What is wished.
    pub mode: Option<Mode>,
    /// The hosts that may take mail, some with `*` in the place of their first label.
    pub mx: Vec<String>,
    /// For how long it may be kept, in seconds.
    pub max_age: Option<u64>,
    /// What is strange about it, in the order of its lines.
    pub odd: Vec<Odd>,
}

/// Something strange in a policy, and the line in which it stands, from 1; 0 is the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// What.
    pub what: Strange,
    /// In which line.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

/// What can be strange about a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strange {
    /// There is no version.
    NoVersion,
    /// It is of another version.
    OtherVersion,
    /// There is no mode.
    NoMode,
    /// It is of a mode that nobody knows.
    UnknownMode,
    /// It names no host, though it is not of mode `none`.
    NoMx,
    /// A host is no name, or has its `*` in another place.
    BadMx,
    /// It does not say for how long it may be kept.
    NoMaxAge,
    /// That is no number of seconds.
    BadMaxAge,
    /// It is more than a year.
    LongMaxAge,
    /// A key that may stand once stands again; only the first one counts.
    Repeated,
    /// A key that nobody knows, which is ignored.
    UnknownKey,
    /// A line without a colon.
    NoColon,
}

impl Strange {
    /// Whether no sender can use a policy that has it.
    pub const fn is_fatal(self) -> bool {
        !matches!(
            self,
            Self::LongMaxAge | Self::Repeated | Self::UnknownKey | Self::NoColon | Self::BadMx
        )
    }

    /// The name under which exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoVersion => "no-version",
            Self::OtherVersion => "other-version",
            Self::NoMode => "no-mode",
            Self::UnknownMode => "unknown-mode",
            Self::NoMx => "no-mx",
            Self::BadMx => "bad-mx",
            Self::NoMaxAge => "no-max-age",
            Self::BadMaxAge => "bad-max-age",
            Self::LongMaxAge => "long-max-age",
            Self::Repeated => "repeated",
            Self::UnknownKey => "unknown-key",
            Self::NoColon => "no-colon",
        }
    }
}

impl Policy {
    /// Reads a policy (RFC 8461 §3.2), whatever it holds.
    pub fn read(text: &str) -> Self {
        let mut policy = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for (at, line) in text.split('\n').enumerate() {
            let line = line.trim_matches(|c: char| c.is_whitespace());
            if line.is_empty() {
                continue;
            }
            let Some((key, value)) = line.split_once(':') else {
                policy.note(Strange::NoColon, at + 1, line);
                continue;
            };
            let (key, value) = (key.trim_end(), value.trim());
            if seen.contains(&key) {
                policy.note(Strange::Repeated, at + 1, line);
                continue;
            }
            policy.take(key, value, at + 1);
            if matches!(key, "version" | "mode" | "max_age") {
                seen.push(key);
            }
        }
        policy.miss(&seen);
        policy
    }

    fn take(&mut self, key: &str, value: &str, line: usize) {
        match key {
            "version" => {
                self.has_version = value == "STSv1";
                if !self.has_version {
                    self.note(Strange::OtherVersion, line, value);
                }
            }
            "mode" => {
                self.mode = Mode::ALL.into_iter().find(|mode| mode.name() == value);
                if self.mode.is_none() {
                    self.note(Strange::UnknownMode, line, value);
                }
            }
            "mx" => {
                let name = value.strip_prefix("*.").unwrap_or(value);
                if domain::is_name(name) || (name == value && is_label(name)) {
                    self.mx.push(value.to_owned());
                } else {
                    self.note(Strange::BadMx, line, value);
                }
            }
            "max_age" => {
                let digits = (1..=10).contains(&value.len())
                    && value.bytes().all(|byte| byte.is_ascii_digit());
                self.max_age = value.parse().ok().filter(|_| digits);
                match self.max_age {
                    None => self.note(Strange::BadMaxAge, line, value),
                    Some(MAX_AGE..) if self.max_age != Some(MAX_AGE) => {
                        self.note(Strange::LongMaxAge, line, value);
                    }
                    Some(_) => {}
                }
            }
            _ => self.note(Strange::UnknownKey, line, key),
        }
    }

    /// Names what stands nowhere.
    fn miss(&mut self, seen: &[&str]) {
        for (key, what) in [
            ("version", Strange::NoVersion),
            ("mode", Strange::NoMode),
            ("max_age", Strange::NoMaxAge),
        ] {
            if !seen.contains(&key) {
                self.note(what, 0, key);
            }
        }
        if self.mx.is_empty() && self.mode != Some(Mode::None) {
            self.note(Strange::NoMx, 0, "mx");
        }
    }

    fn note(&mut self, what: Strange, line: usize, text: &str) {
        if what.is_fatal() || self.odd.len() < ODD {
            self.odd.push(Odd { what, line, text: text.to_owned() });
        }
    }

    /// Whether a sender can use it.
    pub fn is_valid(&self) -> bool {
        self.odd.iter().all(|odd| !odd.what.is_fatal())
    }

    /// Whether mail may be given to `host` (RFC 8461 §4.1).
    pub fn allows(&self, host: &str) -> bool {
        self.mx.iter().any(|pattern| domain::stands_for(pattern, host))
    }
}

/// A name of one label, as test networks have them.
fn is_label(text: &str) -> bool {
    domain::is_name(&format!("{text}.example"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_record_counts() {
        for (texts, want) in [
            (&["v=STSv1; id=20260101T000000;"][..], Ok("20260101T000000")),
            (&["v=STSv1 ;id=1"], Ok("1")),
            (&["v=STSv1; ext=x; id=abc"], Ok("abc")),
            (&["v=spf1 -all", "v=STSv1; id=1;"], Ok("1")),
            (&["v=STSv1; id=1;", "v=STSv1; id=2;"], Err(NoRecord::Several)),
            (&["v=STSv1; id=a-b;"], Err(NoRecord::NoId)),
            (&["v=STSv1;"], Err(NoRecord::NoId)),
            (&["v=STSv1"], Err(NoRecord::None)),
            (&["v=STSv11; id=1;"], Err(NoRecord::None)),
            (&["V=STSV1; id=1;"], Err(NoRecord::None)),
            (&[], Err(NoRecord::None)),
        ] {
            assert_eq!(record(texts), want.map(str::to_owned), "{texts:?}");
        }
    }

    #[test]
    fn of_a_policy_that_is_nothing_but_odd_the_beginning_is_told() {
        let keys = (0..20_000).fold(String::new(), |text, n| text + &format!("{n}:\n"));
        let policy = Policy::read(&keys);
        let fatal = policy.odd.iter().filter(|odd| odd.what.is_fatal()).count();
        assert_eq!((policy.odd.len(), fatal), (ODD + 4, 4));
    }

    #[test]
    fn a_policy_is_read_and_hosts_are_matched() {
        let policy = Policy::read(
            "version: STSv1\r\nmode: enforce\r\nmx: mx.example.net\r\nmx:*.example.org\r\n\
             max_age: 604800\r\n",
        );
        assert_eq!(policy.mode, Some(Mode::Enforce));
        assert_eq!((policy.max_age, policy.odd.as_slice()), (Some(604_800), &[][..]));
        assert!(policy.is_valid());
        for (host, yes) in [
            ("mx.example.net", true),
            ("MX.example.NET.", true),
            ("mx2.example.net", false),
            ("a.example.org", true),
            ("a.b.example.org", false),
            ("example.org", false),
        ] {
            assert_eq!(policy.allows(host), yes, "{host}");
        }
    }

    #[test]
    fn what_is_strange_has_its_name() {
        let rest = "version: STSv1\nmode: testing\nmx: a.example\nmax_age: 1\n";
        for (text, valid, want) in [
            (rest.to_owned(), true, &[][..]),
            (rest.replace("STSv1", "STSv2"), false, &["other-version"]),
            (rest.replace("testing", "Enforce"), false, &["unknown-mode"]),
            (rest.replace("max_age: 1", "max_age: -1"), false, &["bad-max-age"]),
            (rest.replace("max_age: 1", "max_age: 99999999999"), false, &["bad-max-age"]),
            (rest.replace("max_age: 1", "max_age: 31557601"), true, &["long-max-age"]),
            (rest.replace("max_age: 1", "max_age: 31557600"), true, &[]),
            (rest.replace("a.example", "a.*.example"), false, &["bad-mx", "no-mx"]),
            (rest.replace("a.example", "*"), false, &["bad-mx", "no-mx"]),
            (format!("{rest}mx: https://x/\n"), true, &["bad-mx"]),
            (
                format!("{rest}mode: none\nfuture: x\nnonsense\n"),
                true,
                &["repeated", "unknown-key", "no-colon"],
            ),
            ("version: STSv1\nmode: none\nmax_age: 1".to_owned(), true, &[]),
            (String::new(), false, &["no-version", "no-mode", "no-max-age", "no-mx"]),
            (
                "<!DOCTYPE html>\n".to_owned(),
                false,
                &["no-colon", "no-version", "no-mode", "no-max-age", "no-mx"],
            ),
        ] {
            let policy = Policy::read(&text);
            let odd: Vec<_> = policy.odd.iter().map(|odd| odd.what.name()).collect();
            assert_eq!((odd.as_slice(), policy.is_valid()), (want, valid), "{text}");
        }
    }
}
