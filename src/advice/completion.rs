//! What can stand at the cursor: words, addresses, parameters and their values. Those that are
//! legal come first, the others behind them with the reason.

mod offers;

use crate::session::Dialogue;
use crate::smtp::Span;

use super::fault::Fault;
use super::habits::Habits;
use super::verdict::{READABLE, judge, starts_with};
use offers::{Offer, offers};

/// Something that can stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What it puts into the line.
    pub insert: String,
    /// In place of what.
    pub span: Span,
    /// The entry of the knowledge base that explains it, `kind/ID`.
    pub about: Option<String>,
    /// What would be wrong with the line then.
    pub reason: Option<Fault>,
}

impl Candidate {
    /// The line with it, and where the cursor is then.
    pub fn put_into(&self, line: &str) -> (String, usize) {
        let head = line.get(..self.span.start).unwrap_or_default();
        let tail = line.get(self.span.end..).unwrap_or_default();
        ([head, &self.insert, tail].concat(), head.len() + self.insert.len())
    }
}

/// What can stand in `line` at byte `cursor`; inside a word nothing.
pub fn complete(seen: &Dialogue, habits: &Habits, line: &str, cursor: usize) -> Vec<Candidate> {
    let (head, tail) = line.split_at(line.floor_char_boundary(cursor));
    if head.len() > READABLE || !(tail.is_empty() || tail.starts_with([' ', '\t'])) {
        return Vec::new();
    }
    let mut offers = offers(seen, habits, head);
    offers.retain(|offer| fits(offer, head));
    // Whatever can stand in one place begins at the same byte.
    let start = offers.first().map_or(head.len(), |offer| offer.start);
    let known = judge(seen, head.get(..start).unwrap_or_default());
    let judged = |offer| judged(seen, head, &known, offer);
    let mut candidates: Vec<_> = offers.into_iter().map(judged).collect();
    candidates.sort_by_key(|candidate| candidate.reason.is_some());
    candidates
}

/// What all of these begin with, where that is more than what `line` has there; of one alone it is
/// all of it.
pub fn common(candidates: &[Candidate], line: &str) -> Option<Candidate> {
    let (first, others) = candidates.split_first()?;
    let shared = |text: &str, other: &Candidate| {
        let alike = text.chars().zip(other.insert.chars());
        alike.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).map(|(a, _)| a.len_utf8()).sum()
    };
    let one_place = others.iter().all(|other| other.span == first.span);
    let end = others.iter().map(|other| shared(&first.insert, other)).min();
    let insert = first.insert.get(..end.unwrap_or(first.insert.len()))?.to_owned();
    let typed = line.get(first.span.start..first.span.end)?;
    (one_place && insert.len() > typed.len()).then(|| Candidate { insert, ..first.clone() })
}

/// Whether the offer goes on where the line ends. The bracket before an address may be missing.
fn fits(offer: &Offer, head: &str) -> bool {
    let typed = head.get(offer.start..).unwrap_or_default();
    let inside = offer.insert.strip_prefix('<').unwrap_or(&offer.insert);
    let goes_on = |whole: &str| whole.len() > typed.len() && starts_with(whole, typed);
    goes_on(&offer.insert) || goes_on(inside)
}

/// A candidate with what is wrong with it, beyond what is known to be wrong with the line before.
fn judged(seen: &Dialogue, head: &str, known: &[Fault], offer: Offer) -> Candidate {
    let Offer { insert, start, about } = offer;
    let before = head.get(..start).unwrap_or_default();
    let faults = judge(seen, &[before, &insert].concat());
    let new = |fault: &Fault| fault.is_wrong() && known.iter().all(|k| k.says != fault.says);
    let reason = faults.into_iter().find(new);
    Candidate { insert, span: Span::new(start, head.len()), about, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::fault::Says;
    use crate::advice::rule::Rule;
    use crate::advice::verdict::tests::{DATA, EHLO, MAIL, RCPT, after};
    use crate::smtp::verb::Verb;

    fn at_end(lines: &[&str], head: &str) -> Vec<Candidate> {
        complete(&after(lines), &Habits { draft: Some(812), ..Habits::default() }, head, head.len())
    }

    /// What is legal of all that fits.
    fn legal(lines: &[&str], head: &str) -> Vec<String> {
        let all = at_end(lines, head).into_iter();
        all.filter(|c| c.reason.is_none()).map(|c| c.insert).collect()
    }

    #[test]
    fn what_is_legal_comes_first() {
        let first =
            |lines: &[&str], n: usize| legal(lines, "").into_iter().take(n).collect::<Vec<_>>();
        assert_eq!(first(&["S: 220 mx"], 3), ["EHLO ", "HELO ", "QUIT"]);
        assert_eq!(first(EHLO, 2), ["MAIL FROM:<", "QUIT"]);
        assert_eq!(first(MAIL, 2), ["RCPT TO:<", "RSET"]);
        assert_eq!(first(RCPT, 3), ["RCPT TO:<", "DATA", "BDAT "]);
        for lines in [&["S: 220 mx"][..], EHLO, MAIL, RCPT] {
            let all = at_end(lines, "");
            assert_eq!(all.len(), Verb::KNOWN.len());
            assert!(all.is_sorted_by_key(|c| c.reason.is_some()));
        }
    }

    #[test]
    fn what_another_client_is_comes_from_the_server() {
        let offered = [
            "S: 220 mx",
            "C: EHLO pc.example.org",
            "S: 250-mx",
            "S: 250-ETRN",
            "S: 250 XCLIENT NAME ADDR PROTO LOGIN",
        ];
        let habits = Habits {
            hosts: vec!["pc.example.org".to_owned()],
            senders: vec!["a+b@example.org".to_owned()],
            ..Habits::default()
        };
        let legal = |line: &str| {
            let all = complete(&after(&offered), &habits, line, line.len()).into_iter();
            let all = all.filter(|c| c.reason.is_none()).map(|c| c.insert);
            all.collect::<Vec<_>>()
        };
        assert_eq!(legal("XCLIENT "), ["NAME=", "ADDR=", "PROTO=", "LOGIN="]);
        assert_eq!(legal("XCLIENT NAME=x "), ["ADDR=", "PROTO=", "LOGIN="]);
        assert_eq!(legal("XCLIENT name="), ["pc.example.org", "[UNAVAILABLE]", "[TEMPUNAVAIL]"]);
        assert_eq!(legal("XCLIENT ADDR=1"), ["192.0.2.7"]);
        assert_eq!(legal("XCLIENT PROTO="), ["ESMTP", "SMTP", "[UNAVAILABLE]", "[TEMPUNAVAIL]"]);
        assert_eq!(legal("XCLIENT LOGIN=a"), ["a+2Bb@example.org"]);
        assert_eq!(legal("ETRN "), ["pc.example.org"]);
    }

    #[test]
    fn what_is_not_legal_says_why() {
        let why = |lines: &[&str], head: &str| {
            let all = at_end(lines, head);
            let reason = all.first().and_then(|c| c.reason.as_ref()).expect(head);
            reason.says
        };
        assert_eq!(why(MAIL, "DA"), Says::Rule(Rule::NoRecipient));
        assert_eq!(why(EHLO, "RC"), Says::Rule(Rule::NoMail));
        assert_eq!(why(EHLO, "STA"), Says::Rule(Rule::NotOffered));
        assert_eq!(why(MAIL, "MA"), Says::Rule(Rule::InsideMail));
        assert_eq!(why(EHLO, "MAIL FROM:<a@b.example> MT"), Says::Oddity("F07"));
    }

    #[test]
    fn words_at_the_cursor() {
        for (lines, head, inserts) in [
            (EHLO, "EHLO ", &["pc.example.org"][..]),
            (EHLO, "EHLO p", &["pc.example.org"]),
            (EHLO, "MAIL ", &["FROM:<alice@example.org>", "FROM:<>"]),
            (EHLO, "mail fr", &["FROM:<alice@example.org>", "FROM:<>"]),
            (EHLO, "MAIL FROM:", &["<alice@example.org>", "<>"]),
            (EHLO, "MAIL FROM:<a", &["<alice@example.org>"]),
            (EHLO, "MAIL FROM:al", &["<alice@example.org>"]),
            (MAIL, "RCPT TO:<", &["<bob@example.net>"]),
            (EHLO, "MAIL FROM:<a@b.example> S", &["SIZE=812", "SMTPUTF8"]),
            (EHLO, "MAIL FROM:<a@b.example> BODY=", &["8BITMIME", "7BIT"]),
            (EHLO, "MAIL FROM:<a@b.example> body=8", &["8BITMIME"]),
            (EHLO, "MAIL FROM:<a@b.example> SIZE=812 S", &["SMTPUTF8"]),
            (MAIL, "RCPT TO:<a+b@c.example> O", &["ORCPT=rfc822;a+2Bb@c.example"]),
            (MAIL, "RCPT TO:<b@c.example> NOTIFY=SUCCESS,D", &["DELAY"]),
            (MAIL, "RCPT TO:<b@c.example> NOTIFY=SUCCESS,N", &[]),
            (RCPT, "BDAT ", &["812 LAST", "0 LAST"]),
            (RCPT, "BDAT 5 ", &["LAST"]),
            (EHLO, "VRFY ", &["bob@example.net"]),
            (EHLO, "HELP MA", &["MAIL"]),
            (EHLO, "NOOP ", &[]),
            (DATA, "Su", &["Subject: "]),
            (DATA, "Subject: S", &[]),
        ] {
            assert_eq!(legal(lines, head), inserts, "{head}");
        }
    }

    #[test]
    fn not_more_is_offered_than_the_server_holds() {
        let held = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx", "S: 250 FUTURERELEASE 600"];
        assert_eq!(legal(&held, "MAIL FROM:<a@b.example> HOLDF"), ["HOLDFOR=600"]);
    }

    #[test]
    fn a_result_for_each_recipient_is_completed_where_it_is_offered() {
        let offered = ["S: 220 mx", "C: EHLO x.example", "S: 250-mx", "S: 250 PRDR"];
        assert_eq!(legal(&offered, "MAIL FROM:<a@b.example> P"), ["PRDR"]);
        assert_eq!(legal(EHLO, "MAIL FROM:<a@b.example> P"), [""; 0]);
    }

    #[test]
    fn what_stands_behind_the_cursor_stays() {
        let seen = after(EHLO);
        let line = "MAIL FROM:<al SIZE=1";
        let all = complete(&seen, &Habits::default(), line, 13);
        let put = all.first().map(|c| c.put_into(line));
        assert_eq!(put, Some(("MAIL FROM:<alice@example.org> SIZE=1".to_owned(), 29)));
        for (line, cursor) in [("MAIL FROM:<alice@example.org>", 13), ("MAIL", 2), ("MAILx", 4)] {
            assert_eq!(complete(&seen, &Habits::default(), line, cursor), [], "{line}");
        }
    }

    #[test]
    fn what_several_have_in_common() {
        let common_of = |lines: &[&str], head: &str| {
            let legal: Vec<_> =
                at_end(lines, head).into_iter().filter(|c| c.reason.is_none()).collect();
            common(&legal, head).map(|c| c.insert)
        };
        assert_eq!(common_of(EHLO, "MAIL F").as_deref(), Some("FROM:<"));
        assert_eq!(common_of(EHLO, "MAIL FROM:<"), None);
        assert_eq!(common_of(MAIL, "RC").as_deref(), Some("RCPT TO:<"));
        assert_eq!(common_of(MAIL, "R"), None);
        assert_eq!(common_of(MAIL, "xyzzy"), None);
    }

    #[test]
    fn an_address_beyond_ascii_brings_its_parameter() {
        let habits = Habits { senders: vec!["grå@example.org".to_owned()], ..Habits::default() };
        let first = |lines: &[&str]| complete(&after(lines), &habits, "MAIL ", 5).remove(0);
        assert_eq!(first(EHLO).insert, "FROM:<grå@example.org> SMTPUTF8");
        assert_eq!(first(EHLO).reason, None);
        assert_eq!(first(&["S: 220 mx", "C: HELO x.example", "S: 250 mx"]).insert, "FROM:<>");
    }
}
