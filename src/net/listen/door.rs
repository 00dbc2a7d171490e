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
/// waits for ever behind another, nor behind one at which nobody can be taken.
pub(super) async fn accept(doors: &[Door], first: usize) -> io::Result<(usize, Client)> {
    let poll = |context: &mut Context<'_>| {
        let all = doors.iter().enumerate().cycle().skip(first % doors.len().max(1));
        let mut failed = Poll::Pending;
        for (number, door) in all.take(doors.len()) {
            match door.socket.poll_accept(context) {
                Poll::Ready(Ok(client)) => return Poll::Ready(Ok((number, client))),
                Poll::Ready(Err(error)) => failed = Poll::Ready(Err(error)),
                Poll::Pending => {}
            }
        }
        failed
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::listen::Place;

    fn open() -> Door {
        let place: Place = "127.0.0.1:0".parse().unwrap();
        let socket = Socket::bind(&place).unwrap();
        let entrance = Arc::new(socket.place().unwrap().into());
        Door { socket, entrance }
    }

    /// What is shut down takes nobody, and says so at once.
    #[cfg(unix)]
    fn shut(door: &Door) {
        use std::os::fd::AsFd as _;
        let Socket::Tcp(listener, _) = &door.socket else { panic!() };
        let hold = listener.as_fd().try_clone_to_owned().unwrap();
        std::net::TcpStream::from(hold).shutdown(std::net::Shutdown::Both).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_door_that_fails_holds_up_no_other() {
        let doors = [open(), open()];
        shut(&doors[0]);
        assert!(accept(&doors, 0).await.is_err());
        let Place::Tcp(address) = &doors[1].entrance.place else { panic!() };
        let _client = tokio::net::TcpStream::connect(address).await.unwrap();
        for first in 0..2 {
            let mut accepted = Err(io::Error::other("nobody was asked"));
            // Until it is known that somebody has come.
            while accepted.is_err() {
                accepted = accept(&doors, first).await;
                tokio::task::yield_now().await;
            }
            assert_eq!(accepted.unwrap().0, 1);
            let _next = tokio::net::TcpStream::connect(address).await.unwrap();
        }
    }
}
