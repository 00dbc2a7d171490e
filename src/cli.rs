//! The command line → [`Mode`], one variant for each way of running.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::knowledge::Lang;
use crate::net::dial::Target;

/// A debugger for SMTP: type the commands, see every byte and what it means.
#[derive(Parser, Debug)]
#[command(name = "ehlo", version, about, after_help = EXAMPLES)]
pub struct Cli {
    #[arg(value_parser = Target::read, default_value = "practice", help = TARGET)]
    target: Target,
    /// Line by line on standard input and output, without a screen; the default in a pipe
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Option<Verb>,
}

const TARGET: &str = "host, host:port, [IPv6]:port, smtp://host, unix:/path or practice";

const EXAMPLES: &str = "Examples:
  ehlo                                  the built-in practice server, no network needed
  ehlo mx.example.net:25                any server
  printf 'EHLO x\\r\\nQUIT\\r\\n' | ehlo --plain mx.example.net:25
  ehlo run login.txt --server mx.example.net:25
  ehlo serve --listen 127.0.0.1:2525 --maildir ./mail

Exit codes: 0 as wished, 1 an expectation failed, 2 could not connect or talk, 64 bad usage or input";

/// Options that every way of running knows, before or after the verb.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Record the session to a file (a journal), as it happens; for the screen, --plain and run
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Keep secrets readable in recordings and on the screen
    #[arg(long, global = true)]
    pub with_secrets: bool,
    /// Language of the interface
    #[arg(long, global = true, value_name = "en|ja", env = "EHLO_LANG")]
    pub lang: Option<Lang>,
    /// Colours
    #[arg(long, global = true, value_enum, default_value = "auto", env = "EHLO_COLOR")]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where the terminal has them and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Play transcripts and check what they expect
    Run {
        /// Transcripts; - is standard input
        #[arg(required = true, value_name = "SCRIPT")]
        scripts: Vec<PathBuf>,
        /// The server to play them to
        #[arg(long, value_parser = Target::read, value_name = "TARGET")]
        server: Target,
        /// Look at reply codes alone
        #[arg(long)]
        codes: bool,
        /// Print every line of mail data
        #[arg(long)]
        full: bool,
        /// Seconds to wait for a reply
        #[arg(long, default_value_t = 300, value_name = "SECONDS")]
        timeout: u64,
        /// Print one JSON object for each script
        #[arg(long)]
        json: bool,
    },
    /// Print what a recording, a transcript or a message holds
    Show {
        /// A journal, a transcript or an .eml; - is standard input
        file: PathBuf,
        /// Print every line of mail data
        #[arg(long)]
        full: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Look at a recording or transcript on the screen
    Open {
        /// A journal or a transcript
        file: PathBuf,
    },
    /// Run the practice server alone
    Serve {
        /// Where to listen; port 0 picks a free one
        #[arg(long, default_value = "127.0.0.1:2525", value_name = "ADDR")]
        listen: SocketAddr,
        /// Store accepted messages in this Maildir
        #[arg(long, value_name = "DIR")]
        maildir: Option<PathBuf>,
        /// Accept any recipient of any domain, as a catcher does
        #[arg(long)]
        catch_all: bool,
        /// Print one JSON object for each message and session
        #[arg(long)]
        json: bool,
    },
    /// Print the keys
    Keys,
}

/// One way of running.
#[derive(Debug)]
pub enum Mode {
    /// The screen, connected.
    Screen(Target),
    /// The screen over a file.
    Open(PathBuf),
    /// Line by line.
    Plain(Target),
    /// Scripts.
    Run(Run),
    /// A file, printed.
    Show {
        /// The file.
        file: PathBuf,
        /// Every line of mail data.
        full: bool,
        /// As JSON.
        json: bool,
    },
    /// The practice server.
    Serve {
        /// Where.
        listen: SocketAddr,
        /// Where messages go.
        maildir: Option<PathBuf>,
        /// Whether every recipient is accepted.
        catch_all: bool,
        /// As JSON.
        json: bool,
    },
    /// The key table.
    Keys,
}

/// What `ehlo run` needs to know.
#[derive(Debug)]
pub struct Run {
    /// The transcripts.
    pub scripts: Vec<PathBuf>,
    /// The server.
    pub server: Target,
    /// Codes alone.
    pub codes: bool,
    /// Every line of mail data.
    pub full: bool,
    /// How long to wait for a reply.
    pub timeout: std::time::Duration,
    /// As JSON.
    pub json: bool,
}

/// Reads the command line. `piped` says that standard output is no terminal that can be drawn on.
///
/// # Errors
/// With clap's message, which may also be the help that was asked for.
pub fn read(
    args: impl IntoIterator<Item = std::ffi::OsString>,
    piped: bool,
) -> Result<(Mode, Common), clap::Error> {
    let cli = Cli::try_parse_from(args)?;
    if let Some(Verb::Run { scripts, .. }) = &cli.verb
        && scripts.iter().filter(|path| path.as_os_str() == "-").count() > 1
    {
        let why = "standard input (-) can be read only once";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    let talks = matches!(cli.verb, None | Some(Verb::Run { .. }));
    if cli.common.record.is_some() && !talks {
        let why = "--record is for sessions that this program drives: the screen, --plain and run";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, why));
    }
    let mode = match cli.verb {
        None if cli.plain || piped => Mode::Plain(cli.target),
        None => Mode::Screen(cli.target),
        Some(Verb::Run { scripts, server, codes, full, timeout, json }) => {
            let timeout = std::time::Duration::from_secs(timeout);
            Mode::Run(Run { scripts, server, codes, full, timeout, json })
        }
        Some(Verb::Show { file, full, json }) => Mode::Show { file, full, json },
        Some(Verb::Open { file }) if piped => Mode::Show { file, full: false, json: false },
        Some(Verb::Open { file }) => Mode::Open(file),
        Some(Verb::Serve { listen, maildir, catch_all, json }) => {
            Mode::Serve { listen, maildir, catch_all, json }
        }
        Some(Verb::Keys) => Mode::Keys,
    };
    Ok((mode, cli.common))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(line: &str) -> Result<(Mode, Common), clap::Error> {
        read(line.split(' ').map(Into::into), false)
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn common_options_stand_before_and_after_the_verb() {
        for line in ["ehlo --lang ja run x --server h:25", "ehlo run x --server h:25 --lang ja"] {
            let (mode, common) = mode(line).unwrap();
            assert!(matches!(mode, Mode::Run(Run { server: Target::Tcp { port: 25, .. }, .. })));
            assert_eq!(common.lang, Some(Lang::Ja));
        }
        assert!(matches!(mode("ehlo").unwrap().0, Mode::Screen(Target::Practice)));
        assert!(matches!(mode("ehlo --plain h").unwrap().0, Mode::Plain(_)));
        assert!(mode("ehlo run x").is_err());
        assert!(mode("ehlo serve --record x").is_err());
        assert!(mode("ehlo smtps://h").unwrap_err().to_string().contains("TLS"));
    }
}
