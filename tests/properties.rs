//! What holds for every input: cuts do not matter, nothing panics, what is written can be read
//! again, and secrets are covered to the byte.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

#[path = "support/outline.rs"]
mod outline;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ehlo::advice::{self, Fault, Habits, Says, Severity};
use ehlo::display::line::shown;
use ehlo::display::login;
use ehlo::display::token::{tokens, visible};
use ehlo::journal::file::{self, Recorder};
use ehlo::journal::source::{self, Variables, assemble};
use ehlo::journal::{Ending, Event, Happening, Header, Journal, Moment, Side, transcript};
use ehlo::journal::{Stored, mbox};
use ehlo::knowledge::{self, Lang};
use ehlo::session::content::{Content, Nature};
use ehlo::session::pattern::{Counter, Pattern};
use ehlo::session::thread::{Letter, Threads, Who};
use ehlo::session::{Dialogue, End, Exchange, Fate, Keep, Past, Phase, Row, Stride, Turn};
use ehlo::smtp::code::{Class, Code, Enhanced};
use ehlo::smtp::line::Cutter;
use ehlo::smtp::payload::{END_MARK, Scanner, stuff, unstuff};
use ehlo::smtp::reply::{Collector, Reply, write};
use ehlo::smtp::sasl;
use ehlo::smtp::sts::{self, Mode};
use ehlo::smtp::tlsa::Tlsa;
use ehlo::smtp::verb::Verb;
use ehlo::speaker::{Policy, Say, Script, Seed, Server, Speaker};
use ehlo::tui::rows::{self, sight::Sight};
use outline::outline;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Lines that stand in policies of MTA-STS, or nearly.
fn policy_line() -> impl Strategy<Value = String> {
    let known = vec![
        "version: STSv1",
        "version:STSv2",
        "mode: enforce",
        "mode: testing",
        "mode: none",
        "mode:  x",
        "mx: mx.example.net",
        "mx: *.example.net",
        "mx: *",
        "max_age: 1",
        "max_age: 99999999999",
        "max_age: -1",
        "nothing",
        ":",
        "",
    ];
    prop_oneof![8 => select(known).prop_map(str::to_owned), 1 => ".{0,30}"]
}

/// One thing that happens in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Says(Side, Vec<u8>),
    Opened,
    Secured,
    Closed(Side, Ending),
}

impl Step {
    fn event(self) -> Event {
        let what = match self {
            Self::Says(from, data) => {
                Happening::Bytes { from, data: Bytes::from(data), veiled: Vec::new() }
            }
            Self::Opened => Happening::Opened(Box::default()),
            Self::Secured => Happening::Secured(Box::default()),
            Self::Closed(by, how) => Happening::Closed { by, how },
        };
        Event::new(Moment(0), what)
    }
}

/// What clients say, sensible or not, in whole lines or parts of them.
fn client_piece() -> impl Strategy<Value = Vec<u8>> {
    let known = select(&[
        "EHLO pc.example.org\r\n",
        "HELO pc.example.org\r\n",
        "LHLO pc.example.org\r\n",
        "MAIL FROM:<a@b.example> PRDR\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<full@example.net>\r\n",
        "MAIL FROM:<alice@example.org> SIZE=10 BODY=8BITMIME\r\n",
        "MAIL FROM:<>\r\n",
        "RCPT TO:<bob@example.net>\r\n",
        "RCPT TO: bob@example.net\r\n",
        "DATA\r\n",
        "DATA\r\n",
        "BDAT 5\r\nabcde",
        "BDAT 7 LAST\r\n\r\n.\r\nab",
        "BDAT 0 LAST\r\n",
        "BDAT 18446744073709551615\r\n",
        "STARTTLS\r\n",
        "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
        "AUTH LOGIN\r\n",
        "YWxpY2U=\r\n",
        "*\r\n",
        "RSET\r\n",
        "NOOP\r\n",
        "QUIT\r\n",
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n",
        "Subject: hi\r\n\r\n..dot\r\n.one\r\n",
        ".\r\n",
        ".\r\n",
        "\r\n.\r\n",
        "\n.\n",
        "\r.\r",
        "\0.\r\n.\0\r\n",
        "\r",
        "\n",
        "NOOP ${date} \\${env:HOME} $${x} \\\\${\r\n",
        "MAIL FR",
        "caf\u{e9}",
    ]);
    prop_oneof![
        12 => known.prop_map(|text: &str| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ]
}

/// What servers say.
fn server_piece() -> impl Strategy<Value = Vec<u8>> {
    let known = select(&[
        "220 mx.example.net ESMTP\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "250-mx.example.net\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 STARTTLS\r\n",
        "354 go\r\n",
        "354 go\r\n",
        "353 each\r\n",
        "334 \r\n",
        "235 yes\r\n",
        "220 go\r\n",
        "550 5.1.1 no\r\n",
        "250 ${count}\r\n",
        "451 later\r\n",
        "503-5.5.1 a\r\n503 b\r\n",
        "221 bye\r\n",
        "421 gone\r\n",
        "250-never",
        "25",
        "0 ok",
        "\r\n",
        "\n",
        "junk\r\n",
        "250\r\n",
    ]);
    prop_oneof![
        12 => known.prop_map(|text: &str| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let ending = select(vec![Ending::Finished, Ending::Reset, Ending::TimedOut]);
    let side = select(vec![Side::Client, Side::Server]);
    prop_oneof![
        24 => client_piece().prop_map(|data| Step::Says(Side::Client, data)),
        24 => server_piece().prop_map(|data| Step::Says(Side::Server, data)),
        1 => Just(Step::Secured),
        1 => (side, ending).prop_map(|(by, how)| Step::Closed(by, how)),
        1 => Just(Step::Opened),
    ]
}

/// A session: it is led into some phase, anything happens, and mostly it is closed.
fn session() -> impl Strategy<Value = Vec<Step>> {
    let begun = (select(Phase::ALL), any::<bool>()).prop_map(|(phase, lmtp)| prefix(phase, lmtp));
    (begun, vec(step(), 0..30), any::<bool>()).prop_map(|(begun, steps, open)| {
        let close = (!open).then_some(Step::Closed(Side::Server, Ending::Finished));
        begun.into_iter().chain(steps).chain(close).collect()
    })
}

/// Joins what one side says without being interrupted.
fn runs(steps: &[Step]) -> Vec<Step> {
    let mut out: Vec<Step> = Vec::new();
    for step in steps {
        match (out.last_mut(), step) {
            (Some(Step::Says(last, run)), Step::Says(side, data)) if last == side => {
                run.extend_from_slice(data);
            }
            _ => out.push(step.clone()),
        }
    }
    out
}

/// Cuts every run at the places that `cuts` name; without any, into single bytes.
fn cut(steps: &[Step], cuts: &[Index]) -> Vec<Step> {
    let mut out = Vec::new();
    for step in steps {
        match step {
            Step::Says(side, data) => {
                let mut places: Vec<usize> = if cuts.is_empty() {
                    (0..=data.len()).collect()
                } else {
                    cuts.iter().map(|c| c.index(data.len() + 1)).collect()
                };
                places.extend([0, data.len()]);
                places.sort_unstable();
                places.dedup();
                out.extend(places.windows(2).map(|w| Step::Says(*side, data[w[0]..w[1]].to_vec())));
            }
            other => out.push(other.clone()),
        }
    }
    out
}

fn fold(steps: &[Step]) -> Dialogue {
    let mut dialogue = Dialogue::default();
    for step in steps {
        dialogue.apply(&step.clone().event());
    }
    dialogue
}

fn speak_up(dialogue: &Dialogue, script: &mut Script) {
    let deliver = Arc::new(|_| Ok("1".to_owned()));
    let mut server = Server::new(Policy::default(), deliver, Seed::default());
    let now = Moment(0).plus(Duration::from_secs(1));
    for _ in 0..3 {
        let _ = server.next(now, dialogue);
        let _ = script.next(now, dialogue);
    }
}

fn walk(first: Option<usize>, next: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    std::iter::successors(first, |at| next(*at)).collect()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What a person may have typed: the beginning of a command, of anything else, or nonsense.
fn being_typed() -> impl Strategy<Value = String> {
    let sensible = select(&[
        "",
        "EHLO pc.example.org",
        "MAIL FROM:<alice@example.org> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=FULL",
        "mail from:<gr\u{e5}@example.org>",
        "RCPT TO:<bob@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob@example.net",
        "RCPT TO: bob@example.net",
        "AUTH PLAIN AGFsaWNlAHNlY3JldA==",
        "BDAT 5 LAST",
        "  HELLO \u{65e5}\u{672c}\u{8a9e}",
        "Subject: caf\u{e9}",
        ". \t",
        ".x",
    ]);
    let begun = (sensible, any::<Index>())
        .prop_map(|(text, at)| before(text, at.index(text.len() + 1)).to_owned());
    let verb = "(EHLO|MAIL FROM:|RCPT TO:|DATA|BDAT|AUTH|STARTTLS|VRFY)";
    let anything = format!("({verb}[ <>@=;\\[\\]\"a-zA-Z0-9.\u{e9}\t\n]{{0,30}}|\\PC{{0,12}})");
    prop_oneof![2 => begun, 1 => proptest::string::string_regex(&anything).unwrap()]
}

/// What stands before byte `at`.
fn before(line: &str, at: usize) -> &str {
    line.split_at(line.floor_char_boundary(at)).0
}

fn is_wrong(faults: &[Fault]) -> bool {
    faults.iter().any(Fault::is_wrong)
}

/// What is decoded when it is asked for is what the parser saw, part by part.
fn decodes(content: &Content) {
    for (at, part) in content.parts.iter().enumerate() {
        let len = match part.nature {
            Nature::Text | Nature::Html | Nature::Binary => Some(content.decoded(at).len()),
            Nature::Message | Nature::Multipart => None,
        };
        assert_eq!(len.unwrap_or(part.decoded_len), part.decoded_len, "{part:?}");
        let _ = (content.text(at), content.header_of(at));
    }
}

proptest! {
    #![proptest_config(config(1500))]

    /// The size that is told of a part is that of what is saved, wherever it ends.
    #[test]
    fn a_size_is_that_of_what_is_saved(
        body in "([a-c ]|=F6|=|\t|\r\n|=\r\n|\n|-){0,30}",
        kind in select(vec![
            "text/plain", "text/html; charset=iso-8859-1", "text/plain; charset=utf-8", "image/png",
        ]),
        coding in select(vec!["quoted-printable", "base64", "8bit"]),
        bounded: bool,
    ) {
        let part = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {coding}\r\n\r\n{body}");
        let text = if bounded {
            format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{part}\r\n--b--\r\n")
        } else {
            part
        };
        let content = Content::read(text.clone());
        for (at, part) in content.parts.iter().enumerate() {
            let is_leaf = !matches!(part.nature, Nature::Multipart | Nature::Message);
            let len = content.decoded(at).len();
            prop_assert!(!is_leaf || part.decoded_len == len, "{} {:?}", len, part);
        }
    }
}

proptest! {
    #![proptest_config(config(1500))]

    /// The verdict points into the line, whatever it is and wherever the session stands.
    #[test]
    fn a_verdict_points_between_characters(steps in session(), line in being_typed()) {
        for fault in advice::judge(&fold(&steps), &line) {
            prop_assert!(line.get(fault.span.start..fault.span.end).is_some(), "{:?}", fault);
            if let Says::Rule(rule) = fault.says {
                let places = knowledge::word(Lang::En, rule.key()).split('{').skip(1);
                let places: Vec<_> = places.filter_map(|rest| rest.split('}').next()).collect();
                let filled = |place: &str| fault.values.iter().any(|(name, _)| *name == place);
                prop_assert!(places.into_iter().all(filled), "{:?}", fault);
            }
        }
    }

    /// Where nothing is wrong yet, nothing is wrong behind a legal candidate or a suggestion; and
    /// behind an empty line a suggestion is a line to send.
    #[test]
    fn what_is_offered_as_legal_is_fine(steps in session(), line in being_typed(), at: Index) {
        let (seen, mut habits) = (fold(&steps), Habits::default());
        habits.draft = Some(at.index(1 << 20) as u64);
        prop_assert!(habits.follow(&seen, 0) <= seen.exchanges().len());
        let cursor = at.index(line.len() + 1);
        for candidate in advice::complete(&seen, &habits, &line, cursor) {
            let (span, head) = (candidate.span, before(&line, cursor));
            prop_assert!(span.start <= span.end && span.end == head.len());
            let (with, cursor) = candidate.put_into(head);
            prop_assert_eq!(cursor, with.len());
            let base = advice::judge(&seen, before(&line, span.start));
            let legal = candidate.reason.is_none() && !is_wrong(&base);
            prop_assert!(!legal || !is_wrong(&advice::judge(&seen, &with)), "{}", with);
        }
        if let Some(rest) = advice::suggest(&seen, &habits, &line) {
            let with = line.clone() + &rest;
            let faults = advice::judge(&seen, &with);
            prop_assert!(is_wrong(&advice::judge(&seen, &line)) || !is_wrong(&faults), "{}", with);
            let unfinished = faults.iter().any(|f| f.severity == Severity::Unfinished);
            prop_assert!(!line.is_empty() || !unfinished, "{}", with);
        }
        if let Some(line) = advice::recognise(&seen, &habits).and_then(|slip| slip.line) {
            prop_assert!(seen.awaits_mail_data() || !line.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn cuts_do_not_matter(steps in session(), cuts in vec(any::<Index>(), 1..4)) {
        let whole_runs = runs(&steps);
        let whole = fold(&whole_runs);
        for pieces in [cut(&whole_runs, &cuts), cut(&whole_runs, &[]), steps] {
            let seen = fold(&pieces);
            prop_assert_eq!(outline(&seen), outline(&whole), "{:?}", pieces);
            prop_assert!(seen == whole, "{:?}", pieces);
        }
    }

    /// Every reply that is kept stands once in the order of replies, and whatever an answer for one
    /// recipient says is said of that recipient, unless all are refused behind it.
    #[test]
    fn replies_have_an_order_and_recipients_their_answers(steps in session()) {
        let seen = fold(&steps);
        let mut answered = seen.answered().iter().copied().collect::<Vec<_>>();
        answered.sort_unstable();
        let all = seen.exchanges().iter().enumerate();
        let replied: Vec<_> = all.filter(|(_, e)| e.reply.is_some()).map(|(at, _)| at).collect();
        prop_assert_eq!(answered, replied);
        // What is counted on the way is what stands there.
        let verbs = [Verb::Rcpt, Verb::Mail, Verb::Data, Verb::Bdat, Verb::Quit];
        for verb in verbs {
            let here = seen.exchanges_here().filter(|(_, e)| e.verb() == Some(&verb)).count();
            prop_assert_eq!(seen.said(&verb), here);
        }
        let refused = seen.refused().iter().copied();
        let mut setbacks: Vec<_> = seen.setbacks().map(|(at, _)| at).chain(refused).collect();
        let recipients = seen.refused().iter().map(|at| seen.exchanges()[*at].verb());
        prop_assert!(recipients.into_iter().all(|verb| verb == Some(&Verb::Rcpt)));
        setbacks.sort_unstable();
        let badly = |(_, e): &(usize, &Exchange)| {
            let class = e.reply.as_ref().map(Reply::class);
            let other = class.is_some_and(|class| class != Class::Positive);
            other || (class.is_some() && (e.turn == Turn::Unsolicited || e.verb() == Some(&Verb::Data)))
        };
        let here: Vec<_> = seen.exchanges_here().filter(badly).map(|(at, _)| at).collect();
        prop_assert_eq!(setbacks, here);
        for recipient in seen.envelope().transactions.iter().flat_map(|t| &t.recipients) {
            let Some((at, fate)) = recipient.delivered else { continue };
            let exchange = &seen.exchanges()[at];
            let said = exchange.reply.as_ref().map_or(Fate::Waiting, |r| Fate::of(r.class()));
            prop_assert_eq!(said, fate);
            prop_assert!(exchange.turn.ends_message());
            prop_assert_eq!(recipient.fate, Fate::Accepted);
        }
        for exchange in seen.exchanges().iter().filter(|e| e.recipient.is_some()) {
            let named = seen.exchanges()[exchange.recipient.unwrap()].verb() == Some(&Verb::Rcpt);
            prop_assert!(named && exchange.turn.ends_message());
        }
    }

    #[test]
    fn a_recording_folds_like_the_session(steps in session()) {
        let mut out = Vec::new();
        let mut live = Dialogue::default();
        let mut recorder = Recorder::begin(&mut out, &Header::default()).unwrap();
        for (at, step) in steps.into_iter().enumerate() {
            let event = Event { at: Moment(at as u64), ..step.event() };
            live.apply(&event);
            recorder.append(&event).unwrap();
        }
        let found = file::read(out.as_slice()).unwrap();
        prop_assert_eq!(found.torn, None);
        let mut again = Dialogue::default();
        found.journal.events().iter().for_each(|event| again.apply(event));
        prop_assert!(again == live);
        prop_assert_eq!(outline(&again), outline(&live));
    }

    #[test]
    fn a_transcript_has_the_same_bytes(steps in session()) {
        let mut journal = Journal::new(Header::default());
        for step in steps {
            journal.append(step.event());
        }
        let text = transcript::write(&journal.header, journal.events());
        // Nothing in it is a variable or a file where it is a script.
        let part = source::Part { name: String::new(), id: String::new(), text: text.clone().into() };
        let mut variables = Variables::new([], |_| None);
        let source = assemble(part, &mut variables, |_, _| Err(String::new())).unwrap();
        prop_assert_eq!(String::from_utf8(source.text).unwrap(), format!("{text}\n"));
        let again = transcript::recording(text.as_bytes()).unwrap();
        for side in [Side::Client, Side::Server] {
            prop_assert_eq!(said(&again, side), said(&journal, side), "{}", text);
        }
    }

    #[test]
    fn every_row_of_the_wire_is_shown_without_control_characters(steps in session()) {
        let dialogue = fold(&steps);
        for at in 0..dialogue.wire().len() {
            for with_secrets in [false, true] {
                let shown = shown(&dialogue, at, Lang::En, with_secrets);
                prop_assert!(shown.is_some_and(|row| !row.text().contains(char::is_control)));
                let row = dialogue.wire().row(at).unwrap();
                let inside = login::line(&dialogue, row, Lang::En, with_secrets);
                prop_assert!(inside.is_none_or(|line| !line.contains(char::is_control)));
            }
        }
    }

    /// Whatever stands in a step of a login has a name, and base64 is read as it is written.
    #[test]
    fn every_step_of_a_login_is_read(
        mechanism in select(&MECHANISMS),
        nth in 0_usize..4,
        text in prop_oneof![vec(any::<u8>(), 0..60), sasl_text()],
        question in vec(any::<u8>(), 0..20),
    ) {
        for text in [text.clone(), sasl::encode(&text).into_bytes()] {
            let client = sasl::of_client(mechanism, nth, &question, &text);
            let server = sasl::of_server(mechanism, &text);
            for step in [client, server] {
                prop_assert!(!step.fields.is_empty());
                if let sasl::Form::NotBase64(at) = step.form {
                    prop_assert!(at <= text.len());
                }
            }
        }
        let step = sasl::of_client(mechanism, nth, &question, sasl::encode(&text).as_bytes());
        prop_assert_eq!(step.bytes(), &text[..]);
    }
}

const MECHANISMS: [&str; 9] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "SCRAM-SHA-256-PLUS",
    "XOAUTH2",
    "OAUTHBEARER",
    "EXTERNAL",
    "ANONYMOUS",
    "NTLM",
];

proptest! {
    #![proptest_config(config(1500))]

    /// A policy is read whatever it holds: its line ends do not matter, every strange thing has its
    /// line, and only one without a grave one can be used.
    #[test]
    fn a_policy_is_read_whatever_it_holds(lines in vec(policy_line(), 0..8), host in ".{0,20}") {
        let lines: Vec<_> = lines.iter().map(|line| line.replace(['\r', '\n'], " ")).collect();
        let policy = sts::Policy::read(&lines.join("\n"));
        prop_assert_eq!(&policy, &sts::Policy::read(&lines.join("\r\n")));
        for odd in &policy.odd {
            let line = odd.line.checked_sub(1).map(|at| lines[at].as_str());
            prop_assert!(line.is_none_or(|line| line.contains(&odd.text)), "{:?}", odd);
        }
        let complete = policy.has_version
            && policy.max_age.is_some()
            && policy.mode.is_some_and(|mode| mode == Mode::None || !policy.mx.is_empty());
        prop_assert_eq!(policy.is_valid(), complete, "{:?}", &policy);
        prop_assert!(!policy.mx.is_empty() || !policy.allows(&host));
        let _ = sts::record(&lines);
    }

    /// A TLSA record is written as it is read.
    #[test]
    fn a_tlsa_record_is_written_as_it_is_read(
        numbers in any::<[u8; 3]>(), data in vec(any::<u8>(), 0..70), noise in ".{0,30}",
    ) {
        let [usage, selector, matching] = numbers;
        let record = Tlsa { usage, selector, matching, data };
        prop_assert_eq!(Tlsa::read(&record.to_string()), Some(record));
        let _ = Tlsa::read(&noise);
    }
}

/// Pieces of which messages of mechanisms are made.
fn sasl_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(&[
        "n,",
        "a=x",
        ",",
        "r=",
        "=2C",
        "p=tls-exporter",
        "c=biws",
        "\0",
        "\u{1}",
        "user=",
        "auth=",
        "Bearer ",
        "{\"status\":",
        "\"401\"",
        "}",
        " ",
        "v=",
        "alice",
        "\u{e9}",
    ]);
    vec(piece, 0..8).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Commands as people mistype them.
fn typed() -> impl Strategy<Value = Vec<u8>> {
    let verb = select(&[
        "EHLO ",
        "HELO ",
        "MAIL FROM:",
        "MAIL FROM:<",
        "RCPT TO:<",
        "RCPT TO:<bob@example.net> ",
        "MAIL FROM:<> ",
        "VRFY ",
        "EXPN ",
        "HELP ",
        "NOOP ",
        "BDAT ",
        "AUTH ",
        "",
    ]);
    let word = prop_oneof![
        "[a-z.@\"\\\\<> ]{0,20}>?",
        "\"[ -~\u{1}-\u{1f}\u{80}-\u{9f}\u{e5}]{0,10}\"@example\\.(net|org)>",
        "[a-z]{200,700}(@example\\.net>)?",
        "(SIZE|RET|NOTIFY|ORCPT|ENVID|BODY|SMTPUTF8|PRDR)=?[A-Z0-9;,\u{e5}]{0,300}",
        "gr\u{e5}@example\\.net> SMTPUTF8",
    ];
    (verb, word).prop_map(|(verb, word)| format!("{verb}{word}\r\n").into_bytes())
}

proptest! {
    #![proptest_config(config(1500))]

    /// The practice server is a model, whatever it is told: no reply of it is ever odd.
    #[test]
    fn the_practice_server_answers_correctly(
        lines in vec(prop_oneof![3 => typed(), 2 => client_piece()], 0..16),
        begun in any::<bool>(),
        lmtp in any::<bool>(),
    ) {
        let policy = Policy { lmtp, ..Policy::default() };
        let mut server = Server::new(policy, Arc::new(|_| Ok("1".to_owned())), Seed::default());
        let mut dialogue = fold(&[Step::Opened]);
        let hello = format!("{} pc.example.org\r\n", if lmtp { "LHLO" } else { "EHLO" });
        let hello = begun.then(|| hello.into_bytes());
        for line in std::iter::once(Vec::new()).chain(hello).chain(lines) {
            if dialogue.phase() == Phase::Closed {
                break;
            }
            dialogue.apply(&Step::Says(Side::Client, line).event());
            while let Some(say) = server.next(Moment(0), &dialogue) {
                let step = match say {
                    Say::Bytes(_) | Say::Answer(_) | Say::Drip(_) => Step::Says(Side::Server, say.bytes().to_vec()),
                    Say::Close(how) => Step::Closed(Side::Server, how),
                    Say::Wait(_)
                    | Say::Limit(_)
                    | Say::Keep(_)
                    | Say::Inquire(_)
                    | Say::Verify(_)
                    | Say::Gate(_)
                    | Say::Cut
                    | Say::Played(_) => break,
                };
                dialogue.apply(&step.event());
            }
        }
        for exchange in dialogue.exchanges() {
            let odd = exchange.reply.as_ref().map_or(&[][..], |reply| &reply.odd);
            // It has no TLS here, and says so.
            let odd: Vec<_> = odd.iter().filter(|(_, odd)| odd.id != "D02").collect();
            prop_assert!(odd.is_empty(), "{:?} to {:?}", odd, exchange.line);
        }
        // Whoever was accepted hears what becomes of the message.
        let over = |end| matches!(end, End::Accepted | End::Partly | End::Deferred | End::Refused);
        for transaction in &dialogue.envelope().transactions {
            let mut taken = transaction.recipients.iter().filter(|r| r.fate == Fate::Accepted);
            let told = taken.all(|r| r.delivery().is_some_and(|fate| fate != Fate::Waiting));
            prop_assert!(told || !transaction.end.is_some_and(|(_, end)| over(end)));
        }
    }
}

/// Of two recipients in LMTP one is answered: nobody knows yet whether for both.
/// One move through the moments of a session.
#[derive(Clone, Debug)]
enum Move {
    Back(usize, Stride),
    Forth(usize, Stride),
    Jump(Index),
    Answered(Index),
}

fn a_move() -> impl Strategy<Value = Move> {
    let strides = (1_usize..4, select(vec![Stride::Event, Stride::Exchange]));
    prop_oneof![
        3 => strides.clone().prop_map(|(n, stride)| Move::Back(n, stride)),
        2 => strides.prop_map(|(n, stride)| Move::Forth(n, stride)),
        1 => any::<Index>().prop_map(Move::Jump),
        1 => any::<Index>().prop_map(Move::Answered),
    ]
}

proptest! {
    #![proptest_config(config(24))]

    /// However one comes to a moment, it is the fold over what had happened.
    #[test]
    fn a_moment_is_the_fold_over_what_had_happened(
        sessions in vec(session(), 1..24),
        cuts in vec(any::<Index>(), 0..2),
        moves in vec(a_move(), 1..16),
    ) {
        let events: Vec<_> =
            cut(&sessions.concat(), &cuts).into_iter().map(Step::event).collect();
        let (past, live) = Past::of(events.iter().cloned(), Keep::default());
        prop_assert_eq!(past.len(), events.len());
        let mut at = past.len();
        for step in moves {
            for n in 0..3 {
                at = match step {
                    Move::Back(times, stride) if n < times => past.before(at, stride).unwrap_or(0),
                    Move::Forth(times, stride) if n < times => past.behind(at, stride),
                    Move::Jump(to) => to.index(events.len() + 1),
                    Move::Answered(to) => {
                        let exchange = to.index(live.exchanges().len().max(1));
                        let at = past.answered(exchange, &live);
                        let seen = past.at(at, &live);
                        let owed = live.exchanges().get(exchange).is_some_and(|e| e.reply.is_none());
                        let told = seen.exchanges().get(exchange).is_some_and(|e| e.reply.is_some());
                        prop_assert!(told || owed || live.exchanges().is_empty());
                        at
                    }
                    Move::Back(..) | Move::Forth(..) => at,
                };
            }
            let mut plain = Dialogue::default();
            events[..at].iter().for_each(|event| plain.apply(event));
            let seen = past.at(at, &live);
            prop_assert!(seen == plain, "at {} of {}", at, events.len());
            prop_assert_eq!(outline(&seen), outline(&plain));
        }
    }
}

#[test]
fn what_a_reply_answers_is_seen_before_it_is_settled() {
    let pattern = Pattern::read("2xx").unwrap();
    let (mut dialogue, mut grown) = (fold(&[Step::Opened]), Sight::default());
    grown.set_filter(pattern.clone(), &dialogue);
    for (side, text) in [
        (Side::Server, "220 mx\r\n"),
        (Side::Client, "LHLO x\r\n"),
        (Side::Server, "250 mx\r\n"),
        (Side::Client, "MAIL FROM:<a@b.example>\r\n"),
        (Side::Server, "250 ok\r\n"),
        (Side::Client, "RCPT TO:<c@d.example>\r\n"),
        (Side::Server, "250 ok\r\n"),
        (Side::Client, "RCPT TO:<d@d.example>\r\n"),
        (Side::Server, "250 ok\r\n"),
        (Side::Client, "BDAT 7 LAST\r\n\r\n.\r\nab"),
        (Side::Server, "250 for one\r\n"),
    ] {
        dialogue.apply(&Step::Says(side, text.as_bytes().to_vec()).event());
        grown.grow(&dialogue);
    }
    let mut scratch = Sight::default();
    scratch.set_filter(pattern, &dialogue);
    let shown = |sight: &Sight| {
        (0..rows::count(&dialogue)).filter(|at| sight.shows(&dialogue, *at)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&grown), shown(&scratch));
}

fn said(journal: &Journal, side: Side) -> Vec<u8> {
    let mut out = Vec::new();
    for event in journal.events() {
        match &event.what {
            Happening::Bytes { from, data, .. } if *from == side => out.extend_from_slice(data),
            _ => {}
        }
    }
    out
}

/// Sessions that lead into each phase; those of LMTP have two recipients.
fn prefix(phase: Phase, lmtp: bool) -> Vec<Step> {
    let greeted = "S: 220 mx.example.net\n";
    let (hello, more) =
        if lmtp { ("LHLO", "C: RCPT TO:<d@d.example>\nS: 250 ok\n") } else { ("EHLO", "") };
    let ready = format!("{greeted}C: {hello} x.example\nS: 250 mx.example.net\n");
    let sender = format!("{ready}C: MAIL FROM:<a@b.example>\nS: 250 ok\n");
    let recipients = format!("{sender}C: RCPT TO:<c@d.example>\nS: 250 ok\n{more}");
    let text = match phase {
        Phase::Offline => return Vec::new(),
        Phase::AwaitingGreeting => String::new(),
        Phase::Refused => "S: 554 no\n".to_owned(),
        Phase::Greeted => greeted.to_owned(),
        Phase::Ready => ready,
        Phase::Login => ready + "C: AUTH PLAIN\nS: 334 \n",
        Phase::Sender => sender,
        Phase::Recipients => recipients,
        Phase::MailData => recipients + "C: DATA\nS: 354 go\n",
        Phase::Chunks => recipients + "C: BDAT 2\nC:\nS: 250 ok\nC: BDAT 1000\n",
        Phase::AwaitingTls => ready + "C: STARTTLS\nS: 220 go\n",
        Phase::Closing => ready + "C: QUIT\nS: 221 bye\n",
        Phase::Closed => ready + ":closed\n",
    };
    let mut steps = vec![Step::Opened];
    for event in transcript::recording(text.as_bytes()).unwrap().events() {
        match &event.what {
            Happening::Bytes { from, data, .. } => steps.push(Step::Says(*from, data.to_vec())),
            Happening::Closed { by, how } if phase == Phase::Closed => {
                steps.push(Step::Closed(*by, how.clone()));
            }
            _ => {}
        }
    }
    steps
}

#[test]
fn the_prefixes_lead_into_their_phases() {
    for phase in Phase::ALL {
        assert_eq!(fold(&prefix(*phase, false)).phase(), *phase);
        assert_eq!(fold(&prefix(*phase, true)).phase(), *phase);
    }
}

proptest! {
    #![proptest_config(config(1000))]

    /// However a server has greeted and wherever the session stands: behind an accepted STARTTLS
    /// comes TLS or the end, and nothing that is said in clear text changes that.
    #[test]
    fn an_accepted_starttls_stays_accepted(
        greeting in select(&[
            "220 mx\r\n", "354 hi\r\n", "554 no\r\n", "421 gone\r\n", "999 mx\r\n", "000\r\n", "220-mx\r\n220 mx\r\n",
        ]),
        phase in select(Phase::ALL),
        yes in select(&["220 go\r\n", "250 ok\r\n", "220 go\r\n421 gone\r\n", "220 go\r\n221 bye\r\n"]),
        behind in vec(prop_oneof![
            client_piece().prop_map(|data| Step::Says(Side::Client, data)),
            server_piece().prop_map(|data| Step::Says(Side::Server, data)),
        ], 0..12),
        end in select(vec![Step::Secured, Step::Closed(Side::Server, Ending::Finished)]),
    ) {
        // There a line is no command.
        let text = [Phase::Login, Phase::MailData, Phase::Chunks, Phase::Closed];
        prop_assume!(!text.contains(&phase));
        let greeting = Step::Says(Side::Server, greeting.into());
        let mut steps = vec![Step::Opened, greeting];
        steps.extend(prefix(phase, false).into_iter().skip(2));
        if phase != Phase::AwaitingTls {
            steps.push(Step::Says(Side::Client, b"STARTTLS\r\n".to_vec()));
            steps.push(Step::Says(Side::Server, yes.into()));
        }
        let mut seen = fold(&steps);
        prop_assert_eq!(seen.phase(), Phase::AwaitingTls, "{}", outline(&seen));
        for step in behind {
            seen.apply(&step.event());
            prop_assert_eq!(seen.phase(), Phase::AwaitingTls, "{}", outline(&seen));
            prop_assert!(!seen.awaits_client());
        }
        seen.apply(&end.event());
        prop_assert!(matches!(seen.phase(), Phase::Greeted | Phase::Closed));
    }

    #[test]
    fn no_bytes_panic_in_any_phase(
        phase in select(Phase::ALL),
        noise in vec((any::<bool>(), vec(any::<u8>(), 0..60)), 0..6),
        rest in vec(step(), 0..10),
    ) {
        let mut steps = prefix(phase, false);
        steps.extend(noise.into_iter().map(|(client, data)| {
            Step::Says(if client { Side::Client } else { Side::Server }, data)
        }));
        steps.extend(rest);
        let mut dialogue = Dialogue::default();
        let raw = transcript::steps(b":wait 1ms\nC: EHLO x\nS: 250 *?\nC: QUIT\n").unwrap();
        let mut script = Script::new(raw, |_, _| Ok(Vec::new())).unwrap();
        for step in steps {
            dialogue.apply(&step.event());
            speak_up(&dialogue, &mut script);
        }
        prop_assert!(!outline(&dialogue).is_empty());
    }

    #[test]
    fn nothing_that_reads_bytes_panics(noise in vec(any::<u8>(), 0..200)) {
        decodes(&Content::read(noise.clone()));
        let _ = file::read(noise.as_slice());
        let _ = file::read([b"{\"ehlo-journal\":1}\n", noise.as_slice()].concat().as_slice());
        let _ = transcript::recording(&noise);
        let marked = [b"C: ", noise.as_slice(), b"\nS: 250 ", noise.as_slice()].concat();
        let _ = transcript::recording(&marked);
        if let Ok(steps) = transcript::steps(&marked) {
            let _ = Script::new(steps, |_, name| Ok(name.as_bytes().to_vec()));
        }
        prop_assert!(tokens(&noise).iter().all(|t| !t.text.contains(char::is_control)));
    }

    #[test]
    fn a_pattern_is_written_as_it_is_read(
        any in ".{0,30}",
        words in vec(select(&[
            "5xx", "!250", "rcpt", "rcpt#2", "mail#0", "slow>1s", "slow>1.5ms", "odd", "odd:B09",
            "odd:x", "tls", "!tls", "*@example.org", "\"a b\"", "\"rcpt\"", "!", "\"", "\\x00", "\\q",
            "\\*?", "\"!x\"", "\"\"", "x\\c", "a\"b", "日本", "\u{3000}", "\\x22", "5X1", "data",
        ]), 0..6),
    ) {
        for text in [any, words.join(" "), words.concat()] {
            if let Ok(pattern) = Pattern::read(&text) {
                let written = pattern.to_string();
                prop_assert_eq!(Pattern::read(&written), Ok(pattern), "{} as {}", text, written);
            }
        }
    }

    #[test]
    fn an_index_that_grows_is_the_index_made_from_scratch(
        steps in session(),
        cuts in vec(any::<Index>(), 1..3),
        pattern in select(&["", "5xx", "!5xx", "2xx", "rcpt", "rcpt#2", "data", "odd", "!odd", "tls"]),
        folds in vec(any::<Index>(), 0..4),
        fold_all: bool,
    ) {
        let pattern = Pattern::read(pattern).unwrap();
        let (mut dialogue, mut sight) = (Dialogue::default(), Sight::default());
        sight.set_filter(pattern.clone(), &dialogue);
        for step in cut(&steps, &cuts) {
            dialogue.apply(&step.event());
            sight.grow(&dialogue);
        }
        let mut scratch = Sight::default();
        scratch.set_filter(pattern.clone(), &dialogue);
        for sight in [&mut sight, &mut scratch] {
            if fold_all {
                sight.fold_all();
            }
            for fold in &folds {
                sight.fold(&dialogue, fold.index(rows::count(&dialogue) + 1));
            }
        }
        let down = walk(sight.first(&dialogue), |at| sight.after(&dialogue, at));
        let mut up = walk(sight.last(&dialogue), |at| sight.before(&dialogue, at));
        up.reverse();
        let shown = |sight: &Sight| {
            (0..rows::count(&dialogue)).filter(|at| sight.shows(&dialogue, *at)).collect::<Vec<_>>()
        };
        prop_assert_eq!(&down, &shown(&sight));
        prop_assert_eq!(&up, &down);
        prop_assert_eq!(&shown(&scratch), &down);
        prop_assert_eq!(
            sight.filter(&dialogue).map(|(_, fitting)| fitting),
            scratch.filter(&dialogue).map(|(_, fitting)| fitting)
        );
        // Of replies and commands that are not folded, exactly those that fit are there.
        let mut counter = Counter::default();
        let fits: Vec<_> =
            dialogue.exchanges().iter().map(|e| pattern.matches(e, counter.next(e))).collect();
        let (folded, no_filter) = (fold_all || !folds.is_empty(), sight.filter(&dialogue).is_none());
        for at in (0..dialogue.wire().len()).filter(|_| !folded) {
            let want = match dialogue.wire().row(at) {
                Some(Row::Client { exchange } | Row::Server { exchange, .. }) => fits[exchange],
                Some(Row::Notice { .. }) => no_filter,
                _ => continue,
            };
            prop_assert_eq!(down.contains(&at), want || no_filter, "row {}", at);
        }
    }

    #[test]
    fn nothing_that_reads_text_panics(
        headers in vec("[A-Za-z-]{1,12}: ?[ -~\u{e9}\u{202e}=?;\"]{0,40}", 0..6),
        body in "(--b(--)?\r?\n|Content-[A-Za-z-]{4,8}: [a-z/;=\" ]{0,20}\r?\n|[^\u{0}]{0,20}\r?\n){0,8}",
        journal_line in "\\{\"at\":[0-9]{1,20},\"(client|server|veiled|closed|leg)\":[\\[\"0-9,a-z\\]]{0,12}\\}",
    ) {
        let mail = format!("Content-Type: multipart/mixed; boundary=b\r\n{}\r\n\r\n{body}", headers.join("\r\n"));
        let content = Content::read(mail.clone());
        prop_assert!(content.raw == mail);
        decodes(&content);
        let _ = file::read(format!("{{\"ehlo-journal\":1}}\n{journal_line}\n").as_bytes());
        prop_assert!(!visible(mail.as_bytes()).contains(char::is_control));
    }

    #[test]
    fn stuffing_is_taken_away_again(content in content_bytes()) {
        let wire = stuff(content.clone());
        let mut scanner = Scanner::default();
        let mut rest = wire.clone();
        let (taken, done) = scanner.push(&mut rest);
        prop_assert!(done && rest.is_empty() && taken == wire);
        let inside = &wire[..wire.len() - END_MARK.len()];
        let unstuffed = unstuff([inside]);
        prop_assert_eq!(&unstuffed, &canonical(&content));
        prop_assert_eq!(scanner.stuffed(), (inside.len() - unstuffed.len()) as u64);
    }

    #[test]
    fn mail_data_ends_at_one_place_only(
        pieces in vec(select(&["a", ".", "\r", "\n", "\r\n", "\0", "..", "\r\n.", "\u{e9}"]), 0..24),
        cuts in vec(any::<Index>(), 1..4),
    ) {
        let text = pieces.concat().into_bytes();
        let framed = [b"\r\n", text.as_slice()].concat();
        // The one true mark, looked for in the plainest way.
        let end = framed.windows(5).position(|w| w == b"\r\n.\r\n").map(|at| at + 3);
        let (mut whole, mut data) = (Scanner::default(), Bytes::from(text.clone()));
        let (taken, done) = whole.push(&mut data);
        prop_assert_eq!((taken.len(), done), (end.unwrap_or(text.len()), end.is_some()));
        let unstuffed = unstuff([strip_mark(&taken, done)]);
        let dots = strip_mark(&taken, done).len() - unstuffed.len();
        prop_assert!(!done || whole.stuffed() == dots as u64, "{} of {}", whole.stuffed(), dots);
        let _line_ends = taken.iter().filter(|b| **b == b'\n').count() - usize::from(done);
        let mut scanner = Scanner::default();
        for step in cut(&[Step::Says(Side::Client, text)], &cuts) {
            if let Step::Says(_, piece) = step {
                scanner.push(&mut Bytes::from(piece));
            }
        }
        prop_assert_eq!(scanner.odd(), whole.odd());
        prop_assert_eq!(
            (scanner.stuffed(), scanner.eight_bit(), scanner.wire_len()),
            (whole.stuffed(), whole.eight_bit(), whole.wire_len())
        );
    }

    #[test]
    fn a_written_reply_is_read_without_oddities(
        code in select(Code::REGISTERED),
        texts in vec("[A-Za-z][ -\"$-~]{0,60}", 1..6),
        detail in proptest::option::of((0_u16..1000, 0_u16..1000)),
    ) {
        let code = Code(code);
        let class = u8::try_from(code.0 / 100).unwrap();
        let enhanced = detail
            .filter(|_| code.class() != Class::Intermediate)
            .map(|(subject, detail)| Enhanced::new(class, subject, detail));
        let mut data = write(code, enhanced, &texts);
        let (mut cutter, mut collector, mut seen) = (Cutter::new(4096), Collector::default(), None);
        while let Some(line) = cutter.cut(&mut data) {
            prop_assert!(seen.is_none(), "more than one reply");
            seen = collector.push(line);
        }
        let reply = seen.unwrap();
        prop_assert_eq!(&reply.odd, &vec![]);
        prop_assert_eq!((reply.code, reply.enhanced()), (Some(code), enhanced));
        prop_assert_eq!(reply.text(), texts.join("\n"));
    }
}

#[test]
fn what_one_connection_leaves_behind_does_not_reach_the_next() {
    let mut steps = prefix(Phase::Recipients, false);
    steps.push(Step::Says(Side::Client, b"DATA\r\nDATA\r\nDATA\r\nold\r\nhalf".to_vec()));
    steps.push(Step::Says(Side::Server, b"250-half".to_vec()));
    steps.push(Step::Closed(Side::Server, Ending::Reset));
    steps.extend(prefix(Phase::MailData, false));
    steps.push(Step::Says(Side::Client, b"new\r\n.\r\n".to_vec()));
    let dialogue = fold(&steps);
    assert_eq!(dialogue.connection(), 2);
    assert_eq!(dialogue.messages().len(), 1);
    assert_eq!(dialogue.messages()[0].content(), "new\r\n");
    assert_eq!(dialogue.partial_reply().0.lines.len(), 0);
}

/// Content with many dots and line ends of every kind.
fn content_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(&[".", "..", "\r\n", "\n", "\r", ".\r\n", "text", "\0", "\u{e9}"]);
    vec(piece, 0..30).prop_map(|pieces| pieces.concat().into_bytes())
}

/// The content with CRLF for every line end, the last line's included.
fn canonical(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in content.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line);
        out.extend_from_slice(text);
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn strip_mark(taken: &[u8], done: bool) -> &[u8] {
    if done { &taken[..taken.len() - END_MARK.len()] } else { taken }
}

/// A stretch of a session with logins: who says it, and which of its bytes are secrets.
type Part = (Side, Vec<u8>, Vec<bool>);

fn says(side: Side, text: &str) -> Part {
    (side, text.as_bytes().to_vec(), vec![false; text.len()])
}

/// A line of the client that is a secret behind its `open` part, but for its line end.
fn secret(open: &str, secret: &str, end: &str) -> Part {
    let text = format!("{open}{secret}{end}");
    let mask = (0..text.len()).map(|at| (open.len()..open.len() + secret.len()).contains(&at));
    (Side::Client, text.clone().into_bytes(), mask.collect())
}

/// Whole exchanges, logins among them.
fn exchange() -> impl Strategy<Value = Vec<Part>> {
    use Side::{Client, Server};
    let word = "[A-Za-z0-9+/]{1,24}={0,2}";
    let end = select(&["\r\n", "\r\n", "\r\n", "\n"]);
    let answer = select(&["235 yes\r\n", "535 no\r\n"]);
    let plain = (word, end.clone(), answer.clone(), select(&["AUTH PLAIN ", "auth\tplain  "]))
        .prop_map(|(w, end, answer, verb)| vec![secret(verb, &w, end), says(Server, answer)]);
    let pipelined =
        (word, word, end.clone(), answer.clone()).prop_map(|(user, word, end, answer)| {
            vec![
                says(Client, "AUTH LOGIN\r\n"),
                secret("", &user, end),
                secret("", &word, end),
                says(Server, "334 \r\n334 \r\n"),
                says(Server, answer),
            ]
        });
    let login = (word, word, end, answer).prop_map(|(user, word, end, answer)| {
        vec![
            says(Client, "AUTH LOGIN\r\n"),
            says(Server, "334 VXNlcm5hbWU6\r\n"),
            secret("", &user, end),
            says(Server, "334 UGFzc3dvcmQ6\r\n"),
            secret("", &word, end),
            says(Server, answer),
        ]
    });
    let fixed = |parts: &[(Side, &str)]| {
        Just(parts.iter().map(|(side, text)| says(*side, text)).collect::<Vec<_>>())
    };
    let mail = (Client, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n");
    let ok = (Server, "250 ok\r\n");
    prop_oneof![
        3 => plain,
        3 => login,
        3 => pipelined,
        1 => fixed(&[
            (Client, "AUTH LOGIN\r\n"), (Server, "334 \r\n"), (Client, "*\r\n"), (Server, "501 no\r\n"),
        ]),
        1 => fixed(&[
            (Client, "AUTH PLAIN =\r\n"), (Server, "334 \r\n"), (Client, "\r\n"), (Server, "535 no\r\n"),
        ]),
        1 => fixed(&[(Client, "NOOP AUTH PLAIN x\r\n"), ok]),
        1 => fixed(&[
            mail, ok, ok, (Client, "DATA\r\n"), (Server, "354 go\r\n"),
            (Client, "AUTH PLAIN x\r\nhalf a line\n.\r\n.\r\n"), ok,
        ]),
        1 => fixed(&[mail, ok, ok, (Client, "BDAT 14 LAST\r\nAUTH PLAIN x\r\n"), ok]),
        1 => fixed(&[
            mail, ok, ok, (Client, "BDAT 3\r\nabc"), ok, (Client, "BDAT 0 LAST\r\n"), ok,
        ]),
    ]
}

/// Logins, and what may stand around them, of which a recording may lack replies.
fn login_that_may_lack_replies() -> impl Strategy<Value = Vec<Part>> {
    use Side::{Client, Server};
    let word = "[A-Za-z0-9+/]{8,24}={0,2}";
    let steps = |first: &'static str, answers: usize| {
        vec(word, answers..=answers).prop_map(move |words| {
            let mut parts = vec![says(Client, first)];
            for word in words {
                parts.push(says(Server, "334 VXNlcm5hbWU6\r\n"));
                parts.push(secret("", &word, "\r\n"));
            }
            parts.push(says(Server, "235 yes\r\n"));
            parts
        })
    };
    let named = (word, word).prop_map(|(user, word)| {
        vec![
            secret("AUTH LOGIN ", &user, "\r\n"),
            says(Server, "334 UGFzc3dvcmQ6\r\n"),
            secret("", &word, "\r\n"),
            says(Server, "535 no\r\n"),
        ]
    });
    let fixed = |parts: &[(Side, &str)]| {
        Just(parts.iter().map(|(side, text)| says(*side, text)).collect::<Vec<_>>())
    };
    prop_oneof![
        3 => steps("AUTH LOGIN\r\n", 2),
        1 => steps("auth plain\r\n", 1),
        1 => steps("AUTH CRAM-MD5\r\n", 1),
        1 => named,
        1 => fixed(&[(Client, "NOOP\r\n"), (Server, "250 ok\r\n")]),
        3 => fixed(&[(Client, "DATA\r\n"), (Server, "503 no\r\n")]),
        1 => fixed(&[(Client, "STARTTLS\r\n"), (Server, "454 no\r\n")]),
        3 => fixed(&[
            (Client, "DATA\r\n"), (Server, "354 go\r\n"), (Client, "Auth: x\r\n\r\nhi\r\n.\r\n"),
            (Server, "250 ok\r\n"),
        ]),
    ]
}

proptest! {
    #![proptest_config(config(1500))]

    /// Whichever replies are missing, what was an answer of a login is covered, and stands in no
    /// word that is read from it, nor in mail data: a 354 is due to the DATA just before it.
    #[test]
    fn without_replies_a_secret_is_one_all_the_same(
        exchanges in vec(login_that_may_lack_replies(), 1..5),
        lacks in vec(any::<bool>(), 30),
        none in any::<bool>(),
    ) {
        let mut parts = vec![
            says(Side::Server, "220 mx.example.net\r\n"),
            says(Side::Client, "EHLO x.example\r\n"),
            says(Side::Server, "250 mx.example.net\r\n"),
        ];
        parts.extend(exchanges.into_iter().flatten());
        let mut lacks = lacks.into_iter().cycle();
        parts.retain(|part| part.0 == Side::Client || !(none || lacks.next().unwrap()));
        let words: Vec<String> = parts
            .iter()
            .map(|(_, data, mask)| {
                let hidden = data.iter().zip(mask).filter(|(_, hidden)| **hidden);
                String::from_utf8(hidden.map(|(byte, _)| *byte).collect()).unwrap()
            })
            .filter(|word| !word.is_empty())
            .collect();
        let text: Vec<String> =
            parts.iter().map(|(side, data, _)| format!("{side:?} {}", data.escape_ascii())).collect();
        let mut dialogue = fold(&[Step::Opened]);
        for (side, data, mask) in parts {
            dialogue.apply(&Step::Says(side, data).event());
            let veiled = dialogue.veiled();
            let covered = |at: usize| veiled.iter().any(|s| (s.start..s.end).contains(&at));
            let bare = (0..mask.len()).find(|at| mask[*at] && !covered(*at));
            prop_assert_eq!(bare, None, "{:#?}", text);
            let partial = String::from_utf8(dialogue.partial_line()).unwrap();
            prop_assert!(words.iter().all(|word| !partial.contains(word)), "{:#?}", text);
        }
        dialogue.apply(&Step::Closed(Side::Client, Ending::Finished).event());
        for exchange in dialogue.exchanges() {
            let line = exchange.line.iter().map(|line| {
                let mut bytes = line.bytes.to_vec();
                ehlo::session::secrets::veil(&mut bytes, exchange.secret);
                String::from_utf8(bytes).unwrap()
            });
            let read = format!("{:?} {:?}", exchange.turn, exchange.command);
            for shown in line.chain([read]) {
                let bare = words.iter().find(|word| shown.contains(*word));
                prop_assert_eq!(bare, None, "{} in {:#?}", shown, text);
            }
        }
        for message in dialogue.messages() {
            let content = String::from_utf8_lossy(&message.content()).into_owned();
            let bare = words.iter().find(|word| content.contains(*word));
            prop_assert_eq!(bare, None, "{} in {:#?}", content, text);
        }
    }
}

/// What a recording without secrets keeps of a step that `dialogue` has just heard.
fn blank(step: Step, dialogue: &Dialogue) -> Step {
    let Step::Says(side, mut data) = step else { return step };
    for span in dialogue.veiled() {
        data[span.start..span.end].fill(b'*');
    }
    Step::Says(side, data)
}

proptest! {
    #![proptest_config(config(1500))]

    /// Whatever the cut, the veils of all events together cover the secrets and nothing else;
    /// and a recording in which they are blanked folds the same.
    #[test]
    fn secrets_are_covered_to_the_byte(
        exchanges in vec(exchange(), 1..6),
        cuts in vec(any::<Index>(), 0..4),
    ) {
        let mut parts = vec![
            says(Side::Server, "220 mx.example.net\r\n"),
            says(Side::Client, "EHLO x.example\r\n"),
            says(Side::Server, "250-mx.example.net\r\n250 CHUNKING\r\n"),
        ];
        parts.extend(exchanges.into_iter().flatten());
        let masks: Vec<bool> =
            parts.iter().filter(|p| p.0 == Side::Client).flat_map(|p| p.2.clone()).collect();
        let steps: Vec<_> = parts.into_iter().map(|(side, data, _)| Step::Says(side, data)).collect();
        let mut dialogue = fold(&[Step::Opened]);
        let mut blanked = dialogue.clone();
        let mut seen = Vec::new();
        for step in cut(&runs(&steps), &cuts) {
            dialogue.apply(&step.clone().event());
            blanked.apply(&blank(step.clone(), &dialogue).event());
            if let Step::Says(Side::Client, data) = step {
                let veiled = dialogue.veiled();
                let covered = |at: usize| veiled.iter().any(|s| (s.start..s.end).contains(&at));
                seen.extend((0..data.len()).map(covered));
            } else {
                prop_assert!(dialogue.veiled().is_empty());
            }
        }
        prop_assert_eq!(outline(&blanked), outline(&dialogue));
        dialogue.apply(&Step::Closed(Side::Client, Ending::Finished).event());
        prop_assert!(dialogue.veiled().is_empty());
        prop_assert_eq!(seen, masks);
    }
}

proptest! {
    #![proptest_config(config(500))]

    /// A group cut anywhere is the same dialogue; only what left together differs, and no row is in
    /// two groups.
    #[test]
    fn a_group_cut_anywhere_gives_the_same_dialogue(
        commands in vec(select(&["MAIL FROM:<a@b.example>\r\n", "RCPT TO:<c@d.example>\r\n", "NOOP\r\n", "BDAT 4\r\na\r\nb", "RSET\r\n", "FOO\n"]), 2..9),
        cuts in vec(any::<Index>(), 1..6),
    ) {
        let (ok, mut steps) = ("250 ok\r\n".repeat(commands.len()), vec![Step::Opened]);
        for (side, text) in [
            (Side::Server, "220 mx\r\n"),
            (Side::Client, "EHLO x\r\n"),
            (Side::Server, "250-mx\r\n250-CHUNKING\r\n250 PIPELINING\r\n"),
            (Side::Client, &commands.concat()),
            (Side::Server, &ok),
        ] {
            steps.push(Step::Says(side, text.as_bytes().to_vec()));
        }
        let (whole, parts) = (fold(&steps), fold(&cut(&steps, &cuts)));
        prop_assert!(whole == parts);
        prop_assert_eq!(whole.groups().len(), 1);
        let mut end = 0;
        for group in parts.groups() {
            prop_assert!(group.start >= end && group.end <= parts.wire().len());
            prop_assert_eq!(parts.group_of(group.start), Some(group.clone()));
            end = group.end;
        }
    }
}

/// The end of a message was meant for one recipient when another connection began.
#[test]
fn what_was_meant_for_one_recipient_stays_so_behind_another_connection() {
    let says = |from, text: &str| Step::Says(from, text.as_bytes().to_vec());
    let envelope = "MAIL FROM:<a@b.example> PRDR\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<full@example.net>\r\n";
    let hello = || says(Side::Server, "220 mx.example.net ESMTP\r\n");
    let seen = fold(&[
        says(Side::Client, "LHLO pc.example.org\r\n"),
        hello(),
        says(Side::Client, envelope),
        says(Side::Client, "BDAT 7 LAST\r\n\r\n.\r\nab"),
        hello(),
        hello(),
        hello(),
        Step::Opened,
        says(Side::Server, "353 each\r\n"),
        Step::Closed(Side::Server, Ending::Finished),
    ]);
    let told = seen.envelope().transactions.iter().flat_map(|t| &t.recipients);
    let told: Vec<_> = told.filter_map(|recipient| recipient.delivered).collect();
    assert!(!told.is_empty());
    for (at, fate) in told {
        let reply = seen.exchanges()[at].reply.as_ref();
        assert_eq!(reply.map_or(Fate::Waiting, |r| Fate::of(r.class())), fate, "{at}");
    }
}

#[test]
fn an_event_without_bytes_changes_nothing() {
    for side in [Side::Client, Side::Server] {
        let mut dialogue = Dialogue::default();
        dialogue.apply(&Event::bytes(Moment(1), side, Bytes::new()));
        assert_eq!(outline(&dialogue), outline(&Dialogue::default()));
    }
}

/// Bytes of which an mbox is made, or nearly.
fn mailbox() -> impl Strategy<Value = Vec<u8>> {
    let known = vec![
        "From a@b.example Thu Nov 26 10:59:50 2026\n",
        "From a@b.example Thu Nov 26 10:59:50 2026\r\n",
        "From \n",
        ">From a@b.example Thu Nov 26 10:59:50 2026\n",
        "Subject: x\n",
        "\n",
        "\r\n",
        "\r",
        ".\r\n",
        "..\n",
    ];
    let known = select(known).prop_map(|text| text.as_bytes().to_vec());
    vec(prop_oneof![4 => known, 1 => vec(any::<u8>(), 0..9)], 0..20).prop_map(|all| all.concat())
}

/// Headers of messages that answer one another, or nearly.
fn letters() -> impl Strategy<Value = Vec<(String, i64)>> {
    let id = || select(vec!["<a@x>", "<b@x>", "<c@x>", "<d@x>", "<e", "f@x>", "<<g@x>>", "(h", ""]);
    let ids = || vec(id(), 0..5).prop_map(|ids| ids.join(" "));
    let letter = (id(), ids(), ids(), 0..5_i64).prop_map(|(id, references, answered, date)| {
        let date_line = format!("Date: Thu, 26 Nov 2026 10:0{date}:00 +0000");
        let lines = [
            format!("Message-ID: {id}"),
            format!("References: {references}"),
            format!("In-Reply-To: {answered}"),
            date_line,
        ];
        (lines.join("\r\n") + "\r\n\r\n", date)
    });
    vec(letter, 0..12)
}

/// Depth and id of each place.
fn places(threads: &Threads) -> Vec<(usize, Option<String>)> {
    let id = |who: &Who| match who {
        Who::Here(at) => threads.letters[*at].id.clone(),
        Who::Missing { id, .. } => Some(id.clone()),
    };
    threads.entries.iter().map(|entry| (entry.depth, id(&entry.who))).collect()
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn every_byte_of_a_mailbox_can_be_reached(bytes in mailbox()) {
        let bytes = Bytes::from(bytes);
        let messages = mbox::split("x", &bytes);
        let whole: Vec<u8> = messages.iter().flat_map(|stored| stored.data.to_vec()).collect();
        prop_assert_eq!(&whole[..], &bytes[..]);
        let mut journal = Journal::new(Header::default());
        for stored in messages.into_iter().chain([Stored::whole("y".to_owned(), bytes.clone())]) {
            journal.append(Event::new(Moment(0), Happening::Stored(Box::new(stored))));
        }
        let mut dialogue = Dialogue::default();
        let mut written = Vec::new();
        let mut recorder = Recorder::begin(&mut written, &Header::default()).unwrap();
        for event in journal.events() {
            dialogue.apply(event);
            recorder.append(event).unwrap();
        }
        let found = file::read(written.as_slice()).unwrap();
        prop_assert_eq!(found.journal.events(), journal.events());
        let rows: Vec<Row> = (0..dialogue.wire().len()).filter_map(|at| dialogue.wire().row(at)).collect();
        for (index, message) in dialogue.messages().iter().enumerate() {
            let lines = rows.iter().filter_map(|row| match row {
                Row::Data { message: of, line } if *of == index => message.line(*line),
                _ => None,
            });
            let all = lines.collect::<Vec<_>>().concat();
            prop_assert_eq!(&all[..], &message.is_in().unwrap().bytes()[..]);
            prop_assert_eq!(&all[..], &message.content()[..]);
            prop_assert_eq!(message.wire_len(), all.len() as u64);
            prop_assert_eq!(message.content_len(), all.len() as u64);
        }
        for at in 0..rows.len() {
            prop_assert!(shown(&dialogue, at, Lang::En, false).is_some());
        }
    }

    #[test]
    fn every_message_hangs_in_one_place(letters in letters(), turn in any::<Index>()) {
        let read = |letters: &[(String, i64)]| {
            let letter = |(text, _): &(String, i64)| Letter::of(&Content::read(text.clone()));
            Threads::of(letters.iter().map(letter).collect())
        };
        let threads = read(&letters);
        let mut here: Vec<usize> = threads.entries.iter().filter_map(|entry| match entry.who {
            Who::Here(at) => Some(at),
            Who::Missing { .. } => None,
        }).collect();
        here.sort_unstable();
        prop_assert_eq!(here, (0..letters.len()).collect::<Vec<_>>());
        for (above, below) in threads.entries.iter().zip(threads.entries.iter().skip(1)) {
            prop_assert!(below.depth <= above.depth + 1);
        }
        prop_assert_eq!(threads.entries.first().map_or(0, |first| first.depth), 0);
        let lines = (0..=threads.line_count()).filter_map(|line| threads.at_line(line)).count();
        prop_assert_eq!(lines, threads.line_count());
        // Where each has an id of its own, the order of reading plays no part.
        let mut ids: Vec<_> = threads.letters.iter().map(|letter| letter.id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() == letters.len() && !letters.is_empty() {
            let mut turned = letters.clone();
            turned.rotate_left(turn.index(letters.len()));
            prop_assert_eq!(places(&read(&turned)), places(&threads));
        }
    }
}
