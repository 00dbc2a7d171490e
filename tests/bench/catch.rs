//! The catcher: how many messages it takes, beside `smtp-sink`, which keeps none, and aiosmtpd, all
//! of them from `smtp-source`; and what clients cost that do nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::figure::{Kind, Series};
use crate::material::Material;
use crate::process::{EHLO, memory};

/// A connection for each message.
pub(crate) const CAUGHT: Kind = Kind::rate("caught, a connection each", "messages/s");
/// The same with 50 clients at once.
pub(crate) const CROWDED: Kind = Kind::rate("caught, a connection each, of 50", "messages/s");
/// Connections that stay.
pub(crate) const IN_A_ROW: Kind = Kind::rate("caught, one after the other", "messages/s");
/// The same into a Maildir, each message on the disk before it is acknowledged.
pub(crate) const STORED: Kind = Kind::rate("caught into a Maildir", "messages/s");
/// What a client costs that says nothing.
pub(crate) const IDLE: Kind = Kind::cost("an idle client of 1,000, 200 others active", "KiB", 1.0);

const ROUNDS: usize = 5;
const MESSAGES: usize = 5_000;
const SINK: &str = "smtp-sink";
const AIOSMTPD: &str = "aiosmtpd";

/// A server of its own process, ended with the measure.
struct Server {
    child: Child,
    port: u16,
    /// What it tells, where it tells anything and nobody reads that yet.
    told: Option<BufReader<ChildStdout>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn roots() -> PathBuf {
    let set = std::env::var_os("EHLO_SERVER_ROOTS").map(PathBuf::from);
    set.unwrap_or_else(|| std::env::temp_dir().join("ehlo-server-roots"))
}

/// A program of Postfix, if it has been unpacked.
fn postfix(program: &str) -> Option<Command> {
    let root = roots().join("postfix");
    let path = root.join("usr/sbin").join(program);
    let mut command = Command::new(&path);
    command.env("LD_LIBRARY_PATH", root.join("usr/lib/postfix"));
    path.exists().then_some(command)
}

fn ehlo(material: &Material, more: &[&str]) -> anyhow::Result<Server> {
    let mut command = Command::new(EHLO);
    command.args(["serve", "--listen", "127.0.0.1:0", "--catch-all", "--max-messages", "1000000"]);
    command.args(["--max-clients", "2000"]).args(more);
    command.env("XDG_CONFIG_HOME", material.folder()).env("XDG_STATE_HOME", material.folder());
    // It keeps what it takes as long as somebody may ask for it.
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut told = BufReader::new(child.stdout.take().context("its output")?);
    let mut first = String::new();
    told.read_line(&mut first)?;
    let port = first.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
    Ok(Server { child, port: port.context("a port")?, told: Some(told) })
}

/// Starts a server at a port that was free.
fn other(mut command: Command, at: impl FnOnce(&mut Command, u16)) -> anyhow::Result<Server> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    at(&mut command, port);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Server { child: command.spawn()?, port, told: None };
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        ensure!(begun.elapsed() < Duration::from_secs(10), "{command:?} does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(server)
}

fn sink() -> Option<anyhow::Result<Server>> {
    let at = |command: &mut Command, port| {
        command.args(["-u", "nobody", &format!("127.0.0.1:{port}"), "200"]);
    };
    Some(other(postfix("smtp-sink")?, at))
}

const AIO: &str = "
import asyncio, sys
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
async def main():
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Sink()), '127.0.0.1', int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
";

fn aiosmtpd() -> Option<anyhow::Result<Server>> {
    let packages = roots().join("aiosmtpd/usr/lib/python3/dist-packages");
    packages.exists().then(|| {
        let mut command = Command::new("/usr/bin/python3");
        command.env("PYTHONPATH", packages);
        other(command, |command, port| {
            command.args(["-c", AIO, &port.to_string()]);
        })
    })
}

/// Messages a second that `smtp-source` gets rid of, so many clients at once, whose connections may stay.
fn rate(port: u16, count: usize, (clients, stays): (usize, bool)) -> anyhow::Result<f64> {
    let mut command = postfix("smtp-source").context("no smtp-source")?;
    let (clients, messages) = (clients.to_string(), count.to_string());
    command.args(stays.then_some("-d")).args(["-s", &clients, "-l", "1000", "-m", &messages]);
    command.args(["-f", "a@x.example", "-t", "b@y.example", &format!("127.0.0.1:{port}")]);
    let begun = Instant::now();
    ensure!(command.status()?.success(), "{command:?}");
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

fn compared(
    kind: &'static Kind,
    material: &Material,
    (more, count, how): (&[&str], usize, (usize, bool)),
) -> anyhow::Result<Series> {
    let mut series = Series::new(kind, &[SINK, AIOSMTPD]);
    if postfix("smtp-source").is_none() {
        return Ok(series);
    }
    let mut ours = ehlo(material, more)?;
    // Its log is read, as it would be; what the reader does with it is not measured.
    let told = ours.told.take();
    std::thread::spawn(move || told.map(|mut told| std::io::copy(&mut told, &mut std::io::sink())));
    let (sink, aio) = (sink().transpose()?, aiosmtpd().transpose()?);
    for round in 0..=ROUNDS {
        let of = |server: Option<&Server>, count| {
            server.map(|server| rate(server.port, count, how)).transpose()
        };
        let few = count.min(1_000);
        let samples = [of(Some(&ours), count)?, of(sink.as_ref(), count)?, of(aio.as_ref(), few)?];
        // The first round only warms up.
        if round > 0 {
            series.round(&samples);
        }
    }
    Ok(series)
}

/// How fast messages are taken.
///
/// # Errors
/// When one of the programs fails.
pub(crate) fn caught(material: &Material) -> anyhow::Result<Vec<Series>> {
    let dir = material.folder().join("caught");
    let kept = ["--maildir", dir.to_str().context("a path")?];
    let series = vec![
        compared(&CAUGHT, material, (&[], MESSAGES, (20, false)))?,
        compared(&CROWDED, material, (&[], MESSAGES, (50, false)))?,
        compared(&IN_A_ROW, material, (&[], MESSAGES * 4, (20, true)))?,
        compared(&STORED, material, (&kept, MESSAGES / 5, (20, true)))?,
    ];
    all_stored(&dir)?;
    Ok(series)
}

/// Every message that was acknowledged is a file.
fn all_stored(dir: &Path) -> anyhow::Result<()> {
    let Ok(new) = std::fs::read_dir(dir.join("new")) else { return Ok(()) };
    let (stored, sent) = (new.count(), MESSAGES / 5 * (ROUNDS + 1));
    ensure!(stored == sent, "{stored} of {sent} messages are stored");
    Ok(())
}

/// What each of 1,000 clients costs that say nothing, all of them listed while 200 others send.
///
/// # Errors
/// When the server cannot be reached.
pub(crate) fn idle(material: &Material) -> anyhow::Result<Vec<Series>> {
    let mut series = Series::new(&IDLE, &["none"]);
    let mut server = ehlo(material, &[])?;
    let (tell, listed) = channel();
    let told = server.told.take().context("its output")?;
    std::thread::spawn(move || {
        let lines = told.lines().map_while(Result::ok);
        lines.filter(|line| line.contains(" goes on; ")).try_for_each(|line| tell.send(line))
    });
    let before = memory(server.child.id(), "VmRSS");
    let connect = |_| -> anyhow::Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port))?;
        BufReader::new(&stream).read_line(&mut String::new())?;
        Ok(stream)
    };
    let silent: Vec<_> = (0..1_000).map(connect).collect::<Result<_, _>>()?;
    let each = (memory(server.child.id(), "VmRSS") - before) * 1_024.0 / 1_000.0;
    series.round(&[Some(each)]);
    if let Some(mut source) = postfix("smtp-source") {
        source.args(["-d", "-s", "200", "-l", "1000", "-m", "20000", "-f", "a@x.example"]);
        source.args(["-t", "b@y.example", &format!("127.0.0.1:{}", server.port)]);
        let mut active = source.spawn()?;
        let mut ask = server.child.stdin.take();
        ask.as_mut().context("its input")?.write_all(b":list\n")?;
        let next = || listed.recv_timeout(Duration::from_secs(10)).ok();
        let count = std::iter::from_fn(next).take(1_000).count();
        ensure!(count == 1_000, "{count} of 1,000 sessions are listed");
        ensure!(active.wait()?.success(), "200 active clients");
    }
    drop(silent);
    Ok(vec![series])
}
