//! What is said of a session or a message in a few words, and in which colour.

use crate::display::Role;
use crate::display::token::visible;
use crate::display::words::amount;
use crate::knowledge::{self, Lang};

use super::super::super::catcher::listed::Row as _;
use super::super::super::catcher::{Client, Fate, State};
use super::super::super::model::Model;

/// Stands between two addresses.
pub const ARROW: &str = " \u{2192} ";

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
pub fn from(client: &Client, whole: bool) -> String {
    let peer = client.peer();
    if peer.is_empty() {
        let file = client.door.rsplit_once('/').map(|(_, file)| format!("unix:{file}"));
        return file.unwrap_or_default();
    }
    seen(if whole { peer } else { host(peer) })
}

/// With a client that was turned away nothing was.
pub fn unless_away(client: &Client, text: String) -> String {
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
        Fate::Gone => Role::Dim,
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
    fn addresses_lose_their_ports() {
        for (peer, told) in
            [("127.0.0.1:2525", "127.0.0.1"), ("[2001:db8::1]:25", "2001:db8::1"), ("", "")]
        {
            assert_eq!(host(peer), told);
        }
    }
}
