//! A dialogue as text. What is printed is itself a transcript: notes are comments.

use std::fmt::Write as _;

use crate::display::content::authenticity as of_authenticity;
use crate::display::content::header::UNBOUNDED;
use crate::display::content::parts::part_words;
use crate::display::content::{Judged, Line, begun, header, thread, trace};
use crate::display::envelope::{
    ended, finding as finding_words, limit_line, parameter, reply_text, topic, written,
};
use crate::display::line::{self, Shown};
use crate::display::text::width;
use crate::display::token::visible;
use crate::display::waterfall::{Laid, Waterfall};
use crate::display::words::{address, answers_for, delivery_words, end_word, full_fate_words};
use crate::display::{login, offers, security, stored, who};
use crate::journal::authenticity::Verification;
use crate::journal::{Happening, Moment, transcript};
use crate::knowledge::{self, Lang};
use crate::session::authenticity::Stated;
use crate::session::card::Card;
use crate::session::content::Content;
use crate::session::thread::Threads;
use crate::session::{
    Dialogue, Exchange, Fate, Identity, Message, Recipient, Row, Transaction, secrets, timing,
};
use crate::smtp::param::Param;
use crate::smtp::reply::Reply;
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Parsed};

/// How many lines of one message are printed unless all are asked for.
const DATA_LINES: usize = 40;

/// Columns of a table, so that it fits a terminal of eighty.
const TABLE: usize = 74;
/// So many people are named in one line about several.
const PARTIES: usize = 20;
/// Names of recipients are aligned up to so many columns.
const MATRIX: usize = 50;

/// Text as comments of a transcript.
pub fn commented(text: &str) -> String {
    text.lines().flat_map(|line| ["# ", line, "\n"]).collect()
}

/// A reply in one line.
pub fn reply(dialogue: &Dialogue, reply: &Reply, with_secrets: bool) -> String {
    let text = |line| line::reply_line(dialogue, line, with_secrets).text();
    reply.lines.iter().map(text).collect::<Vec<_>>().join(" / ")
}

/// Prints rows as they come, each once.
pub struct Printer {
    lang: Lang,
    full: bool,
    own_lines: bool,
    with_secrets: bool,
    rows: usize,
    partial: usize,
    /// How many replies were printed before these news.
    replies: usize,
    /// What is printed behind the reply of an exchange.
    mark: Option<(usize, String)>,
}

impl Printer {
    /// A printer in `lang`; mail data is shortened unless `full`, secrets are veiled
    /// unless `with_secrets`.
    pub const fn new(lang: Lang, full: bool, with_secrets: bool) -> Self {
        Self {
            lang,
            full,
            own_lines: true,
            with_secrets,
            rows: 0,
            partial: 0,
            replies: 0,
            mark: None,
        }
    }

    /// Prints `text` behind the reply of an exchange.
    pub fn marking(mut self, exchange: usize, text: String) -> Self {
        self.mark = Some((exchange, text));
        self
    }

    /// Whether the client's lines are printed: whoever typed them sees them already.
    pub const fn show_own_lines(&mut self, yes: bool) {
        self.own_lines = yes;
    }

    /// What is new in `dialogue`.
    pub fn news(&mut self, dialogue: &Dialogue) -> String {
        let mut out = String::new();
        while self.rows < dialogue.wire().len() && !self.goes_on(dialogue, self.rows) {
            let at = self.rows;
            self.rows += 1;
            let group = dialogue.group_of(at).filter(|_| self.own_lines);
            if group.as_ref().is_some_and(|group| group.start == at) {
                out.push_str(":pipeline\n");
            }
            self.row(dialogue, at, &mut out);
            if group.is_some_and(|group| group.end == self.rows) {
                out.push_str(":end\n");
            }
        }
        let lines = &dialogue.partial_reply().0.lines;
        for line in lines.iter().skip(self.partial) {
            let _ =
                writeln!(out, "{}", as_line(&line::reply_line(dialogue, line, self.with_secrets)));
        }
        self.partial = self.partial.max(lines.len());
        self.replies = dialogue.answered().len();
        out
    }

    /// Whether a row is a line of mail data of which the rest is still to leave: it is printed once,
    /// and what came behind its beginning waits for it.
    fn goes_on(&self, dialogue: &Dialogue, at: usize) -> bool {
        let Some(Row::Data { message, line }) = dialogue.wire().row(at) else { return false };
        let open = dialogue.messages().get(message).filter(|m| m.has_open_line());
        let last = open.is_some_and(|m| line + 1 == m.line_count());
        self.own_lines && last && dialogue.grows(message)
    }

    /// A note on what left when, of a line that leaves in pieces; `data` was applied last.
    pub fn piece(&self, at: Moment, data: &[u8], dialogue: &Dialogue) -> String {
        let mut bytes = data.to_vec();
        if !self.with_secrets {
            secrets::veil(&mut bytes, dialogue.veiled().iter().copied());
        }
        let mut text = String::new();
        transcript::write_text(&mut text, &bytes, false);
        format!("# {}.{:03} C: {text}\\c\n", at.0 / 1_000_000, at.0 / 1_000 % 1_000)
    }

    fn row(&mut self, dialogue: &Dialogue, at: usize, out: &mut String) {
        let row = dialogue.wire().row(at);
        if let Some(Row::Data { message, line }) = row
            && !self.full
            && line >= DATA_LINES
        {
            let lines = dialogue.messages().get(message).map_or(0, Message::line_count);
            let first = line == DATA_LINES && dialogue.wire().goes_on(at).is_none();
            if first && lines > DATA_LINES + 1 {
                let _ = writeln!(out, "# {}", knowledge::word(self.lang, "print.more-data"));
            }
            // While it grows, nobody knows which line is the last one.
            if line + 1 < lines || dialogue.grows(message) {
                return;
            }
        }
        let Some(shown) = line::shown(dialogue, at, self.lang, self.with_secrets) else { return };
        let skip = match row {
            Some(Row::Server { .. }) if self.partial > 0 => {
                self.partial -= 1;
                true
            }
            Some(Row::Client { .. } | Row::Data { .. }) => !self.own_lines,
            _ => false,
        };
        if !skip {
            let _ = writeln!(out, "{}", as_line(&shown));
        }
        if let Some(Row::Notice { index }) = row
            && let Some((_, what)) = dialogue.notices().get(index)
        {
            if let Happening::Verified(found) = what {
                let message = dialogue.messages().get(found.message);
                let stated = message.map(|message| Stated::read(&message.content()));
                let stated = stated.unwrap_or_default();
                out.push_str(&commented(&authenticity(&stated, Some(found), self.lang)));
            }
            let said = match (what, what.tls()) {
                (Happening::Inquired, _) => who::paragraphs(dialogue, self.lang),
                (_, Some(facts)) => security::paragraphs(facts, self.lang),
                (_, None) => Vec::new(),
            };
            for said in said {
                let _ = writeln!(out, "#   {}{}", said.lead(), said.text.1);
            }
        }
        if let Some(row) = row
            && let Some(inside) = login::line(dialogue, row, self.lang, self.with_secrets)
        {
            let _ = writeln!(out, "#   {inside}");
        }
        if let Some(Row::Client { exchange }) = row
            && let Some(time) = dialogue.exchanges().get(exchange).and_then(timing::sending)
        {
            let values = [("time", &*timing::in_words(time))];
            let _ = writeln!(out, "# {}", knowledge::fill(self.lang, "print.in-pieces", &values));
        }
        if let Some(Row::Notice { .. }) = row {
            self.earlier(dialogue, at, out);
        }
        if let Some(Row::Data { message, line }) = row {
            self.about_data(dialogue, message, line, out);
        }
        if let Some(Row::Server { exchange: index, line }) = row
            && let Some(exchange) = dialogue.exchanges().get(index)
            && exchange
                .reply
                .as_ref()
                .is_some_and(|r| line + 1 == r.lines.len() + usize::from(r.more > 0))
        {
            if let Some((_, text)) = self.mark.as_ref().filter(|(marked, _)| *marked == index) {
                let _ = writeln!(out, "# {text}");
            }
            self.earlier(dialogue, at - line, out);
            self.offered(dialogue, index, out);
            self.after(dialogue, exchange, out);
        }
    }

    /// Behind the last line of mail data, what was odd about it, each once.
    fn about_data(&self, dialogue: &Dialogue, message: usize, line: usize, out: &mut String) {
        let grows = dialogue.grows(message);
        let Some(message) = dialogue.messages().get(message) else { return };
        if grows || line + 1 != message.line_count() {
            return;
        }
        let mut told = Vec::new();
        for odd in message.odd() {
            if !told.contains(&odd.id) {
                told.push(odd.id);
                let _ = writeln!(out, "# {}", finding(*odd, self.lang));
            }
        }
    }

    /// Behind EHLO inside TLS, what is offered there and was offered before.
    fn offered(&self, dialogue: &Dialogue, exchange: usize, out: &mut String) {
        let Some((before, after)) = dialogue.offers_around(exchange) else { return };
        let rows = offers::compared(&before, &after, TABLE, self.lang);
        for line in rows.into_iter().flat_map(|row| row.lines) {
            let text: String = line.into_iter().map(|(_, text)| text).collect();
            let _ = writeln!(out, "#   {}", text.trim_end());
        }
    }

    /// What the reply or the end that begins at `row` shows to be odd about earlier exchanges, unless
    /// that was said there: where their replies are missing, or were printed before.
    fn earlier(&self, dialogue: &Dialogue, row: usize, out: &mut String) {
        for (at, id) in dialogue.revealed(row) {
            let Some(exchange) = dialogue.exchanges().get(at) else { continue };
            let printed = dialogue.answered().iter().rposition(|answered| *answered == at);
            if printed.is_some_and(|place| place >= self.replies) {
                continue;
            }
            let Some((_, odd)) = exchange.oddities().find(|(_, odd)| odd.id == id) else {
                continue;
            };
            let odd = finding(odd, self.lang);
            // The rest is about what stands here.
            if !matches!(id, "B17" | "H16") {
                let _ = writeln!(out, "# {odd}");
                continue;
            }
            let verb = || exchange.verb().map(|verb| visible(verb.as_str().as_bytes()));
            let what = answers_for(dialogue, exchange, self.lang).or_else(verb);
            let values = [("what", what.as_deref().unwrap_or(".")), ("odd", &odd)];
            let _ = writeln!(out, "# {}", knowledge::fill(self.lang, "print.earlier", &values));
        }
    }

    /// Notes behind a reply: what was odd, how long it took, where the session stands.
    fn after(&self, dialogue: &Dialogue, exchange: &Exchange, out: &mut String) {
        for (_, odd) in exchange.oddities() {
            let _ = writeln!(out, "# {}", finding(odd, self.lang));
        }
        if let Some(told) = answers_for(dialogue, exchange, self.lang) {
            let _ = writeln!(out, "# {told}");
        }
        let wait = timing::wait(exchange)
            .map(|w| format!("{}; ", timing::in_words(w)))
            .unwrap_or_default();
        let title = phase_title(exchange.phase.name(), self.lang);
        let _ = write!(out, "# {wait}{title}");
        let next: Vec<_> = if exchange.phase == dialogue.phase() {
            dialogue.next_commands().map(Verb::as_str).collect()
        } else {
            Vec::new()
        };
        if !next.is_empty() {
            let verbs = next.join(", ");
            out.push_str("; ");
            out.push_str(&knowledge::fill(self.lang, "header.next", &[("verbs", &verbs)]));
        }
        out.push('\n');
    }
}

/// The name of a phase in `lang`.
pub fn phase_title(name: &str, lang: Lang) -> String {
    knowledge::phase(name).map_or_else(|| name.to_owned(), |e| e.say(lang).title.clone())
}

/// A row in the notation.
fn as_line(shown: &Shown) -> String {
    let text = shown.text();
    // Nothing in it is a variable.
    let text = if shown.mark.is_empty() { text } else { text.replace("${", "\\${") };
    match shown.mark {
        "" => format!("# {text}"),
        // A blank at the end would be lost in an editor.
        mark if text.ends_with(' ') && shown.end.is_none() => {
            format!("{mark}: {}\\x20", text.strip_suffix(' ').unwrap_or(&text))
        }
        mark => format!("{mark}: {text}"),
    }
}

/// An oddity in one line: id, severity, sentence.
pub fn finding(odd: Oddity, lang: Lang) -> String {
    knowledge::oddity(odd.id).map_or_else(
        || odd.id.to_owned(),
        |entry| {
            let severity = entry.severity.map_or("", knowledge::Severity::name);
            format!("{} {severity}: {}", odd.id, entry.say(lang).say)
        },
    )
}

/// Who the server of the last connection is, where there was one, and was not said before.
pub fn who(dialogue: &Dialogue, lang: Lang) -> String {
    let told = dialogue.since_opened().any(|what| *what == Happening::Inquired);
    if told || Identity::of(dialogue).is_none() {
        return String::new();
    }
    commented(&who::text(dialogue, lang))
}

/// What a message says of its authenticity, and what was found out; nothing where there is neither.
pub fn authenticity(stated: &Stated, verified: Option<&Verification>, lang: Lang) -> String {
    if stated.is_empty() && verified.is_none() {
        return String::new();
    }
    let lines = of_authenticity::lines(stated, verified, TABLE, lang, usize::MAX);
    lines.iter().flat_map(|line| [line.text().trim_end().to_owned(), "\n".to_owned()]).collect()
}

/// Where the time of a session went.
pub fn times(seen: &Dialogue, columns: usize, lang: Lang, with_secrets: bool) -> String {
    let now = seen.last_heard();
    let laid = &Laid::of(seen, now);
    let waterfall = Waterfall { seen, laid, with_secrets, ascii: false, lang, columns };
    let mut out = String::new();
    for line in waterfall.lines(0..waterfall.count()) {
        let line: String = line.into_iter().map(|(_, text)| text).collect();
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// The transactions in words, or the one that carries a message.
pub fn envelope(dialogue: &Dialogue, message: Option<usize>, lang: Lang) -> String {
    let mut out = String::new();
    let all = dialogue.envelope().transactions.iter().enumerate();
    let carrying = message.map(|message| dialogue.envelope().carrying(message));
    for (at, transaction) in all {
        if carrying.is_some_and(|own| own != Some(transaction)) {
            continue;
        }
        let head = knowledge::fill(lang, "envelope.transaction", &[("n", &(at + 1).to_string())]);
        let _ = writeln!(out, "{head}{}{}", word(lang, "colon"), end_word(transaction, lang));
        if let Some(ended) = ended(dialogue, transaction, lang) {
            let _ = writeln!(out, "  {ended}");
        }
        let sender = address(&transaction.sender.written);
        let answered = (transaction.exchange, transaction.fate);
        let fate = full_fate_words(dialogue, transaction, answered, lang);
        let _ = writeln!(out, "  {} {sender}  {fate}", word(lang, "envelope.from"));
        if transaction.sender.is_null() {
            let _ = writeln!(out, "    {}", word(lang, "envelope.null"));
        }
        parameters(&transaction.params, lang, &mut out);
        recipients(dialogue, transaction, lang, &mut out);
        compared(dialogue, transaction, lang, &mut out);
    }
    out
}

/// Each parameter, and what it means.
fn parameters(params: &[Parsed<Param>], lang: Lang, out: &mut String) {
    for param in params {
        let meaning = parameter(&param.value, lang).map(|meaning| format!("  {meaning}"));
        let _ = writeln!(out, "    {}{}", written(&param.value), meaning.unwrap_or_default());
    }
}

/// What was offered, declared and sent, and the envelope against the content.
fn compared(dialogue: &Dialogue, transaction: &Transaction, lang: Lang, out: &mut String) {
    let card = Card::of(dialogue, transaction);
    let limits = card.limits(dialogue, transaction);
    if !limits.is_empty() {
        let _ = writeln!(out, "  {}", word(lang, "envelope.limits"));
    }
    for limit in limits {
        let _ = writeln!(out, "    {}", limit_line(limit, lang));
    }
    let findings = card.findings(transaction);
    if findings.is_empty() || transaction.message.is_none() {
        return;
    }
    let _ = writeln!(out, "  {}", word(lang, "envelope.against"));
    for found in findings {
        let clause = topic(found.point).and_then(|topic| topic.entry().rfc.first());
        let clause = clause.map(|clause| format!("  ({clause})")).unwrap_or_default();
        let _ = writeln!(out, "    {}{clause}", finding_words(found, PARTIES, lang).1);
    }
}

/// The recipients; where the message was answered, what RCPT got and what the message got stand
/// in two columns.
fn recipients(dialogue: &Dialogue, transaction: &Transaction, lang: Lang, out: &mut String) {
    let to = word(lang, "envelope.to");
    let name = |r: &Recipient| format!("{to} {}", address(&r.path.written));
    let named = |r: &Recipient| full_fate_words(dialogue, transaction, (r.exchange, r.fate), lang);
    let more = |r: &Recipient, out: &mut String| {
        let (at, fate) = r.delivered.unwrap_or((r.exchange, r.fate));
        let refused = matches!(fate, Fate::Refused | Fate::Deferred);
        if let Some(text) = reply_text(dialogue, at).filter(|_| refused) {
            let _ = writeln!(out, "    {text}");
        }
        parameters(&r.params, lang, out);
    };
    let all = &transaction.recipients;
    if all.iter().all(|r| r.delivered.is_none()) {
        for recipient in all {
            let _ = writeln!(out, "  {}  {}", name(recipient), named(recipient));
            more(recipient, out);
        }
        return;
    }
    let (rcpt, message) = (Verb::Rcpt.as_str(), word(lang, "envelope.message"));
    let widest = |texts: &mut dyn Iterator<Item = String>| texts.map(|t| width(&t)).max();
    let first = widest(&mut all.iter().map(name)).unwrap_or_default().min(MATRIX);
    let second = widest(&mut all.iter().map(named)).unwrap_or_default().max(rcpt.len());
    let row = |cells: [&str; 3], out: &mut String| {
        let [name, rcpt, message] = cells;
        let gap = |text, columns: usize| " ".repeat(columns.saturating_sub(width(text)));
        let line = format!("  {name}{}  {rcpt}{}  {message}", gap(name, first), gap(rcpt, second));
        let _ = writeln!(out, "{}", line.trim_end());
    };
    row(["", rcpt, message], out);
    for recipient in all {
        let got = delivery_words(dialogue, transaction, recipient, lang);
        row([&name(recipient), &named(recipient), &got.unwrap_or_default()], out);
        more(recipient, out);
    }
}

fn word(lang: Lang, key: &'static str) -> &'static str {
    knowledge::word(lang, key)
}

/// Which message answers which.
pub fn threads(threads: &Threads, lang: Lang) -> String {
    let lines = thread::lines(threads, (0, usize::MAX), usize::MAX, None, lang);
    lines.iter().flat_map(|line| ["  ".to_owned(), line.text(), "\n".to_owned()]).collect()
}

/// Which message of several it is, and where it lies.
pub fn message_head(message: &Message, index: usize, lang: Lang) -> String {
    let head = knowledge::fill(lang, "print.message", &[("n", &(index + 1).to_string())]);
    let place = message.is_in().map(|stored| stored::said(stored, Some(message), lang));
    let parts = [Some(head), place].into_iter().flatten().collect::<Vec<_>>();
    format!("# {}", parts.join(word(lang, "colon")))
}

/// The content of a message in words: its header, the way it took, and its parts.
pub fn content(
    (content, judged): (&Content, &Judged),
    (message, grows): (&Message, bool),
    lang: Lang,
) -> String {
    let mut out = String::new();
    let mut add = |lines: Vec<Line>| {
        for line in lines {
            let _ = writeln!(out, "  {}", line.text().trim_end());
        }
    };
    add(header::lines(judged, lang, UNBOUNDED, usize::MAX));
    if judged.trace.hops > 0 {
        add(vec![Line::default()]);
        add(trace::lines(content, &judged.trace, lang, UNBOUNDED, usize::MAX));
        add(vec![Line::default()]);
    }
    for part in &content.parts {
        let indent = "  ".repeat(part.depth.min(20) + 1);
        let _ = writeln!(out, "{indent}- {}", part_words(part, lang));
    }
    if let Some(said) = begun(content, message, grows, lang) {
        let _ = writeln!(out, "  {said}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Ending, Event, Side};

    #[test]
    fn a_message_of_a_connection_that_has_ended_does_not_grow() {
        for begin in ["C: DATA\nS: 354 go\n", "C: BDAT 1000\n"] {
            let lines: Vec<_> = (0..60).map(|n| format!("C: line {n}\n")).collect();
            let lines = lines.concat();
            let text = format!(
                "S: 220 mx\nC: EHLO x\nS: 250 mx\nC: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\n{begin}{lines}"
            );
            let mut dialogue = Dialogue::standing(&text);
            let printed = |dialogue: &Dialogue| Printer::new(Lang::En, false, false).news(dialogue);
            let last = "line 59";
            assert!(dialogue.grows(0), "{begin}");
            assert!(
                !printed(&dialogue).contains(last),
                "{begin}: nobody knows that it is the last"
            );
            for what in [
                Happening::Closed { by: Side::Server, how: Ending::Reset },
                Happening::Opened(Box::default()),
            ] {
                dialogue.apply(&Event::new(Moment(0), what));
                assert!(!dialogue.grows(0), "{begin}");
                assert!(printed(&dialogue).contains(last), "{begin}");
            }
        }
    }
}
