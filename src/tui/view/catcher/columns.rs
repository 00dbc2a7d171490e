//! Rows in columns that are as wide as what is in sight needs; the last one has what is left.

use crate::display::Role;
use crate::display::text::{clip, fit, width};
use crate::display::token::visible;
use crate::display::words::amount;
use crate::knowledge::{self, Lang};

use super::super::super::catcher::listed::Row as _;
use super::super::super::catcher::{Client, Fate, Mail, State};
use super::super::super::model::Model;
use super::super::super::rows::Piece;
use super::super::list;

/// From this many columns on a row says all that there is.
const ROOMY: u16 = 100;

/// Below this many columns a row says only what matters most.
const NARROW: u16 = 60;

/// A column: the key of its name, whether it stands at the right, how wide it may be, its cells.
struct Column {
    name: &'static str,
    right: bool,
    least: usize,
    most: usize,
    /// Whether two addresses stand in it with an arrow between them.
    way: bool,
    cells: Vec<Piece>,
}

/// Some rows in columns.
pub struct Table {
    columns: Vec<Column>,
    chosen: Vec<bool>,
    lang: Lang,
}

impl Table {
    /// Sessions, each with whether it is the chosen one.
    pub fn of_clients(rows: &[(bool, &Client)], model: &Model) -> Self {
        let (columns, lang) = (model.size.0, model.lang);
        let all = |cell: &dyn Fn(&Client) -> Piece| -> Vec<Piece> {
            rows.iter().map(|(_, client)| cell(client)).collect()
        };
        let text = |text: String| (Role::Text, text);
        let mut table =
            vec![Column::right("column.number", 7, all(&|c| text(c.number.to_string())))];
        if columns >= ROOMY {
            table.push(Column::left("column.time", 8, all(&|c| (Role::Dim, c.time.clone()))));
        }
        if columns >= NARROW {
            let lasted = |c: &Client| (Role::Dim, unless_away(c, lasted(took(model, c), lang)));
            table.push(Column::right("column.lasted", 8, all(&lasted)));
            let peer = |c: &Client| text(from(c, columns >= ROOMY));
            table.push(Column::left(
                "column.peer",
                if columns >= ROOMY { 24 } else { 15 },
                all(&peer),
            ));
            let tls = |c: &Client| (Role::Good, tls(c, columns >= ROOMY));
            table.push(Column::left("column.tls", 8, all(&tls)));
        }
        if columns >= ROOMY {
            table.push(Column::left(
                "column.login",
                20,
                all(&|c| text(seen(c.glance.user.as_deref().unwrap_or_default()))),
            ));
        }
        if columns >= NARROW {
            let count = |c: &Client| format!("{}/{}", commands(c), c.glance.messages);
            let count = |c: &Client| text(unless_away(c, count(c)));
            table.push(Column::right("column.count", 9, all(&count)));
        }
        let most = if columns < NARROW { STATE } else { 22 };
        let states =
            Column::left("column.state", most, all(&|c| (tone(c), state(c.state(), lang))));
        // What changes all the time does not move what stands behind it.
        table.push(Column { least: STATE.min(most), ..states });
        let way = |c: &Client| match &c.glance.sender {
            Some(sender) => way(sender, &c.glance.named, c.glance.recipients),
            // It said nothing; where there is no place for times, this is one.
            None if c.away.is_some() && columns < ROOMY => c.time.clone(),
            None => String::new(),
        };
        table.push(Column::way(usize::MAX, all(&|c| text(way(c)))));
        Self::of(table, rows.iter().map(|(chosen, _)| *chosen), lang)
    }

    /// Messages, each with whether it is the chosen one.
    pub fn of_mails(rows: &[(bool, &Mail)], model: &Model) -> Self {
        let (columns, lang) = (model.size.0, model.lang);
        let all = |cell: &dyn Fn(&Mail) -> Piece| -> Vec<Piece> {
            rows.iter().map(|(_, mail)| cell(mail)).collect()
        };
        let text = |text: String| (Role::Text, text);
        let session = |m: &Mail| (Role::Dim, format!("#{}", m.client));
        let mut table = vec![Column::right("column.session", 8, all(&session))];
        if columns >= NARROW {
            table.push(Column::left("column.time", 8, all(&|m| (Role::Dim, m.time.clone()))));
        }
        if columns >= ROOMY {
            table.push(Column::right("column.size", 12, all(&|m| text(amount(m.size)))));
        }
        let fate = |m: &Mail| (fate_tone(m.fate), m.fate.words(lang));
        table.push(Column::left("column.fate", if columns < NARROW { 10 } else { 18 }, all(&fate)));
        let way = |m: &Mail| text(way(&m.sender, &m.recipients, m.named));
        match columns {
            ROOMY.. => table.push(Column::way(44, all(&way))),
            NARROW.. => table.push(Column::way(27, all(&way))),
            _ => {}
        }
        table.push(Column::left("column.subject", usize::MAX, all(&|m| text(seen(&m.subject)))));
        Self::of(table, rows.iter().map(|(chosen, _)| *chosen), lang)
    }

    /// A column in which nothing stands is left out.
    fn of(mut columns: Vec<Column>, chosen: impl Iterator<Item = bool>, lang: Lang) -> Self {
        let last = columns.len().saturating_sub(1);
        let mut at = 0;
        columns.retain(|column| {
            at += 1;
            at > last || column.cells.iter().any(|(_, text)| !text.is_empty())
        });
        Self { columns, chosen: chosen.collect(), lang }
    }

    /// How wide each column is in `room` columns.
    fn widths(&self, room: usize) -> Vec<usize> {
        let mut left = room.saturating_sub(width(list::mark(false)));
        let mut widths = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let cells = column.cells.iter().map(|(_, text)| width(text)).max().unwrap_or_default();
            let name = width(knowledge::word(self.lang, column.name));
            let wide = match column.most {
                usize::MAX => left,
                most => cells.max(name).max(column.least).min(most).min(left),
            };
            left = left.saturating_sub(wide + GAP);
            widths.push(wide);
        }
        widths
    }

    /// The line with the names of the columns.
    pub fn head(&self, room: usize) -> Vec<Piece> {
        let names = self
            .columns
            .iter()
            .map(|column| (Role::Title, knowledge::word(self.lang, column.name).to_owned()));
        self.line(false, names.collect(), &self.widths(room))
    }

    /// The rows.
    pub fn lines(&self, room: usize) -> Vec<Vec<Piece>> {
        let widths = self.widths(room);
        let lines = self.chosen.iter().enumerate().map(|(at, chosen)| {
            let cells = self.columns.iter().filter_map(|column| column.cells.get(at).cloned());
            self.line(*chosen, cells.collect(), &widths)
        });
        lines.collect()
    }

    fn line(&self, chosen: bool, cells: Vec<Piece>, widths: &[usize]) -> Vec<Piece> {
        let mut line = vec![(Role::Text, list::mark(chosen).to_owned())];
        for ((column, (role, text)), wide) in self.columns.iter().zip(cells).zip(widths) {
            let cut = if column.way { cut_way(&text, *wide) } else { clip(&text, *wide) };
            let text = if column.right {
                " ".repeat(wide.saturating_sub(width(&cut))) + &cut
            } else if column.most == usize::MAX {
                cut
            } else {
                fit(&cut, *wide)
            };
            line.push((role, text));
            line.push((Role::Text, " ".repeat(GAP)));
        }
        line.pop();
        line
    }
}

/// Stands between two addresses.
pub const ARROW: &str = " \u{2192} ";

/// Columns of most states.
const STATE: usize = 17;

/// Blanks between two columns.
const GAP: usize = 1;

impl Column {
    const fn left(name: &'static str, most: usize, cells: Vec<Piece>) -> Self {
        Self { name, right: false, least: 0, most, way: false, cells }
    }

    const fn way(most: usize, cells: Vec<Piece>) -> Self {
        Self { name: "column.way", right: false, least: 0, most, way: true, cells }
    }

    const fn right(name: &'static str, most: usize, cells: Vec<Piece>) -> Self {
        Self { name, right: true, least: 0, most, way: false, cells }
    }
}

/// What others wrote, in visible tokens.
pub fn seen(text: &str) -> String {
    visible(text.as_bytes())
}

/// An address without its port.
fn host(peer: &str) -> &str {
    let host = peer.rsplit_once(':').map_or(peer, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Where a client comes from; one that has no address comes through a socket in the file system.
fn from(client: &Client, whole: bool) -> String {
    let peer = client.peer();
    if peer.is_empty() {
        let file = client.door.rsplit_once('/').map(|(_, file)| format!("unix:{file}"));
        return file.unwrap_or_default();
    }
    seen(if whole { peer } else { host(peer) })
}

/// With a client that was turned away nothing was.
fn unless_away(client: &Client, text: String) -> String {
    if client.away.is_some() { String::new() } else { text }
}

/// Whether TLS is on, or which.
pub fn tls(client: &Client, whole: bool) -> String {
    match &client.glance.tls {
        Some(version) if whole => seen(version),
        _ if client.glance.secured => "TLS".to_owned(),
        _ => String::new(),
    }
}

/// How many commands were heard: the greeting is none.
pub const fn commands(client: &Client) -> usize {
    client.glance.exchanges.saturating_sub(1)
}

/// From whom to whom.
pub fn way(sender: &str, recipients: &[String], named: usize) -> String {
    let from = if sender.is_empty() { "<>".to_owned() } else { seen(sender) };
    let Some(first) = recipients.first() else { return from };
    let more = if named > 1 { format!(" +{}", named - 1) } else { String::new() };
    format!("{from}{ARROW}{}{more}", seen(first))
}

/// Both addresses, where there is place for a part of each.
fn cut_way(text: &str, room: usize) -> String {
    let parts = text.split_once(ARROW).filter(|_| width(text) > room);
    let Some((from, to)) = parts else { return clip(text, room) };
    let sides = room.saturating_sub(width(ARROW));
    let half = sides / 2;
    // What one does not need the other has.
    let first = sides.saturating_sub(width(to)).max(half).min(width(from));
    format!("{}{ARROW}{}", clip(from, first), clip(to, sides.saturating_sub(first)))
}

/// How long a session took, or takes until now, in microseconds.
pub fn took(model: &Model, client: &Client) -> u64 {
    client.lasted.unwrap_or_else(|| model.now.since(client.began))
}

/// A time as far as it matters.
pub fn lasted(micros: u64, lang: Lang) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0 => format!("{} ms", micros / 1_000),
        1..60 => knowledge::fill(lang, "header.seconds", &[("n", &seconds.to_string())]),
        60..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
    }
}

/// Where a session stands, in words.
pub fn state(state: State, lang: Lang) -> String {
    match state {
        State::Sends(bytes) if bytes > 0 => format!("{} {}", state.words(lang), amount(bytes)),
        _ => state.words(lang),
    }
}

/// The colour of where a session stands.
pub fn tone(client: &Client) -> Role {
    match client.state() {
        state
            if state.is_refused()
                || matches!(state, State::Asks | State::Left | State::TurnedAway(_)) =>
        {
            Role::Warn
        }
        state if state.is_broken() => Role::Bad,
        _ if client.is_over() => Role::Dim,
        State::Sends(_) => Role::Data,
        _ => Role::Good,
    }
}

/// The colour of what became of a message.
pub const fn fate_tone(fate: Fate) -> Role {
    match fate {
        Fate::Kept => Role::Good,
        Fate::Coming => Role::Data,
        Fate::Held | Fate::NotTaken(400..500) => Role::Warn,
        Fate::NotTaken(_) | Fate::Cut => Role::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_far_as_they_matter() {
        for (micros, told) in [
            (0, "0 ms"),
            (829_000, "829 ms"),
            (12_900_000, "12 s"),
            (185_000_000, "3:05"),
            (3_723_000_000, "1:02:03"),
        ] {
            assert_eq!(lasted(micros, Lang::En), told);
        }
    }

    #[test]
    fn of_two_addresses_a_part_of_each_is_seen() {
        let way = way("alice@example.org", &["bob@example.net".to_owned()], 2);
        for (room, told) in [
            (80, "alice@example.org \u{2192} bob@example.net +1"),
            (30, "alice@exampl… → bob@example.n…"),
            (23, "alice@exa… → bob@examp…"),
            (13, "alic… → bob@…"),
        ] {
            assert_eq!(cut_way(&way, room), told);
        }
    }

    #[test]
    fn addresses_lose_their_ports() {
        for (peer, told) in
            [("127.0.0.1:2525", "127.0.0.1"), ("[2001:db8::1]:25", "2001:db8::1"), ("", "")]
        {
            assert_eq!(host(peer), told);
        }
    }
}
