//! What listens at a place, and who comes to it.
//!
//! It knows nothing of SMTP: who accepts clients here drives them with a speaker of its own.

use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixSocket};

use crate::journal::Endpoints;
use crate::net::stream::Stream;

/// How many clients who have come may wait to be accepted: who does not find room there tries again
/// after a second. The system may allow fewer.
const BACKLOG: u32 = 4_096;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// How TLS comes to a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Security {
    /// Not at all.
    Clear,
    /// Behind STARTTLS, which is offered (RFC 3207).
    #[default]
    Starttls,
    /// Before anything is said (RFC 8314 §3).
    Implicit,
}

/// Where clients come in, and how they are spoken to there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entrance {
    /// Where.
    pub place: Place,
    /// How TLS comes to a connection, where the listener has TLS.
    pub security: Security,
    /// Whether LMTP is spoken (RFC 2033), whatever is spoken at other doors.
    pub lmtp: bool,
}

impl From<Place> for Entrance {
    fn from(place: Place) -> Self {
        Self { place, security: Security::default(), lmtp: false }
    }
}

impl FromStr for Entrance {
    type Err = String;

    /// A place, behind `smtp://`, `smtps://` or `lmtp://` or alone; `lmtp:unix:/path` as in a target.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let as_target = text.strip_prefix("lmtp:").filter(|place| place.starts_with("unix:"));
        let as_target = as_target.map(|place| ("lmtp", place));
        let said = as_target.or_else(|| text.split_once("://"));
        let (scheme, place) = said.unwrap_or(("smtp", text));
        let entrance = Self::from(place.parse::<Place>()?);
        match scheme {
            "smtp" => Ok(entrance),
            "smtps" => Ok(Self { security: Security::Implicit, ..entrance }),
            "lmtp" => Ok(Self { lmtp: true, ..entrance }),
            _ => Err("smtp://, smtps:// or lmtp:// stands before an address".to_owned()),
        }
    }
}

impl fmt::Display for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lmtp, self.security) {
            (true, _) => write!(f, "lmtp://{}", self.place),
            (false, Security::Implicit) => write!(f, "smtps://{}", self.place),
            _ => self.place.fmt(f),
        }
    }
}

/// What accepts connections.
#[derive(Debug)]
pub enum Socket {
    /// At an address; which one that is, as text, where it is the same for each client.
    Tcp(TcpListener, Option<String>),
    /// In the file system, at this path, which goes with it as long as it leads here.
    #[cfg(unix)]
    Unix(UnixListener, PathBuf, Option<Inode>),
}

impl Socket {
    /// Binds `place`. What a server left in the file system that did not end in order is replaced.
    ///
    /// # Errors
    /// When it cannot be bound.
    pub fn bind(place: &Place) -> io::Result<Self> {
        match place {
            Place::Tcp(address) => {
                let socket = match address {
                    SocketAddr::V4(_) => TcpSocket::new_v4(),
                    SocketAddr::V6(_) => TcpSocket::new_v6(),
                }?;
                // A place that a server has just left can be taken again; elsewhere that is so by itself,
                // and this would share it.
                socket.set_reuseaddr(cfg!(unix))?;
                socket.bind(*address)?;
                let socket = socket.listen(BACKLOG)?;
                let local = (!address.ip().is_unspecified()).then(|| socket.local_addr());
                Ok(Self::Tcp(socket, local.transpose()?.map(|local| local.to_string())))
            }
            #[cfg(unix)]
            Place::Unix(path) => {
                let bind = || {
                    let socket = UnixSocket::new_stream()?;
                    socket.bind(path)?;
                    socket.listen(BACKLOG)
                };
                let bound = match bind() {
                    Err(error)
                        if error.kind() == io::ErrorKind::AddrInUse && is_left_behind(path) =>
                    {
                        std::fs::remove_file(path)?;
                        bind()
                    }
                    bound => bound,
                };
                Ok(Self::Unix(bound?, path.clone(), inode(path)))
            }
            #[cfg(not(unix))]
            Place::Unix(_) => Err(io::Error::other("this system has no such sockets")),
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn place(&self) -> io::Result<Place> {
        match self {
            Self::Tcp(socket, _) => Ok(Place::Tcp(socket.local_addr()?)),
            #[cfg(unix)]
            Self::Unix(_, path, _) => Ok(Place::Unix(path.clone())),
        }
    }

    /// Waits for the next client; cancel-safe.
    ///
    /// # Errors
    /// When one could not be taken: that is about that client alone, or passes (too many open files).
    pub async fn accept(&self) -> io::Result<Client> {
        std::future::poll_fn(|context| self.poll_accept(context)).await
    }

    /// The next client, if there is one.
    pub fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<Client>> {
        match self {
            Self::Tcp(socket, local) => socket
                .poll_accept(context)
                .map_ok(|(stream, peer)| Client::at(stream, peer, local.clone())),
            #[cfg(unix)]
            Self::Unix(socket, path, _) => socket.poll_accept(context).map_ok(|(stream, _)| {
                let local = Some(path.display().to_string());
                let endpoints = Endpoints { local, loopback: true, ..Endpoints::default() };
                let other_hold = None;
                Client { stream: Box::new(stream), endpoints, address: None, other_hold }
            }),
        }
    }
}

#[cfg(unix)]
impl Drop for Socket {
    fn drop(&mut self) {
        // Another server may have taken the path.
        if let Self::Unix(_, path, ours) = self
            && is_socket(path)
            && inode(path) == *ours
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

/// The device and the number of a file.
#[cfg(unix)]
type Inode = (u64, u64);

#[cfg(unix)]
fn inode(path: &Path) -> Option<Inode> {
    use std::os::unix::fs::MetadataExt as _;
    path.symlink_metadata().ok().map(|known| (known.dev(), known.ino()))
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    path.symlink_metadata().is_ok_and(|known| known.file_type().is_socket())
}

/// Who has connected.
pub struct Client {
    /// The connection.
    pub stream: Stream,
    /// Its two ends.
    pub endpoints: Endpoints,
    /// Its address; a socket in the file system gives its clients none.
    pub address: Option<SocketAddr>,
    /// A second hold of its socket, by which the connection can be reset ([`reset`]).
    pub other_hold: Option<std::net::TcpStream>,
}

impl Client {
    fn at(stream: TcpStream, peer: SocketAddr, local: Option<String>) -> Self {
        let _ = stream.set_nodelay(true);
        let endpoints = Endpoints {
            local: local.or_else(|| stream.local_addr().ok().map(|a| a.to_string())),
            remote: Some(peer.to_string()),
            loopback: peer.ip().is_loopback(),
            ..Endpoints::default()
        };
        let other_hold = other_hold(&stream);
        Self { stream: Box::new(stream), endpoints, address: Some(peer), other_hold }
    }
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
pub fn reset(last: std::net::TcpStream) {
    if let Ok(stream) = TcpStream::from_std(last) {
        let _ = stream.set_zero_linger();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_door_is_read_as_a_target_is_written_too() {
        let door = |text: &str| text.parse::<Entrance>();
        let lmtp = Entrance { lmtp: true, ..Place::Unix("/run/lmtp".into()).into() };
        for text in ["lmtp://unix:/run/lmtp", "lmtp:unix:/run/lmtp"] {
            assert_eq!(door(text), Ok(lmtp.clone()), "{text}");
        }
        assert_eq!(lmtp.to_string(), "lmtp://unix:/run/lmtp");
        assert!(
            ["lmtp:127.0.0.1:24", "lmtp:unix:", "x://127.0.0.1:24"]
                .map(door)
                .iter()
                .all(Result::is_err)
        );
    }

    #[tokio::test]
    async fn many_come_at_once_before_the_first_is_accepted() {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
        let allowed = allowed.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(128);
        let socket = Socket::bind(&Place::Tcp("127.0.0.1:0".parse().unwrap())).unwrap();
        let Place::Tcp(address) = socket.place().unwrap() else { panic!() };
        // Who finds no room is not refused: the first try is lost, and the next comes after a second.
        let limit = Duration::from_millis(900);
        let come = |_| std::net::TcpStream::connect_timeout(&address, limit);
        let come: Vec<_> = (0..allowed.min(500)).map(come).collect::<Result<_, _>>().unwrap();
        for client in &come {
            let accepted = socket.accept().await.unwrap();
            assert_eq!(accepted.endpoints.local, client.peer_addr().ok().map(|a| a.to_string()));
        }
    }

    #[tokio::test]
    async fn a_path_that_another_has_taken_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("smtp.sock");
        let place = Place::Unix(path.clone());
        let first = Socket::bind(&place).unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = Socket::bind(&place).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }
}
