//! Why a handshake failed, by the error and by what the peer sent first.

use bytes::Bytes;
use tokio_rustls::rustls::{AlertDescription, Error, InvalidMessage};

use crate::journal::facts::{TlsFacts, TlsFailure, TlsReason};

use crate::net::stream::Tap;

/// How a handshake failed, and what was read of it that was no TLS.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub failure: Box<TlsFailure>,
    /// What the peer said in clear text.
    pub clear: Bytes,
}

impl Failed {
    /// A failure of which nothing else is known.
    pub fn of(reason: TlsReason, detail: &str) -> Self {
        let failure = TlsFailure { reason, detail: detail.to_owned(), facts: TlsFacts::default() };
        Self { failure: Box::new(failure), clear: Bytes::new() }
    }

    /// The alert that an error behind the handshake is.
    pub fn alert(error: &std::io::Error) -> Option<Box<TlsFailure>> {
        match error.get_ref()?.downcast_ref::<Error>()? {
            Error::AlertReceived(alert) => {
                Some(Self::of(TlsReason::Alert, &alert_name(*alert)).failure)
            }
            _ => None,
        }
    }

    /// What an error means, when `stream` has heard this much.
    pub(super) fn read(error: &std::io::Error, stream: &Tap) -> Self {
        let head = stream.head();
        let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        match cause {
            _ if is_clear(head, error, cause) => {
                let clear = Bytes::copy_from_slice(head);
                Self { clear, ..Self::of(TlsReason::ClearText, "") }
            }
            Some(error @ Error::InvalidCertificate(_)) => {
                Self::of(TlsReason::Certificate, &error.to_string())
            }
            Some(Error::AlertReceived(AlertDescription::ProtocolVersion)) => {
                Self::of(TlsReason::OldVersion, &old_version(head).unwrap_or_default())
            }
            Some(Error::AlertReceived(alert)) => Self::of(TlsReason::Alert, &alert_name(*alert)),
            Some(Error::PeerIncompatible(_)) if old_version(head).is_some() => {
                Self::of(TlsReason::OldVersion, &old_version(head).unwrap_or_default())
            }
            Some(other) => Self::of(TlsReason::Other, &other.to_string()),
            None if is_end(error) && head.is_empty() => Self::of(TlsReason::Unanswered, ""),
            None if is_end(error) => Self::of(TlsReason::Closed, ""),
            None => Self::of(TlsReason::Other, &error.to_string()),
        }
    }
}

fn is_end(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

/// Whether a peer spoke in the clear: the library met no record of TLS, or too little for one.
fn is_clear(head: &[u8], error: &std::io::Error, cause: Option<&Error>) -> bool {
    let no_record = match cause {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => true,
        Some(_) => false,
        None => is_end(error),
    };
    no_record && !is_tls(head)
}

/// Whether bytes begin as records of TLS do (RFC 8446 §5.1).
fn is_tls(head: &[u8]) -> bool {
    matches!(head, [20..=23, 3, ..] | [20..=23] | [])
}

/// The version before 1.2 that a server has chosen, or in which it said that it knows none of
/// ours: by its `ServerHello` (RFC 5246 §7.4.1.3), or by the record of its alert.
fn old_version(head: &[u8]) -> Option<String> {
    let minor = match head {
        [22, 3, _, _, _, 2, _, _, _, 3, minor, ..] | [21, 3, minor, ..] => *minor,
        _ => return None,
    };
    let name = match minor {
        0 => "SSL 3.0",
        1 => "TLS 1.0",
        2 => "TLS 1.1",
        _ => return None,
    };
    Some(name.to_owned())
}

/// `UnknownCA` → `unknown_ca`, as RFC 8446 §6 writes it.
fn alert_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let written = format!("{alert:?}");
    let mut before_small = false;
    for c in written.chars() {
        if c.is_ascii_uppercase() && before_small {
            name.push('_');
        }
        before_small = c.is_ascii_lowercase();
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_named_by_what_the_server_says() {
        let hello = |minor| [22, 3, 1, 0, 60, 2, 0, 0, 56, 3, minor, 0];
        for (head, name) in [
            (&hello(1)[..], Some("TLS 1.0")),
            (&hello(2), Some("TLS 1.1")),
            (&hello(0), Some("SSL 3.0")),
            (&hello(3), None),
            (&[21, 3, 2, 0, 2, 2, 70], Some("TLS 1.1")),
            (&[21, 3, 3, 0, 2, 2, 70], None),
            (b"220 mx", None),
            (b"", None),
        ] {
            assert_eq!(old_version(head).as_deref(), name, "{head:?}");
        }
        assert_eq!(alert_name(AlertDescription::UnknownCA), "unknown_ca");
        assert_eq!(alert_name(AlertDescription::HandshakeFailure), "handshake_failure");
        assert!(is_tls(&hello(3)) && !is_tls(b"220 mx"));
    }
}
