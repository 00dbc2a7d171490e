//! One session with a client that a person answers.

use tokio::sync::mpsc;

use crate::journal::Happening;
use crate::smtp::wait::{Limits, Wait};
use crate::speaker::fault::Shows;
use crate::speaker::{Ends, Human};

use super::Client;
use super::session::{let_go, linger};
use crate::net::driver::{Log, Orders, Part, Patience, converse};
use crate::net::tls::{Tls, TlsError, Wardrobe};

/// How a person's sessions are.
#[derive(Clone, Debug)]
pub struct Desk {
    /// How long the other side may take.
    pub limits: Limits,
    /// How TLS begins; `None` cannot.
    pub tls: Option<Tls>,
    /// Whether TLS begins before anything is said.
    pub implicit: bool,
}

impl Desk {
    /// With what TLS shows, and whether it begins before anything is said.
    ///
    /// # Errors
    /// When no certificate can be shown.
    pub fn new(limits: Limits, tls: Option<(Wardrobe, bool)>) -> Result<Self, TlsError> {
        let Some((mut wardrobe, implicit)) = tls else {
            return Ok(Self { limits, tls: None, implicit: false });
        };
        let tls = Some(Tls::Server(wardrobe.server(Shows::default())?));
        Ok(Self { limits, tls, implicit })
    }
}

/// Talks with `client` to the end, as the orders say; nothing is said by itself, however long it
/// takes.
pub async fn answer<O>(
    client: Client,
    desk: Desk,
    log: &mut Log,
    orders: &mut mpsc::Receiver<O>,
    obey: fn(&mut Human, O) -> Ends,
) {
    let Desk { mut limits, tls, implicit } = desk;
    // It is the person who lets a client wait.
    limits.set(Wait::Idle, 0);
    let part = Part { patience: Patience::Tells, ..Part::server(limits) };
    log.append(Happening::Opened(Box::new(client.endpoints))).await;
    let orders = Some(Orders { queue: orders, obey });
    let part = part.with_tls(tls, implicit);
    converse(client.stream, log, part, &mut Human::default(), orders).await;
    linger(client.other_hold.and_then(|hold| let_go(hold, &log.dialogue))).await;
}
