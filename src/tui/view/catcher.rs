//! The list of what a server has: its sessions or its mail, a row each, and below it what there is to
//! say of the chosen one. Only rows in sight are made.

pub mod chosen;
pub mod columns;
pub mod table;
pub mod words;

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{width, wrap};
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::catcher::{Catcher, Listing};
use super::super::layout::inside;
use super::super::model::{Model, Pane};
use super::super::rows::Piece;
use super::{Click, Title, boxed, draw_lines, list};
use table::Table;

/// Draws the list.
pub fn draw(model: &Model, catcher: &Catcher, area: Rect, frame: &mut Frame<'_>) {
    let title: String = title(model, catcher).into_iter().map(|(text, _)| text).collect();
    let (tone, remark) = remark(model, catcher, area);
    let inner = boxed(model, Pane::Transcript, &title, (tone, &remark), area, frame);
    let room = usize::from(inner.width);
    if catcher.count().0 == 0 {
        let text = nothing(model, catcher);
        let lines = wrap(&text, room);
        let lines = lines.into_iter().map(|line| vec![(Role::Dim, line)]).collect();
        return draw_lines(model, lines, inner, frame);
    }
    let (head, rows) = parted(inner);
    let table = table(model, catcher, rows);
    draw_lines(model, vec![table.head(room)], head, frame);
    draw_lines(model, table.lines(room), rows, frame);
    for (_, place) in rows_at(model).into_iter().filter(|(at, _)| place(catcher) == Some(*at)) {
        list::highlight(model, place, frame);
    }
}

/// The line with the names of the columns, and what is below it.
const fn parted(area: Rect) -> (Rect, Rect) {
    let head = if area.height > 1 { 1 } else { 0 };
    let below = Rect { y: area.y + head, height: area.height - head, ..area };
    (Rect { height: head, ..area }, below)
}

fn place(catcher: &Catcher) -> Option<usize> {
    match catcher.shows {
        Listing::Clients => catcher.clients.place(),
        Listing::Mails => catcher.mails.place(),
    }
}

fn window(catcher: &Catcher, height: u16) -> Range<usize> {
    match catcher.shows {
        Listing::Clients => catcher.clients.window(height.into()),
        Listing::Mails => catcher.mails.window(height.into()),
    }
}

fn table(model: &Model, catcher: &Catcher, area: Rect) -> Table {
    let window = window(catcher, area.height);
    let chosen = place(catcher);
    match catcher.shows {
        Listing::Clients => {
            let rows = window.filter_map(|at| Some((Some(at) == chosen, catcher.clients.at(at)?)));
            Table::of_clients(&rows.collect::<Vec<_>>(), model)
        }
        Listing::Mails => {
            let rows = window.filter_map(|at| Some((Some(at) == chosen, catcher.mails.at(at)?)));
            Table::of_mails(&rows.collect::<Vec<_>>(), model)
        }
    }
}

/// Where each row in sight stands, with its place in the list.
pub fn rows_at(model: &Model) -> Vec<(usize, Rect)> {
    let (Some(catcher), Some(area)) = (&model.session.catcher, model.panes().transcript) else {
        return Vec::new();
    };
    let (_, rows) = parted(inside(area));
    list::places(rows, window(catcher, rows.height))
}

/// How many rows can be in sight.
pub fn height(model: &Model) -> usize {
    model.panes().transcript.map_or(1, |area| parted(inside(area)).1.height.max(1).into())
}

/// The two lists with their numbers, that in sight between brackets; a click goes to the other.
pub fn title(model: &Model, catcher: &Catcher) -> Title {
    let mut parts = Vec::new();
    for listing in Listing::ALL {
        let n = match listing {
            Listing::Clients => catcher.clients.come(),
            Listing::Mails => catcher.mails.come(),
        };
        let name = format!("{}: {n}", knowledge::word(model.lang, listing.title()));
        if !parts.is_empty() {
            parts.push((" ".to_owned(), None));
        }
        parts.push(if listing == catcher.shows {
            (format!("[{name}]"), None)
        } else {
            (name, Some(Click::Listing(listing)))
        });
    }
    parts
}

/// What is kept in sight, or whether the newest is followed.
fn remark(model: &Model, catcher: &Catcher, area: Rect) -> (Role, String) {
    let (n, all) = catcher.count();
    let (gone, follows) = match catcher.shows {
        Listing::Clients => (catcher.clients.gone(), catcher.clients.follows()),
        Listing::Mails => (catcher.mails.gone(), catcher.mails.follows()),
    };
    let (n, all, gone_words) = (n.to_string(), all.to_string(), gone.to_string());
    let sieve = own_visible(catcher.sieve());
    let values = [("n", &*n), ("all", &all), ("sieve", &sieve), ("gone", &gone_words)];
    let mut parts = Vec::new();
    if !catcher.sieve().is_empty() {
        parts.push((Role::Badge, knowledge::fill(model.lang, "catcher.sifted", &values)));
    }
    if gone > 0 && area.width >= 80 {
        parts.push((Role::Dim, knowledge::fill(model.lang, "catcher.rows-gone", &values)));
    }
    if follows {
        parts.push((Role::Dim, knowledge::word(model.lang, "transcript.follow").to_owned()));
    }
    let role = parts.first().map_or(Role::Dim, |(role, _)| *role);
    let texts: Vec<_> = parts.into_iter().map(|(_, text)| text).collect();
    (role, texts.join(" | "))
}

/// Why there is nothing to be seen, and what would bring something.
fn nothing(model: &Model, catcher: &Catcher) -> String {
    if catcher.count().1 > 0 {
        return model.sentence("catcher.nothing-fits", &[]);
    }
    let place = own_visible(&model.session.target).replace(' ', ", ");
    match catcher.shows {
        Listing::Clients => model.sentence("catcher.empty", &[("place", &place)]),
        Listing::Mails => model.sentence("catcher.no-mail", &[("place", &place)]),
    }
}

/// The line on top: where the server listens, and what happens there, for which there is room first.
pub fn header(model: &Model, catcher: &Catcher, columns: u16) -> Vec<Piece> {
    let all = &model.session.target;
    let whole = format!(" {}", own_visible(all));
    let mut summary = summary(model, catcher);
    let needed = |place: &str, parts: &[Piece]| {
        width(place) + parts.iter().map(|(_, text)| width(text) + 2).sum::<usize>()
    };
    let fits = |place: &str, parts: &[Piece]| needed(place, parts) <= usize::from(columns);
    let more = all.matches(' ').count();
    let place = match more {
        0 => whole,
        _ if fits(&whole, &summary) => whole,
        more => format!(" {} +{more}", own_visible(door(model))),
    };
    if !fits(&place, &summary) {
        // That it listens is seen by what it tells.
        summary.remove(0);
    }
    std::iter::once((Role::Title, place)).chain(summary).collect()
}

/// The first of the places where the server listens.
fn door(model: &Model) -> &str {
    let places = &model.session.target;
    places.split_once(' ').map_or(places, |(first, _)| first)
}

/// The chosen row as it is shown, whole.
pub fn line(model: &Model, catcher: &Catcher) -> String {
    let table = match catcher.shows {
        Listing::Clients => {
            let rows: Vec<_> =
                catcher.clients.chosen().map(|row| (false, row)).into_iter().collect();
            Table::of_clients(&rows, model)
        }
        Listing::Mails => {
            let rows: Vec<_> = catcher.mails.chosen().map(|row| (false, row)).into_iter().collect();
            Table::of_mails(&rows, model)
        }
    };
    let lines = table.lines(usize::from(u16::MAX)).into_iter().next().unwrap_or_default();
    let text: String = lines.into_iter().map(|(_, text)| text).collect();
    text.trim().to_owned()
}

/// What the line on top says of a server: how many sessions go on, and how many did not go well.
fn summary(model: &Model, catcher: &Catcher) -> Vec<Piece> {
    let word = |key| knowledge::word(model.lang, key);
    let mut parts = vec![(Role::Notice, word("catcher.listens").to_owned())];
    let (refused, broken) = catcher.troubles;
    let open = if catcher.open > 0 { Role::Good } else { Role::Dim };
    let numbers = [
        (open, "catcher.open-now", catcher.open),
        (Role::Warn, "catcher.refused", refused),
        (Role::Bad, "catcher.broken", broken),
        (Role::Bad, "catcher.turned-away", catcher.turned_away),
    ];
    let told = numbers.into_iter().filter(|(_, key, n)| *n > 0 || *key == "catcher.open-now");
    parts.extend(told.map(|(role, key, n)| (role, format!("{}: {n}", word(key)))));
    if !catcher.plays.is_empty() {
        parts.push((Role::Warn, own_visible(&catcher.plays)));
    }
    parts
}

/// Where the chosen row stands on the screen.
pub fn cursor(model: &Model) -> Option<(u16, u16)> {
    let catcher = model.session.catcher.as_ref()?;
    let chosen = place(catcher)?;
    let place = rows_at(model).into_iter().find(|(at, _)| *at == chosen);
    place.map(|(_, area)| (area.x, area.y))
}
