//! A server that is a program: it speaks on its standard input and output, and may say something on
//! its standard error beside that.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use crate::journal::Happening;

use super::stream::Stream;

/// How much of standard error is told; who says more is not heard any further.
const ASIDE: usize = 256 << 10;

/// How many pieces of it may wait to be told.
const WAITING: usize = 16;

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
    tokio::spawn(attend(child, stderr, tell));
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

/// Tells what the program says beside the talk until it ends, or until nobody listens.
async fn attend(mut child: Child, stderr: Option<ChildStderr>, tell: mpsc::Sender<Happening>) {
    let told = async {
        if let Some(stderr) = stderr {
            relate(stderr, &tell).await;
        }
        child.wait().await
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
        None => end(&child),
    }
}

async fn relate(mut stderr: ChildStderr, tell: &mpsc::Sender<Happening>) {
    let mut piece = vec![0; 4 << 10];
    let mut size = 0;
    while let Ok(read @ 1..) = stderr.read(&mut piece).await {
        size += read;
        let data = Bytes::copy_from_slice(piece.get(..read).unwrap_or_default());
        if size <= ASIDE {
            let _ = tell.send(Happening::Aside(data)).await;
        }
    }
}

/// Ends what the program began as well; it ends itself when it is dropped.
#[cfg(unix)]
fn end(child: &Child) {
    let group = child.id().and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?));
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
    }
}

#[cfg(not(unix))]
fn end(_: &Child) {}

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
