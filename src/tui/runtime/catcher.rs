//! A server of this program: what its sessions report comes to the screen a few times a second.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::mpsc;

use crate::display::token::own_visible;
use crate::net::Clock;
use crate::net::listen::{Finished, Listener, Place};
use crate::net::tls;
use crate::session::{Dialogue, Past};
use crate::speaker::Policy;
use crate::speaker::server::Deliver;

use super::super::catcher::{Client, News};
use super::super::message::Message;
use super::reading::Inner;

/// What `ehlo serve` was told.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub listen: Place,
    /// Where messages go.
    pub maildir: Option<PathBuf>,
    /// What it believes.
    pub policy: Policy,
    /// Its certificates, and whether TLS begins before anything is said.
    pub tls: Option<(tls::Server, bool)>,
}

/// A server that is bound, and does not serve yet.
pub(super) struct Server {
    /// Where it listens.
    pub(super) place: String,
    listener: Listener,
    reports: mpsc::UnboundedReceiver<(u64, Dialogue)>,
    clock: Clock,
}

impl Server {
    /// Binds it.
    pub(super) async fn bind(serving: &Serving, clock: &Clock) -> anyhow::Result<Self> {
        let (told, reports) = mpsc::unbounded_channel();
        let deliver: Deliver = Arc::new(|_| Ok("kept".to_owned()));
        let finished: Finished = Arc::new(move |number, seen| {
            let _ = told.send((number, seen.clone()));
        });
        let bound = Listener::bind(&serving.listen, serving.policy.clone(), deliver, finished).await;
        let mut listener = bound.with_context(|| format!("cannot listen on {}", serving.listen))?;
        if let Some((server, implicit)) = serving.tls.clone() {
            listener = listener.with_tls(server, implicit);
        }
        let place = own_visible(&listener.place()?.to_string());
        Ok(Self { place, listener, reports, clock: clock.clone() })
    }

    /// Lets it serve; what its sessions report goes to session `id` of the screen.
    pub(super) fn begin(self, id: usize, inner: Inner) {
        let Self { listener, mut reports, clock, .. } = self;
        tokio::spawn(listener.serve(std::future::pending::<()>()));
        tokio::spawn(async move {
            while let Some((number, seen)) = reports.recv().await {
                let began = clock.now();
                let client = Client { number, began, lasted: Some(1), ..Client::default() };
                let over = Box::new((Past::default(), seen));
                let news = News::Over(Box::new(client.seen(&over.1)), over);
                if inner.send(Ok(Message::Caught(id, vec![news]))).await.is_err() {
                    return;
                }
            }
        });
    }
}
