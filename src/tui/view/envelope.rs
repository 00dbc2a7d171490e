//! Pane 3: the transactions, the newest on top, and what the server offers.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{split_at_width, width, wrap};
use crate::display::token::visible;
use crate::display::words::{address, end_word, fate_key, params};
use crate::knowledge;
use crate::session::{End, Fate, Row, Transaction};

use super::super::model::{Model, Pane};
use super::super::rows::{Piece, selected_line};
use super::find::matched;
use super::{Click, Title, boxed, draw_lines, in_sight, signed};

/// How many transactions are shown; older ones are in the transcript.
const SHOWN: usize = 100;

/// Draws the envelope.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let title: String = title(model).into_iter().map(|(text, _)| text).collect();
    let remark = model.session.dialogue.envelope().open().map(|t| end_word(t, model.lang));
    let remark = (Role::Dim, remark.unwrap_or_default());
    let area = boxed(model, Pane::Envelope, &title, remark, area, frame);
    draw_lines(model, matched(model, Pane::Envelope, lines(model, area)), area, frame);
}

/// The lines that are in sight.
pub fn lines(model: &Model, area: Rect) -> Vec<Vec<Piece>> {
    from(model, model.session.envelope_scroll, usize::from(area.width), usize::from(area.height))
}

/// The line of whoever is meant by the selected line of the transcript.
pub fn meant(model: &Model, columns: usize) -> Option<usize> {
    selected(model)?;
    signed(&all(model, columns, usize::MAX))
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    in_sight(all(model, columns, height.saturating_add(scroll)), scroll, height)
}

/// The exchange of the selected line of the transcript.
fn selected(model: &Model) -> Option<usize> {
    match selected_line(model)? {
        Row::Client { exchange } | Row::Server { exchange, .. } => Some(exchange),
        Row::Data { .. } | Row::Notice { .. } => None,
    }
}

/// The title, with the other pane's name beside it where they share a place.
pub fn title(model: &Model) -> Title {
    let title = knowledge::word(model.lang, Pane::Envelope.title());
    if model.panes().content.is_some() {
        return vec![(title.to_owned(), None)];
    }
    let other = knowledge::word(model.lang, Pane::Content.title());
    vec![
        (format!("[{title}]"), None),
        (" ".to_owned(), None),
        (format!("{} {other}", Pane::Content.number()), Some(Click::Pane(Pane::Content))),
    ]
}

/// The last line to which one can scroll.
pub fn length(model: &Model) -> usize {
    let columns = model.panes().inside(Pane::Envelope).map_or(40, |area| usize::from(area.width));
    all(model, columns, usize::MAX).len().saturating_sub(1)
}

/// The lines of the pane, at least `enough` of them if there are so many.
pub fn all(model: &Model, columns: usize, enough: usize) -> Vec<Vec<Piece>> {
    let dialogue = &model.session.dialogue;
    let transactions = &dialogue.envelope().transactions;
    let mut out = Vec::new();
    if transactions.is_empty() {
        let text = knowledge::word(model.lang, "envelope.empty");
        out.extend(wrap(text, columns).into_iter().map(|line| vec![(Role::Dim, line)]));
    }
    // One that is older than those and is selected comes first.
    let meant = selected(model).map_or(usize::MAX, |at| {
        transactions.partition_point(|transaction| transaction.exchange <= at)
    });
    let hidden = transactions.len().saturating_sub(SHOWN);
    let skip = if (1..=hidden).contains(&meant) { transactions.len() - meant } else { 0 };
    for (at, transaction) in transactions.iter().enumerate().rev().skip(skip).take(SHOWN) {
        card(model, at, transaction, columns, &mut out);
        if out.len() > enough {
            return out;
        }
    }
    out.push(Vec::new());
    facts(model, columns, &mut out);
    out
}

fn card(
    model: &Model,
    at: usize,
    transaction: &Transaction,
    columns: usize,
    out: &mut Vec<Vec<Piece>>,
) {
    let word = |key| knowledge::word(model.lang, key);
    let number =
        knowledge::fill(model.lang, "envelope.transaction", &[("n", &(at + 1).to_string())]);
    let role = match transaction.end.map(|(_, end)| end) {
        None => Role::Title,
        Some(End::Accepted) => Role::Good,
        Some(End::Refused | End::SenderRefused | End::Closed) => Role::Bad,
        Some(_) => Role::Warn,
    };
    let end = end_word(transaction, model.lang);
    let head = vec![(Role::Title, format!("{number}  ")), (role, end.to_owned())];
    if width(&number) + 2 + width(end) <= columns {
        out.push(head);
    } else {
        out.extend(head.into_iter().map(|piece| vec![piece]));
    }
    let is_meant = |exchange| selected(model) == Some(exchange);
    let sender = address(&transaction.sender.written);
    let fate = told(model, transaction, transaction.fate, transaction.exchange);
    let from = label(word("envelope.from"), is_meant(transaction.exchange));
    person(&from, &sender, fate, columns, out);
    if transaction.sender.is_null() {
        let wrapped = wrap(word("envelope.null"), columns.saturating_sub(2));
        out.extend(wrapped.into_iter().map(|line| vec![(Role::Dim, format!("  {line}"))]));
    }
    more(&params(&transaction.params), columns, out);
    for recipient in &transaction.recipients {
        let to = address(&recipient.path.written);
        let fate = told(model, transaction, recipient.fate, recipient.exchange);
        let label = label(word("envelope.to"), is_meant(recipient.exchange));
        person(&label, &to, fate, columns, out);
        more(&params(&recipient.params), columns, out);
    }
    if transaction.recipients.is_empty() && transaction.end.is_none() {
        out.push(vec![(Role::Dim, format!("  {}", word("envelope.no-recipient")))]);
    }
}

/// What the server said of a person in `exchange`, in words.
fn told(model: &Model, transaction: &Transaction, fate: Fate, exchange: usize) -> Piece {
    let exchange = model.session.dialogue.exchanges().get(exchange);
    let code = exchange.and_then(|e| e.reply.as_ref()?.code);
    let code = code.map(|c| format!("{c} ")).unwrap_or_default();
    let role = match fate {
        Fate::Waiting => Role::Dim,
        Fate::Accepted => Role::Good,
        Fate::Deferred => Role::Warn,
        Fate::Refused => Role::Bad,
    };
    (role, format!("{code}{}", knowledge::word(model.lang, fate_key(fate, transaction))))
}

/// What stands before an address; a sign if the selected line is about it.
fn label(word: &str, is_meant: bool) -> Piece {
    if is_meant {
        (Role::Selected, format!("> {word} "))
    } else {
        (Role::Field, format!("  {word} "))
    }
}

/// `From <a@b>   250 accepted`, the fate on a line of its own where there is no place.
fn person(label: &Piece, address: &str, fate: Piece, columns: usize, out: &mut Vec<Vec<Piece>>) {
    let (role, fate_text) = fate;
    let last = push_wrapped(label.0, &label.1, address, columns, out);
    let gap = columns.saturating_sub(last + width(&fate_text));
    let fate = (role, format!("{}{fate_text}", " ".repeat(gap)));
    if let Some(line) = out.last_mut().filter(|_| gap > 0) {
        line.push(fate);
    } else {
        let gap = columns.saturating_sub(width(&fate_text));
        out.push(vec![(role, format!("{}{fate_text}", " ".repeat(gap)))]);
    }
}

/// `head` and `text`, broken anywhere if it must be; gives the columns of the last line.
fn push_wrapped(
    role: Role,
    head: &str,
    text: &str,
    columns: usize,
    out: &mut Vec<Vec<Piece>>,
) -> usize {
    let indent = width(head).min(columns / 2);
    let mut line = vec![(role, head.to_owned())];
    let mut rest = text;
    loop {
        let (here, more) = split_at_width(rest, columns.saturating_sub(indent).max(2));
        line.push((Role::Text, here.to_owned()));
        out.push(std::mem::take(&mut line));
        if more.is_empty() || here.is_empty() {
            return indent + width(here);
        }
        line.push((role, " ".repeat(indent)));
        rest = more;
    }
}

fn more(text: &str, columns: usize, out: &mut Vec<Vec<Piece>>) {
    if !text.is_empty() {
        let wrapped = wrap(text.trim_start(), columns.saturating_sub(4));
        out.extend(wrapped.into_iter().map(|line| vec![(Role::Decoded, format!("    {line}"))]));
    }
}

/// What both sides said of themselves, and what the server offers.
fn facts(model: &Model, columns: usize, out: &mut Vec<Vec<Piece>>) {
    let dialogue = &model.session.dialogue;
    let mut add = |text: String| {
        out.extend(wrap(&text, columns).into_iter().map(|line| vec![(Role::Dim, line)]));
    };
    let Some(capabilities) = dialogue.capabilities() else { return };
    let server = visible(capabilities.name.as_bytes());
    add(knowledge::fill(model.lang, "envelope.server", &[("name", &server)]));
    if let Some(limit) = capabilities.size_limit() {
        let limit = limit.to_string();
        let sent = dialogue.messages().last().map(|m| m.wire_len().to_string());
        add(match sent {
            Some(sent) => knowledge::fill(
                model.lang,
                "envelope.size.sent",
                &[("limit", &limit), ("sent", &sent)],
            ),
            None => knowledge::fill(model.lang, "envelope.size", &[("limit", &limit)]),
        });
    }
    let names: Vec<_> = capabilities.keywords.iter().map(|k| visible(k.name.as_bytes())).collect();
    add(knowledge::fill(model.lang, "envelope.offered", &[("names", &names.join(", "))]));
}
