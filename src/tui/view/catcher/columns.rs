//! Which columns the two lists have: what a row says of a session, and of a message.

use crate::display::Role;
use crate::display::words::amount;

use super::super::super::catcher::{Client, Mail};
use super::super::super::model::Model;
use super::super::super::rows::Piece;
use super::table::{Column, Table};
use super::words::{
    commands, fate_tone, from, lasted, seen, state, tls, tone, took, unless_away, way,
};

/// From this many columns on a row says all that there is.
const ROOMY: u16 = 100;

/// Below this many columns a row says only what matters most.
const NARROW: u16 = 60;

/// Columns of most states.
const STATE: usize = 17;

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
            let count = |c: &Client| format!("{}/{}", commands(c), c.glance.taken);
            let count = |c: &Client| text(unless_away(c, count(c)));
            table.push(Column::right("column.count", 9, all(&count)));
        }
        let most = if columns < NARROW { STATE } else { 22 };
        let states =
            Column::left("column.state", most, all(&|c| (tone(c), state(c.state(), lang))));
        // What changes all the time does not move what stands behind it.
        table.push(states.at_least(STATE.min(most)));
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
        // A name that is no number is that of a file, and too long to stand in a column.
        let told = |m: &Mail| text(m.name.strip_prefix("message ").unwrap_or_default().to_owned());
        let mut table = vec![
            Column::right("column.message", 7, all(&told)),
            Column::right("column.session", 8, all(&session)),
        ];
        if columns >= NARROW {
            table.push(Column::left("column.time", 8, all(&|m| (Role::Dim, m.time.clone()))));
        }
        if columns >= ROOMY {
            table.push(Column::right("column.size", 12, all(&|m| text(amount(m.size)))));
        }
        let fate = |m: &Mail| (fate_tone(m.fate), m.fate.words(lang));
        table.push(Column::left("column.fate", if columns < NARROW { 13 } else { 18 }, all(&fate)));
        let way = |m: &Mail| text(way(&m.sender, &m.recipients, m.named));
        match columns {
            ROOMY.. => table.push(Column::way(44, all(&way))),
            NARROW.. => table.push(Column::way(27, all(&way))),
            _ => {}
        }
        table.push(Column::left("column.subject", usize::MAX, all(&|m| text(seen(&m.subject)))));
        Self::of(table, rows.iter().map(|(chosen, _)| *chosen), lang)
    }
}
