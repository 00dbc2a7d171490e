//! Pane 3: the transactions, the newest on top, and what the server offers.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::envelope::{
    ended, finding, limit_row, parameter, reply_text, topic, topics_of_limit, written,
};
use crate::display::text::{split_at_width, width, width_of, wrap};
use crate::display::token::visible;
use crate::display::words::{
    address, code, delivery_words, end_word, fate_words, full_fate_words, params,
};
use crate::display::{login, offers, who};
use crate::knowledge::{self, Kind, Topic};
use crate::session::agreement::Finding;
use crate::session::card::Card;
use crate::session::selection::Selection;
use crate::session::{End, Fate, Recipient, Row, Transaction};
use crate::smtp::Parsed;
use crate::smtp::param::Param;
use crate::smtp::verb::Verb;

use super::super::model::{Model, Pane};
use super::super::rows::{Piece, selected_line};
use super::find::matched;
use super::{Click, Title, boxed, draw_lines, in_sight, point_out, signed};

/// How many transactions are shown; older ones are in the transcript.
const SHOWN: usize = 100;

/// From so many columns on there is place for what parameters mean and for enhanced codes.
const WIDE: usize = 44;

/// From so many columns on there is place for the words of every reply.
const ROOMY: usize = 72;

/// Draws the envelope.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let title: String = title(model).into_iter().map(|(text, _)| text).collect();
    let remark = model.session.seen().envelope().open().map(|t| end_word(t, model.lang));
    let remark = (Role::Dim, remark.unwrap_or_default());
    let area = boxed(model, Pane::Envelope, &title, remark, area, frame);
    draw_lines(model, matched(model, Pane::Envelope, lines(model, area)), area, frame);
    point_out(model, Pane::Envelope, area, frame);
}

/// The lines that are in sight.
pub fn lines(model: &Model, area: Rect) -> Vec<Vec<Piece>> {
    from(model, model.session.envelope_scroll, usize::from(area.width), usize::from(area.height))
}

/// The line of whoever is meant by what is selected elsewhere.
pub fn meant(model: &Model, columns: usize) -> Option<usize> {
    if model.session.selection.is_empty() {
        return None;
    }
    signed(&all(model, columns, usize::MAX))
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    in_sight(all(model, columns, height.saturating_add(scroll)), scroll, height)
}

/// The exchange of the selected line of the transcript; of mail data that of its transaction.
fn selected(model: &Model) -> Option<usize> {
    match selected_line(model)? {
        Row::Client { exchange } | Row::Server { exchange, .. } => Some(exchange),
        Row::Data { message, .. } => {
            Some(model.session.seen().envelope().carrying(message)?.exchange)
        }
        Row::Notice { .. } => None,
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

/// The number of the last line.
pub fn length(model: &Model) -> usize {
    let columns = model.panes().inside(Pane::Envelope).map_or(40, |area| usize::from(area.width));
    all(model, columns, usize::MAX).len().saturating_sub(1)
}

/// The lines of the pane, at least `enough` of them if there are so many.
pub fn all(model: &Model, columns: usize, enough: usize) -> Vec<Vec<Piece>> {
    told(model, columns, enough, false).lines
}

/// What line number `line` of the pane is about.
pub fn topics_at(model: &Model, line: usize) -> Vec<Topic> {
    let columns = model.panes().inside(Pane::Envelope).map_or(40, |area| usize::from(area.width));
    let told = told(model, columns, line, true);
    let at = told.about.partition_point(|(first, _)| *first <= line);
    let about = at.checked_sub(1).and_then(|at| told.about.get(at));
    about.map(|(_, topics)| topics.clone()).unwrap_or_default()
}

/// What line number `line` of the pane is: commands, replies, and places in the content.
pub fn meant_at(model: &Model, line: usize) -> Selection {
    let columns = model.panes().inside(Pane::Envelope).map_or(40, |area| usize::from(area.width));
    let mut told = told(model, columns, line, true);
    let at = told.same.partition_point(|(first, _)| *first <= line);
    let same = at.checked_sub(1).and_then(|at| told.same.get_mut(at));
    same.map(|(_, selection)| std::mem::take(selection)).unwrap_or_default()
}

/// The lines of the pane while they are made, and what each is about from some line on. Both
/// are looked up only where `is_asked` what a line is about.
#[derive(Default)]
struct Told {
    lines: Vec<Vec<Piece>>,
    about: Vec<(usize, Vec<Topic>)>,
    same: Vec<(usize, Selection)>,
    is_asked: bool,
}

impl Told {
    /// What follows is about these.
    fn about<T: IntoIterator<Item = Option<Topic>>>(&mut self, topics: impl FnOnce() -> T) {
        if self.is_asked {
            self.about.push((self.lines.len(), topics().into_iter().flatten().collect()));
        }
    }

    /// What follows is the same as this.
    fn same(&mut self, selection: impl FnOnce() -> Selection) {
        if self.is_asked {
            self.same.push((self.lines.len(), selection()));
        }
    }

    /// Wrapped text.
    fn text(&mut self, role: Role, text: &str, indent: usize, columns: usize) {
        let wrapped = wrap(text, columns.saturating_sub(indent)).into_iter();
        let blanks = " ".repeat(indent);
        self.lines.extend(wrapped.map(|line| vec![(role, format!("{blanks}{line}"))]));
    }
}

/// The transactions that are shown.
pub fn shown(model: &Model) -> Range<usize> {
    let transactions = &model.session.seen().envelope().transactions;
    // One that is older than those and is selected comes first.
    let meant = selected(model).map_or(usize::MAX, |at| {
        transactions.partition_point(|transaction| transaction.exchange <= at)
    });
    let hidden = transactions.len().saturating_sub(SHOWN);
    let end = if (1..=hidden).contains(&meant) { meant } else { transactions.len() };
    end.saturating_sub(SHOWN)..end
}

fn idea(id: &str) -> Option<Topic> {
    Topic::new(Kind::Idea, id)
}

fn told(model: &Model, columns: usize, enough: usize, is_asked: bool) -> Told {
    let dialogue = model.session.seen();
    let transactions = &dialogue.envelope().transactions;
    let mut out = Told { is_asked, ..Told::default() };
    out.about(|| [idea("envelope")]);
    if transactions.is_empty() {
        let key = if dialogue.is_mailbox() { "envelope.gone" } else { "envelope.empty" };
        out.text(Role::Dim, knowledge::word(model.lang, key), 0, columns);
    }
    for at in shown(model).rev() {
        let Some(transaction) = transactions.get(at) else { continue };
        card(model, at, transaction, columns, &mut out);
        if out.lines.len() > enough {
            return out;
        }
    }
    out.about(|| []);
    out.same(Selection::default);
    let end = out.lines.len();
    out.lines.push(Vec::new());
    facts(model, columns, &mut out);
    if out.lines.len() == end + 1 {
        // Nothing is said below it.
        out.lines.pop();
    }
    out
}

fn card(model: &Model, at: usize, transaction: &Transaction, columns: usize, out: &mut Told) {
    out.about(|| [idea("transaction")]);
    out.same(Selection::default);
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
    let meant = part_meant(model, transaction);
    let (look, number) = match meant {
        Some(Meant::Whole) => (Role::Selected, format!("> {number}")),
        _ => (Role::Title, number),
    };
    let head = vec![(look, format!("{number}  ")), (role, end.to_owned())];
    if width(&number) + 2 + width(end) <= columns {
        out.lines.push(head);
    } else {
        out.text(look, &number, 0, columns);
        out.text(role, end, 0, columns);
    }
    if let Some(ended) = ended(model.session.seen(), transaction, model.lang) {
        out.same(|| exchange(transaction.end.map(|(at, _)| at)));
        let first = out.lines.len();
        out.text(Role::Dim, &ended, 2, columns);
        if meant == Some(Meant::End)
            && let Some((look, text)) = out.lines.get_mut(first).and_then(|line| line.first_mut())
        {
            *look = Role::Selected;
            text.replace_range(..1, ">");
        }
    }
    let is_meant = |exchange| model.session.selection.has(exchange);
    let sender = address(&transaction.sender.written);
    let fate = said(model, transaction, transaction.fate, transaction.exchange, columns);
    let about_sender = || {
        let null = transaction.sender.is_null().then(|| idea("null-sender")).flatten();
        let answer = topic_of_code(model, transaction.exchange);
        [null, idea("reverse-path"), Topic::new(Kind::Verb, "MAIL"), answer]
    };
    out.about(about_sender);
    out.same(|| exchange(Some(transaction.exchange)));
    let from = label(word("envelope.from"), is_meant(transaction.exchange));
    person(&from, &sender, &[fate], columns, &mut out.lines);
    if transaction.sender.is_null() {
        out.text(Role::Dim, word("envelope.null"), 2, columns);
    }
    reply(model, (transaction.exchange, transaction.fate), columns, out);
    more(model, &transaction.params, columns, out);
    let messages = Column::of(model, transaction);
    if let Some(column) = &messages {
        out.about(|| [idea("end-of-data"), idea("forward-path")]);
        out.same(Selection::default);
        let heads = [(Role::Dim, format!("{}  ", Verb::Rcpt)), column.head(model)];
        out.lines.push(at_the_right(&heads, columns));
    }
    for recipient in &transaction.recipients {
        let to = address(&recipient.path.written);
        let named = || topic_of_code(model, recipient.exchange);
        let got = || topic_of_code(model, recipient.delivered?.0);
        out.about(|| [got(), idea("forward-path"), Topic::new(Kind::Verb, "RCPT"), named()]);
        out.same(|| exchange(Some(recipient.exchange)));
        let label = label(word("envelope.to"), is_meant(recipient.exchange));
        let said = match &messages {
            Some(column) => {
                vec![asked(model, recipient), column.cell(model, transaction, recipient)]
            }
            None => vec![said(model, transaction, recipient.fate, recipient.exchange, columns)],
        };
        person(&label, &to, &said, columns, &mut out.lines);
        let last = recipient.delivered.unwrap_or((recipient.exchange, recipient.fate));
        reply(model, last, columns, out);
        more(model, &recipient.params, columns, out);
    }
    if transaction.recipients.is_empty() && transaction.end.is_none() {
        out.about(|| [Topic::new(Kind::Verb, "RCPT")]);
        out.text(Role::Dim, word("envelope.no-recipient"), 2, columns);
    }
    out.same(Selection::default);
    if let Some(card) = model.session.cards.get(at) {
        limits(model, card, transaction, columns, out);
        against(model, card, transaction, columns, out);
    }
}

/// What of a transaction is selected elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meant {
    /// Its sender or recipients.
    Persons,
    /// What ended it.
    End,
    /// Its message, or another command.
    Whole,
}

/// What of `transaction` is selected elsewhere, the most telling first.
fn part_meant(model: &Model, transaction: &Transaction) -> Option<Meant> {
    let selection = &model.session.selection;
    let end = transaction.end.map(|(at, _)| at);
    let own = transaction.exchange..=end.unwrap_or(usize::MAX);
    let has_bytes = || {
        let bytes = transaction.message.map(|message| selection.of_message(message).next());
        bytes.flatten().is_some()
    };
    if !selection.has_any(own) && !has_bytes() {
        return None;
    }
    let mut persons = transaction.recipients.iter().map(|recipient| recipient.exchange);
    let has = |exchange| selection.has(exchange);
    Some(if has(transaction.exchange) || persons.any(has) {
        Meant::Persons
    } else if end.is_some_and(has) {
        Meant::End
    } else {
        Meant::Whole
    })
}

/// The words of a reply: those by which something was refused, and all of them where there is place.
fn reply(model: &Model, (exchange, fate): (usize, Fate), columns: usize, out: &mut Told) {
    let needed = if matches!(fate, Fate::Refused | Fate::Deferred) { WIDE } else { ROOMY };
    if let Some(text) = reply_text(model.session.seen(), exchange).filter(|_| columns >= needed) {
        out.text(Role::Dim, &text, 4, columns);
    }
}

/// What is offered, declared and sent.
fn limits(model: &Model, card: &Card, transaction: &Transaction, columns: usize, out: &mut Told) {
    let rows = card.limits(model.session.seen(), transaction);
    if rows.is_empty() {
        return;
    }
    out.about(|| rows.iter().flat_map(topics_of_limit).map(Some).collect::<Vec<_>>());
    let head = knowledge::word(model.lang, "envelope.limits");
    if width(head) + 2 <= columns {
        out.text(Role::Dim, head, 2, columns);
    }
    for row in rows {
        out.about(|| topics_of_limit(row).into_iter().map(Some));
        let (subject, sides, (role, verdict)) = limit_row(row, model.lang);
        let verdict = format!("\u{2192} {verdict}");
        let whole = width(&subject) + width(&sides) + width(&verdict) + 5;
        if whole <= columns {
            out.lines.push(vec![
                (Role::Field, format!("  {subject}  ")),
                (Role::Text, format!("{sides} ")),
                (role, verdict),
            ]);
        } else {
            out.text(Role::Text, &format!("{subject}  {sides}"), 2, columns);
            out.text(role, &verdict, 4, columns);
        }
    }
}

/// The envelope against the content.
fn against(model: &Model, card: &Card, transaction: &Transaction, columns: usize, out: &mut Told) {
    let findings = card.findings(transaction);
    if findings.is_empty() || transaction.message.is_none() {
        return;
    }
    let grows = card.grows(model.session.seen());
    let head = if grows { "envelope.against.so-far" } else { "envelope.against" };
    out.about(|| [idea("envelope"), idea("content")]);
    out.text(Role::Dim, knowledge::word(model.lang, head), 2, columns);
    for found in findings {
        out.about(|| [topic(found.point)]);
        out.same(|| parties(transaction, found));
        let (role, text) = finding(found, (columns / 20).max(1), model.lang);
        out.text(role, &text, 2, columns);
    }
}

/// What an exchange is.
fn exchange(at: Option<usize>) -> Selection {
    Selection::new(at.into_iter().collect(), Vec::new())
}

/// Those whom a finding is about, wherever they are named.
fn parties(transaction: &Transaction, finding: &Finding) -> Selection {
    let all = &finding.parties;
    let places = all.iter().filter_map(|party| Some((transaction.message?, party.span?)));
    Selection::new(all.iter().filter_map(|party| party.exchange).collect(), places.collect())
}

/// The entry of the code with which an exchange was answered.
fn topic_of_code(model: &Model, exchange: usize) -> Option<Topic> {
    Topic::of_code(&code(model.session.seen(), exchange)?)
}

const fn role_of(fate: Fate) -> Role {
    match fate {
        Fate::Waiting => Role::Dim,
        Fate::Accepted => Role::Good,
        Fate::Deferred => Role::Warn,
        Fate::Refused => Role::Bad,
    }
}

/// What the server said of a person in `exchange`, in words.
fn said(
    model: &Model,
    transaction: &Transaction,
    fate: Fate,
    exchange: usize,
    columns: usize,
) -> Piece {
    let words = if columns >= WIDE { full_fate_words } else { fate_words };
    (role_of(fate), words(model.session.seen(), transaction, (exchange, fate), model.lang))
}

/// The code with which RCPT was answered, in a column of its own.
fn asked(model: &Model, recipient: &Recipient) -> Piece {
    let code = code(model.session.seen(), recipient.exchange);
    let columns = Verb::Rcpt.as_str().len();
    (role_of(recipient.fate), format!("{:columns$}  ", code.as_deref().unwrap_or("-")))
}

/// What became of a message for each recipient, in a column: being a recipient is not everything.
struct Column(usize);

impl Column {
    /// The column of a transaction whose message was sent.
    fn of(model: &Model, transaction: &Transaction) -> Option<Self> {
        let (dialogue, lang) = (model.session.seen(), model.lang);
        let cells = transaction.recipients.iter();
        let cells = cells.filter_map(|r| delivery_words(dialogue, transaction, r, lang));
        let widest = cells.map(|cell| width(&cell)).max()?;
        Some(Self(widest.max(width(knowledge::word(lang, "envelope.message")))))
    }

    fn head(&self, model: &Model) -> Piece {
        self.padded(Role::Dim, knowledge::word(model.lang, "envelope.message"))
    }

    fn cell(&self, model: &Model, transaction: &Transaction, recipient: &Recipient) -> Piece {
        let fate = recipient.delivery().unwrap_or(Fate::Waiting);
        let dialogue = model.session.seen();
        let text = delivery_words(dialogue, transaction, recipient, model.lang);
        self.padded(role_of(fate), text.as_deref().unwrap_or("-"))
    }

    fn padded(&self, role: Role, text: &str) -> Piece {
        (role, format!("{text}{}", " ".repeat(self.0.saturating_sub(width(text)))))
    }
}

/// What stands before an address; a sign if the selected line is about it.
fn label(word: &str, is_meant: bool) -> Piece {
    if is_meant {
        (Role::Selected, format!("> {word} "))
    } else {
        (Role::Field, format!("  {word} "))
    }
}

/// `From <a@b>   250 accepted`, what was said on a line of its own where there is no place.
fn person(label: &Piece, address: &str, said: &[Piece], columns: usize, out: &mut Vec<Vec<Piece>>) {
    let last = push_wrapped(label.0, &label.1, address, columns, out);
    let beside = columns.saturating_sub(last);
    if let Some(line) = out.last_mut().filter(|_| width_of(said) < beside) {
        line.extend(at_the_right(said, beside));
    } else {
        out.push(at_the_right(said, columns));
    }
}

fn at_the_right(pieces: &[Piece], columns: usize) -> Vec<Piece> {
    let gap = " ".repeat(columns.saturating_sub(width_of(pieces)));
    let mut pieces = pieces.to_vec();
    if let Some((_, first)) = pieces.first_mut() {
        first.insert_str(0, &gap);
    }
    pieces
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

/// The parameters behind a path, and where there is place what they mean.
fn more(model: &Model, all: &[Parsed<Param>], columns: usize, out: &mut Told) {
    let about = |param: &Parsed<Param>| Topic::new(Kind::Parameter, &param.value.name);
    if columns < WIDE {
        let text = params(all);
        if !text.is_empty() {
            out.about(|| all.iter().map(about));
            out.text(Role::Decoded, text.trim_start(), 4, columns);
        }
        return;
    }
    for param in all {
        out.about(|| [about(param)]);
        let written = written(&param.value);
        let meaning = parameter(&param.value, model.lang).unwrap_or_default();
        if width(&written) + width(&meaning) + 6 <= columns {
            let pieces = [(Role::Decoded, format!("    {written}  ")), (Role::Dim, meaning)];
            out.lines.push(pieces.to_vec());
        } else {
            out.text(Role::Decoded, &written, 4, columns);
            out.text(Role::Dim, &meaning, 6, columns);
        }
    }
}

/// What both sides said of themselves, and what the server offers.
fn facts(model: &Model, columns: usize, out: &mut Told) {
    let dialogue = model.session.seen();
    if let Some(told) = login::logged_in(dialogue, model.lang) {
        out.about(|| [idea("sasl"), Topic::new(Kind::Verb, "AUTH")]);
        out.text(Role::Good, &told, 0, columns);
    }
    if let Some(told) = who::differing(dialogue, model.lang) {
        out.about(|| [idea("who")]);
        out.text(Role::Warn, &told, 0, columns);
    }
    let Some(capabilities) = dialogue.capabilities() else { return };
    let fill = |key, values: &[(&str, &str)]| knowledge::fill(model.lang, key, values);
    let server = visible(capabilities.name.as_bytes());
    out.about(|| [Topic::new(Kind::Verb, "EHLO")]);
    out.text(Role::Dim, &fill("envelope.server", &[("name", &server)]), 0, columns);
    // A transaction has a row for it.
    let none = dialogue.envelope().transactions.is_empty();
    if let Some(limit) = capabilities.size_limit().filter(|_| none) {
        out.about(|| [Topic::new(Kind::Capability, "SIZE")]);
        let text = fill("envelope.size", &[("limit", &limit.to_string())]);
        out.text(Role::Dim, &text, 0, columns);
    }
    if let Some((before, after)) = dialogue.introduced().and_then(|at| dialogue.offers_around(at)) {
        for row in offers::compared(&before, &after, columns, model.lang) {
            let offered = row.keywords.into_iter();
            let topics = offered.map(|name| Topic::new(Kind::Capability, &name));
            out.about(|| std::iter::once(idea("extension")).chain(topics));
            out.lines.extend(row.lines);
        }
        return;
    }
    let names: Vec<_> =
        capabilities.keywords.iter().map(|k| visible(k.written.as_bytes())).collect();
    let offered = || names.iter().map(|name| Topic::new(Kind::Capability, name));
    out.about(|| std::iter::once(idea("extension")).chain(offered()));
    out.text(Role::Dim, &fill("envelope.offered", &[("names", &names.join(", "))]), 0, columns);
}
