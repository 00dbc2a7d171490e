//! The envelope against the content: who is named in both, in one of them, and what a copy tells.
//!
//! Servers deliver by the envelope alone, and people read the header alone (RFC 5321 §2.3.1). That
//! the two differ is legal and everyday: blind copies, lists, forwarding, bounces. Each finding is
//! data with the id of its entry in the knowledge base, which says when it is not.
//!
//! Domains are compared as names: without case, A-labels and U-labels as one. Local parts are
//! compared as they are (RFC 5321 §2.4), without the quotes that mean nothing.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use crate::smtp::Span;
use crate::smtp::domain::comparable;
use crate::smtp::mailbox::{self, Mailboxes};
use crate::smtp::path::Path;

use super::content::{Content, Field};
use super::header::{Group, LIMIT};
use super::{Dialogue, Fate, Message, Recipient, Transaction};

/// How many bytes are read of one that goes on: what comes next is waited for.
const GROWING_LIMIT: u64 = 64 << 10;

macro_rules! points {
    ($($variant:ident $id:literal $short:literal $doc:literal),* $(,)?) => {
        /// In what way envelope and content agree or differ.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Point { $(#[doc = $doc] $variant),* }

        impl Point {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The id of its entry.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }

            /// The key of its short sentence.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $short),* }
            }
        }
    };
}

points! {
    NullSender "null-sender" "against.null-sender"
        "The reverse-path is null.",
    SenderIsAuthor "sender-is-author" "against.sender-is-author"
        "The reverse-path is one of From.",
    SenderIsAgent "sender-is-agent" "against.sender-is-agent"
        "The reverse-path is that of Sender, who sends for the author.",
    SenderResends "sender-resends" "against.sender-resends"
        "The reverse-path is that of Resent-From or Resent-Sender.",
    SenderIsList "sender-is-list" "against.sender-is-list"
        "The reverse-path is another one, and the content came through a list.",
    SenderDiffers "sender-differs" "against.sender-differs"
        "The reverse-path is named neither in From nor in Sender.",
    DomainRelated "domains-related" "against.domains-related"
        "One of the domains of the reverse-path and of From is below the other.",
    DomainDiffers "domains-differ" "against.domains-differ"
        "The reverse-path has another domain than From.",
    ReturnPath "return-path-early" "against.return-path"
        "There is a Return-Path field before the final delivery.",
    AllAgree "recipients-agree" "against.all-agree"
        "Everybody who gets it is named, and everybody who is named gets it.",
    Blind "blind-recipient" "against.blind"
        "Somebody gets it who is not named.",
    NotSent "named-not-sent" "against.not-sent"
        "Somebody is named to whom it does not go here.",
    NamedRefused "named-refused" "against.named-refused"
        "Somebody is named who was refused.",
    Subaddress "subaddress" "against.subaddress"
        "Somebody is named with another subaddress.",
    CaseDiffers "case-differs" "against.case-differs"
        "Somebody is named with other small and capital letters before the @.",
    NobodyNamed "nobody-named" "against.nobody-named"
        "No field names a recipient.",
    EmptyGroup "empty-group" "against.empty-group"
        "A field names a group without members.",
    BccReveals "bcc-reveals" "against.bcc-reveals"
        "A Bcc field shows to others who gets it unseen.",
    BccOwnCopy "bcc-own-copy" "against.bcc-own-copy"
        "A Bcc field names the one who gets this copy.",
    BccEmpty "bcc-empty" "against.bcc-empty"
        "An empty Bcc field says that there are blind copies.",
}

/// Somebody that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The address, as it was written; for a group its name.
    pub address: String,
    /// The exchange of the MAIL or RCPT that named it.
    pub exchange: Option<usize>,
    /// The field of the header that names it, counted from 0.
    pub field: Option<usize>,
    /// Where in the content it is named.
    pub span: Option<Span>,
}

/// Commands, replies and places in the content that are about the same sender or recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The exchange of the MAIL or RCPT, and the one in which the message is answered for it alone.
    pub exchanges: Vec<usize>,
    /// The mailboxes of the header that are the same address.
    pub spans: Vec<Span>,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub point: Point,
    /// Whom it is about, in the order of the envelope, else of the header.
    pub parties: Vec<Party>,
}

impl Finding {
    /// Those whom its short sentence names.
    pub fn told(&self) -> &[Party] {
        let known = match self.point {
            Point::SenderIsList | Point::SenderDiffers | Point::ReturnPath => 1,
            _ => 0,
        };
        self.parties.get(known..).unwrap_or_default()
    }
}

/// What a field of the header makes of those whom it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    Author,
    Agent,
    Return,
    Addressed,
    Blind,
    Resender,
    ResentTo,
    ResentBcc,
}

/// The fields that name somebody.
const NAMING: [(&str, As); 11] = [
    ("From", As::Author),
    ("Sender", As::Agent),
    ("Return-Path", As::Return),
    ("To", As::Addressed),
    ("Cc", As::Addressed),
    ("Bcc", As::Blind),
    ("Resent-From", As::Resender),
    ("Resent-Sender", As::Resender),
    ("Resent-To", As::ResentTo),
    ("Resent-Cc", As::ResentTo),
    ("Resent-Bcc", As::ResentBcc),
];

/// Somebody whom the header names.
#[derive(Clone, Debug)]
struct Mention {
    named: As,
    address: String,
    key: Key,
    field: usize,
    span: Span,
}

/// What a header says of senders and recipients.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Heading {
    mentions: Vec<Mention>,
    /// Fields of recipients that name a group without members, with its name.
    empty_groups: Vec<(usize, String)>,
    /// Bcc fields that name nobody.
    empty_blind: Vec<usize>,
    of_list: bool,
    resent: bool,
    addressed: bool,
    international: bool,
    complete: bool,
}

impl Heading {
    /// The header section of `message`, as far as it is there and kept; `line` is where to look for
    /// its end, and comes back.
    pub fn of(message: &Message, line: &mut usize) -> Self {
        let (end, next) = message.header_end(*line);
        *line = next;
        let limit = end.map_or(GROWING_LIMIT, |end| end.min(LIMIT as u64));
        let ends = end.is_some() || message.is_complete();
        Self::read(message.content_up_to(limit), ends)
    }

    /// A header section, and whether it is all of it.
    pub fn read(bytes: impl Into<Bytes>, complete: bool) -> Self {
        let content = Content::read(bytes);
        let international = !content.raw.is_ascii();
        let mut out = Self { international, complete, ..Self::default() };
        let mut resent = HashSet::new();
        let mut in_block = true;
        for (at, field) in content.fields.iter().enumerate() {
            let name = field.name.to_ascii_lowercase();
            out.of_list |= matches!(&*name, "list-id" | "list-post" | "list-unsubscribe");
            if Group::of(&name) == Group::Resent {
                // The block on top is that of the last one who sent it again (RFC 5322 §3.6.6).
                in_block = in_block && resent.insert(name.clone());
                if !in_block {
                    continue;
                }
                out.resent = true;
            }
            let known = NAMING.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
            if let Some((_, named)) = known {
                out.mention(*named, at, &read(field, &content.raw));
            }
        }
        out
    }

    fn mention(&mut self, named: As, field: usize, found: &Mailboxes) {
        let recipients = matches!(named, As::Addressed | As::ResentTo);
        self.addressed |= recipients;
        if recipients {
            let groups = found.empty_groups.iter();
            self.empty_groups.extend(groups.map(|group| (field, group.clone())));
        } else if matches!(named, As::Blind | As::ResentBcc) && found.all.is_empty() {
            self.empty_blind.push(field);
        }
        self.mentions.extend(found.all.iter().map(|mailbox| Mention {
            named,
            address: mailbox.address.clone(),
            key: Key::of(&mailbox.address),
            field,
            span: mailbox.span,
        }));
    }

    /// Whether its empty line was seen.
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether it has bytes beyond ASCII, for which SMTPUTF8 is needed (RFC 6531 §3.4).
    pub const fn is_international(&self) -> bool {
        self.international
    }

    fn all(&self, wanted: &[As]) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(move |mention| wanted.contains(&mention.named))
    }
}

/// Those whom a field names.
fn read(field: &Field, bytes: &[u8]) -> Mailboxes {
    mailbox::list(bytes, Span::new(field.value_at, field.span.end))
}

/// An address as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    local: String,
    domain: String,
}

impl Key {
    fn of(address: &str) -> Self {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        Self { local: unquoted(local), domain: comparable(domain) }
    }

    fn of_path(path: &Path) -> Self {
        let domain = path.domain.as_deref().unwrap_or_default();
        Self { local: unquoted(&path.local), domain: comparable(domain) }
    }

    /// Without case.
    fn folded(&self) -> Self {
        Self { local: self.local.to_lowercase(), domain: self.domain.clone() }
    }

    /// Without case and without a subaddress (RFC 5233 §1).
    fn bare(&self) -> Self {
        let folded = self.folded();
        let at = folded.local.find('+').filter(|at| *at > 0);
        match at.and_then(|at| folded.local.get(..at)) {
            Some(user) => Self { local: user.to_owned(), domain: folded.domain },
            None => folded,
        }
    }
}

/// Quotes around what needs none mean nothing (RFC 5321 §4.1.2).
fn unquoted(local: &str) -> String {
    let inner = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    inner.filter(|inner| inner.chars().all(atom)).unwrap_or(local).to_owned()
}

/// What there is to say of a transaction and the header of its message; without one, of the
/// envelope alone. The cost is that of the recipients and those named, each looked at once.
pub fn findings(transaction: &Transaction, heading: Option<&Heading>) -> Vec<Finding> {
    let mut out = Vec::new();
    sender(transaction, heading, &mut out);
    if let Some(heading) = heading {
        return_path(transaction, heading, &mut out);
        recipients(transaction, heading, &mut out);
        blind_copies(transaction, heading, &mut out);
    }
    out
}

fn sender(transaction: &Transaction, heading: Option<&Heading>, out: &mut Vec<Finding>) {
    let mut found = |point, parties| out.push(Finding { point, parties });
    let itself = party(transaction.sender.address(), Some(transaction.exchange), None);
    if transaction.sender.is_null() {
        found(Point::NullSender, vec![itself]);
        return;
    }
    let Some(heading) = heading else { return };
    let key = Key::of_path(&transaction.sender);
    let who = |wanted: &[As]| heading.all(wanted).find(|mention| mention.key == key).cloned();
    let mut authors = heading.all(&[As::Author]);
    let in_other_case = || authors.find(|author| author.key.folded() == key.folded()).cloned();
    if let Some(author) = who(&[As::Author]).or_else(in_other_case) {
        let parties = vec![itself.clone(), author.party(Some(transaction.exchange))];
        let own = Party { field: Some(author.field), span: Some(author.span), ..itself };
        found(Point::SenderIsAuthor, vec![own]);
        if author.key != key {
            found(Point::CaseDiffers, parties);
        }
        return;
    }
    let mut authors = heading.all(&[As::Author]).peekable();
    if authors.peek().is_none() {
        return;
    }
    let authors: Vec<_> = authors.collect();
    if let Some(agent) = who(&[As::Agent]) {
        found(
            Point::SenderIsAgent,
            vec![Party { field: Some(agent.field), span: Some(agent.span), ..itself }],
        );
    } else if let Some(agent) = who(&[As::Resender]) {
        found(
            Point::SenderResends,
            vec![Party { field: Some(agent.field), span: Some(agent.span), ..itself }],
        );
    } else {
        let named = authors.iter().map(|author| author.party(None));
        let parties = std::iter::once(itself).chain(named).collect();
        let point = if heading.of_list { Point::SenderIsList } else { Point::SenderDiffers };
        found(point, parties);
    }
    if let Some(point) = alignment(&key.domain, &authors) {
        let first = party(key.domain.clone(), Some(transaction.exchange), None);
        let others = authors
            .iter()
            .map(|author| Party { address: author.key.domain.clone(), ..author.party(None) });
        found(point, std::iter::once(first).chain(others).collect());
    }
}

/// How the domains stand to each other, unless one of the authors has the same (RFC 9989 §4.4).
fn alignment(domain: &str, authors: &[&Mention]) -> Option<Point> {
    let below = |one: &str, other: &str| {
        one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.') && other.contains('.'))
    };
    let mut domains = authors.iter().map(|author| author.key.domain.as_str());
    if domains.clone().any(|other| other == domain) {
        return None;
    }
    let related = domains.any(|other| below(domain, other) || below(other, domain));
    Some(if related { Point::DomainRelated } else { Point::DomainDiffers })
}

fn return_path(transaction: &Transaction, heading: &Heading, out: &mut Vec<Finding>) {
    let named: Vec<_> = heading.all(&[As::Return]).map(|mention| mention.party(None)).collect();
    if !named.is_empty() {
        let sender = party(transaction.sender.address(), Some(transaction.exchange), None);
        let parties = std::iter::once(sender).chain(named).collect();
        out.push(Finding { point: Point::ReturnPath, parties });
    }
}

/// Whether somebody gets the message, or may still get it.
fn gets_it(recipient: &Recipient) -> bool {
    let still = |fate| matches!(fate, Fate::Waiting | Fate::Accepted);
    still(recipient.fate) && recipient.delivery().is_none_or(still)
}

/// How a recipient is named.
enum Named<'a> {
    Exactly(&'a Mention),
    OtherCase(&'a Mention),
    OtherSubaddress(&'a Mention),
    Blindly,
    Not,
}

fn recipients(transaction: &Transaction, heading: &Heading, out: &mut Vec<Finding>) {
    let openly: &[As] = &[As::Addressed, As::ResentTo];
    let blindly: &[As] = &[As::Blind, As::ResentBcc];
    let index = |key: fn(&Key) -> Key, named: &'static [As]| {
        // The first one that says so counts.
        let all = heading.mentions.iter().rev().filter(move |m| named.contains(&m.named));
        all.map(|m| (key(&m.key), m)).collect::<HashMap<_, _>>()
    };
    let exact = index(Key::clone, &[As::Addressed, As::ResentTo]);
    let folded = index(Key::folded, &[As::Addressed, As::ResentTo]);
    let bare = index(Key::bare, &[As::Addressed, As::ResentTo]);
    let hidden: HashSet<_> = heading.all(blindly).map(|mention| mention.key.folded()).collect();
    let named = |key: &Key| match (exact.get(key), folded.get(&key.folded()), bare.get(&key.bare()))
    {
        (Some(mention), ..) => Named::Exactly(mention),
        (_, Some(mention), _) => Named::OtherCase(mention),
        _ if hidden.contains(&key.folded()) => Named::Blindly,
        (.., Some(mention)) => Named::OtherSubaddress(mention),
        _ => Named::Not,
    };
    let mut lists: [(Point, Vec<Party>); 4] = [
        (Point::Blind, Vec::new()),
        (Point::NamedRefused, Vec::new()),
        (Point::Subaddress, Vec::new()),
        (Point::CaseDiffers, Vec::new()),
    ];
    let [(_, blind), (_, refused), (_, tagged), (_, cased)] = &mut lists;
    let mut reached = HashSet::new();
    for recipient in &transaction.recipients {
        let key = Key::of_path(&recipient.path);
        let itself = party(recipient.path.address(), Some(recipient.exchange), None);
        let mention = match named(&key) {
            Named::Exactly(mention) => mention,
            Named::OtherCase(mention) => {
                cased.extend([itself.clone(), mention.party(Some(recipient.exchange))]);
                mention
            }
            Named::OtherSubaddress(mention) => {
                tagged.extend([itself.clone(), mention.party(Some(recipient.exchange))]);
                mention
            }
            Named::Blindly => continue,
            Named::Not => {
                blind.extend(gets_it(recipient).then_some(itself));
                continue;
            }
        };
        reached.insert(&mention.key);
        if !gets_it(recipient) {
            refused.push(Party { exchange: itself.exchange, ..mention.party(None) });
        }
    }
    // What was sent again goes to those of the last block: the others had it before.
    let meant: &[As] = if heading.resent { &[As::ResentTo] } else { openly };
    let mut seen = HashSet::new();
    let unsent = heading.all(meant).filter(|m| !reached.contains(&m.key) && seen.insert(&m.key));
    let unsent: Vec<_> = unsent.map(|mention| mention.party(None)).collect();
    // Before the header is whole, somebody may still be named.
    let judged = heading.complete || heading.addressed;
    let names_somebody = heading.all(openly).next().is_some();
    if heading.complete && !names_somebody && heading.empty_groups.is_empty() {
        out.push(Finding { point: Point::NobodyNamed, parties: Vec::new() });
    }
    let agree = names_somebody
        && lists.iter().take(2).all(|(_, parties)| parties.is_empty())
        && hidden.is_empty()
        && unsent.is_empty();
    if agree {
        out.push(Finding { point: Point::AllAgree, parties: Vec::new() });
    }
    let all = lists.into_iter().chain([(Point::NotSent, unsent)]);
    let all =
        all.filter(|(point, parties)| !parties.is_empty() && (judged || *point != Point::Blind));
    out.extend(all.map(|(point, parties)| Finding { point, parties }));
    for (field, name) in &heading.empty_groups {
        let parties = vec![party(name.clone(), None, Some(*field))];
        out.push(Finding { point: Point::EmptyGroup, parties });
    }
}

/// A Bcc field shows everybody who gets this copy what stands in it (RFC 5322 §3.6.3).
fn blind_copies(transaction: &Transaction, heading: &Heading, out: &mut Vec<Finding>) {
    let named: Vec<_> = heading.all(&[As::Blind, As::ResentBcc]).collect();
    let keys: HashSet<_> = named.iter().map(|mention| mention.key.folded()).collect();
    let exchanges: HashMap<_, _> = transaction
        .recipients
        .iter()
        .map(|recipient| (Key::of_path(&recipient.path).folded(), recipient.exchange))
        .collect();
    let parties: Vec<_> = named
        .iter()
        .map(|mention| mention.party(exchanges.get(&mention.key.folded()).copied()))
        .collect();
    let readers = transaction.recipients.iter().filter(|recipient| gets_it(recipient));
    let others = readers.filter(|r| !keys.contains(&Key::of_path(&r.path).folded())).count();
    if !parties.is_empty() {
        // One who reads only of himself learns nothing of others.
        let alone = keys.len() == 1 && others == 0;
        let point = if alone { Point::BccOwnCopy } else { Point::BccReveals };
        out.push(Finding { point, parties });
    }
    for field in &heading.empty_blind {
        let parties = vec![party(String::new(), None, Some(*field))];
        out.push(Finding { point: Point::BccEmpty, parties });
    }
}

/// What belongs together in a transaction: its sender, then each recipient. A mailbox counts as the
/// same whatever its case; one with another subaddress, where none is nearer.
pub fn links(
    dialogue: &Dialogue,
    transaction: &Transaction,
    heading: Option<&Heading>,
) -> Vec<Link> {
    let named = |wanted: &[As], key: fn(&Key) -> Key| {
        let mut out: HashMap<Key, Vec<Span>> = HashMap::new();
        for mention in heading.iter().flat_map(|heading| heading.all(wanted)) {
            out.entry(key(&mention.key)).or_default().push(mention.span);
        }
        out
    };
    let of_sender = [As::Author, As::Agent, As::Return, As::Resender];
    let of_recipient = [As::Addressed, As::Blind, As::ResentTo, As::ResentBcc];
    let sender = Key::of_path(&transaction.sender).folded();
    let sender = named(&of_sender, Key::folded).remove(&sender).unwrap_or_default();
    let (folded, bare) = (named(&of_recipient, Key::folded), named(&of_recipient, Key::bare));
    let recipient = |recipient: &Recipient| {
        let key = Key::of_path(&recipient.path);
        let spans = folded.get(&key.folded()).or_else(|| bare.get(&key.bare()));
        // What answers for all is nobody's own.
        let own = recipient.delivered.map(|(at, _)| at).filter(|at| {
            let answer = dialogue.exchanges().get(*at);
            answer.is_some_and(|answer| answer.recipient == Some(recipient.exchange))
        });
        let exchanges = std::iter::once(recipient.exchange).chain(own).collect();
        Link { exchanges, spans: spans.cloned().unwrap_or_default() }
    };
    let sender = Link { exchanges: vec![transaction.exchange], spans: sender };
    std::iter::once(sender).chain(transaction.recipients.iter().map(recipient)).collect()
}

const fn party(address: String, exchange: Option<usize>, field: Option<usize>) -> Party {
    Party { address, exchange, field, span: None }
}

impl Mention {
    fn party(&self, exchange: Option<usize>) -> Party {
        let named = party(self.address.clone(), exchange, Some(self.field));
        Party { span: Some(self.span), ..named }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;

    /// The first transaction of a session: a sender, recipients each with the reply to it.
    fn envelope(sender: &str, recipients: &[(&str, u16)]) -> Transaction {
        let mut text = format!("S: 220 mx\nC: MAIL FROM:<{sender}>\nS: 250 ok\n");
        for (recipient, code) in recipients {
            text.extend(["C: RCPT TO:<", recipient, ">\nS: ", &code.to_string(), " so\n"]);
        }
        let mut dialogue = Dialogue::default();
        for event in recording(text.as_bytes()).unwrap().events() {
            dialogue.apply(event);
        }
        dialogue.envelope().transactions[0].clone()
    }

    /// What is found, with those whom it is about.
    fn seen(sender: &str, recipients: &[&str], header: &str) -> Vec<(Point, Vec<String>)> {
        let recipients: Vec<_> = recipients.iter().map(|r| (*r, 250)).collect();
        of(&envelope(sender, &recipients), header)
    }

    fn of(transaction: &Transaction, header: &str) -> Vec<(Point, Vec<String>)> {
        let whole = format!("{}\r\n\r\n", header.replace('\n', "\r\n"));
        let heading = Heading::read(whole, true);
        let found = findings(transaction, Some(&heading)).into_iter();
        found.map(|f| (f.point, f.told().iter().map(|p| p.address.clone()).collect())).collect()
    }

    fn list(all: &[(Point, &[&str])]) -> Vec<(Point, Vec<String>)> {
        let owned = |who: &[&str]| who.iter().map(|w| (*w).to_owned()).collect();
        all.iter().map(|(point, who)| (*point, owned(who))).collect()
    }

    #[test]
    fn senders() {
        use Point::{
            AllAgree, DomainDiffers, DomainRelated, NullSender, ReturnPath, SenderDiffers,
            SenderIsAgent, SenderIsAuthor, SenderIsList, SenderResends,
        };
        let to = "To: c@d.example";
        let rows: &[(&str, &str, &[(Point, &[&str])])] = &[
            ("a@b.example", "From: A <a@B.EXAMPLE>", &[(SenderIsAuthor, &["a@b.example"])]),
            (
                "a@b.example",
                "From: x@b.example, a@b.example",
                &[(SenderIsAuthor, &["a@b.example"])],
            ),
            (
                "A@b.example",
                "From: a@b.example",
                &[
                    (SenderIsAuthor, &["A@b.example"]),
                    (Point::CaseDiffers, &["A@b.example", "a@b.example"]),
                ],
            ),
            ("a@b.example", "From: \"a\"@b.example", &[(SenderIsAuthor, &["a@b.example"])]),
            (
                "a@b.example",
                "From: G: x@b.example, a@b.example;",
                &[(SenderIsAuthor, &["a@b.example"])],
            ),
            (
                "a@xn--mller-kva.example",
                "From: a@m\u{fc}ller.example",
                &[(SenderIsAuthor, &["a@xn--mller-kva.example"])],
            ),
            (
                "s@b.example",
                "From: x@b.example\nSender: s@b.example",
                &[(SenderIsAgent, &["s@b.example"])],
            ),
            (
                "r@b.example",
                "Resent-From: r@b.example\nFrom: x@b.example",
                &[(SenderResends, &["r@b.example"])],
            ),
            (
                "l@b.example",
                "List-Id: <l.b.example>\nFrom: x@b.example",
                &[(SenderIsList, &["x@b.example"])],
            ),
            ("s@b.example", "From: x@b.example", &[(SenderDiffers, &["x@b.example"])]),
            (
                "s@m.b.example",
                "From: x@b.example",
                &[
                    (SenderDiffers, &["x@b.example"]),
                    (DomainRelated, &["m.b.example", "b.example"]),
                ],
            ),
            (
                "s@notb.example",
                "From: x@b.example",
                &[
                    (SenderDiffers, &["x@b.example"]),
                    (DomainDiffers, &["notb.example", "b.example"]),
                ],
            ),
            ("", "From: x@b.example", &[(NullSender, &[""])]),
            ("s@b.example", "Subject: x", &[]),
            (
                "a@b.example",
                "Return-Path: <z@b.example>\nFrom: a@b.example",
                &[(SenderIsAuthor, &["a@b.example"]), (ReturnPath, &["z@b.example"])],
            ),
        ];
        for (sender, header, expected) in rows {
            let mut expected = list(expected);
            expected.push((AllAgree, Vec::new()));
            // What was sent again has recipients of its own.
            let to = if header.contains("Resent") { "Resent-To: c@d.example" } else { to };
            let found = seen(sender, &["c@d.example"], &format!("{header}\n{to}"));
            assert_eq!(found, expected, "{sender} {header}");
        }
    }

    #[test]
    fn recipients_against_those_who_are_named() {
        use Point::{
            AllAgree, BccEmpty, BccOwnCopy, BccReveals, Blind, CaseDiffers, EmptyGroup,
            NobodyNamed, NotSent, Subaddress,
        };
        let rows: &[(&[&str], &str, &[(Point, &[&str])])] = &[
            (&["c@d.example"], "To: c@D.example", &[(AllAgree, &[])]),
            (
                &["c@d.example", "e@d.example"],
                "To: c@d.example\nCc: e@d.example",
                &[(AllAgree, &[])],
            ),
            (
                &["c@d.example", "e@d.example"],
                "To: F: c@d.example, E <e@d.example>;",
                &[(AllAgree, &[])],
            ),
            (&["c@d.example", "e@d.example"], "To: c@d.example", &[(Blind, &["e@d.example"])]),
            (&["c@d.example"], "To: c@d.example,\n e@d.example", &[(NotSent, &["e@d.example"])]),
            (
                &["C@d.example"],
                "To: c@d.example",
                &[(AllAgree, &[]), (CaseDiffers, &["C@d.example", "c@d.example"])],
            ),
            (
                &["c+x@d.example"],
                "To: c@d.example",
                &[(AllAgree, &[]), (Subaddress, &["c+x@d.example", "c@d.example"])],
            ),
            (&["c@d.example"], "Subject: x", &[(NobodyNamed, &[]), (Blind, &["c@d.example"])]),
            (
                &["c@d.example"],
                "To: undisclosed-recipients:;",
                &[(Blind, &["c@d.example"]), (EmptyGroup, &["undisclosed-recipients"])],
            ),
            (
                &["c@d.example", "h@d.example"],
                "To: c@d.example\nBcc: h@d.example",
                &[(BccReveals, &["h@d.example"])],
            ),
            (
                &["h@d.example"],
                "To: c@d.example\nBcc: h@d.example",
                &[(NotSent, &["c@d.example"]), (BccOwnCopy, &["h@d.example"])],
            ),
            (
                &["h@d.example", "i@d.example"],
                "Bcc: h@d.example, i@d.example",
                &[(NobodyNamed, &[]), (BccReveals, &["h@d.example", "i@d.example"])],
            ),
            (&["c@d.example"], "To: c@d.example\nBcc: ", &[(AllAgree, &[]), (BccEmpty, &[""])]),
            // What was sent again goes to those of the last block.
            (
                &["n@d.example"],
                "Resent-To: n@d.example\nResent-From: b@d.example\nResent-To: o@d.example\nTo: c@d.example",
                &[(AllAgree, &[])],
            ),
        ];
        for (recipients, header, expected) in rows {
            let found = seen("a@b.example", recipients, header);
            assert_eq!(found, list(expected), "{recipients:?} {header}");
        }
    }

    #[test]
    fn who_was_refused_does_not_get_it() {
        let envelope = envelope(
            "a@b.example",
            &[
                ("c@d.example", 250),
                ("e@d.example", 550),
                ("f@d.example", 451),
                ("g@d.example", 550),
            ],
        );
        let found = of(&envelope, "To: c@d.example, e@d.example, f@d.example");
        assert_eq!(found, list(&[(Point::NamedRefused, &["e@d.example", "f@d.example"])]));
    }

    #[test]
    fn nobody_is_said_to_be_hidden_before_the_header_is_whole() {
        let envelope = envelope("a@b.example", &[("c@d.example", 250)]);
        let of = |text: &str| {
            let found = findings(&envelope, Some(&Heading::read(text.to_owned(), false)));
            found.into_iter().map(|finding| finding.point).collect::<Vec<_>>()
        };
        assert_eq!(of("Subject: x\r\n"), []);
        assert_eq!(of("To: x@d.example\r\n"), [Point::Blind, Point::NotSent]);
    }

    /// Ten times as many recipients may take ten times as long and some, not a hundred times.
    #[test]
    fn many_recipients_are_looked_at_once() {
        let time = |n: usize| {
            let names: Vec<_> = (0..n).map(|at| format!("u{at}@d.example")).collect();
            let all: Vec<_> = names.iter().map(|name| (name.as_str(), 250)).collect();
            let envelope = envelope("a@b.example", &all);
            let header = format!("To: {}\r\n\r\n", names.join(",\r\n "));
            let least = (0..3).map(|_| {
                let begin = std::time::Instant::now();
                let heading = Heading::read(header.clone(), true);
                assert_eq!(findings(&envelope, Some(&heading)).len(), 1);
                begin.elapsed()
            });
            least.min().unwrap()
        };
        let (few, many) = (time(1_000), time(10_000));
        assert!(many < few * 40, "{few:?} for a thousand, {many:?} for ten thousand");
    }
}
