//! The attributes of XCLIENT and XFORWARD, with which a trusted host says who the real client is.
//! They are private extensions of Postfix (RFC 5321 §2.2.2); their values are `xtext`.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use super::verb::Verb;
use super::xtext;

/// A known attribute.
pub struct Attribute {
    /// Its name in capitals.
    pub name: &'static str,
    /// Behind which verb it stands.
    pub verb: Verb,
    /// What its value is.
    pub form: &'static str,
    /// Values that are worth to be offered.
    pub values: &'static [&'static str],
    /// Whether a value, decoded, is one.
    takes: fn(&str) -> bool,
}

/// Values that say that there is none, for now or at all.
pub const NOTHING: &[&str] = &["[UNAVAILABLE]", "[TEMPUNAVAIL]"];

macro_rules! attributes {
    ($($verb:ident $name:literal $form:literal [$($value:literal),*] $takes:expr;)*) => {
        /// Those of XCLIENT, then those of XFORWARD, in the order in which they are offered.
        pub static ATTRIBUTES: &[Attribute] = &[$(Attribute {
            name: $name,
            verb: Verb::$verb,
            form: $form,
            values: &[$($value),*],
            takes: $takes,
        }),*];
    };
}

attributes! {
    Xclient "NAME" "host name" [] is_some;
    Xclient "ADDR" "IPv4 / IPV6:IPv6" ["192.0.2.7", "IPV6:2001:db8::7"] is_address;
    Xclient "PORT" "1 … 65535" ["12345"] is_port;
    Xclient "PROTO" "SMTP / ESMTP" ["ESMTP", "SMTP"] |v| one_of(v, &["SMTP", "ESMTP"]);
    Xclient "HELO" "host name" [] is_some;
    Xclient "LOGIN" "user name" [] is_some;
    Xclient "DESTADDR" "IPv4 / IPV6:IPv6" ["192.0.2.25", "IPV6:2001:db8::25"] is_address;
    Xclient "DESTPORT" "1 … 65535" ["25", "587"] is_port;
    Xclient "REVERSE_NAME" "host name" [] is_some;
    Xforward "NAME" "host name" [] is_some;
    Xforward "ADDR" "address" ["192.0.2.7", "IPV6:2001:db8::7"] is_some;
    Xforward "PORT" "1 … 65535" ["12345"] is_port;
    Xforward "PROTO" "SMTP / ESMTP" ["ESMTP", "SMTP"] is_some;
    Xforward "HELO" "host name" [] is_some;
    Xforward "IDENT" "queue id" ["4Xk9"] is_some;
    Xforward "SOURCE" "LOCAL / REMOTE" ["REMOTE", "LOCAL"] |v| one_of(v, &["LOCAL", "REMOTE"]);
}

impl Attribute {
    /// The attribute of `verb` of this name, in capitals.
    pub fn find(verb: &Verb, name: &str) -> Option<&'static Self> {
        ATTRIBUTES.iter().find(|known| known.verb == *verb && known.name == name)
    }

    /// Whether a value, as it is written, is one.
    pub fn takes(&self, written: &str) -> bool {
        xtext::decode(written).is_some_and(|text| one_of(&text, NOTHING) || (self.takes)(&text))
    }
}

fn is_some(value: &str) -> bool {
    !value.is_empty()
}

fn one_of(value: &str, known: &[&str]) -> bool {
    known.iter().any(|k| k.eq_ignore_ascii_case(value))
}

fn is_port(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_digit()) && value.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_address(value: &str) -> bool {
    match value.split_at_checked(5) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPV6:") => {
            address.parse::<Ipv6Addr>().is_ok()
        }
        _ => value.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_taken() {
        for known in ATTRIBUTES {
            for value in known.values.iter().chain(NOTHING) {
                assert!(known.takes(value), "{}={value}", known.name);
            }
            assert!(!known.takes(""), "{}=", known.name);
        }
    }

    #[test]
    fn values() {
        for (name, value, good) in [
            ("ADDR", "192.0.2.7", true),
            ("ADDR", "IPv6:2001:db8::1", true),
            ("ADDR", "2001:db8::1", false),
            ("ADDR", "[192.0.2.7]", false),
            ("ADDR", "[unavailable]", true),
            ("PORT", "65536", false),
            ("PORT", "0", false),
            ("PROTO", "esmtp", true),
            ("PROTO", "LMTP", false),
            ("NAME", "a+20b", true),
            ("NAME", "a+b", false),
        ] {
            let known = Attribute::find(&Verb::Xclient, name).expect(name);
            assert_eq!(known.takes(value), good, "{name}={value}");
        }
        assert!(Attribute::find(&Verb::Xforward, "LOGIN").is_none());
    }
}
