//! Command verbs: an open set. Known names are variants, others are kept as they were written.

use std::fmt;

macro_rules! verbs {
    ($($variant:ident $name:literal $doc:literal),* $(,)?) => {
        /// The first word of a command line.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Verb {
            $(#[doc = $doc] $variant,)*
            /// A word that is no known verb, as written, undecodable bytes replaced.
            Other(String),
        }

        impl Verb {
            /// Every known verb.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// The name: capitals for a known verb, as written otherwise.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(word) => word,
                }
            }
        }
    };
}

verbs! {
    Ehlo "EHLO" "RFC 5321 §4.1.1.1", Helo "HELO" "RFC 5321 §4.1.1.1", Lhlo "LHLO" "RFC 2033 §4.1",
    Mail "MAIL" "RFC 5321 §4.1.1.2", Rcpt "RCPT" "RFC 5321 §4.1.1.3",
    Data "DATA" "RFC 5321 §4.1.1.4", Bdat "BDAT" "RFC 3030 §2", Rset "RSET" "RFC 5321 §4.1.1.5",
    Vrfy "VRFY" "RFC 5321 §4.1.1.6", Expn "EXPN" "RFC 5321 §4.1.1.7",
    Help "HELP" "RFC 5321 §4.1.1.8", Noop "NOOP" "RFC 5321 §4.1.1.9",
    Quit "QUIT" "RFC 5321 §4.1.1.10", Starttls "STARTTLS" "RFC 3207 §4", Auth "AUTH" "RFC 4954 §4",
    Etrn "ETRN" "RFC 1985 §5", Atrn "ATRN" "RFC 2645 §5.2.1", Burl "BURL" "RFC 4468 §3",
    Turn "TURN" "RFC 5321 §F.1", Send "SEND" "RFC 5321 §F.6", Soml "SOML" "RFC 5321 §F.6",
    Saml "SAML" "RFC 5321 §F.6", Xclient "XCLIENT" "A Postfix extension.",
    Xforward "XFORWARD" "A Postfix extension.",
}

impl Verb {
    /// The verb written as `word`; verbs have no case (RFC 5321 §2.4).
    pub fn new(word: &[u8]) -> Self {
        let first = word.first().map(u8::to_ascii_uppercase);
        let is_this = |known: &&Self| {
            let name = known.as_str().as_bytes();
            name.first().copied() == first && name.eq_ignore_ascii_case(word)
        };
        Self::KNOWN
            .iter()
            .find(is_this)
            .cloned()
            .unwrap_or_else(|| Self::Other(String::from_utf8_lossy(word).into_owned()))
    }

    /// Whether the verb is one of the known ones.
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_known_by_its_name_in_any_case() {
        for verb in Verb::KNOWN {
            let name = verb.as_str();
            for written in [name.to_owned(), name.to_lowercase()] {
                assert_eq!(Verb::new(written.as_bytes()), *verb);
            }
        }
        assert_eq!(Verb::new(b""), Verb::Other(String::new()));
        assert_eq!(Verb::new(b"MAILS"), Verb::Other("MAILS".to_owned()));
    }
}
