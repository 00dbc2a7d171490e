//! The parameters of MAIL and RCPT that are known: where they stand, what their values look like,
//! and by how much they lengthen the line. One table for the verdict, the candidates and the
//! practice server.

use super::param::keyword_of;
use super::verb::Verb;
use super::xtext::is_xtext;

/// A known parameter.
pub struct Parameter {
    /// Its name in capitals.
    pub name: &'static str,
    /// Behind which verb it stands.
    pub verb: Verb,
    /// Where its form is laid down.
    pub clause: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// Values that are worth to be offered. In a list they can stand together.
    pub values: &'static [&'static str],
    /// Whether a value is one; `None` if nothing stands behind the name.
    pub takes: fn(Option<&str>) -> bool,
}

impl Parameter {
    /// Whether several values can stand behind it, with commas between.
    pub fn is_list(&self) -> bool {
        matches!(self.name, "NOTIFY" | "SOLICIT")
    }

    /// The parameter of this name, in capitals.
    pub fn find(name: &str) -> Option<&'static Self> {
        PARAMETERS.iter().find(|known| known.name == name)
    }
}

macro_rules! parameters {
    ($($name:literal $verb:ident $clause:literal $form:literal [$($value:literal),*] $takes:expr;)*) => {
        /// Those of MAIL, then those of RCPT, in the order in which they are offered.
        pub static PARAMETERS: &[Parameter] = &[$(Parameter {
            name: $name,
            verb: Verb::$verb,
            clause: $clause,
            form: $form,
            values: &[$($value),*],
            takes: $takes,
        }),*];
    };
}

parameters! {
    "SIZE" Mail "RFC 1870 §6.1" "SIZE=octets" [] |v| v.is_some_and(|v| digits(v, 20));
    "BODY" Mail "RFC 6152 §3" "BODY=7BIT / 8BITMIME / BINARYMIME" ["8BITMIME", "7BIT", "BINARYMIME"]
        |v| one_of(v, &["7BIT", "8BITMIME", "BINARYMIME"]);
    "SMTPUTF8" Mail "RFC 6531 §3.4" "SMTPUTF8" [] |v| v.is_none();
    "RET" Mail "RFC 3461 §4.3" "RET=FULL / HDRS" ["HDRS", "FULL"] |v| one_of(v, &["FULL", "HDRS"]);
    "ENVID" Mail "RFC 3461 §4.4" "ENVID=xtext" []
        |v| v.is_some_and(|v| is_xtext(v) && v.len() <= 100);
    "AUTH" Mail "RFC 4954 §5" "AUTH=<> / xtext" ["<>"]
        |v| v.is_some_and(|v| v == "<>" || is_xtext(v));
    "BY" Mail "RFC 2852 §4" "BY=seconds;R / N [T]" ["600;R", "600;N"] |v| v.is_some_and(is_by);
    "HOLDFOR" Mail "RFC 4865 §3" "HOLDFOR=seconds" ["3600"] |v| v.is_some_and(is_interval);
    "HOLDUNTIL" Mail "RFC 4865 §3" "HOLDUNTIL=yyyy-mm-ddThh:mm:ssZ" []
        |v| v.is_some_and(is_whole_time);
    "MT-PRIORITY" Mail "RFC 6710 §4.1" "MT-PRIORITY=-9 … 9" ["0", "3", "-3"]
        |v| v.is_some_and(is_priority);
    "REQUIRETLS" Mail "RFC 8689 §2" "REQUIRETLS" [] |v| v.is_none();
    "SOLICIT" Mail "RFC 3865 §2.2" "SOLICIT=class[,class]" [] |v| v.is_some_and(is_solicitation);
    "PRDR" Mail "RFC 5321 §2.2.2" "PRDR" [] |v| v.is_none();
    "NOTIFY" Rcpt "RFC 3461 §4.1" "NOTIFY=NEVER / SUCCESS,FAILURE,DELAY"
        ["SUCCESS", "FAILURE", "DELAY", "NEVER"] |v| v.is_some_and(is_notify);
    "ORCPT" Rcpt "RFC 3461 §4.2" "ORCPT=rfc822;address" [] |v| v.is_some_and(is_typed_address);
    "RRVS" Rcpt "RFC 7293 §3.1" "RRVS=yyyy-mm-ddThh:mm:ssZ[;C / R]" [] |v| v.is_some_and(is_rrvs);
}

/// By how many octets an extension lengthens the line of this verb, once its parameters are used.
const INCREMENTS: &[(Verb, &str, usize)] = &[
    (Verb::Mail, "SIZE", 26),
    (Verb::Mail, "8BITMIME", 17),
    (Verb::Mail, "SMTPUTF8", 10),
    (Verb::Mail, "DSN", 100),
    (Verb::Mail, "AUTH", 500),
    (Verb::Mail, "DELIVERBY", 17),
    (Verb::Mail, "FUTURERELEASE", 34),
    (Verb::Mail, "MT-PRIORITY", 15),
    (Verb::Mail, "REQUIRETLS", 11),
    (Verb::Mail, "MTRK", 40),
    (Verb::Mail, "NO-SOLICITING", 1_007),
    (Verb::Rcpt, "DSN", 530),
    (Verb::Rcpt, "RRVS", 33),
];

/// By how many octets these parameters lengthen the line of `verb`.
pub fn increment<'a>(verb: &Verb, used: impl Iterator<Item = &'a str>) -> usize {
    let used: Vec<&str> = used.map(keyword_of).collect();
    let of_used = INCREMENTS.iter().filter(|(v, keyword, _)| v == verb && used.contains(keyword));
    of_used.map(|(.., octets)| octets).sum()
}

fn digits(value: &str, most: usize) -> bool {
    (1..=most).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

fn one_of(value: Option<&str>, known: &[&str]) -> bool {
    value.is_some_and(|v| known.iter().any(|k| k.eq_ignore_ascii_case(v)))
}

/// `by-value` of RFC 2852 §4: to return what is late already makes no sense.
fn is_by(value: &str) -> bool {
    let Some((time, mode)) = value.split_once(';') else { return false };
    let mode = mode.to_ascii_uppercase();
    let future = !time.starts_with('-') && time.bytes().any(|b| matches!(b, b'1'..=b'9'));
    let known = match mode.strip_suffix('T').unwrap_or(&mode) {
        "R" => future,
        "N" => true,
        _ => false,
    };
    known && digits(time.strip_prefix(['-', '+']).unwrap_or(time), 9)
}

/// `future-release-interval` of RFC 4865 §3.
fn is_interval(value: &str) -> bool {
    digits(value, 9) && !value.starts_with('0')
}

/// A date and time of RFC 3339, as far as its form goes.
fn is_time(value: &str) -> bool {
    value.parse::<jiff::Timestamp>().is_ok()
}

/// The same in UTC and with its seconds.
fn is_whole_time(value: &str) -> bool {
    let places = value.bytes().filter(|b| matches!(b, b'-' | b':')).count();
    is_time(value) && value.ends_with(['Z', 'z']) && places == "--::".len()
}

/// `priority-value` of RFC 6710 §4.1.
fn is_priority(value: &str) -> bool {
    let digit = value.strip_prefix('-').unwrap_or(value);
    value == "0" || matches!(digit.as_bytes(), [b'1'..=b'9'])
}

/// `Solicitation-keywords` of RFC 3865 §2.2.
fn is_solicitation(value: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b".-_:".contains(&b);
    let is_word =
        |w: &str| w.starts_with(|c: char| c.is_ascii_alphabetic()) && w.bytes().all(letter);
    value.len() <= 1_000 && value.split(',').all(is_word)
}

/// NEVER stands alone (RFC 3461 §4.1).
fn is_notify(value: &str) -> bool {
    let all = value.split(',').all(|word| one_of(Some(word), &["SUCCESS", "FAILURE", "DELAY"]));
    all || value.eq_ignore_ascii_case("NEVER")
}

fn is_typed_address(value: &str) -> bool {
    value.split_once(';').is_some_and(|(kind, address)| !kind.is_empty() && is_xtext(address))
}

fn is_rrvs(value: &str) -> bool {
    let (time, action) = value.split_once(';').unwrap_or((value, "C"));
    is_time(time) && one_of(Some(action), &["C", "R"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_taken() {
        for known in PARAMETERS {
            for value in known.values {
                assert!((known.takes)(Some(value)), "{}={value}", known.name);
            }
            assert!(!(known.takes)(Some("")), "{}=", known.name);
        }
    }

    #[test]
    fn values() {
        for (name, value, good) in [
            ("SIZE", "12", true),
            ("SIZE", "-1", false),
            ("SIZE", "123456789012345678901", false),
            ("BODY", "8bitmime", true),
            ("BODY", "9BIT", false),
            ("NOTIFY", "SUCCESS,delay", true),
            ("NOTIFY", "NEVER,DELAY", false),
            ("NOTIFY", "SUCCESS,", false),
            ("ENVID", "a+20b", true),
            ("ENVID", "a+b", false),
            ("ENVID", "a b", false),
            ("ORCPT", "rfc822;bob@example.net", true),
            ("ORCPT", "bob@example.net", false),
            ("AUTH", "<>", true),
            ("BY", "-5;NT", true),
            ("BY", "+5;R", true),
            ("BY", "-5;R", false),
            ("BY", "0;RT", false),
            ("BY", "0;N", true),
            ("BY", "+-5;N", false),
            ("BY", "5", false),
            ("HOLDFOR", "999999999", true),
            ("HOLDFOR", "0", false),
            ("HOLDFOR", "007", false),
            ("HOLDUNTIL", "2026-11-23T08:00Z", false),
            ("HOLDUNTIL", "2026-11-23T08:00:00+01:00", false),
            ("HOLDUNTIL", "20261123T080000Z", false),
            ("HOLDUNTIL", "2026-11-23T08:00:00Z", true),
            ("HOLDUNTIL", "tomorrow", false),
            ("RRVS", "2026-11-23T08:00:00Z;R", true),
            ("MT-PRIORITY", "-9", true),
            ("RRVS", "2026-11-23T08:00:00Z;c", true),
            ("RRVS", "2026-11-23T08:00:00Z;x", false),
            ("MT-PRIORITY", "0", true),
            ("MT-PRIORITY", "9", true),
            ("MT-PRIORITY", "+5", false),
            ("MT-PRIORITY", "-0", false),
            ("MT-PRIORITY", "05", false),
            ("MT-PRIORITY", "10", false),
            ("SOLICIT", "net.example:ADV,org.example:ADV:ADLT", true),
            ("SOLICIT", "net.example:ADV,", false),
            ("SOLICIT", "1.example:ADV", false),
        ] {
            let known = Parameter::find(name).expect(name);
            assert_eq!((known.takes)(Some(value)), good, "{name}={value}");
        }
        assert!((Parameter::find("SMTPUTF8").expect("known").takes)(None));
    }

    #[test]
    fn an_extension_lengthens_the_line_once() {
        assert_eq!(increment(&Verb::Rcpt, ["NOTIFY", "ORCPT"].into_iter()), 530);
        assert_eq!(increment(&Verb::Mail, ["SIZE", "BODY", "X"].into_iter()), 43);
    }
}
