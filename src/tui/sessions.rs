//! The sessions that are open: which one is in front, which one beside it, and who comes next.

use super::model::{Model, Pane, Session};
use super::rows;
use crate::smtp::target::Target;

/// Below this many columns two transcripts do not fit side by side.
pub const BESIDE: u16 = 100;

/// The target that is the server inside this program, which has its other end here.
pub const PRACTICE: &str = "practice";

/// Whether a target is that server, with faults or without.
pub fn is_practice(target: &str) -> bool {
    matches!(Target::read(target), Ok(Target::Practice { .. }))
}

impl Model {
    /// All sessions, in the order of their tabs.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        let (before, behind) = self.others.split_at(self.place());
        before.iter().chain(std::iter::once(&self.session)).chain(behind)
    }

    /// The session with this number, wherever it is.
    pub fn session_mut(&mut self, id: usize) -> Option<&mut Session> {
        std::iter::once(&mut self.session).chain(&mut self.others).find(|s| s.id == id)
    }

    /// What is told of session `id`, with its number where there are several.
    pub fn numbered(&self, id: usize, told: String) -> String {
        if self.others.is_empty() { told } else { format!("{id}: {told}") }
    }

    /// The session that comes `by` tabs behind the one in front; the first follows the last.
    pub fn neighbour(&self, by: usize) -> usize {
        let count = self.others.len() + 1;
        self.sessions().nth((self.place() + by) % count).map_or(self.session.id, |s| s.id)
    }

    /// The session whose transcript stands beside that of the one in front.
    pub fn beside(&self) -> Option<&Session> {
        let next = self.neighbour(1);
        self.others.iter().find(|s| s.id == next).filter(|_| self.beside && self.size.0 >= BESIDE)
    }

    /// Brings a session to the front. What was being typed stays with the one that leaves it.
    pub fn bring_to_front(&mut self, id: usize) {
        let Some(at) = self.others.iter().position(|s| s.id == id) else { return };
        let next = self.others.remove(at);
        let left = self.swap_front(next);
        let place = self.others.partition_point(|s| s.id < left.id);
        self.others.insert(place, left);
    }

    /// Opens a session at the end of the tabs, in front; gives its number.
    pub fn open_session(&mut self, target: String) -> usize {
        let id = self.add_session(target);
        self.bring_to_front(id);
        id
    }

    /// Opens a session at the end of the tabs, behind the one in front; gives its number.
    pub fn add_session(&mut self, target: String) -> usize {
        // A number is never used again: recordings are named by it.
        let id = self.last_id + 1;
        self.last_id = id;
        self.others.push(Session::new(id, target));
        id
    }

    /// Takes the session in front away and brings its neighbour to the front; `None` if it is the
    /// last one.
    pub fn remove_front(&mut self) -> Option<Session> {
        let place = self.place().min(self.others.len().checked_sub(1)?);
        let next = self.others.remove(place);
        Some(self.swap_front(next))
    }

    fn swap_front(&mut self, next: Session) -> Session {
        let mut left = std::mem::replace(&mut self.session, next);
        left.draft = self.prompt.put_aside("");
        left.seen = rows::count(&left.dialogue);
        self.prompt.put_back(std::mem::take(&mut self.session.draft));
        if self.session.catcher.is_some() {
            // There is nothing else in it that could have the focus.
            self.focus = Pane::Transcript;
        }
        left
    }

    /// How many sessions have their tab before that of the one in front.
    fn place(&self) -> usize {
        self.others.partition_point(|s| s.id < self.session.id)
    }
}

impl Session {
    /// Rows that came since it was last in front.
    pub fn unseen(&self) -> usize {
        rows::count(&self.dialogue).saturating_sub(self.seen)
    }
}
