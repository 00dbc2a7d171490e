//! The command line → [`Mode`], one variant for each way of running.

mod attach;
mod common;
mod login;
mod reach;
mod run;
mod seen;
mod send;
mod serve;
mod text;
mod tls;
mod verify;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::display::content::{ContentView, View};
use crate::headless::faults::Form;
use crate::net::dial::Target;
use crate::smtp::target;
use crate::speaker::fault::Choice;

pub use attach::Attachments;
pub use common::Common;
pub use login::LoginArgs;
pub use reach::{Onward, ReachArgs, Slip, typed as typed_route, typed_onward};
pub use run::{ReportArgs, RunArgs};
pub use seen::SeenArgs;
pub use send::{AttachedFile, MessageArgs, OutputArgs, PrintArgs, SendArgs, StopArgs, WayArgs};
pub use serve::ServeArgs;
pub use tls::{PracticeArgs, TlsArgs};
pub use verify::VerifyArgs;

/// A debugger for SMTP: type the commands, see every byte and what it means.
#[derive(Parser, Debug)]
#[command(name = "ehlo", version, long_version = text::version(), about, after_help = text::MAIN)]
pub struct Cli {
    #[arg(value_name = "TARGET", value_parser = Target::read, default_value = "practice", help = text::TARGET)]
    targets: Vec<Target>,
    /// Line by line on standard input and output, without a screen; the default in a pipe
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// The whole definition, from which completions and the man page are made.
pub fn definition() -> clap::Command {
    Cli::command()
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Play transcripts and check what they expect
    #[command(after_help = text::RUN)]
    Run(Box<RunArgs>),
    /// Send one message: the whole session in one line
    #[command(after_help = text::SEND)]
    Send(Box<SendArgs>),
    /// Print what a recording, a transcript, a message or a mailbox holds
    #[command(after_help = text::SHOW)]
    Show {
        /// A journal, a transcript, an .eml, an mbox, a Maildir or a folder of .eml; - is standard
        /// input, and recent or recent:2 one of the last sessions
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print every line of mail data
        #[arg(long)]
        full: bool,
        /// Print one JSON object for each session
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        seen: SeenArgs,
        #[command(flatten)]
        verify: Box<VerifyArgs>,
    },
    /// Look at recordings, transcripts or messages on the screen
    #[command(after_help = text::OPEN)]
    Open {
        /// As for show; each has a tab, and .eml files that follow one another share one. Without any,
        /// the last sessions are listed
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// List the last sessions as JSON, one object for each
        #[arg(long, conflicts_with = "files")]
        json: bool,
    },
    /// Compare two sessions: what each server answered to the same
    #[command(after_help = text::COMPARE)]
    Compare {
        /// A recording or a transcript
        #[arg(value_name = "FILE")]
        first: PathBuf,
        /// Another one
        #[arg(
            value_name = "FILE",
            required_unless_present = "servers",
            conflicts_with = "servers"
        )]
        second: Option<PathBuf>,
        /// Instead of another one: say the first again to this server, and compare; given twice, to
        /// both servers, and compare them
        #[arg(long = "server", id = "servers", value_parser = Target::read, value_name = "TARGET")]
        servers: Vec<Target>,
        /// Look at reply codes alone
        #[arg(long)]
        codes: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Run the practice server alone, as a catcher of mail, too
    #[command(after_help = text::SERVE)]
    Serve(Box<ServeArgs>),
    /// Print what is known about a command, a code, a keyword, a header field, a notion
    #[command(after_help = text::EXPLAIN)]
    Explain {
        /// What to explain: 550, 5.7.1, RCPT, 8BITMIME, Return-Path, dot-stuffing, B09
        #[arg(required = true, value_name = "WORD")]
        words: Vec<String>,
        /// Print one JSON object for each entry
        #[arg(long)]
        json: bool,
    },
    /// Print the keys, yours included
    #[command(after_help = text::KEYS)]
    Keys {
        #[command(subcommand)]
        what: Option<KeysVerb>,
    },
    /// What is set, where from, and whether it is right
    #[command(after_help = text::CONFIG)]
    Config {
        #[command(subcommand)]
        what: Option<ConfigVerb>,
    },
    /// Print the themes, yours included
    #[command(after_help = text::THEMES)]
    Themes,
    /// Print how the practice server can misbehave, or what some of it does
    #[command(after_help = text::FAULTS)]
    Faults {
        /// Faults by their names
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Print one JSON object for each
        #[arg(long, conflicts_with = "toml")]
        json: bool,
        /// Print them as the files that they are
        #[arg(long, requires = "names")]
        toml: bool,
    },
    /// Print completions for a shell
    #[command(after_help = text::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    #[command(after_help = text::MAN)]
    Man,
}

#[derive(Subcommand, Clone, Copy, Debug)]
enum KeysVerb {
    /// Say what arrives when a key is pressed, and what it does
    #[command(after_help = text::KEYS_TEST)]
    Test,
}

/// What can be asked about the settings.
#[derive(Subcommand, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigVerb {
    /// Print every setting and where its value comes from, as a config.toml
    #[command(after_help = text::CONFIG_PRINT)]
    Print {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say what is wrong in config.toml, keys.toml and your themes; exit code 1 if anything is
    #[command(after_help = text::CONFIG_CHECK)]
    Check,
    /// Print the folders
    #[command(after_help = text::CONFIG_PATH)]
    Path,
}

/// One way of running.
#[derive(Debug)]
pub enum Mode {
    /// The screen, connected.
    Screen(Vec<Target>),
    /// The screen over files.
    Open(Vec<PathBuf>),
    /// Line by line.
    Plain(Target),
    /// Scripts.
    Run(Box<RunArgs>),
    /// One message.
    Send(Box<SendArgs>),
    /// A file, printed.
    Show {
        /// The files.
        files: Vec<PathBuf>,
        /// Every line of mail data.
        full: bool,
        /// As JSON.
        json: bool,
        /// What of a message.
        seen: SeenArgs,
        /// Whether and how its messages are verified.
        verify: Box<VerifyArgs>,
    },
    /// The list of the last sessions.
    Recent {
        /// As JSON.
        json: bool,
    },
    /// Two sessions, compared.
    Compare(Compare),
    /// The practice server.
    Serve {
        /// Its options.
        args: Box<ServeArgs>,
        /// Whether it is seen on the screen.
        screen: bool,
    },
    /// What is known about some words.
    Explain {
        /// The words.
        words: Vec<String>,
        /// As JSON.
        json: bool,
    },
    /// The key table.
    Keys,
    /// What arrives when keys are pressed.
    Keyboard,
    /// The settings.
    Config(ConfigVerb),
    /// The list of themes.
    Themes,
    /// The list of faults, or what some of them do.
    Faults {
        /// Which.
        names: Vec<String>,
        /// In which form.
        form: Form,
    },
    /// Completions for a shell.
    Completions(Shell),
    /// The man page.
    Man,
}

/// What `ehlo compare` needs to know.
#[derive(Debug)]
pub struct Compare {
    /// One session.
    pub first: PathBuf,
    /// The other.
    pub second: Option<PathBuf>,
    /// The server that answers in place of another session; or two, in place of both.
    pub servers: Vec<Target>,
    /// Codes alone.
    pub codes: bool,
    /// As JSON.
    pub json: bool,
}

/// A message says again what it is about, and that may hold a password.
fn veiled(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        let value = ContextValue::String(target::without_password(value));
        error.insert(ContextKind::InvalidValue, value);
    }
    error
}

/// Reads the command line. `piped` says that standard output is no terminal that can be drawn on.
///
/// # Errors
/// With clap's message, which may also be the help that was asked for.
pub fn read(
    args: impl IntoIterator<Item = std::ffi::OsString>,
    piped: bool,
) -> Result<(Mode, Common), clap::Error> {
    let mut cli = Cli::try_parse_from(args).map_err(veiled)?;
    if matches!(cli.verb, Some(Verb::Serve(_))) {
        cli.common = cli.common.of_server();
    }
    check(&cli)?;
    let mode = match cli.verb {
        None if cli.plain || piped => {
            Mode::Plain(only(cli.targets, "without a screen, one server")?)
        }
        None => Mode::Screen(cli.targets),
        Some(Verb::Run(run)) => Mode::Run(run),
        Some(Verb::Send(send)) => Mode::Send(send),
        Some(Verb::Open { files, json }) if files.is_empty() => Mode::Recent { json },
        Some(Verb::Show { files, full, json, seen, verify }) => {
            is_read_once(&files)?;
            Mode::Show { files, full, json, seen, verify }
        }
        Some(Verb::Open { files, .. }) if piped => {
            is_read_once(&files)?;
            let (seen, verify) = (SeenArgs::default(), Box::default());
            Mode::Show { files, full: false, json: false, seen, verify }
        }
        Some(Verb::Open { files, .. }) => Mode::Open(files),
        Some(Verb::Compare { first, second, servers, codes, json }) => {
            if servers.len() > 2 {
                let why = "--server is given once, or twice to compare two servers";
                return Err(Cli::command().error(ErrorKind::TooManyValues, why));
            }
            // What is said again is read as a session and as a script, or for each server.
            let read = [Some(&first), second.as_ref(), servers.first().map(|_| &first)];
            is_read_once(&read.into_iter().flatten().cloned().collect::<Vec<_>>())?;
            Mode::Compare(Compare { first, second, servers, codes, json })
        }
        Some(Verb::Serve(args)) => {
            let screen = !(args.plain || args.json || piped || cli.plain);
            Mode::Serve { args, screen }
        }
        Some(Verb::Explain { words, json }) => Mode::Explain { words, json },
        Some(Verb::Keys { what: None }) => Mode::Keys,
        Some(Verb::Keys { what: Some(KeysVerb::Test) }) => Mode::Keyboard,
        Some(Verb::Config { what }) => {
            Mode::Config(what.unwrap_or(ConfigVerb::Print { json: false }))
        }
        Some(Verb::Themes) => Mode::Themes,
        Some(Verb::Faults { names, json, toml }) => {
            let form = if json {
                Form::Json
            } else if toml {
                Form::Toml
            } else {
                Form::Text
            };
            Mode::Faults { names, form }
        }
        Some(Verb::Completions { shell }) => Mode::Completions(shell),
        Some(Verb::Man) => Mode::Man,
    };
    Ok((mode, cli.common))
}

/// What does not go together.
fn check(cli: &Cli) -> Result<(), clap::Error> {
    if let Some(Verb::Run(run)) = &cli.verb {
        is_read_once(&run.scripts)?;
        if run.report.json && run.report.is_junit_on_output() {
            let why = "--json and --junit - are both for standard output";
            return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
        }
    }
    let by_hand = matches!(&cli.verb, Some(Verb::Serve(args)) if args.by_hand);
    let talks = by_hand || matches!(cli.verb, None | Some(Verb::Run(_) | Verb::Send(_)));
    if cli.common.record.is_some() && !talks {
        let why = "--record is for sessions that this program drives: the screen, --plain, run, \
                   send and serve --by-hand";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    if let Some(why) = cli.common.reach.conflict() {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    if let Some(Verb::Serve(args)) = &cli.verb
        && let Some(why) = args.conflict()
    {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    if let Some(Verb::Show { verify, .. }) = &cli.verb
        && verify.answers.is_some()
        && cli.common.reach.asks_name_server()
    {
        let why = "--answers is for asking nobody, and --dns for asking a name server";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    if let Some(Verb::Show { verify, seen, .. }) = &cli.verb
        && verify.verify
        && seen.is_asked()
        && seen.view != Some(View::Content(ContentView::Authenticity))
    {
        let why = "of the views, --view authenticity alone shows what --verify finds out";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    if let Some(Verb::Show { seen, .. }) = &cli.verb
        && let Some(why) = seen.conflict()
    {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    Ok(())
}

impl Mode {
    /// The servers that were named.
    pub fn targets(&mut self) -> Vec<&mut Target> {
        match self {
            Self::Screen(targets) => targets.iter_mut().collect(),
            Self::Plain(target) => vec![target],
            Self::Run(run) => vec![&mut run.server],
            Self::Send(send) => vec![&mut send.server],
            Self::Compare(compare) => compare.servers.iter_mut().collect(),
            _ => Vec::new(),
        }
    }
}

/// Reads the choice of a fault.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a result")]
fn fault(text: &str) -> Result<Choice, std::convert::Infallible> {
    Ok(Choice::read(text))
}

/// Standard input is not there a second time.
fn is_read_once(files: &[PathBuf]) -> Result<(), clap::Error> {
    if files.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        let why = "standard input (-) can be read only once";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    Ok(())
}

/// The only one of what was named.
fn only<T>(named: Vec<T>, why: &str) -> Result<T, clap::Error> {
    let mut named = named.into_iter();
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Cli::command().error(ErrorKind::TooManyValues, why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::route::Family;
    use crate::net::tls::When;

    fn mode(line: &str) -> Result<(Mode, Common), clap::Error> {
        read(line.split(' ').map(Into::into), false)
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_not_shown_is_not_asked_for() {
        for (options, fits) in [
            ("--view header", true),
            ("--view body --part 2", true),
            ("--view parts --part 2", false),
            ("--view envelope", true),
            ("--view envelope --message 2", true),
            ("--view envelope --part 2", false),
            ("--part 2 --as raw", true),
            ("--part 2 --message 1", true),
            ("--view hex --message 1", true),
            ("--view authenticity --verify", true),
            ("--view header --verify", false),
            ("--part 2 --verify", false),
            ("--view body --part 2 --as raw", false),
            ("--as raw", false),
            ("--message 1", false),
            ("--message 1 --json", false),
            ("--view header --full", false),
            ("--part 2 --full", false),
            ("--view header --json", false),
        ] {
            assert_eq!(mode(&format!("ehlo show x {options}")).is_ok(), fits, "{options}");
        }
        let mut definition = definition();
        let show = definition.find_subcommand_mut("show").unwrap();
        let help = show.render_long_help().to_string();
        let help: Vec<_> = help.split_whitespace().collect();
        let help = help.join(" ");
        assert!(
            help.contains(
                "one of envelope, times, header, trace, thread, parts, body, raw, hex, authenticity"
            ),
            "{help}"
        );
    }

    #[test]
    fn every_verb_has_an_example() {
        fn check(command: &clap::Command, name: &str) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("\n  {name}")), "{name}: {help}");
            for verb in command.get_subcommands() {
                check(verb, &format!("{name} {}", verb.get_name()));
            }
        }
        check(&definition(), "ehlo");
    }

    #[test]
    fn common_options_stand_before_and_after_the_verb() {
        for line in ["ehlo --lang ja run x --server h:25", "ehlo run x --server h:25 --lang ja"] {
            let (mode, common) = mode(line).unwrap();
            let Mode::Run(run) = mode else { panic!("{line}") };
            assert!(matches!(run.server, Target::Tcp { port: 25, .. }));
            let asked = common.asked();
            assert_eq!((asked.len(), asked[0].flag, asked[0].value.as_str()), (1, "--lang", "ja"));
        }
        let asked = mode("ehlo --ascii keys --no-mouse").unwrap().1.asked();
        let asked: Vec<_> = asked.iter().map(|a| (a.name, a.value.as_str())).collect();
        assert_eq!(asked, [("borders", "ascii"), ("mouse", "false")]);
        for (line, limits) in [
            ("ehlo run x --server h --timeout 30 --timeout data-end=600,rcpt=20", [600, 20, 30, 0]),
            ("ehlo --timeout rcpt=20 --timeout idle=7 h", [0, 20, 0, 7]),
            ("ehlo serve --timeout 7", [7, 7, 7, 7]),
        ] {
            let asked = mode(line).unwrap().1.asked();
            let of = |name: &str| {
                let asked = asked.iter().find(|a| a.name == ["timeouts.", name].concat());
                asked.map_or(0, |asked| asked.value.parse().unwrap())
            };
            assert_eq!(["data-end", "rcpt", "mail", "idle"].map(of), limits, "{line}");
        }
        assert!(mode("ehlo --timeout soon h").is_err() && mode("ehlo --timeout dot=1 h").is_err());
        assert!(matches!(mode("ehlo").unwrap().0, Mode::Screen(t) if t == [Target::practice()]));
        assert!(matches!(mode("ehlo a b:26").unwrap().0, Mode::Screen(t) if t.len() == 2));
        assert!(matches!(mode("ehlo open a b").unwrap().0, Mode::Open(files) if files.len() == 2));
        assert!(mode("ehlo --plain a b").is_err());
        assert!(matches!(mode("ehlo --plain h").unwrap().0, Mode::Plain(_)));
        assert!(mode("ehlo run x").is_err());
        assert!(mode("ehlo serve --record x").is_err());
        for line in ["ehlo -4 --dns 127.0.0.1 h", "ehlo run x --server h --dns 127.0.0.1:53 -4"] {
            let route = mode(line).unwrap().1.reach.route();
            let dns = "127.0.0.1:53".parse().ok();
            assert_eq!((route.family(), route.dns), (Some(Family::V4), dns), "{line}");
        }
        assert_eq!(mode("ehlo --source ::1 h").unwrap().1.reach.route().family(), Some(Family::V6));
        assert!(mode("ehlo -4 -6 h").is_err());
        for line in ["ehlo --tls starttls h", "ehlo run x --server h --tls starttls --insecure"] {
            assert_eq!(mode(line).unwrap().1.tls.when(), When::Starttls, "{line}");
        }
        assert!(mode("ehlo --tls sometimes h").is_err());
        assert!(mode("ehlo --tls-key x h").is_err(), "a key needs its certificate");
    }
}
