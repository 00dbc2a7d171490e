//! Clients that come to where the person answers.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::headless::hand::ByHand;
use crate::net::listen::by_hand::Desk;
use crate::net::listen::{Client, Socket};
use crate::speaker::hand::Hand;

use super::super::hand::Answering;
use super::super::model::Model;
use super::super::update::hand;
use super::Loop;

/// How many clients may wait for a session; the others wait in the system.
pub(super) const CLIENTS_WAITING: usize = 16;

/// How long it takes until the next client is tried where one could not be taken.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// A client that has come, and how it is answered.
pub(super) struct Come {
    client: Client,
    hand: Hand,
    desk: Desk,
    place: Arc<str>,
}

/// Listens, in session number `at`; who comes goes to `come`.
pub(super) fn listen(
    model: &mut Model,
    at: usize,
    by_hand: &ByHand,
    (doors, come): (&mut JoinSet<()>, mpsc::Sender<Come>),
) -> anyhow::Result<()> {
    let socket = by_hand.bind()?;
    let place: Arc<str> = socket.place()?.to_string().into();
    if let Some(session) = model.session_mut(at + 1) {
        session.target = place.to_string();
        session.hand = Some(Box::new(Answering::new(by_hand.hand(), place.to_string())));
    }
    let (by_hand, place) = (by_hand.clone(), Arc::clone(&place));
    doors.spawn(async move {
        accept(socket, &by_hand, &place, come).await;
    });
    Ok(())
}

async fn accept(socket: Socket, by_hand: &ByHand, place: &Arc<str>, come: mpsc::Sender<Come>) {
    loop {
        // A failed accept is about that client alone, or passes (too many open files).
        let Ok(client) = socket.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (hand, desk, place) = (by_hand.hand(), by_hand.desk.clone(), Arc::clone(place));
        if come.send(Come { client, hand, desk, place }).await.is_err() {
            return;
        }
    }
}

impl Loop {
    /// A client has come: it has a session of its own.
    pub(super) fn accepted(&mut self, come: Come) {
        let Come { client, hand, desk, place } = come;
        self.tick();
        let named = client.endpoints.remote.clone().unwrap_or_else(|| place.to_string());
        let id = hand::accepted(&mut self.model, hand, place.to_string(), named);
        match self.sessions.answer(id, client, desk) {
            Ok(recording) => {
                if let Some(session) = self.model.session_mut(id) {
                    session.recording = recording;
                }
            }
            Err(error) => self.model.notice = Some(format!("{error:#}")),
        }
        self.draw();
    }
}
