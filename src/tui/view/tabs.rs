//! The line of tabs: one for each session, with its state in words and what is new there.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, width, width_of};
use crate::display::token::own_visible;
use crate::journal::{Ending, Happening};
use crate::knowledge;

use super::super::model::{Model, Session};
use super::super::rows::Piece;
use super::styled;

/// Columns that a target keeps when tabs do not fit.
const LEAST: usize = 8;

/// Stands where tabs are out of sight.
const MORE: (&str, &str) = ("<", ">");

/// One tab in pieces.
type Tab = (usize, Vec<Piece>);

/// Draws the tabs.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    if area.height == 0 {
        return;
    }
    let columns = usize::from(area.width);
    let (tabs, before, behind) = in_sight(model, columns);
    let mut pieces = vec![(Role::Dim, if before { MORE.0 } else { " " }.to_owned())];
    pieces.extend(tabs.into_iter().flat_map(|(_, tab)| tab));
    if behind {
        let gap = columns.saturating_sub(width_of(&pieces) + 1);
        pieces.push((Role::Dim, format!("{:gap$}{}", "", MORE.1)));
    }
    frame.render_widget(styled(model, pieces), area);
}

/// Where the tab of each session in sight stands: its number and its columns.
pub fn tabs_at(model: &Model) -> Vec<(usize, Range<u16>)> {
    let area = model.panes().tabs;
    if area.height == 0 {
        return Vec::new();
    }
    let mut at = area.x.saturating_add(1);
    let place = |(id, tab): Tab| {
        let start = at;
        at = at.saturating_add(u16::try_from(width_of(&tab)).unwrap_or(u16::MAX));
        (id, start..at.min(area.right()))
    };
    in_sight(model, usize::from(area.width)).0.into_iter().map(place).collect()
}

/// The tabs that fit, that of the session in front always among them, and whether there are more
/// before and behind them.
fn in_sight(model: &Model, columns: usize) -> (Vec<Tab>, bool, bool) {
    let room = columns.saturating_sub(2);
    let whole = all(model, usize::MAX);
    let tabs = if total(&whole) <= room { whole } else { all(model, LEAST) };
    let front = tabs.iter().position(|(id, _)| *id == model.session.id).unwrap_or_default();
    let mut start = 0;
    while start < front && tabs.get(start..=front).map_or(0, total) > room {
        start += 1;
    }
    let mut left = room;
    let fits = |(_, tab): &&Tab| {
        let fits = width_of(tab) <= left;
        left = left.saturating_sub(width_of(tab));
        fits
    };
    let count = tabs.iter().skip(start).take_while(fits).count().max(1);
    let behind = start + count < tabs.len();
    (tabs.into_iter().skip(start).take(count).collect(), start > 0, behind)
}

fn total(tabs: &[Tab]) -> usize {
    tabs.iter().map(|(_, tab)| width_of(tab)).sum()
}

/// All tabs, each target on at most `most` columns.
fn all(model: &Model, most: usize) -> Vec<Tab> {
    model.sessions().map(|session| (session.id, tab(model, session, most))).collect()
}

fn tab(model: &Model, session: &Session, most: usize) -> Vec<Piece> {
    let front = session.id == model.session.id;
    let (role, words) = if let Some(catcher) = &session.catcher {
        let open = knowledge::word(model.lang, "catcher.open-now");
        (Role::Notice, format!("{open}: {}", catcher.open))
    } else {
        let (role, key) = state(session);
        (role, knowledge::word(model.lang, key).to_owned())
    };
    let name = if front { Role::Focus } else { Role::Title };
    let target = named(session, most);
    // The brackets say which one is in front where colours do not.
    let (open, close) = if front { ("[", "]") } else { (" ", " ") };
    let mut tab = vec![(name, format!("{open}{} {target} ", session.id)), (role, words)];
    let unseen = session.unseen();
    if !front && unseen > 0 {
        tab.push((Role::Badge, format!(" +{unseen}")));
    }
    tab.push((name, close.to_owned()));
    tab
}

/// Its target; of clients on one host the port is what tells one from another.
fn named(session: &Session, most: usize) -> String {
    let target = own_visible(&session.target);
    let port = target.rsplit_once(':').filter(|_| session.hand.is_some() && width(&target) > most);
    clip(&port.map_or_else(|| target.clone(), |(_, port)| format!("\u{2026}:{port}")), most)
}

/// The state of a session in one word.
fn state(session: &Session) -> (Role, &'static str) {
    let dialogue = &session.dialogue;
    let failed = dialogue.course().next_back().is_some_and(|what| match what {
        Happening::NotOpened(_) => true,
        Happening::Closed { how, .. } => *how != Ending::Finished,
        _ => false,
    });
    match dialogue.phase() {
        phase if session.other_end_of.is_some() && (phase.is_open() || session.loading) => {
            (Role::Notice, "header.other-end")
        }
        _ if session.other_end_of.is_some() => (Role::Dim, "tab.closed"),
        phase if session.is_caught() && (phase.is_open() || session.loading) => {
            (Role::Good, "tab.open")
        }
        _ if session.is_caught() => (Role::Dim, "tab.closed"),
        _ if session.recorded => (Role::Notice, "header.file"),
        _ if session.dialling => (Role::Warn, "tab.dialling"),
        _ if session.is_asked() => (Role::Badge, "tab.asked"),
        _ if session.awaits_a_client() => (Role::Notice, "tab.awaits"),
        phase if phase.is_open() && dialogue.unanswered().is_some() => (Role::Warn, "tab.waiting"),
        phase if phase.is_open() => (Role::Good, "tab.open"),
        _ if failed => (Role::Bad, "tab.failed"),
        _ => (Role::Dim, "tab.closed"),
    }
}
