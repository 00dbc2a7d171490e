//! Headless fronts: the same engine without a screen, on standard input and output.

pub mod ask;
pub mod authenticity;
pub mod compare;
pub mod config;
pub mod explain;
pub mod faults;
pub mod hand;
mod input;
pub mod json;
pub mod keyboard;
pub mod keys;
mod kind;
pub mod look;
pub mod mailbox;
pub mod manual;
pub mod password;
pub mod plain;
pub mod plan;
pub mod print;
pub mod recent;
pub mod replay;
pub mod run;
pub mod save;
pub mod secure;
pub mod send;
pub mod serve;
pub mod show;
pub mod themes;

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};

use crate::config::{Ring, Settings, Sources, Warning};
use crate::display::token::own_visible;
use crate::journal::file::Recorder;
use crate::journal::{Header, Side};
use crate::knowledge::{self, Lang};
use crate::net::certificate::{Authority, Kind, Pass};
use crate::net::dial::Target;
use crate::net::driver::{Log, Out};
use crate::net::listen::{Listener, Order, Place};
use crate::net::route::Route;
use crate::net::signals::{Signal, Signals, survive_full_files};
use crate::net::tls;
use crate::smtp::wait::Limits;
use crate::speaker::Policy;
use crate::speaker::fault::{Choice, Faults};
use crate::speaker::policy::ALICE;

pub use password::Password;

/// How a run ended, as its exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As wished.
    Done,
    /// An expectation failed.
    Failed,
    /// Could not connect or talk.
    Unreachable,
    /// Bad usage, or input that cannot be read.
    Usage,
    /// `ehlo send --stage-codes`: the code of the stage that failed.
    Stage(u8),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Unreachable => 2,
            Outcome::Usage => 64,
            Outcome::Stage(code) => code,
        })
    }
}

/// What the user has set for every front.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Where to record.
    pub record: Option<PathBuf>,
    /// Where the last sessions are recorded, without their secrets.
    pub recent: Option<Ring>,
    /// Whether secrets stay readable.
    pub with_secrets: bool,
    /// How servers are reached.
    pub route: Route,
    /// When TLS begins, and what is wished of it.
    pub tls: tls::Choice,
    /// Where the password of a login comes from.
    pub password: Password,
    /// What is set in all other respects.
    pub chosen: Settings,
    /// What that was made from.
    pub sources: Sources,
    /// What was wrong there.
    pub warnings: Vec<Warning>,
}

impl Setting {
    /// The language of what is told.
    pub const fn lang(&self) -> Lang {
        self.chosen.lang.value
    }

    /// How long things may take.
    pub fn limits(&self) -> Limits {
        self.chosen.limits()
    }

    /// The same, for the session number `at` of several: their recordings are `x`, `x-2`, `x-3`.
    /// A device or a pipe has no others beside it, and takes them all.
    pub fn numbered(&self, at: usize) -> Self {
        let rename = |path: &PathBuf| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{stem}-{}", at + 1);
            let name = match path.extension() {
                Some(extension) => format!("{name}.{}", extension.to_string_lossy()),
                None => name,
            };
            path.with_file_name(name)
        };
        let alone = |path: &Path| at == 0 || std::fs::metadata(path).is_ok_and(|f| !f.is_file());
        let record =
            self.record.as_ref().map(|path| if alone(path) { path.clone() } else { rename(path) });
        Self { record, ..self.clone() }
    }

    /// Lets the session of `log` be recorded: where that was asked for, and among the last sessions.
    ///
    /// # Errors
    /// When the file that was asked for cannot be made.
    pub fn recording(&self, log: Log) -> anyhow::Result<Log> {
        self.recording_as(Side::Client, log)
    }

    /// The same, where we are `side`.
    ///
    /// # Errors
    /// When the file that was asked for cannot be made.
    pub fn recording_as(&self, side: Side, log: Log) -> anyhow::Result<Log> {
        let header = log.clock().header(side);
        let recorder = self.recorder(&header)?;
        let kept = self.recent.as_ref().and_then(|ring| {
            // Nothing is written before something has happened.
            Recorder::begin(Box::new(ring.place()) as Out, &header).ok()
        });
        Ok(log.recording(recorder, self.with_secrets).keeping(kept))
    }

    fn recorder(&self, header: &Header) -> anyhow::Result<Option<Recorder<Out>>> {
        let Some(path) = &self.record else { return Ok(None) };
        let begin = || {
            if !is_recording(path)? {
                return Err(std::io::Error::other("it exists and is no recording"));
            }
            let file = create_private(path, File::options().create(true).truncate(true))?;
            Recorder::begin(Box::new(file) as Out, header)
        };
        Ok(Some(begin().with_context(|| format!("cannot record to {}", named(path)))?))
    }
}

/// Opens a file to write what was said in a session: it is its owner's alone.
///
/// # Errors
/// When it cannot be opened or made.
pub fn create_private(path: &Path, options: &mut OpenOptions) -> std::io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = options.mode(0o600).write(true).open(path)?;
        if file.metadata()?.is_file() {
            // An older file keeps its mode; where files have none, nobody is kept out.
            let _ = file.set_permissions(std::fs::Permissions::from_mode(0o600));
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    options.write(true).open(path)
}

/// Whether `path` may be written over: it does not exist, is empty, or holds an older recording.
fn is_recording(path: &Path) -> std::io::Result<bool> {
    use std::io::Read as _;
    let mut head = Vec::new();
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        // A device or a pipe holds nothing that could be lost.
        Ok(facts) if !facts.is_file() => return Ok(true),
        facts => facts?,
    };
    File::open(path)?.take(64).read_to_end(&mut head)?;
    Ok(head.is_empty() || crate::journal::file::is_journal(&head))
}

/// The practice server of this program.
#[derive(Clone, Debug)]
pub struct Practice {
    /// Where it listens.
    pub address: SocketAddr,
    /// Takes wishes to hear its end of a session.
    pub orders: mpsc::Sender<Order>,
    /// What its clients have.
    pub pass: Pass,
    /// The faults that it plays.
    pub faults: watch::Sender<Arc<Faults>>,
}

impl Practice {
    /// What has to be known to call it.
    pub const fn place(&self) -> (SocketAddr, &Pass) {
        (self.address, &self.pass)
    }
}

/// The practice server that a session with `target` needs: one is started on loopback, keeps
/// nothing, waits as long as `limits` say, plays the faults of the target, and ends with the
/// program. Other targets need none.
///
/// # Errors
/// When no port can be had, or there is no such fault.
pub async fn practice_for(
    target: &Target,
    limits: Limits,
    sources: &Sources,
) -> anyhow::Result<Option<Practice>> {
    let Target::Practice { faults } = target else { return Ok(None) };
    let chosen = faults::choose(&Choice::read_all(faults), sources)
        .map_err(|warning| warning.error(Lang::En))?;
    let place = Place::Tcp((std::net::Ipv4Addr::LOCALHOST, 0).into());
    let (tls, pass) = practice_tls()?;
    let (faults, playing) = watch::channel(Arc::new(chosen));
    let policy = Policy { everyday: true, limits, ..Policy::default() };
    let mut listener = Listener::new(policy, serve::counting()).with_tls(tls).playing(playing);
    let Place::Tcp(address) = listener.open(&place.into())? else {
        anyhow::bail!("the practice server listens at no address");
    };
    let (orders, taken) = mpsc::channel(ORDERS_WAITING);
    tokio::spawn(listener.serve(taken));
    Ok(Some(Practice { address, orders, pass, faults }))
}

/// TLS of the practice server, and what its clients have: the certificate of its account.
fn practice_tls() -> anyhow::Result<(tls::Wardrobe, Pass)> {
    let authority = Authority::new()?;
    let root = authority.root().clone();
    let own = authority.client(ALICE)?;
    let usual = authority.presence(Kind::Good)?;
    Ok((tls::Wardrobe::new(authority, usual, vec![root.clone()])?, Pass { root, own }))
}

/// How many orders to the practice server may wait; they come from a person.
const ORDERS_WAITING: usize = 16;

/// Tells on standard error what is wrong with what the user has set.
pub fn tell<'a>(warnings: impl IntoIterator<Item = &'a Warning>, lang: Lang) {
    for warning in warnings {
        complain(own_visible(&warning.say(lang)));
    }
}

/// Tells on standard error that the recordings of a session ended before it.
fn tell_unrecorded(log: &Log, lang: Lang) {
    for (failed, key) in [(&log.recording_failed, RECORDING_FAILED), (&log.not_kept, NOT_KEPT)] {
        if let Some(why) = failed {
            tell_failed(key, why, lang);
        }
    }
}

/// Tells on standard error that a recording ended before its session.
fn tell_failed(key: &'static str, why: &str, lang: Lang) {
    complain(own_visible(&knowledge::fill(lang, key, &[("why", why)])));
}

/// What is said of a recording that ended: of one that was asked for, and of one that was not.
const RECORDING_FAILED: &str = "message.recording-failed";
const NOT_KEPT: &str = "recordings.not-kept";

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// With the file's name.
pub fn read_input(path: &Path, lang: Lang) -> anyhow::Result<Vec<u8>> {
    let standard = path.as_os_str() == "-";
    let read = || {
        if standard {
            return read_to_end(std::io::stdin(), lang);
        }
        let file = File::open(path)?;
        if file.metadata()?.is_file() { read_file(&file) } else { read_to_end(file, lang) }
    };
    read().with_context(|| match named(path) {
        _ if standard => knowledge::word(lang, "message.no-input").to_owned(),
        file => knowledge::fill(lang, "message.unreadable", &[("file", &file)]),
    })
}

/// A path as it can be shown: names of files are not always harmless.
fn named(path: &Path) -> String {
    own_visible(&path.to_string_lossy())
}

/// Reads what may never end.
fn read_to_end(input: impl std::io::Read, lang: Lang) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    input.take(MESSAGE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MESSAGE_LIMIT {
        return Err(refused(lang, "message.too-large"));
    }
    Ok(bytes)
}

/// The largest message file that is read; a larger one is hardly meant.
const MESSAGE_LIMIT: u64 = 1 << 30;

/// Reads a message that is to be sent: a file, not a device that never ends.
///
/// # Errors
/// When it cannot be read, is no regular file or is too large; without its name.
pub fn read_message(path: &Path, lang: Lang) -> std::io::Result<Vec<u8>> {
    let facts = std::fs::metadata(path)?;
    if !facts.is_file() {
        return Err(refused(lang, "message.no-file"));
    }
    if facts.len() > MESSAGE_LIMIT {
        return Err(refused(lang, "message.too-large"));
    }
    read_file(&File::open(path)?)
}

/// From how many bytes on a file is read by several hands.
const LARGE: usize = 8 << 20;

/// Reads a regular file. What takes time with a large one is that nobody has touched the memory
/// before, so that each core touches a part of it.
#[cfg(unix)]
fn read_file(mut file: &File) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    use std::os::unix::fs::FileExt as _;

    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if length < LARGE {
        let mut bytes = Vec::with_capacity(length);
        return file.read_to_end(&mut bytes).map(|_| bytes);
    }
    let hands = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    let part = length.div_ceil(hands);
    let mut bytes = vec![0; length];
    std::thread::scope(|scope| {
        let parts = (0_u64..).step_by(part).zip(bytes.chunks_mut(part));
        let read: Vec<_> =
            parts.map(|(at, part)| scope.spawn(move || file.read_exact_at(part, at))).collect();
        let broken = |_| Err(std::io::ErrorKind::Other.into());
        read.into_iter().try_for_each(|hand| hand.join().unwrap_or_else(broken))
    })?;
    Ok(bytes)
}

#[cfg(not(unix))]
fn read_file(mut file: &File) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map(|_| bytes)
}

/// Why a file is not read, though the system would.
fn refused(lang: Lang, key: &'static str) -> std::io::Error {
    std::io::Error::other(knowledge::word(lang, key))
}

/// Writes text to standard output, as [`write_out`] does.
fn say(text: &str) -> anyhow::Result<()> {
    write_out(text.as_bytes())
}

/// Writes to standard output. A reader that has gone (a closed pipe) has read enough; what is
/// done goes on, and the exit code says how it ended.
fn write_out(bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Says something on standard error, where nobody may be that hears it: what is done goes on.
pub fn beside(text: impl Display) {
    use std::io::Write as _;
    // In one piece: others may write there as well.
    let _ = std::io::stderr().write_all(text.to_string().as_bytes());
}

/// The same of what is amiss, in a line that says whose it is.
pub fn complain(what: impl Display) {
    beside(format_args!("ehlo: {what}\n"));
}

/// Writes people's text: beside JSON it stands on standard error.
fn say_beside(json: bool, text: &str) -> anyhow::Result<()> {
    if json {
        beside(text);
        return Ok(());
    }
    say(text)
}

/// Runs a talk with `target` to its end. A server that is a program is not reached by the signals of
/// the terminal, and ends with this one all the same.
fn talk_to<T>(target: &Target, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    if !matches!(target, Target::Pipe { .. }) {
        return block_on(work);
    }
    let talk = block_on(async {
        let mut signals = Signals::of(&Signal::ENDING)?;
        tokio::select! {
            biased;
            talk = work => talk.map(Ok),
            signal = signals.next() => Ok(Err(signal)),
        }
    });
    talk?.or_else(|signal| std::process::exit(128 + signal.number()))
}

/// Runs `work` to its end on one thread.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        survive_full_files();
        work.await
    });
    // Standard input cannot be interrupted, and nobody waits for it.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn recordings_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let [made, older] = ["made.jsonl", "older.jsonl"].map(|name| folder.path().join(name));
        std::fs::write(&older, "{\"ehlo-journal\":1}\n").unwrap();
        std::fs::set_permissions(&older, std::fs::Permissions::from_mode(0o644)).unwrap();
        for path in [made, older] {
            let setting = Setting { record: Some(path.clone()), ..Setting::default() };
            let header = crate::net::Clock::start().header(Side::Client);
            setting.recorder(&header).unwrap();
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn recordings_are_numbered_but_not_beside_a_device() {
        let record = |path: &str, at| {
            let setting = Setting { record: Some(path.into()), ..Setting::default() };
            setting.numbered(at).record.unwrap()
        };
        assert_eq!(record("x/talk.jsonl", 0), Path::new("x/talk.jsonl"));
        assert_eq!(record("x/talk.jsonl", 1), Path::new("x/talk-2.jsonl"));
        assert_eq!(record("x/talk", 2), Path::new("x/talk-3"));
        let device = if cfg!(unix) { "/dev/null" } else { "NUL" };
        assert_eq!(record(device, 1), Path::new(device));
    }
}
