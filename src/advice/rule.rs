//! The rules that a typed line is judged by, beyond what the catalogue of oddities names: each with
//! the key of its sentence, the clause it rests on, and how much it matters.

use super::fault::Severity;

macro_rules! rules {
    ($($variant:ident $key:literal $clause:literal $severity:ident $doc:literal),* $(,)?) => {
        /// A rule that a line can be at odds with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule { $(#[doc = $doc] $variant),* }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The key of its sentence.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            /// The clause it rests on.
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$variant => $clause),* }
            }

            /// How much it matters.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }
        }
    };
}

rules! {
    // Words that are not complete.
    VerbBegun "verdict.begun" "RFC 5321 §4.1.1" Unfinished "The beginning of a verb.",
    ParameterBegun "verdict.begun" "RFC 5321 §4.1.1.11" Unfinished "The beginning of a keyword.",
    MechanismBegun "verdict.begun" "RFC 4954 §4" Unfinished "The beginning of a mechanism.",
    ToCome "verdict.to-come" "RFC 5321 §4.1.1" Unfinished "An argument is still to come.",
    NameBegun "verdict.name-begun" "RFC 5321 §4.1.2" Unfinished "The beginning of a host name.",
    Unclosed "verdict.unclosed" "RFC 5321 §4.1.2" Unfinished "An angle bracket is open.",
    AnswerBegun "verdict.answer-begun" "RFC 4954 §4" Unfinished "Base64 that goes on.",
    // The command.
    UnknownVerb "verdict.unknown" "RFC 5321 §4.2.4" Error "No command is called so.",
    Misspelt "verdict.misspelt" "RFC 5321 §4.2.4" Error "No command is called so, but one nearly.",
    LeadingBlank "verdict.leading-blank" "RFC 5321 §4.1.1" Warn "A blank before the verb.",
    NoArgument "verdict.no-argument" "RFC 5321 §4.1.1" Error "An argument where none may be.",
    Expected "verdict.expected" "RFC 5321 §3.3" Error "Another argument is wanted.",
    BadChunk "verdict.expected" "RFC 3030 §2" Error "BDAT wants a number, and perhaps LAST.",
    LongLine "verdict.long-line" "RFC 5321 §4.5.3.1.4" Error "A command line that is too long.",
    NonAscii "verdict.non-ascii" "RFC 5321 §2.4" Warn "A character beyond ASCII.",
    Control "verdict.control" "RFC 5321 §4.1.2" Error "A control character.",
    // The address.
    Address "verdict.address" "RFC 5321 §4.1.2" Error "No well-formed address.",
    NullRecipient "verdict.null-recipient" "RFC 5321 §4.1.1.3" Error "Nobody as recipient.",
    LongLocal "verdict.long-local" "RFC 5321 §4.5.3.1.1" Error "A local part that is too long.",
    LongDomain "verdict.long-domain" "RFC 5321 §4.5.3.1.2" Error "A domain that is too long.",
    LongPath "verdict.long-path" "RFC 5321 §4.5.3.1.3" Error "A path that is too long.",
    // The parameters.
    NoBlank "verdict.no-blank" "RFC 5321 §4.1.1.2" Error "No blank before a parameter.",
    Twice "verdict.twice" "RFC 5321 §4.1.1.11" Error "A parameter that is there already.",
    Elsewhere "verdict.elsewhere" "RFC 5321 §4.1.1.11" Error "A parameter of another command.",
    Value "verdict.value" "RFC 5321 §4.1.2" Error "A value that the parameter does not have.",
    Together "verdict.together" "RFC 4865 §3" Error "A parameter that excludes one before it.",
    TooLong "verdict.too-long" "RFC 4865 §3" Error "To be held for longer than the server holds.",
    TooBig "verdict.too-big" "RFC 1870 §6.3" Error "A size beyond the server's limit.",
    TooSoon "verdict.too-soon" "RFC 2852 §2" Error "To be returned sooner than the server returns.",
    TooLate "verdict.too-late" "RFC 4865 §3" Error "To be held until later than the server holds.",
    Unwanted "verdict.unwanted" "RFC 3865 §2.1" Error "Advertising that the server does not want.",
    Limit "verdict.limit" "RFC 9422 §4" Warn "More than the server says it takes.",
    Attribute "verdict.mechanism" "RFC 5321 §2.2.2" Error "An attribute that is not offered.",
    Xtext "verdict.xtext" "RFC 3461 §4" Error "A character that has to be written in another way.",
    // The order.
    Closed "verdict.closed" "RFC 5321 §3.1" Error "There is no connection.",
    OnlyQuit "verdict.only-quit" "RFC 5321 §3.1" Error "The server has turned us away.",
    Goodbye "verdict.goodbye" "RFC 5321 §4.1.1.10" Error "The server has said goodbye.",
    NoMail "verdict.no-mail" "RFC 5321 §4.1.4" Error "No transaction has begun.",
    NoRecipient "verdict.no-recipient" "RFC 5321 §3.3" Error "No recipient was accepted.",
    InsideMail "verdict.inside-mail" "RFC 5321 §4.1.4" Error "A transaction is open.",
    Chunked "verdict.chunked" "RFC 3030 §2" Error "Chunks have begun.",
    Binary "verdict.binary" "RFC 3030 §3" Error "DATA for a message that may hold any octet.",
    NotOffered "verdict.not-offered" "RFC 5321 §2.2.1" Error "The server did not offer it.",
    Historic "verdict.historic" "RFC 5321 §F.6" Warn "A command that nobody has any more.",
    Lmtp "verdict.lmtp" "RFC 2033 §4.1" Warn "The greeting of another protocol.",
    TlsAlready "verdict.tls-already" "RFC 3207 §4.2" Error "TLS is on.",
    // Logging in.
    LoginOnce "verdict.login-once" "RFC 4954 §4" Error "The client has logged in.",
    LoginInside "verdict.login-inside" "RFC 4954 §4" Error "AUTH inside a transaction.",
    LoginClear "verdict.login-clear" "RFC 4954 §4" Warn "AUTH without TLS.",
    Mechanism "verdict.mechanism" "RFC 4954 §4" Error "A mechanism that is not offered.",
    AnswerNotBase64 "verdict.answer-not-base64" "RFC 4954 §4" Error "An answer of a login that is not base64.",
    NotBase64 "verdict.not-base64" "RFC 4954 §4" Error "An answer that is not base64.",
    // Mail data.
    GoesOn "verdict.goes-on" "RFC 5321 §4.1.1" Warn "The end of a line that is begun on the wire.",
    ColonText "verdict.colon-text" "RFC 5321 §4.1.1.4" Note "Text that looks like a directive.",
    Surplus "verdict.surplus" "RFC 3030 §2" Warn "More than the chunk still takes.",
    FillsChunk "verdict.fills-chunk" "RFC 3030 §2" Note "All that the chunk still takes.",
    NoRoom "verdict.no-room" "RFC 3030 §2" Note "All but one octet of what the chunk still takes.",
    EndsData "verdict.ends-data" "RFC 5321 §4.1.1.4" Note "The end of the message.",
    DotBlank "verdict.dot-blank" "RFC 5321 §4.1.1.4" Warn "A dot that ends nothing.",
    QuitInData "verdict.quit-in-data" "RFC 5321 §4.1.1.4" Warn "QUIT as a line of the message.",
}
