//! What a session is carried by: anything that can be read and written.
//!
//! A trait object instead of an enum of transports: the driver never asks which one it has, and
//! one virtual call per system call costs nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A byte stream in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open connection of any kind.
pub type Stream = Box<dyn Duplex>;

/// How much of a handshake is kept: the `ServerHello` stands at its beginning.
const HEAD: usize = 16 << 10;

/// A stream of which the first bytes that are read are kept, for as long as it is asked to.
pub struct Tap {
    stream: Stream,
    head: Vec<u8>,
    listens: bool,
    heard: Arc<AtomicBool>,
}

impl Tap {
    /// A tap that listens.
    pub fn new(stream: Stream) -> Self {
        Self { stream, head: Vec::new(), listens: true, heard: Arc::default() }
    }

    /// What was read first.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether anything was read, also when the tap is gone.
    pub fn heard(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.heard)
    }

    /// Listens no more, and forgets what it heard.
    pub fn rest(&mut self) {
        self.listens = false;
        self.head = Vec::new();
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.listens {
            let new = buffer.filled().get(before..).unwrap_or_default();
            self.heard.fetch_or(!new.is_empty(), Ordering::Relaxed);
            let room = HEAD.saturating_sub(self.head.len());
            self.head.extend_from_slice(new.get(..room.min(new.len())).unwrap_or_default());
        }
        read
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    /// An alert stands behind another record, and TLS writes but once before it gives up.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
