//! What the explain pane is about: an entry that was opened, what is selected, else the last reply
//! and where the session stands.

use crate::advice;
use crate::display::advice::say;
use crate::display::article::{self, Paragraph, first_sentence};
use crate::display::login;
use crate::display::token::own_visible;
use crate::display::words::answers_for;
use crate::display::{Role, security, who};
use crate::journal::Happening;
use crate::journal::facts::{DialReason, NameKind};
use crate::knowledge::{self, Kind, Topic};
use crate::session::content::Content;
use crate::session::{Exchange, Message, Row, Turn};
use crate::smtp::code::{Class, Code};
use crate::smtp::command::Argument;
use crate::smtp::param::words;
use crate::smtp::reply::Reply;
use crate::smtp::target::Protocol;
use crate::smtp::verb::Verb;

use super::hand::remarks;
use super::model::{Model, Pane};
use super::rows::{notes, selected, selected_line};
use super::view;

/// How many links are offered.
const LINKS: usize = 12;

/// A header is not looked for beyond so many lines.
const HEADER_LINES: usize = 1_000;

/// What is said, from top to bottom; `brief` says one sentence of each.
pub fn paragraphs(model: &Model, brief: bool) -> Vec<Paragraph> {
    if let Some(opened) = model.session.articles.last() {
        let about = |topic: &Topic| [known(model, *topic), article::article(*topic, model.lang)];
        return opened.iter().flat_map(about).flatten().collect();
    }
    if let Some(topics) = pointed(model) {
        let said = topics.iter().map(|topic| about(model, *topic, brief));
        return said.chain(changes(model, topics.first().copied())).collect();
    }
    match selected_line(model) {
        Some(row) => of_row(model, row, brief),
        None if let Some(said) = offered(model) => vec![said],
        None => present(model, brief),
    }
}

/// What is known in this session of what an entry is about in general.
fn known(model: &Model, topic: Topic) -> Vec<Paragraph> {
    match (topic.kind, topic.id) {
        (Kind::Idea, "who") => who::paragraphs(model.session.seen(), model.lang),
        _ => Vec::new(),
    }
}

/// What the line is about at which the person points, where it is about something.
fn pointed(model: &Model) -> Option<Vec<Topic>> {
    // It may have been left without a step from pane to pane.
    let here = |pane| pane == model.focus || model.focus == Pane::Explain;
    let (pane, line) = model.session.pointed.filter(|(pane, _)| here(*pane))?;
    let topics = match pane {
        Pane::Envelope => view::envelope::topics_at(model, line),
        Pane::Content => view::content::topics_at(model, line),
        _ => Vec::new(),
    };
    (!topics.is_empty()).then_some(topics)
}

/// The entries to which one can go from here.
pub fn links(model: &Model) -> Vec<Topic> {
    if model.session.seen().wire().is_empty() && model.session.articles.is_empty() {
        // Nothing was said: the first frame waits for no entry.
        return Vec::new();
    }
    let here = topics(model);
    let opened = model.session.articles.last();
    let own = here.iter().copied().filter(|_| opened.is_none());
    let related = here.iter().flat_map(|topic| topic.related());
    let mut links: Vec<Topic> = Vec::new();
    for topic in own.chain(related.filter(|topic| !here.contains(topic))) {
        if links.len() < LINKS && !links.contains(&topic) {
            links.push(topic);
        }
    }
    links
}

/// What is explained, the most important first.
pub fn topics(model: &Model) -> Vec<Topic> {
    if let Some(opened) = model.session.articles.last() {
        return opened.clone();
    }
    if let Some(pointed) = pointed(model) {
        return pointed;
    }
    if let Some(row) = selected_line(model) {
        return topics_of_row(model, row);
    }
    if let Some((exchange, _)) = model.session.dialogue.unanswered()
        && model.offers().is_some()
    {
        return topics_of_row(model, Row::Client { exchange });
    }
    let reply = last(model).and_then(|(_, exchange)| exchange.reply.as_ref());
    if model.session.seen().is_mailbox() {
        return Topic::new(Kind::Idea, "stored-message").into_iter().collect();
    }
    reply.map(topics_of_reply).unwrap_or_default().into_iter().chain(phase(model)).collect()
}

/// The clauses on which the explanation rests.
pub fn clauses(model: &Model) -> &'static [String] {
    let first = topics(model).into_iter().find(|topic| topic.kind != Kind::Phase);
    first.map_or(&[], |topic| topic.entry().rfc.as_slice())
}

/// Where clients are awaited, and what follows then.
fn listens(model: &Model) -> Option<Paragraph> {
    let place = own_visible(&model.session.hand.as_ref()?.place);
    let welcome = knowledge::fill(model.lang, "hand.welcome", &[("place", &place)]);
    Some(Paragraph::line(Role::Text, &welcome))
}

/// What the chosen suggestion does to the client, or what is typed.
fn offered(model: &Model) -> Option<Paragraph> {
    if let Some(remarks) = remarks(model).filter(|remarks| !remarks.is_empty()) {
        let worst = remarks.first()?;
        let said = worst.odd().and_then(knowledge::oddity).map(|odd| &odd.say(model.lang).say);
        let key = || worst.key().map(|key| knowledge::word(model.lang, key));
        let text = said.map(String::as_str).or_else(key)?;
        return Some(Paragraph::new(Role::Warn, knowledge::word(model.lang, "hand.does"), text));
    }
    let offer = model.offers().filter(|_| model.prompt.text().is_empty())?.chosen()?;
    let does = view::hand::words_of(&offer.does, model.lang);
    Some(Paragraph::new(Role::Title, knowledge::word(model.lang, "hand.does"), does))
}

/// The exchange that was answered last, with its number, if that was on this connection.
fn last(model: &Model) -> Option<(usize, &Exchange)> {
    let dialogue = model.session.seen();
    let failed = matches!(dialogue.course().next_back(), Some(Happening::NotOpened(_)));
    let answered = dialogue.exchanges().iter().enumerate().rfind(|(_, e)| e.reply.is_some());
    answered.filter(|(_, e)| e.connection == dialogue.connection() && !failed)
}

/// The entry of where the session stands.
fn phase(model: &Model) -> Option<Topic> {
    Topic::new(Kind::Phase, model.session.seen().phase().name())
}

/// What there is to say about the session as it stands.
fn present(model: &Model, brief: bool) -> Vec<Paragraph> {
    if model.session.seen().is_mailbox() {
        let topics = topics(model);
        return topics.into_iter().map(|topic| about(model, topic, brief)).collect();
    }
    if let Some(place) = model.session.awaits_a_client().then(|| listens(model)).flatten() {
        return vec![place];
    }
    let mut said: Vec<Paragraph> = broken(model).into_iter().chain(slip(model)).collect();
    match last(model) {
        Some((at, exchange)) => {
            // A question is more than its code, which says that it is one; an answer is less.
            let asked = inside(model, Row::Server { exchange: at, line: 0 }, brief);
            let answered = inside(model, Row::Client { exchange: at }, brief);
            let answered = answered.into_iter().filter(|_| asked.is_empty());
            let reply = exchange.reply.iter();
            said.extend(asked.iter().cloned());
            said.extend(whose(model, exchange));
            said.extend(reply.clone().flat_map(|reply| codes(model, reply, brief)));
            said.extend(oddities(model, exchange, brief));
            said.extend(reply.filter_map(|reply| remedy(model, reply, brief)));
            said.extend(answered);
        }
        None if model.session.seen().connection() == 0 => {
            let welcome = knowledge::word(model.lang, "explain.welcome");
            said.push(Paragraph::line(Role::Dim, welcome));
        }
        None => {}
    }
    if !model.session.dialling {
        said.extend(standing(model, brief).into_iter().flatten());
    }
    said
}

/// How the connection was lost, if it did not end in order.
fn broken(model: &Model) -> Option<Paragraph> {
    let dialogue = model.session.seen();
    let what = dialogue.course().next_back()?;
    // The header says of a doubtful layer what it is; here it is said until something follows.
    let newest = matches!(
        dialogue.wire().row(dialogue.wire().len().checked_sub(1)?),
        Some(Row::Notice { .. })
    );
    if matches!(what, Happening::Secured(_)) && !newest {
        return None;
    }
    let shown = crate::display::line::notice(what, model.lang);
    (shown.role == Role::Bad).then(|| Paragraph::line(Role::Bad, shown.text()))
}

/// What was wrong with the line that was sent last, as the prompt said before, and what was meant.
fn slip(model: &Model) -> Option<Paragraph> {
    let slip = advice::recognise(model.session.seen(), &model.habits)?;
    let said = say(&slip.fault, model.lang);
    let text = match &slip.line {
        Some(line) => {
            let values = [("said", said.with_clause()), ("line", own_visible(line))];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            knowledge::fill(model.lang, "slip.line", &values)
        }
        None => said.with_clause(),
    };
    Some(Paragraph::new(said.role, knowledge::word(model.lang, "slip"), &text))
}

/// What one can do about a refusal: the more exact of its codes knows.
fn remedy(model: &Model, reply: &Reply, brief: bool) -> Option<Paragraph> {
    let refused = matches!(reply.class(), Class::Transient | Class::Permanent);
    let topics = topics_of_reply(reply);
    let next = &topics.last().filter(|_| refused)?.entry().say(model.lang).next;
    let head = knowledge::word(model.lang, "explain.remedy");
    Some(Paragraph::new(Role::Title, head, shortened(next, brief)))
}

/// What the codes of a reply mean, by the numbers that it carries.
fn codes(model: &Model, reply: &Reply, brief: bool) -> Vec<Paragraph> {
    let numbers = [reply.code.map(|c| c.to_string()), reply.enhanced().map(|c| c.to_string())];
    let all = topics_of_reply(reply).into_iter().zip(numbers.into_iter().flatten());
    all.map(|(topic, number)| called(model, topic, &number, brief)).collect()
}

/// What comes next, and where the session stands.
fn standing(model: &Model, brief: bool) -> Option<[Paragraph; 2]> {
    let word = |key| knowledge::word(model.lang, key);
    let said = phase(model)?.entry().say(model.lang);
    let dialogue = model.session.seen();
    let next = match dialogue.unanswered() {
        _ if dialogue.wants_octets() => word("header.octets"),
        Some(_) => word("header.wait"),
        None => &said.next,
    };
    let now = [word("explain.state"), word("colon"), &said.title].concat();
    let next = Paragraph::new(Role::Title, word("explain.next"), shortened(next, brief));
    Some([next, Paragraph::new(Role::Title, now, shortened(&said.say, brief))])
}

fn shortened(text: &str, brief: bool) -> &str {
    if brief { first_sentence(text) } else { text }
}

/// The name of a topic and what it means.
fn about(model: &Model, topic: Topic, brief: bool) -> Paragraph {
    called(model, topic, topic.id, brief)
}

/// The same, by the name under which it was met.
fn called(model: &Model, topic: Topic, name: &str, brief: bool) -> Paragraph {
    let say = &topic.entry().say(model.lang).say;
    let title = topic.title_as(name, model.lang);
    Paragraph::new(article::role(topic), title, shortened(say, brief))
}

/// Each oddity once, however often it occurs.
fn oddities(model: &Model, exchange: &Exchange, brief: bool) -> Vec<Paragraph> {
    named(model, exchange.oddities().map(|(_, odd)| odd.id), brief)
}

fn named(model: &Model, ids: impl Iterator<Item = &'static str>, brief: bool) -> Vec<Paragraph> {
    let mut topics: Vec<_> = Vec::new();
    for topic in ids.filter_map(|id| Topic::new(Kind::Oddity, id)) {
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    topics.into_iter().map(|topic| about(model, topic, brief)).collect()
}

/// What there is to say about one row of the transcript.
fn of_row(model: &Model, row: Row, brief: bool) -> Vec<Paragraph> {
    let at = selected(model, &model.session).unwrap_or_default();
    let dialogue = model.session.seen();
    if let Row::Notice { index } = row {
        let what = dialogue.notices().get(index).map(|(_, what)| what);
        let shown = crate::display::line::shown(dialogue, at, model.lang, model.with_secrets);
        // That it began is said by what is known of it.
        let shown = shown.filter(|_| !matches!(what, Some(Happening::Secured(_))));
        let mut said: Vec<_> =
            shown.map(|row| Paragraph::line(row.role, row.text())).into_iter().collect();
        said.extend(
            what.and_then(Happening::tls)
                .map(|facts| security::paragraphs(facts, model.lang))
                .into_iter()
                .flatten(),
        );
        // What is known of this server comes before what is true of all of them.
        if matches!(what, Some(Happening::Opened(_) | Happening::Inquired)) {
            said.extend(who::paragraphs(dialogue, model.lang));
        }
        let topics = topics_of_row(model, row);
        said.extend(topics.iter().map(|topic| about(model, *topic, brief)));
        said.extend(changes(model, topics.first().copied()));
        return said;
    }
    let topics = topics_of_row(model, row);
    let exchange = match row {
        Row::Client { exchange } | Row::Server { exchange, .. } => {
            dialogue.exchanges().get(exchange)
        }
        _ => None,
    };
    let reply = exchange.and_then(|exchange| exchange.reply.as_ref());
    let own = reply.filter(|reply| topics == topics_of_reply(reply));
    let mut said = inside(model, row, false);
    said.extend(exchange.and_then(|exchange| whose(model, exchange)));
    match own {
        Some(reply) => said.extend(codes(model, reply, brief)),
        None => said.extend(topics.iter().map(|topic| about(model, *topic, brief))),
    }
    said.extend(changes(model, topics.first().copied()));
    said.extend(named(model, notes(dialogue, at).into_iter().map(|odd| odd.id), brief));
    said.extend(reply.and_then(|reply| remedy(model, reply, brief)));
    if exchange.is_some() && reply.is_none() {
        let words = knowledge::word(model.lang, "explain.unanswered");
        said.push(Paragraph::line(Role::Dim, words));
    }
    said
}

/// What stands inside a step of a login; `brief` names the fields alone where there are several.
fn inside(model: &Model, row: Row, brief: bool) -> Vec<Paragraph> {
    let fields = login::inside(model.session.seen(), row, model.lang, model.with_secrets);
    if brief && fields.len() > 1 {
        let fields: Vec<_> = fields.into_iter().map(|inside| inside.field).collect();
        return vec![Paragraph::line(Role::Title, fields.join("; "))];
    }
    fields.into_iter().map(|field| Paragraph::new(Role::Title, field.field, field.why)).collect()
}

/// For whom an answer to the end of a message is.
fn whose(model: &Model, exchange: &Exchange) -> Option<Paragraph> {
    let said = answers_for(model.session.seen(), exchange, model.lang)?;
    Some(Paragraph::line(Role::Title, said))
}

/// What the first of several topics changes.
fn changes(model: &Model, topic: Option<Topic>) -> Option<Paragraph> {
    let changes = &topic?.entry().say(model.lang).changes;
    Some(Paragraph::new(Role::Title, knowledge::word(model.lang, "article.changes"), changes))
}

/// What a row of the transcript is about.
fn topics_of_row(model: &Model, row: Row) -> Vec<Topic> {
    let dialogue = model.session.seen();
    match row {
        Row::Client { exchange } => {
            dialogue.exchanges().get(exchange).map(topics_of_command).unwrap_or_default()
        }
        Row::Server { exchange, line } => {
            let exchange = dialogue.exchanges().get(exchange);
            exchange.map(|exchange| topics_of_reply_line(exchange, line)).unwrap_or_default()
        }
        Row::Data { message, line } => topics_of_data(model, message, line),
        Row::Notice { index } => {
            let what = dialogue.notices().get(index).map(|(_, what)| what);
            what.map(topics_of_way).unwrap_or_default()
        }
    }
}

/// A step on the way to a server.
fn topics_of_way(what: &Happening) -> Vec<Topic> {
    let ideas: &[&str] = match what {
        Happening::LookedUp(facts) => match facts.kind {
            NameKind::Mx if facts.answers.iter().any(|answer| answer.ends_with(" .")) => {
                &["null-mx", "mx"]
            }
            NameKind::Mx => &["mx"],
            NameKind::Addresses => &["happy-eyeballs"],
            NameKind::Reverse | NameKind::Forward => &["reverse-name"],
            NameKind::Sts => &["mta-sts"],
            NameKind::Tlsa => &["dane"],
        },
        Happening::Fetched(_) => &["mta-sts"],
        Happening::Inquired => &["who"],
        Happening::Verified(_) => &["dkim", "spf", "dmarc", "arc"],
        Happening::Tried(attempt) if attempt.reason == DialReason::Overtaken => &["happy-eyeballs"],
        Happening::Tried(_) => &["happy-eyeballs", "ports"],
        Happening::Opened(endpoints) if endpoints.protocol == Protocol::Lmtp => &["lmtp", "who"],
        Happening::Opened(endpoints) if endpoints.host.is_some() => &["mx", "who"],
        Happening::Opened(endpoints) if endpoints.remote.is_some() => &["greeting", "who"],
        Happening::NotOpened(failure) => match failure.reason {
            DialReason::NullMx => &["null-mx", "mx"],
            DialReason::NoSuchHost | DialReason::UnknownName => &["mx"],
            DialReason::NoFamily => &["happy-eyeballs"],
            _ => &["ports", "happy-eyeballs"],
        },
        Happening::Prefaced(_) => &["proxy-header"],
        Happening::Stored(stored) if stored.number.is_some() => &["mbox", "stored-message"],
        Happening::Stored(stored) if stored.flags.is_some() => &["maildir", "stored-message"],
        Happening::Stored(_) => &["stored-message"],
        _ => &[],
    };
    ideas.iter().filter_map(|id| Topic::new(Kind::Idea, id)).collect()
}

/// A command, and its parameters or its mechanism.
fn topics_of_command(exchange: &Exchange) -> Vec<Topic> {
    if exchange.turn == Turn::LoginAnswer {
        return Topic::new(Kind::Idea, "sasl").into_iter().collect();
    }
    let Some(command) = &exchange.command else { return Vec::new() };
    let verb = Topic::new(Kind::Verb, command.verb.as_str());
    let more: Vec<Topic> = match &command.argument {
        Argument::Path(path, params) => {
            let null =
                path.value.is_null().then(|| Topic::new(Kind::Idea, "null-sender")).flatten();
            let params = params.iter().filter_map(|p| Topic::new(Kind::Parameter, &p.value.name));
            null.into_iter().chain(params).collect()
        }
        Argument::Login { mechanism, .. } => {
            Topic::new(Kind::Mechanism, mechanism).into_iter().collect()
        }
        _ => Vec::new(),
    };
    verb.into_iter().chain(more).collect()
}

/// The code of a reply and its enhanced status code.
fn topics_of_reply(reply: &Reply) -> Vec<Topic> {
    let code = reply.code.and_then(|code| Topic::of_code(&code.to_string()));
    let enhanced = reply.enhanced().and_then(|code| Topic::of_enhanced(&code.to_string()));
    code.into_iter().chain(enhanced).collect()
}

/// A line of a reply: a keyword of EHLO with what it announces, else the codes.
fn topics_of_reply_line(exchange: &Exchange, line: usize) -> Vec<Topic> {
    let Some(reply) = &exchange.reply else { return Vec::new() };
    let introduces = matches!(exchange.verb(), Some(Verb::Ehlo | Verb::Lhlo));
    let shown = reply.lines.get(line).filter(|_| introduces && line > 0 && reply.is(Code::OK));
    let Some(shown) = shown else { return topics_of_reply(reply) };
    let bytes = &shown.line.bytes;
    let mut all = words(bytes, shown.text.start)
        .map(|word| String::from_utf8_lossy(word.of(bytes)).into_owned());
    let keyword = all.next().unwrap_or_default();
    let capability = Topic::new(Kind::Capability, &keyword);
    let first = capability.or_else(|| Topic::new(Kind::Idea, "extension"));
    let mechanisms = all.filter_map(|name| Topic::new(Kind::Mechanism, &name));
    let mechanisms: Vec<_> = mechanisms.filter(|_| keyword.eq_ignore_ascii_case("AUTH")).collect();
    first.into_iter().chain(mechanisms).collect()
}

/// A line of mail data: the field it belongs to, or what else it is.
pub fn topics_of_data(model: &Model, number: usize, line: usize) -> Vec<Topic> {
    let Some(message) = model.session.seen().messages().get(number) else { return Vec::new() };
    let bytes = message.line(line).unwrap_or_default();
    let idea = |id| Topic::new(Kind::Idea, id).into_iter().collect();
    let last = message.is_complete() && message.is_stuffed() && line + 1 == message.line_count();
    // A dot with a blank beside it was meant as the end and is none.
    let meant = message.is_stuffed() && bytes.trim_ascii() == b".";
    if last || meant {
        return idea("end-of-data");
    }
    let read = model.session.read.of(number);
    let of_part = || field_of_part(message, &read?.content, line);
    if let Some(first) = field_at(message, line).map(|(_, first)| first).or_else(of_part) {
        let field = message.line(first).unwrap_or_default();
        let name = String::from_utf8_lossy(field.split(|b| *b == b':').next().unwrap_or_default());
        return of_field_line(&name, &bytes);
    }
    match bytes.as_slice() {
        [b'.', b'.', ..] if message.is_stuffed() => idea("dot-stuffing"),
        [b'-', b'-', _, ..] => idea("boundary"),
        _ => idea("body"),
    }
}

/// A header field, the parts of a Received field that stand in this line, and encoded words.
fn of_field_line(name: &str, line: &[u8]) -> Vec<Topic> {
    let text = String::from_utf8_lossy(line).into_owned();
    let encoded = text.contains("=?").then(|| Topic::new(Kind::Idea, "encoded-word")).flatten();
    let trace = name.eq_ignore_ascii_case("Received");
    let clauses = text.split_whitespace().filter(|_| trace);
    let clauses = clauses.filter_map(|word| {
        let entries = Kind::Trace.entries();
        entries.contains_key(word).then(|| Topic::new(Kind::Trace, word)).flatten()
    });
    Topic::of_field(name.trim()).into_iter().chain(clauses).chain(encoded).collect()
}

/// The line on which the field begins that line `at` of a message belongs to in the header of a
/// part.
fn field_of_part(message: &Message, content: &Content, at: usize) -> Option<usize> {
    let start = content.line(at).start;
    let own = content.parts.iter().filter(|part| part.within.is_none());
    let header = own.map(|part| part.header).find(|h| h.start <= start && start < h.end)?;
    let begin = at.saturating_sub(HEADER_LINES).max(content.line_at(header.start));
    let first = (begin..=at).rev().find(|line| {
        !matches!(message.line_up_to(*line, 1).as_deref(), None | Some([b' ' | b'\t']))
    })?;
    let ends = matches!(message.line_up_to(first, 1)?.first()?, b'\r' | b'\n');
    (!ends).then_some(first)
}

/// Which header field line `at` of a message belongs to: its number and the line it begins on.
fn field_at(message: &Message, at: usize) -> Option<(usize, usize)> {
    if at > HEADER_LINES {
        return None;
    }
    let mut field = None;
    for line in 0..=at {
        match message.line(line)?.first()? {
            b'\r' | b'\n' => return None,
            b' ' | b'\t' => {}
            _ => field = Some((field.map_or(0, |(number, _)| number + 1), line)),
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::super::message::Message as News;
    use super::super::update::update;
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::transcript::recording;
    use crate::knowledge::Lang;

    /// A session that said this, with the content of its message read.
    fn after(text: &str) -> Model {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((120, 40), Lang::En, theme, keys);
        for event in recording(text.as_bytes()).unwrap().events() {
            update(&mut model, News::Heard(1, event.clone()));
        }
        model
    }

    fn in_data(lines: &[&str]) -> Model {
        let lines = lines.join("\nC: ");
        after(&format!("S: 220 mx\nC: DATA\nS: 354 go\nC: {lines}\nC: .\nS: 250 ok\n"))
    }

    fn ids(model: &Model, line: usize) -> Vec<&'static str> {
        topics_of_data(model, 0, line).into_iter().map(|topic| topic.id).collect()
    }

    #[test]
    fn a_dot_with_blanks_is_about_the_end_that_it_is_not() {
        let model = in_data(&["Subject: x", "", " .", ". ", "\\t.\\t", ". x", " "]);
        for line in [2, 3, 4, 7] {
            assert_eq!(ids(&model, line), ["end-of-data"], "line {line}");
        }
        assert_eq!([ids(&model, 5), ids(&model, 6)], [["body"], ["body"]]);
    }

    #[test]
    fn a_recording_without_an_opening_has_links() {
        let model = after("C: EHLO x\nS: 250 ok\n");
        let links: Vec<_> = links(&model).into_iter().map(|topic| topic.id).collect();
        assert_eq!(links.first(), Some(&"250"), "{links:?}");
    }

    #[test]
    fn a_line_is_explained_only_while_one_is_in_its_pane_or_in_the_explanation() {
        let mut model =
            after("S: 220 mx\nC: EHLO x\nS: 250 ok\nC: MAIL FROM:<a@b.example>\nS: 250 ok\n");
        model.session.pointed = Some((Pane::Envelope, 0));
        for (focus, explained) in
            [(Pane::Envelope, true), (Pane::Explain, true), (Pane::Prompt, false)]
        {
            model.focus = focus;
            assert_eq!(pointed(&model).is_some(), explained, "{focus:?}");
        }
    }

    #[test]
    fn fields_of_a_part_are_fields() {
        let model = in_data(&[
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "Subject: in the preamble",
            "--b",
            "Content-Type: text/plain;",
            " charset=utf-8",
            "Content-Disposition: inline",
            "",
            "..dots",
            "Content-ID: in the body",
            "--b",
            "Content-Transfer-Encoding: base64",
            "",
            "AAAA",
            "--b--",
        ]);
        let seen: Vec<_> = (0..15).map(|line| ids(&model, line).first().copied()).collect();
        let expected = [
            "Content-Type",
            "body",
            "body",
            "boundary",
            "Content-Type",
            "Content-Type",
            "Content-Disposition",
            "body",
            "dot-stuffing",
            "body",
            "boundary",
            "Content-Transfer-Encoding",
            "body",
            "body",
            "boundary",
        ];
        assert_eq!(seen, expected.map(Some));
    }

    #[test]
    fn an_address_with_one_bracket_is_not_called_bare() {
        for path in ["<a@b.example", "a@b.example", "a@b.example>"] {
            let model = after(&format!("S: 220 mx\nC: MAIL FROM:{path}\nS: 501 no\n"));
            let exchange = model.session.dialogue.exchanges().last().unwrap();
            let said = oddities(&model, exchange, false);
            let of_path = said.iter().find(|said| said.head.1.starts_with("F02"));
            let text = &of_path.unwrap().text.1;
            assert!(text.contains("one of the two or both are missing"), "{path}: {text}");
        }
    }
}
