//! Options about the way to a server, which every way of running knows.

use std::net::SocketAddr;

use clap::builder::TypedValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser};

use super::login::{LoginArgs, PasswordArgs};
use crate::headless::Password;
use crate::journal::transcript::{self, Place};
use crate::knowledge::{self, Lang};
use crate::net::inquiry::{Asks, Inquiring};
use crate::net::names::DNS_PORT;
use crate::net::route::{Family, Preface, Route, address};
use crate::net::via::Proxy;
use crate::smtp::proxy::Version;

/// Options about the way to a server.
#[derive(Args, Clone, Debug, Default)]
pub struct ReachArgs {
    /// Reach servers by IPv4 alone
    #[arg(short = '4', long, global = true, group = "family")]
    ipv4: bool,
    /// Reach servers by IPv6 alone
    #[arg(short = '6', long, global = true, group = "family")]
    ipv6: bool,
    /// Call from this address of this host; IPv6 with a port has brackets
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = source)]
    source: Option<SocketAddr>,
    /// Ask this name server instead of those of the system
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = name_server)]
    dns: Option<SocketAddr>,
    /// Let a proxy connect: a SOCKS5 one (socks5://), or an HTTP one (http://) by CONNECT; a user
    /// and a password stand before its host, a port behind
    #[arg(long, global = true, value_name = "PROXY", value_parser = Proxy::read)]
    via: Option<Proxy>,
    /// Send a header of the PROXY protocol first: v1, v2, v1-unknown, v2-local; any other text is
    /// sent as it stands, with \\r \\n \\xHH, and \\c at the end for no CRLF
    #[arg(long, global = true, value_name = "FORM|TEXT", value_parser = form)]
    proxy_protocol: Option<Preface>,
    /// Where that header says that the connection comes from; IPv6 has brackets
    #[arg(long, global = true, value_name = "ADDR:PORT", requires = "proxy_protocol")]
    proxy_source: Option<SocketAddr>,
    /// Where it says that the connection leads to
    #[arg(long, global = true, value_name = "ADDR:PORT", requires = "proxy_protocol")]
    proxy_destination: Option<SocketAddr>,
    /// What name servers are asked about a server beside its addresses: auto asks for the names of a
    /// public address, and behind mx: for MTA-STS and DANE; all asks also about private addresses
    #[arg(long, global = true, value_name = "WHAT", value_parser = asks())]
    who: Option<Asks>,
    /// The domain whose MTA-STS policy the server is judged by; that of mx: without this
    #[arg(long, global = true, value_name = "DOMAIN", value_parser = domain)]
    sts: Option<String>,
    /// Fetch that policy from this address instead of its own host
    #[arg(long, global = true, value_name = "ADDR[:PORT]", value_parser = policy_server)]
    sts_address: Option<SocketAddr>,
}

/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;

impl ReachArgs {
    /// What of it cannot be had together.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        let source = self
            .source
            .filter(|source| (self.ipv4 && source.is_ipv6()) || (self.ipv6 && source.is_ipv4()));
        source.map(|_| "--source is an address of the other family than -4 or -6")
    }

    /// Whether a name server was chosen.
    pub(super) const fn asks_name_server(&self) -> bool {
        self.dns.is_some()
    }

    /// What was chosen.
    pub fn route(&self) -> Route {
        let family = self.ipv4.then_some(Family::V4).or_else(|| self.ipv6.then_some(Family::V6));
        let preface = self.proxy_protocol.clone().map(|preface| match preface {
            Preface::Header { version, named, .. } => Preface::Header {
                version,
                named,
                source: self.proxy_source,
                destination: self.proxy_destination,
            },
            raw @ Preface::Raw(_) => raw,
        });
        let (source, dns, via) = (self.source, self.dns, self.via.clone());
        let inquiring =
            Inquiring { asks: self.who, domain: self.sts.clone(), policy_at: self.sts_address };
        Route { family, source, dns, via, preface, inquiring }
    }
}

/// What stands behind `:connect`, without its target.
#[derive(Parser, Debug)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Typed {
    #[command(flatten)]
    reach: ReachArgs,
}

/// What stands behind `:relay`, between the message and its target.
#[derive(Parser, Debug)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct TypedOnward {
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    login: LoginArgs,
    #[command(flatten)]
    password: PasswordArgs,
}

/// How a message goes on.
#[derive(Clone, Debug, Default)]
pub struct Onward {
    /// The way, as far as it was said.
    pub route: Route,
    /// Who logs in.
    pub login: LoginArgs,
    /// Where the password comes from, if that was said.
    pub password: Password,
}

/// Something wrong with options that were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The byte at which it stands.
    pub at: usize,
    /// What.
    pub why: String,
}

/// Reads options that stand before a target, with the names that the command line has for them; a
/// value with blanks stands between quotes. Gives where the target begins; what is wrong is said in
/// the language `told_in`.
///
/// # Errors
/// With the place of the first option, or its value, that is wrong.
pub fn typed(line: &str, told_in: Lang) -> Result<(Route, usize), Slip> {
    let (typed, at) = options(line, told_in, |typed: &Typed| &typed.reach)?;
    Ok((typed.map(|typed| typed.reach.route()).unwrap_or_default(), at))
}

/// The same, with those of a login.
///
/// # Errors
/// As above.
pub fn typed_onward(line: &str, told_in: Lang) -> Result<(Onward, usize), Slip> {
    let (typed, at) = options(line, told_in, |typed: &TypedOnward| &typed.reach)?;
    let onward = typed.map(|TypedOnward { reach, login, password }| Onward {
        route: reach.route(),
        login,
        password: password.password(),
    });
    Ok((onward.unwrap_or_default(), at))
}

/// Reads the options of a definition; `None` if there are none.
fn options<T: Parser>(
    line: &str,
    told_in: Lang,
    reach: fn(&T) -> &ReachArgs,
) -> Result<(Option<T>, usize), Slip> {
    let definition = T::command();
    let mut given: Vec<String> = Vec::new();
    let mut read = None;
    let mut at = blanks(line, 0);
    while line.get(at..).is_some_and(|rest| rest.starts_with('-')) {
        let (word, end) = word(line, at);
        let named = |arg: &&clap::Arg| {
            let (short, long) = (arg.get_short(), arg.get_long());
            let name = word.split('=').next().unwrap_or_default();
            long.is_some_and(|long| name.strip_prefix("--") == Some(long))
                || short.is_some_and(|short| name == format!("-{short}"))
        };
        let option = definition.get_arguments().find(named);
        let takes = option.is_some_and(|arg| arg.get_action().takes_values());
        let begin = blanks(line, end);
        // Where the value may be left out, no option is one, nor the last word, nor what has a colon,
        // which no mechanism has: that is the target, and a program has words behind its own.
        let range = option.and_then(clap::Arg::get_num_args);
        let may_lack = range.is_some_and(|range| range.min_values() == 0);
        let is_last = || blanks(line, self::word(line, begin).1) >= line.len();
        let is_option = || line.get(begin..).is_some_and(|rest| rest.starts_with('-'));
        let is_place = || self::word(line, begin).0.contains(':');
        let lacks = may_lack && (is_option() || is_last() || is_place());
        let apart = takes && !word.contains('=') && !lacks;
        given.push(word);
        let (mut wrong, mut next) = (at, end);
        if apart {
            let (value, end) = self::word(line, begin);
            (wrong, next) = (begin.min(line.len()), end);
            given.extend(Some(value).filter(|value| !value.is_empty()));
        }
        at = blanks(line, next);
        match T::try_parse_from(&given) {
            Ok(typed) => match reach(&typed).conflict() {
                Some(why) => return Err(Slip { at: wrong, why: why.to_owned() }),
                None => read = Some(typed),
            },
            // What it needs may still come.
            Err(error)
                if error.kind() == ErrorKind::MissingRequiredArgument
                    && line.get(at..).is_some_and(|rest| rest.starts_with('-')) => {}
            Err(error) => {
                return Err(Slip { at: wrong, why: said(&super::veiled(error), told_in) });
            }
        }
    }
    Ok((read, at))
}

/// What is wrong, in words: what clap says first, where it speaks that language.
fn said(error: &clap::Error, lang: Lang) -> String {
    let told = |kind| match error.get(kind) {
        Some(ContextValue::String(one)) => one.clone(),
        Some(ContextValue::Strings(all)) => all.join(", "),
        _ => String::new(),
    };
    let (option, value) = (told(ContextKind::InvalidArg), told(ContextKind::InvalidValue));
    let (known, other) = (told(ContextKind::ValidValue), told(ContextKind::PriorArg));
    let key = match error.kind() {
        _ if lang == Lang::En => return first_line(error),
        ErrorKind::UnknownArgument => "misread.option",
        ErrorKind::InvalidValue if value.is_empty() => "misread.option.empty",
        ErrorKind::InvalidValue => "misread.option.known",
        ErrorKind::ValueValidation => "misread.option.value",
        ErrorKind::ArgumentConflict if option == other => "misread.option.twice",
        ErrorKind::ArgumentConflict => "misread.option.conflict",
        ErrorKind::MissingRequiredArgument => "misread.option.needs",
        _ => return first_line(error),
    };
    let values = [("option", &*option), ("value", &value), ("known", &known), ("other", &other)];
    knowledge::fill(lang, key, &values)
}

/// What clap says first.
fn first_line(error: &clap::Error) -> String {
    let said = error.render().to_string();
    let lines = said.lines().map(str::trim).take_while(|line| !line.is_empty());
    let said = lines.collect::<Vec<_>>().join(" ");
    said.strip_prefix("error: ").unwrap_or(&said).to_owned()
}

fn blanks(line: &str, from: usize) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    from + rest.len() - rest.trim_start().len()
}

/// The word that begins at `from`, without the quotes around parts of it, and where it ends.
fn word(line: &str, from: usize) -> (String, usize) {
    let (mut out, mut quoted) = (String::new(), false);
    for (at, c) in line.get(from..).unwrap_or_default().char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => return (out, from + at),
            c => out.push(c),
        }
    }
    (out, line.len())
}

/// Any port, unless one is written.
fn source(text: &str) -> Result<SocketAddr, String> {
    address(text, 0)
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    address(text, DNS_PORT)
}

fn policy_server(text: &str) -> Result<SocketAddr, String> {
    address(text, HTTPS_PORT)
}

fn domain(text: &str) -> Result<String, String> {
    let wrong = text.is_empty() || text.contains(|c: char| c.is_whitespace() || "/:@".contains(c));
    if wrong {
        Err("expected a domain such as example.net".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn asks() -> impl TypedValueParser<Value = Asks> {
    super::tls::one_of(&Asks::ALL)
}

/// The forms of a header, by the names under which they are chosen.
const FORMS: [(&str, Version, bool); 4] = [
    ("v1", Version::V1, true),
    ("v2", Version::V2, true),
    ("v1-unknown", Version::V1, false),
    ("v2-local", Version::V2, false),
];

fn form(text: &str) -> Result<Preface, String> {
    if let Some((_, version, named)) = FORMS.into_iter().find(|(name, ..)| *name == text) {
        return Ok(Preface::Header { version, named, source: None, destination: None });
    }
    // Who misremembers a name does not mean to send it.
    let digits = text.strip_prefix(['v', 'V']);
    if digits.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        let names = FORMS.map(|(name, ..)| name).join(", ");
        return Err(format!("expected {names}, or text that does not begin like these"));
    }
    let read = transcript::text(text.as_bytes(), Place { line: 1, column: 1 });
    let told = |error| crate::display::transcript::say(&error, Lang::En);
    read.map(|text| Preface::Raw(text.wire())).map_err(told)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::tui::directive::REACH;

    #[test]
    fn options_before_a_target_are_those_of_the_command_line() {
        let (route, at) =
            typed("-6 --source [::1]:2600 --via socks5://127.0.0.1 pipe:a -b", Lang::En).unwrap();
        assert_eq!(at, 48, "a program has options of its own");
        assert_eq!(route.family, Some(Family::V6));
        assert_eq!(route.source, "[::1]:2600".parse().ok());
        assert!(route.via.is_some() && route.dns.is_none() && route.preface.is_none());
        let (route, at) = typed(
            "--proxy-source 192.0.2.7:4000 --proxy-protocol=v1 --dns 127.0.0.1 mx:x",
            Lang::En,
        )
        .unwrap();
        assert_eq!((at, route.dns), (66, "127.0.0.1:53".parse().ok()));
        let Some(Preface::Header { source, .. }) = route.preface else { panic!("no header") };
        assert_eq!(source, "192.0.2.7:4000".parse().ok());
        let (route, _) = typed("--proxy-protocol \"PROXY UNKNOWN x\" h", Lang::En).unwrap();
        assert_eq!(route.preface, Some(Preface::Raw("PROXY UNKNOWN x\r\n".into())));
        assert_eq!(typed("mx.example.net:25", Lang::En).unwrap().1, 0);
        assert_eq!(typed("", Lang::En).unwrap().1, 0);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (line, at, why) in [
            ("-4 -6 h", 3, "the argument '--ipv4' cannot be used with '--ipv6'"),
            ("--source nowhere h", 9, "\"nowhere\" is no address"),
            ("--frob h", 0, "unexpected argument '--frob' found"),
            ("--dns", 5, "a value is required"),
            ("--via ftp://x h", 6, "expected socks5://"),
            ("--proxy-source 192.0.2.7:4000 h", 15, "--proxy-protocol"),
            ("--proxy-protocol a\\q h", 17, "unknown escape"),
            ("-6 --source 192.0.2.7 h", 12, "of the other family"),
            ("--source 192.0.2.7 -6 h", 19, "of the other family"),
        ] {
            let slip = typed(line, Lang::En).unwrap_err();
            assert_eq!(slip.at, at, "{line}: {}", slip.why);
            assert!(slip.why.contains(why), "{line}: {}", slip.why);
        }
    }

    #[test]
    fn the_last_word_is_a_target_where_a_value_may_be_left_out() {
        for (line, target, auth) in [
            ("--auth mx.example", "mx.example", &[""][..]),
            ("--auth mx.example ", "mx.example ", &[""]),
            ("-a --user bob mx.example", "mx.example", &[""]),
            ("--auth PLAIN mx.example", "mx.example", &["PLAIN"]),
            ("--auth=PLAIN mx.example", "mx.example", &["PLAIN"]),
            ("--auth pipe:a -b", "pipe:a -b", &[""]),
            ("-a lmtp:pipe:\"a b\" -c", "lmtp:pipe:\"a b\" -c", &[""]),
            ("--auth PLAIN,LOGIN pipe:a -b", "pipe:a -b", &["PLAIN", "LOGIN"]),
        ] {
            let (onward, at) = typed_onward(line, Lang::En).unwrap();
            assert_eq!(line.get(at..), Some(target), "{line}");
            assert_eq!(onward.login.auth.unwrap(), auth, "{line}");
        }
    }

    #[test]
    fn a_slip_says_no_password_again() {
        for line in ["--via ftp://alice:tok3n@proxy h", "--via=socks5://alice:tok3n@[ h"] {
            for lang in [Lang::En, Lang::Ja] {
                let why = typed(line, lang).unwrap_err().why;
                assert!(why.contains("alice:***@") && !why.contains("tok3n"), "{why}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_japanese() {
        for (line, why) in [
            ("-4 -6 h", "--ipv4 と --ipv6 は同時に使えません"),
            ("-4 -4 h", "--ipv4 は一度だけ使えます"),
            ("--source nowhere h", "「nowhere」は --source <ADDR[:PORT]> の値として読めません"),
            ("--frob h", "--frob というオプションはここでは使えません"),
            ("--dns", "--dns <ADDR[:PORT]> に値がありません"),
            (
                "--who some h",
                "「some」は --who <WHAT> の値ではありません。使えるもの：auto, all, none",
            ),
            ("--proxy-source 192.0.2.7:4000 h", "--proxy-protocol <FORM|TEXT> も必要です"),
        ] {
            assert_eq!(typed(line, Lang::Ja).unwrap_err().why, why, "{line}");
        }
    }

    #[test]
    fn each_option_is_listed_where_one_is_typed() {
        let options = Typed::command();
        let options = options.get_arguments().filter_map(clap::Arg::get_long);
        let mut options: Vec<_> = options.map(|long| format!("--{long}")).collect();
        let mut listed: Vec<_> = REACH.iter().map(|option| option.name.to_owned()).collect();
        options.sort();
        listed.sort();
        assert_eq!(options, listed);
    }
}
