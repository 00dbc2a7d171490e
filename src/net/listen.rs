//! Accepts connections and answers each with the practice server.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::journal::{Endpoints, Happening};
use crate::session::{Dialogue, Keep};
use crate::smtp::code::Code;
use crate::smtp::payload;
use crate::smtp::reply;
use crate::speaker::server::Deliver;
use crate::speaker::{Policy, Server};

use super::Clock;
use super::driver::{Log, Part, converse};
use super::tls::{self, Tls};
use super::watch::{Late, Watch, Watches};

/// How many clients are served at once; the others are told to come back (421).
pub const CLIENTS: usize = 1_000;

/// How long the refusal of one more client may take.
const REFUSAL: std::time::Duration = std::time::Duration::from_secs(1);

/// Called with the number of a session and its dialogue when the session is over.
pub type Finished = Arc<dyn Fn(u64, &Dialogue) + Send + Sync>;

/// A practice server on a port.
pub struct Listener {
    socket: TcpListener,
    policy: Policy,
    deliver: Deliver,
    finished: Finished,
    watches: Option<Watches>,
    tls: Option<Tls>,
    implicit: bool,
}

impl Listener {
    /// Binds `address`; port 0 picks a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(
        address: SocketAddr,
        policy: Policy,
        deliver: Deliver,
        finished: Finished,
    ) -> std::io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        Ok(Self { socket, policy, deliver, finished, watches: None, tls: None, implicit: false })
    }

    /// Lets TLS begin: behind STARTTLS, which is offered then, or before anything is said.
    pub fn with_tls(mut self, tls: tls::Server, implicit: bool) -> Self {
        self.policy.starttls = !implicit;
        (self.tls, self.implicit) = (Some(Tls::Server(tls)), implicit);
        self
    }

    /// Lets its sessions be heard while they go on.
    pub fn watched(mut self, wishes: mpsc::Receiver<Watch>) -> Self {
        self.watches = Some(Watches::new(wishes));
        self
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop` is done, then lets the sessions that are under way end for a while.
    pub async fn serve(mut self, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(CLIENTS));
        let mut sessions = JoinSet::new();
        tokio::pin!(stop);
        for number in 1.. {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&self.socket, self.watches.as_mut()) => accepted,
            };
            while sessions.try_join_next().is_some() {}
            // A failed accept is about that client alone, or passes (too many open files).
            let Ok((mut stream, peer)) = accepted else {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            };
            let Ok(place) = places.clone().try_acquire_owned() else {
                let reply = reply::write(Code::NOT_AVAILABLE, None, &["Too many clients at once"]);
                sessions.spawn(async move {
                    let said = stream.write_all(&reply);
                    // Who does not take even that gets nothing.
                    let _ = tokio::time::timeout(REFUSAL, said).await;
                    let _ = stream.shutdown().await;
                });
                continue;
            };
            let late = self.watches.as_mut().map(|watches| watches.session(peer));
            let part = Part::server(self.policy.patience).with_tls(self.tls.clone(), self.implicit);
            let server = Server::new(self.policy.clone(), self.deliver.clone(), super::seed());
            let limit = self.policy.size_limit;
            let session = session(stream, peer, part, server, limit, late);
            let finished = self.finished.clone();
            sessions.spawn(async move {
                finished(number, &session.await);
                drop(place);
            });
        }
        let grace = std::time::Duration::from_secs(5);
        let _ =
            tokio::time::timeout(grace, async { while sessions.join_next().await.is_some() {} })
                .await;
    }
}

/// The next client; meanwhile, who wants to hear a session is passed on to it.
async fn accept(
    socket: &TcpListener,
    watches: Option<&mut Watches>,
) -> std::io::Result<(TcpStream, SocketAddr)> {
    let Some(watches) = watches else { return socket.accept().await };
    tokio::select! {
        accepted = socket.accept() => accepted,
        () = watches.pass_on() => std::future::pending().await,
    }
}

async fn session(
    stream: TcpStream,
    peer: SocketAddr,
    part: Part,
    mut server: Server,
    size_limit: u64,
    late: Option<Late>,
) -> Dialogue {
    let _ = stream.set_nodelay(true);
    // Doubled dots do not count; at most every third byte of a message has one.
    let limit = usize::try_from(size_limit).unwrap_or(usize::MAX);
    let message = limit.saturating_add(limit / 3).saturating_add(payload::END_MARK.len());
    let mut log = Log::new(Clock::start(), Keep { message, messages: message }).open_to(late);
    let endpoints = Endpoints {
        local: stream.local_addr().ok().map(|a| a.to_string()),
        remote: Some(peer.to_string()),
        loopback: peer.ip().is_loopback(),
        ..Endpoints::default()
    };
    log.append(Happening::Opened(endpoints)).await;
    converse::<_, ()>(Box::new(stream), &mut log, part, &mut server, None).await;
    log.close().await;
    log.dialogue
}
