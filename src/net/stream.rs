//! What a session is carried by: anything that can be read and written.
//!
//! A trait object instead of an enum of transports: the driver never asks which one it has, and
//! one virtual call per system call costs nothing.

use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open connection of any kind.
pub type Stream = Box<dyn Duplex>;
