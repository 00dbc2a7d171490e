//! Options that every way of running knows, and the settings among them.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::login::PasswordArgs;
use super::{ReachArgs, TlsArgs};
use crate::config::{Asked, Folders, Row, Sources, TIMEOUTS};
use crate::smtp::wait::{Changes, Wait};

/// Options that every way of running knows, before or after the verb.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Record the session to a file (a journal), as it happens; for the screen, --plain, run and send
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Keep secrets readable in recordings and on the screen
    #[arg(long, global = true)]
    pub with_secrets: bool,
    /// About the way to a server.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// About TLS.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Where the password of a login comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Seconds to wait: for each thing, or NAME=SECONDS for one, by comma; 0 is for ever. `ehlo config`
    /// lists the names; without it, as RFC 5321 §4.5.3.2 says
    #[arg(long, global = true, value_name = "SECONDS")]
    timeout: Vec<Changes>,
    /// Language of the interface
    #[arg(long, global = true, value_name = "LANG", value_parser = words("lang"))]
    lang: Option<String>,
    /// Theme of the screen, or auto; `ehlo themes` lists them
    #[arg(long, global = true, value_name = "NAME", value_parser = theme,
        value_hint = clap::ValueHint::Other)]
    theme: Option<String>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_parser = words("color"))]
    color: Option<String>,
    /// Draw borders with +, - and |
    #[arg(long, global = true)]
    ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long, global = true)]
    no_mouse: bool,
}

impl Common {
    /// The settings that were asked for.
    pub fn asked(&self) -> Vec<Asked> {
        let flags = [
            ("lang", "--lang", self.lang.clone()),
            ("theme", "--theme", self.theme.clone()),
            ("color", "--color", self.color.clone()),
            ("borders", "--ascii", self.ascii.then(|| "ascii".to_owned())),
            ("mouse", "--no-mouse", self.no_mouse.then(|| "false".to_owned())),
        ];
        let asked =
            |(name, flag, value): (_, _, Option<_>)| Some(Asked { name, flag, value: value? });
        flags.into_iter().filter_map(asked).chain(self.limits()).collect()
    }

    /// The same for a server, which waits for its clients.
    pub(super) fn of_server(mut self) -> Self {
        self.timeout = self.timeout.into_iter().map(Changes::of_server).collect();
        self
    }

    /// The limits among them; what is said last counts.
    fn limits(&self) -> impl Iterator<Item = Asked> {
        Wait::all().filter_map(|wait| {
            let seconds = self.timeout.iter().rev().find_map(|changes| changes.of(wait))?;
            let row = Row::of(&[TIMEOUTS, wait.name()].concat())?;
            Some(Asked { name: row.name, flag: "--timeout", value: seconds.to_string() })
        })
    }
}

/// The words that a setting allows.
fn words(setting: &str) -> PossibleValuesParser {
    let words = Row::of(setting).map(|row| row.allowed(&Sources::default()));
    PossibleValuesParser::new(words.unwrap_or_default())
}

/// The name of a theme that exists.
fn theme(name: &str) -> Result<String, String> {
    let sources = Sources::gather(Vec::new(), Folders::find());
    let known = Row::of("theme").map(|row| row.allowed(&sources)).unwrap_or_default();
    if known.iter().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    Err(format!("expected {}", known.join(", ")))
}
