//! What a server limits or has to be told, against what was declared with MAIL and what was sent.
//!
//! A row for each subject of which there is something to say: what EHLO offers, what the client
//! declares, what the mail data or the envelope really hold, and what follows from it. Nothing here
//! reads the message: its size and texture are counted while it goes by.

use crate::smtp::ehlo::Capabilities;
use crate::smtp::path::Path;
use crate::smtp::payload::{LINE_LIMIT, Texture};

use super::agreement::Heading;
use super::{Dialogue, Fate, Message, Transaction};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// How large the message is (RFC 1870).
    Size,
    /// What its octets are (RFC 6152, RFC 3030).
    Body,
    /// Whether addresses or header are beyond ASCII (RFC 6531).
    Utf8,
    /// How many recipients there are (RFC 9422 §4.2).
    Recipients,
}

impl Subject {
    /// Its name in a session.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Body => "BODY",
            Self::Utf8 => "SMTPUTF8",
            Self::Recipients => "RCPTMAX",
        }
    }

    /// The keyword of EHLO that it belongs to.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Body => "8BITMIME",
            Self::Utf8 => "SMTPUTF8",
            Self::Recipients => "LIMITS",
        }
    }
}

/// What octets hold, or where something beyond ASCII stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// ASCII in lines.
    Ascii,
    /// Octets beyond ASCII.
    EightBit,
    /// NUL.
    Nul,
    /// CR or LF alone.
    BareLineEnd,
    /// A line of more than 998 octets without its end.
    LongLine,
    /// Octets beyond ASCII in an address of the envelope.
    InAddress,
    /// Octets beyond ASCII in the header section.
    InHeader,
}

impl Held {
    /// Its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::EightBit => "8bit",
            Self::Nul => "nul",
            Self::BareLineEnd => "bare-line-end",
            Self::LongLine => "long-line",
            Self::InAddress => "address",
            Self::InHeader => "header",
        }
    }
}

/// One of the three sides of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nothing is known of it, or nothing was said.
    Nothing,
    /// It was asked for, and is not there.
    Absent,
    /// It is there, without a number.
    Present,
    /// A number of octets.
    Octets(u64),
    /// So many octets, and more to come.
    SoFar(u64),
    /// How many.
    Count(usize),
    /// Keywords or a value, as they were written.
    Written(String),
    /// What was found.
    Held(Vec<Held>),
}

/// What follows from a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All agree.
    Fits,
    /// There is nothing yet to be judged.
    Open,
    /// It ended before there was anything to be judged.
    Unjudged,
    /// More than the server takes, by so many.
    Over(u64),
    /// More was declared than the server takes, by so many.
    DeclaredOver(u64),
    /// More than was declared, by so many (RFC 1870 §6.3).
    OverDeclared(u64),
    /// Declared, and the server does not offer it.
    NotOffered,
    /// Needed and not declared.
    Undeclared,
    /// Declared, and not needed.
    Unneeded,
    /// No text in lines, which only BINARYMIME allows.
    Binary,
    /// BINARYMIME goes with BDAT alone (RFC 3030 §3).
    NeedsBdat,
}

impl Verdict {
    /// Its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Open => "open",
            Self::Unjudged => "unjudged",
            Self::Over(_) => "over",
            Self::DeclaredOver(_) => "declared-over",
            Self::OverDeclared(_) => "over-declared",
            Self::NotOffered => "not-offered",
            Self::Undeclared => "undeclared",
            Self::Unneeded => "unneeded",
            Self::Binary => "binary",
            Self::NeedsBdat => "needs-bdat",
        }
    }

    /// By how much.
    pub const fn by(self) -> Option<u64> {
        match self {
            Self::Over(by) | Self::DeclaredOver(by) | Self::OverDeclared(by) => Some(by),
            _ => None,
        }
    }
}

/// What is offered, declared and sent in one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What it is about.
    pub subject: Subject,
    /// What the server offers.
    pub offered: Side,
    /// What the client declared.
    pub declared: Side,
    /// What there really is.
    pub sent: Side,
    /// What follows.
    pub verdict: Verdict,
}

/// The rows of a transaction; `header` is that of its message, as far as it was read.
pub fn limits(
    dialogue: &Dialogue,
    transaction: &Transaction,
    header: Option<&Heading>,
) -> Vec<Limit> {
    let offers = dialogue.offers_at(transaction.exchange);
    let offers = offers.as_ref();
    let message = transaction.message.and_then(|at| dialogue.messages().get(at));
    let message = message.filter(|message| message.wire_len() > 0);
    let rows = [
        size(offers, transaction, message),
        body(offers, transaction, message),
        utf8(offers, transaction, header),
        recipients(offers, transaction),
    ];
    let mut rows: Vec<_> = rows.into_iter().flatten().collect();
    if transaction.end.is_some() {
        // Nothing more comes that could be judged.
        for row in rows.iter_mut().filter(|row| row.verdict == Verdict::Open) {
            row.verdict = Verdict::Unjudged;
        }
    }
    rows
}

/// Whether the server has said what it offers, and not this.
fn lacks(offers: Option<&Capabilities>, keyword: &str) -> bool {
    offers.is_some_and(|offers| !offers.has(keyword))
}

fn size(
    offers: Option<&Capabilities>,
    transaction: &Transaction,
    message: Option<&Message>,
) -> Option<Limit> {
    let limit = offers.and_then(Capabilities::size_limit);
    let written = transaction.param("SIZE");
    let declared = written.and_then(|value| value.parse::<u64>().ok());
    let sent = message.map(Message::content_len);
    if written.is_none() && !offers.is_some_and(|offers| offers.has("SIZE")) {
        return None;
    }
    let over = |n: Option<u64>, most: Option<u64>| n?.checked_sub(most?).filter(|by| *by > 0);
    let verdict = if written.is_some() && lacks(offers, "SIZE") {
        Verdict::NotOffered
    } else if let Some(by) = over(sent, limit) {
        Verdict::Over(by)
    } else if let Some(by) = over(declared, limit) {
        Verdict::DeclaredOver(by)
    } else if let Some(by) = over(sent, declared) {
        Verdict::OverDeclared(by)
    } else if sent.or(declared).is_some() {
        Verdict::Fits
    } else {
        Verdict::Open
    };
    Some(Limit {
        subject: Subject::Size,
        offered: match (offers, limit) {
            (_, Some(limit)) => Side::Octets(limit),
            (Some(offers), None) if offers.has("SIZE") => Side::Present,
            (Some(_), None) => Side::Absent,
            (None, None) => Side::Nothing,
        },
        declared: match (written, declared) {
            (_, Some(octets)) => Side::Octets(octets),
            (Some(other), None) => Side::Written(other.to_owned()),
            (None, None) => Side::Nothing,
        },
        sent: match (message, sent) {
            (Some(message), Some(octets)) if message.is_complete() => Side::Octets(octets),
            (_, Some(octets)) => Side::SoFar(octets),
            _ => Side::Nothing,
        },
        verdict,
    })
}

/// The keywords by which more than ASCII in lines is offered.
const BODIES: [&str; 2] = ["8BITMIME", "BINARYMIME"];

fn body(
    offers: Option<&Capabilities>,
    transaction: &Transaction,
    message: Option<&Message>,
) -> Option<Limit> {
    let declared = transaction.param("BODY");
    let texture = message.map(Message::texture).unwrap_or_default();
    let plain = !texture.eight_bit && !texture.is_binary();
    if declared.is_none() && plain {
        return None;
    }
    let offered: Vec<_> = BODIES.into_iter().filter(|k| offers.is_some_and(|o| o.has(k))).collect();
    let is = |kind: &str| declared.is_some_and(|value| value.eq_ignore_ascii_case(kind));
    let needed = if is("BINARYMIME") { "BINARYMIME" } else { "8BITMIME" };
    // SMTPUTF8 declares as much.
    let eight = is("8BITMIME") || is("BINARYMIME") || transaction.has_param("SMTPUTF8");
    let verdict = if declared.is_some() && !is("7BIT") && lacks(offers, needed) {
        Verdict::NotOffered
    } else if is("BINARYMIME") && message.is_some_and(|message| !message.is_chunked()) {
        Verdict::NeedsBdat
    } else if texture.is_binary() && !is("BINARYMIME") {
        Verdict::Binary
    } else if texture.eight_bit && !eight {
        Verdict::Undeclared
    } else if message.is_none() {
        Verdict::Open
    } else if plain && !is("7BIT") && message.is_some_and(Message::is_complete) {
        Verdict::Unneeded
    } else {
        Verdict::Fits
    };
    Some(Limit {
        subject: Subject::Body,
        offered: match offers {
            None => Side::Nothing,
            Some(_) if offered.is_empty() => Side::Absent,
            Some(_) => Side::Written(offered.join(" ")),
        },
        declared: match declared {
            Some(value) => Side::Written(value.to_ascii_uppercase()),
            None => Side::Nothing,
        },
        sent: message.map_or(Side::Nothing, |_| Side::Held(held(texture))),
        verdict,
    })
}

fn held(texture: Texture) -> Vec<Held> {
    let long = texture.longest > LINE_LIMIT;
    let all = [
        (texture.eight_bit, Held::EightBit),
        (texture.nul, Held::Nul),
        (texture.bare, Held::BareLineEnd),
        (long, Held::LongLine),
    ];
    let found: Vec<_> = all.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
    if found.is_empty() { vec![Held::Ascii] } else { found }
}

fn utf8(
    offers: Option<&Capabilities>,
    transaction: &Transaction,
    header: Option<&Heading>,
) -> Option<Limit> {
    let declared = transaction.has_param("SMTPUTF8");
    let mut paths = std::iter::once(&transaction.sender)
        .chain(transaction.recipients.iter().map(|recipient| &recipient.path));
    let in_address = paths.any(Path::is_international);
    let in_header = header.is_some_and(Heading::is_international);
    if !declared && !in_address && !in_header {
        return None;
    }
    let needs = [(in_address, Held::InAddress), (in_header, Held::InHeader)];
    let needs: Vec<_> = needs.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
    let verdict = match (declared, needs.is_empty()) {
        (true, _) if lacks(offers, "SMTPUTF8") => Verdict::NotOffered,
        (true, false) => Verdict::Fits,
        (true, true) if header.is_some_and(Heading::is_complete) => Verdict::Unneeded,
        (true, true) => Verdict::Open,
        (false, _) => Verdict::Undeclared,
    };
    Some(Limit {
        subject: Subject::Utf8,
        offered: match offers {
            None => Side::Nothing,
            Some(offers) if offers.has("SMTPUTF8") => Side::Present,
            Some(_) => Side::Absent,
        },
        declared: if declared { Side::Present } else { Side::Nothing },
        sent: if needs.is_empty() { Side::Held(vec![Held::Ascii]) } else { Side::Held(needs) },
        verdict,
    })
}

fn recipients(offers: Option<&Capabilities>, transaction: &Transaction) -> Option<Limit> {
    let most = offers?.limit("RCPTMAX")?;
    let named = transaction.recipients.len();
    let refused = transaction.recipients.iter().filter(|r| r.fate == Fate::Refused).count();
    let over = u64::try_from(named.saturating_sub(most)).unwrap_or(u64::MAX);
    let accepted = named - refused;
    Some(Limit {
        subject: Subject::Recipients,
        offered: Side::Count(most),
        declared: Side::Nothing,
        sent: Side::Count(named),
        verdict: match over {
            0 if accepted == 0 => Verdict::Open,
            0 => Verdict::Fits,
            by => Verdict::Over(by),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::card::Card;

    /// The rows of the last transaction behind a reply to EHLO that announces `offers`.
    fn rows(offers: &[&str], said: &str) -> Vec<(&'static str, Side, Side, Side, Verdict)> {
        let mut text = "S: 220 mx\nC: EHLO x\nS: 250-mx\n".to_owned();
        for offer in offers {
            text.extend(["S: 250-", offer, "\n"]);
        }
        text += "S: 250 HELP\n";
        text += said;
        let dialogue = Dialogue::standing(&text);
        let transaction = dialogue.envelope().transactions.last().unwrap();
        let card = Card::of(&dialogue, transaction);
        let rows = card.limits(&dialogue, transaction).iter().cloned();
        rows.map(|l| (l.subject.name(), l.offered, l.declared, l.sent, l.verdict)).collect()
    }

    fn sent(params: &str, lines: &str) -> String {
        format!(
            "C: MAIL FROM:<a@b.example>{params}\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: DATA\nS: 354 go\n{lines}C: .\nS: 250 ok\n"
        )
    }

    #[test]
    fn a_size_is_judged_to_the_octet() {
        // «A: b», an empty line and a stuffed dot are 11 octets.
        let lines = "C: A: b\nC: \nC: ..\n";
        for (offer, params, verdict) in [
            ("SIZE 11", " SIZE=11", Verdict::Fits),
            ("SIZE 10", "", Verdict::Over(1)),
            ("SIZE 100", " SIZE=101", Verdict::DeclaredOver(1)),
            ("SIZE 100", " SIZE=9", Verdict::OverDeclared(2)),
            ("SIZE", " SIZE=9", Verdict::OverDeclared(2)),
            ("SIZE 0", "", Verdict::Fits),
            ("DSN", " SIZE=11", Verdict::NotOffered),
        ] {
            let rows = rows(&[offer], &sent(params, lines));
            assert_eq!(rows.len(), 1, "{offer}{params}");
            assert_eq!(rows[0].3, Side::Octets(11), "{offer}{params}");
            assert_eq!(rows[0].4, verdict, "{offer}{params}");
        }
        assert_eq!(rows(&["DSN"], &sent("", lines)), []);
    }

    #[test]
    fn a_size_counts_while_it_grows() {
        let said = "C: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\n";
        assert_eq!(rows(&["SIZE 3"], said)[0].4, Verdict::Open);
        let said = format!("{said}C: DATA\nS: 354 go\nC: A: b\n");
        let row = &rows(&["SIZE 3"], &said)[0];
        assert_eq!((&row.3, row.4), (&Side::SoFar(6), Verdict::Over(3)));
    }

    #[test]
    fn what_ended_without_data_is_open_no_more() {
        let mail = "C: MAIL FROM:<a@b.example> SMTPUTF8 BODY=8BITMIME\nS: 250 ok\n";
        let offers = ["SIZE 3", "8BITMIME", "SMTPUTF8", "LIMITS RCPTMAX=2"];
        for (end, verdict) in [
            ("", Verdict::Open),
            ("C: RSET\nS: 250 ok\n", Verdict::Unjudged),
            ("C: EHLO x\nS: 250 mx\n", Verdict::Unjudged),
            ("C: QUIT\nS: 221 bye\n", Verdict::Unjudged),
        ] {
            let rows = rows(&offers, &format!("{mail}{end}"));
            let verdicts: Vec<_> = rows.iter().map(|row| (row.0, row.4)).collect();
            let all = ["SIZE", "BODY", "SMTPUTF8", "RCPTMAX"].map(|subject| (subject, verdict));
            assert_eq!(verdicts, all, "{end}");
        }
        // What was declared is judged without data.
        let said = "C: MAIL FROM:<a@b.example> SIZE=4\nS: 250 ok\nC: RSET\nS: 250 ok\n";
        assert_eq!(rows(&["SIZE 3"], said)[0].4, Verdict::DeclaredOver(1));
    }

    #[test]
    fn octets_are_held_against_what_was_declared() {
        let (eight, plain) = ("C: A: b\nC: \nC: gr\\xc3\\xa5\n", "C: A: b\nC: \nC: x\n");
        let nul = "C: A: b\nC: \nC: x\\0\n";
        let long = format!("C: A: b\nC: \nC: {}\n", "x".repeat(999));
        for (offers, params, lines, held, verdict) in [
            (&["8BITMIME"][..], " BODY=8BITMIME", eight, Held::EightBit, Verdict::Fits),
            (&["8BITMIME"], "", eight, Held::EightBit, Verdict::Undeclared),
            (&["8BITMIME"], " BODY=7BIT", eight, Held::EightBit, Verdict::Undeclared),
            (&["8BITMIME"], " BODY=8BITMIME", plain, Held::Ascii, Verdict::Unneeded),
            (&["8BITMIME"], " BODY=7BIT", plain, Held::Ascii, Verdict::Fits),
            (&[], " BODY=8BITMIME", eight, Held::EightBit, Verdict::NotOffered),
            (&[], " BODY=7BIT", plain, Held::Ascii, Verdict::Fits),
            (&["8BITMIME"], " BODY=8BITMIME", nul, Held::Nul, Verdict::Binary),
            (&["8BITMIME"], "", &long, Held::LongLine, Verdict::Binary),
            (&["BINARYMIME"], " BODY=BINARYMIME", nul, Held::Nul, Verdict::NeedsBdat),
        ] {
            let rows = rows(offers, &sent(params, lines));
            assert_eq!(rows[0].3, Side::Held(vec![held]), "{offers:?}{params}");
            assert_eq!(rows[0].4, verdict, "{offers:?}{params}");
        }
        assert_eq!(rows(&["8BITMIME"], &sent("", plain)), []);
    }

    #[test]
    fn octets_of_chunks_may_be_any() {
        let said = "C: MAIL FROM:<a@b.example> BODY=BINARYMIME\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: BDAT 10 LAST\nC: A: b\nC: \nC: \\n\\0\\c\nS: 250 ok\n";
        let row = &rows(&["CHUNKING", "BINARYMIME"], said)[0];
        assert_eq!(row.3, Side::Held(vec![Held::Nul, Held::BareLineEnd]));
        assert_eq!(row.4, Verdict::Fits);
    }

    #[test]
    fn utf8_is_needed_by_addresses_and_header_alone() {
        let (header, body) =
            ("C: Subject: \\xc3\\xa5\nC: \nC: x\n", "C: A: b\nC: \nC: \\xc3\\xa5\n");
        let of = |offers: &[&str], params: &str, lines: &str| {
            let rows = rows(offers, &sent(params, lines));
            rows.into_iter().find(|row| row.0 == "SMTPUTF8").map(|row| (row.3, row.4))
        };
        let held = |held| Side::Held(vec![held]);
        let both = &["SMTPUTF8", "8BITMIME"][..];
        assert_eq!(of(both, " SMTPUTF8", header), Some((held(Held::InHeader), Verdict::Fits)));
        assert_eq!(of(both, "", header), Some((held(Held::InHeader), Verdict::Undeclared)));
        assert_eq!(of(both, " SMTPUTF8", body), Some((held(Held::Ascii), Verdict::Unneeded)));
        assert_eq!(of(both, "", body), None);
        assert_eq!(of(&[], " SMTPUTF8", header), Some((held(Held::InHeader), Verdict::NotOffered)));
        let said = "C: MAIL FROM:<gr\\xc3\\xa5@b.example>\nS: 250 ok\n";
        let row = &rows(both, said)[0];
        assert_eq!((&row.3, row.4), (&held(Held::InAddress), Verdict::Undeclared));
    }

    #[test]
    fn recipients_beyond_a_limit() {
        let said = "C: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: RCPT TO:<e@d.example>\nS: 452 4.5.3 enough\n";
        let row = &rows(&["LIMITS RCPTMAX=1"], said)[0];
        assert_eq!((row.0, &row.1, row.4), ("RCPTMAX", &Side::Count(1), Verdict::Over(1)));
        assert_eq!(rows(&["LIMITS RCPTMAX=2"], said)[0].4, Verdict::Fits);
    }

    #[test]
    fn what_was_offered_then_counts() {
        let text =
            "C: MAIL FROM:<a@b.example> SIZE=5\nS: 250 ok\nC: EHLO y\nS: 250-mx\nS: 250 SIZE 3\n";
        let row = &rows(&["SIZE 4"], text)[0];
        assert_eq!((&row.1, row.4), (&Side::Octets(4), Verdict::DeclaredOver(1)));
    }
}
