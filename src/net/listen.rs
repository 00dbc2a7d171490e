//! Accepts connections and answers each with the practice server.

use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::journal::{Ending, Endpoints, Happening, Side};
use crate::session::{Dialogue, Keep};
use crate::smtp::code::Code;
use crate::smtp::payload;
use crate::smtp::reply;
use crate::speaker::replay::{Answered, Halves, Tell};
use crate::speaker::server::Deliver;
use crate::speaker::fault::{Faults, Player};
use crate::speaker::{Policy, Replay};

use super::Clock;
use super::driver::{Log, Part, converse};
use super::host::{Host, Playing};
use super::stream::Stream;
use super::tls::{Tls, Wardrobe};
use super::watch::{Late, Watch, Watches};

/// How many clients are served at once; the others are told to come back (421).
pub const CLIENTS: usize = 1_000;

/// How long the refusal of one more client may take.
const REFUSAL: std::time::Duration = std::time::Duration::from_secs(1);

/// Called with the number of a session and its dialogue when the session is over.
pub type Finished = Arc<dyn Fn(u64, &Dialogue) + Send + Sync>;

/// A recording by which clients are answered instead of by the practice server.
#[derive(Clone)]
pub struct Again {
    /// What the server said in it.
    pub halves: Arc<Halves>,
    /// Whether the time is taken that was taken.
    pub timing: bool,
    /// Called with the number of a session and what its client is answered.
    pub tell: Arc<dyn Fn(u64, &Answered) + Send + Sync>,
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At an address; port 0 picks a free one.
    Tcp(SocketAddr),
    /// In the file system.
    Unix(PathBuf),
}

impl FromStr for Place {
    type Err = String;

    /// `127.0.0.1:2525`, `[::1]:2525`, `unix:/path`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("unix:") {
            Some("") => Err("unix: needs a path".to_owned()),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|error| error.to_string()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// What accepts connections.
enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, PathBuf),
}

impl Socket {
    async fn bind(place: &Place) -> io::Result<Self> {
        match place {
            Place::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            #[cfg(unix)]
            Place::Unix(path) => {
                let bound = match UnixListener::bind(path) {
                    Err(error)
                        if error.kind() == io::ErrorKind::AddrInUse && is_left_behind(path) =>
                    {
                        std::fs::remove_file(path)?;
                        UnixListener::bind(path)
                    }
                    bound => bound,
                };
                Ok(Self::Unix(bound?, path.clone()))
            }
            #[cfg(not(unix))]
            Place::Unix(_) => Err(io::Error::other("this system has no such sockets")),
        }
    }

    fn place(&self) -> io::Result<Place> {
        match self {
            Self::Tcp(socket) => Ok(Place::Tcp(socket.local_addr()?)),
            #[cfg(unix)]
            Self::Unix(_, path) => Ok(Place::Unix(path.clone())),
        }
    }

    async fn accept(&self) -> io::Result<Client> {
        match self {
            Self::Tcp(socket) => {
                let (stream, peer) = socket.accept().await?;
                let _ = stream.set_nodelay(true);
                let endpoints = Endpoints {
                    local: stream.local_addr().ok().map(|a| a.to_string()),
                    remote: Some(peer.to_string()),
                    loopback: peer.ip().is_loopback(),
                    ..Endpoints::default()
                };
                let other_hold = other_hold(&stream);
                Ok(Client { stream: Box::new(stream), endpoints, address: Some(peer), other_hold })
            }
            #[cfg(unix)]
            Self::Unix(socket, path) => {
                let (stream, _) = socket.accept().await?;
                let local = Some(path.display().to_string());
                let endpoints = Endpoints { local, loopback: true, ..Endpoints::default() };
                let other_hold = None;
                Ok(Client { stream: Box::new(stream), endpoints, address: None, other_hold })
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Socket {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self
            && is_socket(path)
        {
            // Nobody listens there any more.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Whether it is a socket that a server left behind which did not end in order. Whatever else
/// stands there refuses a connection, too, and is somebody's file.
#[cfg(unix)]
fn is_left_behind(path: &Path) -> bool {
    let refuses = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket(path) && std::os::unix::net::UnixStream::connect(path).is_err_and(refuses)
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    path.symlink_metadata().is_ok_and(|known| known.file_type().is_socket())
}

/// Who has connected.
struct Client {
    stream: Stream,
    endpoints: Endpoints,
    /// By which its session is found; a socket in the file system gives its clients none.
    address: Option<SocketAddr>,
    /// A second hold of its socket, by which the connection can be reset.
    other_hold: Option<std::net::TcpStream>,
}

#[cfg(unix)]
fn other_hold(stream: &TcpStream) -> Option<std::net::TcpStream> {
    use std::os::fd::AsFd as _;
    stream.as_fd().try_clone_to_owned().ok().map(Into::into)
}

#[cfg(not(unix))]
const fn other_hold(_: &TcpStream) -> Option<std::net::TcpStream> {
    None
}

/// Resets a connection of which this is the last hold.
fn reset(last: std::net::TcpStream) {
    if let Ok(stream) = TcpStream::from_std(last) {
        let _ = stream.set_zero_linger();
    }
}

/// A practice server at a place.
pub struct Listener {
    socket: Socket,
    policy: Policy,
    deliver: Deliver,
    finished: Finished,
    watches: Option<Watches>,
    again: Option<Again>,
    tls: Option<(Wardrobe, bool)>,
    playing: Playing,
}

impl Listener {
    /// Binds `place`.
    ///
    /// # Errors
    /// When it cannot be bound.
    pub async fn bind(
        place: &Place,
        policy: Policy,
        deliver: Deliver,
        finished: Finished,
    ) -> io::Result<Self> {
        let socket = Socket::bind(place).await?;
        let (watches, again, tls) = (None, None, None);
        let (_, playing) = watch::channel(Arc::default());
        Ok(Self { socket, policy, deliver, finished, watches, again, tls, playing })
    }

    /// Lets TLS begin: behind STARTTLS, which is offered then, or before anything is said.
    pub fn with_tls(mut self, wardrobe: Wardrobe, implicit: bool) -> Self {
        self.tls = Some((wardrobe, implicit));
        self
    }

    /// Plays these faults, as they are at any moment.
    pub fn playing(mut self, playing: Playing) -> Self {
        self.playing = playing;
        self
    }

    /// TLS as the faults want it shown, and whether it begins before anything is said.
    fn tls(&mut self, faults: &Faults) -> (Option<Tls>, bool) {
        let Some((wardrobe, implicit)) = &mut self.tls else { return (None, false) };
        let shows = faults.shows();
        // What cannot be made was made once before the server began; then there is no TLS.
        let server = wardrobe.server(shows).ok().map(Tls::Server);
        (server, shows.implicit.unwrap_or(*implicit))
    }

    /// Answers by a recording.
    pub fn answering_again(mut self, again: Again) -> Self {
        self.again = Some(again);
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
    pub fn place(&self) -> io::Result<Place> {
        self.socket.place()
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
            let Ok(mut client) = accepted else {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            };
            let Ok(place) = places.clone().try_acquire_owned() else {
                let reply = reply::write(Code::NOT_AVAILABLE, None, &["Too many clients at once"]);
                sessions.spawn(async move {
                    let said = client.stream.write_all(&reply);
                    // Who does not take even that gets nothing.
                    let _ = tokio::time::timeout(REFUSAL, said).await;
                    let _ = client.stream.shutdown().await;
                });
                continue;
            };
            let watches = self.watches.as_mut().zip(client.address);
            let late = watches.map(|(watches, address)| watches.session(address));
            let faults = Arc::clone(&self.playing.borrow());
            let (tls, implicit) = self.tls(&faults);
            let clock = Clock::start();
            let starttls = tls.is_some() && !implicit;
            let policy = Policy { begun: clock.timestamp(), starttls, ..self.policy.clone() };
            let believed = faults.policy(policy.clone());
            let part = Part::server(believed.limits).with_tls(tls, implicit);
            let limit = believed.size_limit;
            let host = match &self.again {
                Some(again) => Host::Recorded(again.host(number)),
                None => {
                    let count = u32::try_from(number).unwrap_or(u32::MAX);
                    let deliver = self.deliver.clone();
                    let player = Player::new(policy, deliver, super::seed(), faults, count);
                    Host::Practice(Box::new(player), self.playing.clone())
                }
            };
            let session = session(client, part, host, (limit, clock), late);
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

impl Again {
    /// Who answers session number `number`, from 1.
    fn host(&self, number: u64) -> Replay {
        let at = usize::try_from(number - 1).unwrap_or_default();
        let told = self.tell.clone();
        let tell: Tell = Arc::new(move |answered| told(number, answered));
        Replay::new(&self.halves, at, self.timing, tell)
    }
}

/// The next client; meanwhile, who wants to hear a session is passed on to it.
async fn accept(socket: &Socket, watches: Option<&mut Watches>) -> io::Result<Client> {
    let Some(watches) = watches else { return socket.accept().await };
    tokio::select! {
        accepted = socket.accept() => accepted,
        () = watches.pass_on() => std::future::pending().await,
    }
}

async fn session(
    client: Client,
    part: Part,
    mut host: Host,
    (size_limit, clock): (u64, Clock),
    late: Option<Late>,
) -> Dialogue {
    // Doubled dots do not count; at most every third byte of a message has one.
    let limit = usize::try_from(size_limit).unwrap_or(usize::MAX);
    let message = limit.saturating_add(limit / 3).saturating_add(payload::END_MARK.len());
    let mut log = Log::new(clock, Keep { message, messages: message }).open_to(late);
    log.append(Happening::Opened(client.endpoints)).await;
    converse::<_, ()>(client.stream, &mut log, part, &mut host, None).await;
    let ended = log.dialogue.course().next_back();
    if let (Some(Happening::Closed { by: Side::Server, how: Ending::Reset }), Some(last)) =
        (ended, client.other_hold)
    {
        reset(last);
    }
    log.close().await;
    log.dialogue
}
