//! The doors of a listener: who comes in next, and what those hear for whom there is no room.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;

use super::session::linger;
use super::{Client, Entrance, Socket, Turned};
use crate::net::tls::Tls;
use crate::smtp::code::Code;
use crate::smtp::reply;

/// How long a refusal may take, the handshake before it included.
const REFUSAL: Duration = Duration::from_secs(2);

/// Where clients come in, and how.
pub(super) struct Door {
    pub(super) socket: Socket,
    pub(super) entrance: Arc<Entrance>,
}

/// The next client, and the number of its door. Another door is asked first each time, so that none
/// waits for ever behind another.
pub(super) async fn accept(doors: &[Door], first: usize) -> io::Result<(usize, Client)> {
    let poll = |context: &mut Context<'_>| {
        let all = doors.iter().enumerate().cycle().skip(first % doors.len().max(1));
        for (number, door) in all.take(doors.len()) {
            if let Poll::Ready(accepted) = door.socket.poll_accept(context) {
                return Poll::Ready(accepted.map(|client| (number, client)));
            }
        }
        Poll::Pending
    };
    std::future::poll_fn(poll).await
}

/// What those are told who are turned away.
pub(super) fn refusal(host: &str, why: Turned) -> Bytes {
    let words = match why {
        Turned::TooMany => "Too many clients at once",
        Turned::TooFast => "Too many connections of yours in this minute",
    };
    reply::write(Code::NOT_AVAILABLE, None, &[format!("{host} {words}; come back later")])
}

/// Says `reply`, and ends the connection. Where TLS begins before anything is said, it is said inside
/// TLS (RFC 8314 §3): in clear text it is noise to who waits for a handshake, and the person behind it
/// never learns why. A handshake costs no more than that of a client who is let in.
pub(super) async fn turn_away(client: Client, tls: Option<Tls>, reply: Bytes) {
    let said = async {
        let mut stream = match tls {
            Some(tls) => tls.shake(client.stream, REFUSAL).await.ok()?.0,
            None => client.stream,
        };
        stream.write_all(&reply).await.ok()?;
        stream.shutdown().await.ok()
    };
    // Who does not take even that gets nothing.
    let said = tokio::time::timeout(REFUSAL, said).await;
    linger(client.other_hold.filter(|_| said == Ok(Some(())))).await;
}
