//! A session in which the person answers: what can be said to the client, and which of it is chosen.

use bytes::Bytes;

use crate::display::keys::Layer;
use crate::journal::transcript::Place;
use crate::journal::{Moment, Side};
use crate::session::{Dialogue, Phase};
use crate::speaker::hand::{self, Hand, Kind, Offer, Remark};

use super::layout::Pane;
use super::model::{Model, Session};

/// What belongs to such a session.
#[derive(Clone, Debug)]
pub struct Answering {
    /// From which the suggestions come.
    pub hand: Hand,
    /// Where clients are awaited.
    pub place: String,
    /// What can be said now.
    pub offers: Vec<Offer>,
    /// Which of it is chosen.
    pub chosen: usize,
    /// What the suggestions are about.
    of: Option<Asked>,
    /// Whether something was said to that.
    given: bool,
}

/// What is to be answered, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    exchange: Option<usize>,
    connection: u32,
    closing: bool,
}

impl Answering {
    /// Somebody who awaits clients at `place`.
    pub const fn new(hand: Hand, place: String) -> Self {
        Self { hand, place, offers: Vec::new(), chosen: 0, of: None, given: false }
    }

    /// The suggestion that is chosen.
    pub fn chosen(&self) -> Option<&Offer> {
        self.offers.get(self.chosen)
    }

    /// The first suggestion of a kind.
    pub fn first(&self, kind: Kind) -> Option<usize> {
        self.offers.iter().position(|offer| offer.kind == kind)
    }

    /// Which of `offers` stand in `height` lines, the chosen one among them: the number of the first.
    pub fn top(&self, height: usize) -> usize {
        let most = self.offers.len().saturating_sub(height);
        (self.chosen + 1).saturating_sub(height).min(most)
    }
}

impl Session {
    /// Which side is ours.
    pub const fn side(&self) -> Side {
        if self.hand.is_some() { Side::Server } else { Side::Client }
    }

    /// Whether it is a client's session that is only looked at.
    pub const fn is_caught(&self) -> bool {
        self.caught.is_some() && self.hand.is_none()
    }

    /// Whether a client waits for an answer of the person.
    pub fn is_asked(&self) -> bool {
        self.hand.is_some() && hand::due(&self.dialogue).is_some()
    }

    /// Whether it waits for its first client.
    pub fn awaits_a_client(&self) -> bool {
        self.hand.is_some() && self.dialogue.phase() == Phase::Offline
    }

    /// What is to be answered may be another thing: so is what can be said to it.
    pub(super) fn look_what_is_asked(&mut self, now: Moment) {
        let Some(answering) = &mut self.hand else { return };
        let seen = &self.dialogue;
        let exchange = hand::due(seen).map(|(at, _)| at);
        let closing = seen.phase() == Phase::Closing && seen.unanswered().is_none();
        let asked = (exchange.is_some() || closing).then_some(Asked {
            exchange,
            connection: seen.connection(),
            closing,
        });
        if answering.of != asked {
            answering.of = asked;
            answering.given = false;
            answering.chosen = 0;
        } else if self.drip.is_none() && self.unheard.is_empty() && answering.given {
            // Something was said that is no answer.
            answering.given = false;
        }
        answering.offers = if asked.is_none() || answering.given || has_begun(seen) {
            Vec::new()
        } else {
            answering.hand.offers(now, seen)
        };
        answering.chosen = answering.chosen.min(answering.offers.len().saturating_sub(1));
    }

    /// Something was said to what is asked; until it is on the wire nothing is suggested.
    pub(super) fn answers(&mut self) {
        if let Some(answering) = &mut self.hand {
            answering.given = true;
            answering.offers.clear();
        }
    }
}

impl Model {
    /// Whether each side of a session has a column of its own, where there is place for that.
    pub fn has_sides(&self, session: &Session) -> bool {
        self.sides.unwrap_or_else(|| session.side() == Side::Server)
    }

    /// The suggestions, where they stand around the prompt.
    pub fn offers(&self) -> Option<&Answering> {
        let session = &self.session;
        let stands = !session.travels() && self.editing().is_none() && session.group.is_none();
        session.hand.as_deref().filter(|answering| stands && !answering.offers.is_empty())
    }

    /// Whether the keys of suggestions count: nothing is typed.
    pub fn chooses_offers(&self) -> bool {
        self.popup.is_none() && self.has_keys_of_offers()
    }

    /// Whether they do once no popup is open.
    pub(super) fn has_keys_of_offers(&self) -> bool {
        let typed = !self.prompt.text().is_empty();
        self.focus == Pane::Prompt && !typed && self.offers().is_some()
    }
}

/// Whether a reply has begun that is not complete.
pub(super) fn has_begun(seen: &Dialogue) -> bool {
    let (partial, rest) = seen.partial_reply();
    !partial.lines.is_empty() || !rest.is_empty()
}

/// What there is to say about the line that is typed as a reply, the worst first.
pub fn remarks(model: &Model) -> Option<Vec<Remark>> {
    let text = model.prompt.text();
    let ours = model.session.hand.is_some() && model.session.dialogue.phase().is_open();
    if !ours || text.is_empty() || text.starts_with(':') || model.popup.is_some() {
        return None;
    }
    let said = hand::read(text, Place { line: 1, column: 1 }).ok()?;
    let bytes = Bytes::copy_from_slice(said.first()?.bytes());
    Some(hand::judge(model.now, &model.session.dialogue, &bytes))
}

/// The layers of the prompt while suggestions stand there.
pub const LAYERS: &[Layer] = &[Layer::Reply, Layer::Prompt, Layer::Line, Layer::Any];
