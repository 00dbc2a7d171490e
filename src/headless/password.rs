//! Where the password of a login comes from: the environment, a file, a command, or the person. It
//! never comes from the command line or from a history.

use std::convert::Infallible;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::display::token::own_visible;
use crate::headless::beside;
use crate::knowledge::{self, Lang};
use crate::net::signals::{Signal, Signals};
use crate::speaker::Secret;

/// More than this is no password.
const LIMIT: u64 = 64 << 10;

/// Where the password is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Password {
    /// The person is asked.
    #[default]
    Asked,
    /// In a variable of the environment.
    Environment(String),
    /// In the first line of a file.
    File(PathBuf),
    /// In the first line that a command prints.
    Command(String),
}

impl Password {
    /// The password; nothing if the person has to be asked.
    ///
    /// # Errors
    /// With a sentence on why it cannot be had.
    pub fn read(&self, lang: Lang) -> Result<Option<Secret>, String> {
        let told = |key, name: &str, why: &str| {
            knowledge::fill(lang, key, &[("name", &own_visible(name)), ("why", &own_visible(why))])
        };
        match self {
            Self::Asked => Ok(None),
            Self::Environment(name) => match std::env::var_os(name) {
                Some(value) => Ok(Some(first_line(value.as_encoded_bytes()))),
                None => Err(told("password.no-variable", name, "")),
            },
            Self::File(path) => match read_file(path) {
                Ok(bytes) => Ok(Some(first_line(&bytes))),
                Err(error) => {
                    Err(told("password.no-file", &path.display().to_string(), &error.to_string()))
                }
            },
            Self::Command(command) => match run(command) {
                Ok(bytes) => Ok(Some(first_line(&bytes))),
                Err(why) => Err(told("password.no-command", command, &why)),
            },
        }
    }
}

/// The first line without its end.
pub(super) fn first_line(bytes: &[u8]) -> Secret {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    Secret::new(line.strip_suffix(b"\r").unwrap_or(line))
}

fn read_file(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a command prints. The terminal stays ours.
fn run(command: &str) -> Result<Vec<u8>, String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let ran = Command::new(shell).args([flag, command]).stdin(Stdio::null()).output();
    let output = ran.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or_default().trim();
    Err(if last.is_empty() { output.status.to_string() } else { last.to_owned() })
}

/// Asks the person at the terminal; `user` is who logs in.
///
/// # Errors
/// When nothing can be read.
pub(super) async fn ask(user: &str, lang: Lang, watch: &mut Watch) -> std::io::Result<Secret> {
    let mut unseen = Unseen::begin(user, lang, watch)?;
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        read = read => read.map_err(std::io::Error::other)??,
        never = watch.obey(Some(&mut unseen)) => match never {},
    };
    Ok(first_line(line.as_bytes()))
}

/// The signals that end or stop a program. Once a password was asked for, nobody else obeys them.
#[derive(Debug, Default)]
pub(super) struct Watch(Option<Signals>);

impl Watch {
    /// The next one, if they are listened to; cancel-safe.
    pub(super) async fn next(&mut self) -> Signal {
        match &mut self.0 {
            Some(signals) => signals.next().await,
            None => std::future::pending().await,
        }
    }

    /// Obeys each that comes.
    pub(super) async fn obey(&mut self, mut unseen: Option<&mut Unseen>) -> Infallible {
        loop {
            obey(self.next().await, unseen.as_deref_mut());
        }
    }
}

/// Does what a signal does to a program; what is typed at the terminal is shown again before.
pub(super) fn obey(signal: Signal, unseen: Option<&mut Unseen>) {
    match (signal, unseen) {
        (Signal::Stop, Some(unseen)) => {
            unseen.show();
            stop();
            unseen.hide();
        }
        (Signal::Stop, None) => stop(),
        (_, unseen) => {
            if let Some(unseen) = unseen {
                unseen.show();
                beside("\n");
            }
            std::process::exit(128 + signal.number());
        }
    }
}

/// Sleeps until somebody wants it to go on.
fn stop() {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::STOP);
    }
}

/// While it lives, the terminal does not show what is typed.
#[derive(Debug)]
pub(super) struct Unseen {
    prompt: String,
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Unseen {
    /// Hides it, and asks for the password of `user`; what comes from elsewhere is not shown anyway,
    /// and nobody is asked for it. From now on nothing but `watch` gives the terminal back.
    pub(super) fn begin(user: &str, lang: Lang, watch: &mut Watch) -> std::io::Result<Self> {
        if watch.0.is_none() {
            watch.0 = Some(Signals::of(&[&Signal::ENDING[..], &[Signal::Stop]].concat())?);
        }
        let prompt = knowledge::fill(lang, "password.ask", &[("user", &own_visible(user))]);
        let mut unseen = Self {
            prompt,
            #[cfg(unix)]
            before: None,
        };
        unseen.hide();
        Ok(unseen)
    }

    /// Nothing is printed before the terminal hides: who sees the prompt can type.
    fn hide(&mut self) {
        #[cfg(unix)]
        {
            use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
            let input = std::io::stdin();
            self.before = tcgetattr(&input).ok();
            if let Some(mut hidden) = self.before.clone() {
                hidden.local_modes.remove(LocalModes::ECHO);
                hidden.local_modes.insert(LocalModes::ECHONL);
                let _ = tcsetattr(&input, OptionalActions::Flush, &hidden);
            }
        }
        if std::io::stdin().is_terminal() {
            beside(&self.prompt);
        }
    }

    /// What was typed so far is nothing that a shell may read.
    fn show(&mut self) {
        #[cfg(unix)]
        if let Some(before) = self.before.take() {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &before);
        }
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line() {
        for text in ["pw", "pw\n", "pw\r\nmore\n"] {
            assert_eq!(first_line(text.as_bytes()), Secret::new("pw"));
        }
        assert_eq!(first_line(b" p w "), Secret::new(" p w "));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_gives_it_or_says_why_not() {
        let read = |command: &str| Password::Command(command.to_owned()).read(Lang::En);
        assert_eq!(read("printf 'pw\\nx'"), Ok(Some(Secret::new("pw"))));
        let why = read("echo locked >&2; exit 3").unwrap_err();
        assert!(why.ends_with("locked"), "{why}");
        assert_eq!(Password::Asked.read(Lang::En), Ok(None));
    }
}
