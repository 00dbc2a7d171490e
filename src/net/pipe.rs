//! A server that is a program: it speaks on its standard input and output, and may say something on
//! its standard error beside that.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use crate::journal::Happening;

use super::stream::Stream;

/// How much of standard error is told; who says more is not heard any further.
const ASIDE: usize = 256 << 10;

/// How long a line of it may be; of a longer one each piece is told.
const LINE: usize = 4 << 10;

/// How many lines of it may wait to be told.
const WAITING: usize = 16;

/// How long the rest of a line is awaited: a program may stop in one, such as behind a question.
const REST: Duration = Duration::from_millis(200);

/// How long a program may take to end when it is told to.
const GOODBYE: Duration = Duration::from_secs(1);

/// Starts `command` in the system's shell. What it says on standard error, and how it ends, comes by
/// the channel; with that dropped, the program ends.
///
/// # Errors
/// When it cannot be started.
pub(super) fn start(command: &str) -> io::Result<(Stream, mpsc::Receiver<Happening>)> {
    let mut shell = shell(command);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = shell.spawn()?;
    let none = || io::Error::other("it has no standard input or output");
    let stdin = child.stdin.take().ok_or_else(none)?;
    let stdout = child.stdout.take().ok_or_else(none)?;
    let stderr = child.stderr.take();
    let (tell, told) = mpsc::channel(WAITING);
    tokio::spawn(attend(Program(child), stderr, tell));
    Ok((Box::new(Pipes { stdin: Some(stdin), stdout }), told))
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    // A group of its own, which can be ended with everything that it began.
    shell.arg("-c").arg(command).process_group(0);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(command);
    shell
}

/// A program, and with it everything that it began: both end when this is dropped.
struct Program(Child);

impl Program {
    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        // There is no number any more once its end is known.
        let group = self.0.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(group) = group {
            let _ = kill_process_group(group, signal);
        }
    }

    async fn end(&mut self) {
        #[cfg(unix)]
        self.signal(Signal::TERM);
        let _ = tokio::time::timeout(GOODBYE, self.0.wait()).await;
    }
}

#[cfg(unix)]
impl Drop for Program {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Tells what the program says beside the talk until it ends, or until nobody listens.
async fn attend(mut program: Program, stderr: Option<ChildStderr>, tell: mpsc::Sender<Happening>) {
    let told = async {
        if let Some(stderr) = stderr {
            relate(stderr, &tell).await;
        }
        program.0.wait().await
    };
    let ended = tokio::select! {
        ended = told => Some(ended),
        () = tell.closed() => None,
    };
    match ended {
        Some(ended) => {
            let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            let _ = tell.send(Happening::Exited(how)).await;
        }
        None => program.end().await,
    }
}

/// Tells each line by itself, so that a secret that is said again is recognised in it.
async fn relate(mut stderr: ChildStderr, tell: &mpsc::Sender<Happening>) {
    let mut begun = BytesMut::new();
    let mut size = 0;
    let mut goes_on = true;
    while goes_on {
        begun.reserve(LINE);
        let patience = if begun.is_empty() { Duration::MAX } else { REST };
        let read = tokio::time::timeout(patience, stderr.read_buf(&mut begun)).await;
        goes_on = matches!(read, Ok(Ok(1..)) | Err(_));
        let all = !matches!(read, Ok(Ok(1..)));
        while let Some(line) = line(&mut begun, all) {
            size += line.len();
            if size <= ASIDE {
                let _ = tell.send(Happening::Aside(line)).await;
            }
        }
    }
}

/// Takes the next line, or `all` that is there of one.
fn line(begun: &mut BytesMut, all: bool) -> Option<Bytes> {
    let end = memchr::memchr(b'\n', begun).map(|at| at + 1);
    let cut = || (all || begun.len() >= LINE).then_some(begun.len());
    let end = end.or_else(cut)?.min(LINE);
    (end > 0).then(|| begun.split_to(end).freeze())
}

/// Both pipes as one stream.
struct Pipes {
    /// Gone once nothing more is to be said, which the program sees as the end of its input.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
}

impl AsyncRead for Pipes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdout).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pipes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_write(context, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stdin = None;
        Poll::Ready(Ok(()))
    }
}
