//! What there is to say of the chosen row, whole, where its columns cut it.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::envelope::{codes, reply_text};
use crate::display::text::{width, wrap};
use crate::display::token::own_visible;
use crate::display::words::amount;
use crate::knowledge;
use crate::session::Glance;

use super::super::super::catcher::{Catcher, Client, Listing, Mail};
use super::super::super::layout::inside;
use super::super::super::model::{Model, Session};
use super::super::super::rows::Piece;
use super::super::{draw_lines, framed};
use super::words::{ARROW, commands, fate_tone, lasted, seen, state, tls, tone, took};

/// Draws it.
pub fn draw(model: &Model, catcher: &Catcher, area: Rect, frame: &mut Frame<'_>) {
    let room = usize::from(inside(area).width);
    let (title, told) = match catcher.shows {
        Listing::Clients => match catcher.clients.chosen() {
            Some(client) => (number(model, client.number), of_client(model, catcher, client)),
            None => nothing(model, catcher),
        },
        Listing::Mails => match catcher.mails.chosen() {
            Some(mail) => (called(model, mail), of_mail(model, catcher, mail, room)),
            None => nothing(model, catcher),
        },
    };
    let area = framed(model, false, &title, (Role::Dim, ""), area, frame);
    let wrapped = |(role, text): Piece| {
        wrap(&text, room).into_iter().map(move |line| vec![(role, line)]).collect::<Vec<_>>()
    };
    draw_lines(model, told.into_iter().flat_map(wrapped).collect(), area, frame);
}

/// How to bring something into an empty list.
fn nothing(model: &Model, catcher: &Catcher) -> (String, Vec<Piece>) {
    let title = knowledge::word(model.lang, "catcher.try").to_owned();
    let first = catcher.clients.all() == 0;
    let line = format!(
        "ehlo send --server {} --from alice@example.org --to bob@example.net",
        own_visible(super::door(model))
    );
    (title, first.then_some((Role::Client, line)).into_iter().collect())
}

fn number(model: &Model, number: u64) -> String {
    knowledge::fill(model.lang, "catcher.session", &[("n", &number.to_string())])
}

/// Its session, and how its client was told that it is called; a file has a place of its own.
fn called(model: &Model, mail: &Mail) -> String {
    let name = if mail.file.is_empty() { &mail.name } else { "" };
    format!("{}  {}", number(model, mail.client), seen(name)).trim_end().to_owned()
}

/// Where it stands, by whom and for whom.
fn of_client(model: &Model, catcher: &Catcher, client: &Client) -> Vec<Piece> {
    let lang = model.lang;
    if let Some(away) = client.away {
        let from = format!("{}  {}", way_in(model, client), client.time);
        let why = knowledge::word(lang, away.why()).to_owned();
        return vec![(Role::Text, from), (tone(client), why)];
    }
    let told = |key, n: usize| format!("{}: {n}", knowledge::word(lang, key));
    let secured = match tls(client, true) {
        tls if tls.is_empty() => knowledge::word(lang, "client.clear").to_owned(),
        tls => tls,
    };
    let mut parts = vec![way_in(model, client), secured];
    if let Some(user) = &client.glance.user {
        parts.push(knowledge::fill(lang, "client.logged-in", &[("who", &seen(user))]));
    }
    let mut times = vec![client.time.clone(), lasted(took(model, client), lang)];
    times.retain(|time| !time.is_empty());
    parts.push(times.join(", "));
    parts.retain(|part| !part.is_empty());
    let mut lines = vec![(Role::Text, parts.join("  "))];
    // Where there is nothing to explain, it is counted.
    let behind = reply(model, catcher, client).or_else(|| gone(model, catcher, client.number));
    let behind = behind.unwrap_or_else(|| {
        let (commands, messages) = (commands(client), client.glance.taken);
        [told("client.commands", commands), told("client.messages", messages)].join("  ")
    });
    lines.push((tone(client), format!("{}  {behind}", state(client.state(), lang))));
    if let Some(sender) = &client.glance.sender {
        let Glance { named, recipients, .. } = &client.glance;
        lines.push((Role::Text, envelope(sender, named, *recipients)));
    }
    lines
}

/// Where it came from, and by which door where there are several.
fn way_in(model: &Model, client: &Client) -> String {
    let (peer, door) = (seen(client.peer()), client.door.to_string());
    match (peer.is_empty(), model.session.target.contains(' ')) {
        (true, _) => door,
        (false, true) if !door.is_empty() => peer + ARROW + &door,
        (false, _) => peer,
    }
}

/// The reply that refused something, or the last one, where the session is there to be asked.
fn reply(model: &Model, catcher: &Catcher, client: &Client) -> Option<String> {
    let looked_at = |s: &&Session| s.caught == Some((model.session.id, client.number));
    let over = catcher.kept.get(client.number).map(|(_, seen)| seen);
    let dialogue = over.or_else(|| Some(&model.others.iter().find(looked_at)?.dialogue))?;
    let all = dialogue.exchanges();
    let code = |at: usize| all.get(at)?.reply.as_ref()?.code.map(|code| code.0);
    let last = all.len().saturating_sub(LOOKED_AT)..all.len();
    let refused = last.rev().find(|at| code(*at).is_some_and(|code| (400..600).contains(&code)))?;
    let verb = all.get(refused)?.verb().map(|verb| seen(verb.as_str())).unwrap_or_default();
    let gap = if verb.is_empty() { "" } else { ARROW };
    let codes = codes(dialogue, refused).unwrap_or_default();
    let text = reply_text(dialogue, refused).unwrap_or_default();
    Some(format!("{verb}{gap}{codes} {text}"))
}

/// Why there is nothing to be opened, and how that can be otherwise.
fn gone(model: &Model, catcher: &Catcher, client: u64) -> Option<String> {
    catcher.why_gone(client).map(|why| knowledge::word(model.lang, why).to_owned())
}

/// How many exchanges are looked at for one that was refused.
const LOOKED_AT: usize = 200;

/// What it is about, from whom to whom, and what became of it.
fn of_mail(model: &Model, catcher: &Catcher, mail: &Mail, room: usize) -> Vec<Piece> {
    let lang = model.lang;
    let subject = seen(&mail.subject);
    let subject = if subject.is_empty() {
        (Role::Dim, knowledge::word(lang, "mail.no-subject").to_owned())
    } else {
        (Role::Text, subject)
    };
    let mut parts = vec![mail.time.clone(), amount(mail.size), mail.fate.words(lang)];
    if !mail.file.is_empty() {
        let file = seen(&mail.file);
        // Where the path would be cut, its name says more.
        let whole = parts.iter().map(|part| width(part) + 2).sum::<usize>() + width(&file) <= room;
        let name = file.rsplit_once('/').map_or(&*file, |(_, name)| name);
        parts.push(if whole { file.clone() } else { name.to_owned() });
    }
    parts.extend(gone(model, catcher, mail.client));
    parts.retain(|part| !part.is_empty());
    let from = envelope(&mail.sender, &mail.recipients, mail.named);
    vec![subject, (Role::Text, from), (fate_tone(mail.fate), parts.join("  "))]
}

/// Sender and recipients between brackets, as many of them as are known.
fn envelope(sender: &str, recipients: &[String], named: usize) -> String {
    let address = |path: &str| format!("<{}>", seen(path));
    let to: Vec<_> = recipients.iter().map(|path| address(path)).collect();
    let more = named.saturating_sub(to.len());
    let more = if more > 0 { format!(", +{more}") } else { String::new() };
    let arrow = if to.is_empty() { "" } else { ARROW };
    format!("{}{arrow}{}{more}", address(sender), to.join(", "))
}
