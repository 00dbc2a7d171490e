//! What a server has: its sessions, its mail, and one of them opened.

use std::fmt::Write as _;

use crossterm::event::MouseEventKind;
use ehlo::journal::transcript::recording;
use ehlo::journal::{Ending, Event, Happening, Moment, Side};
use ehlo::knowledge::Lang;
use ehlo::session::archive::{Archive, Room};
use ehlo::session::{Dialogue, Glance, Keep, Past, Phase};
use ehlo::tui::catcher::{Away, Catcher, Client, Fate, Listing, Mail, News};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::model::Pane;

use super::checks::{everywhere, golden};
use super::scene::{DOT, ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, SMALL, Scene};

const SECOND: u64 = 1_000_000;

/// A screen that lists a server to which nobody has connected.
fn empty(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::dialling(size, lang, "127.0.0.1:2525");
    scene.model.session.dialling = false;
    scene.model.session.recorded = true;
    scene.model.session.catcher = Some(Box::new(Catcher::default()));
    scene.model.focus = Pane::Transcript;
    scene
}

/// What these lines and this ending are as a session that is over.
fn talk(parts: &[&str], how: Ending) -> (Past, Dialogue) {
    let journal = recording(parts.join("\n").as_bytes()).unwrap();
    let mut events = journal.into_events();
    events.retain(|event| !matches!(event.what, Happening::Closed { .. }));
    let at = events.last().map_or(Moment(0), |event| event.at);
    events.push(Event::new(at, Happening::Closed { by: Side::Client, how }));
    Past::of(events, Keep::ALL)
}

/// The row of session `number` that began so many seconds after the first.
fn row(number: u64, at: u64) -> Client {
    let time = format!("14:{:02}:{:02}", at / 60, at % 60);
    let peer = Some(format!("127.0.0.1:{}", 40_000 + number));
    let mut glance = Glance::default();
    glance.peer = peer;
    Client { number, began: Moment(at * SECOND), time, glance, ..Client::default() }
}

fn over(number: u64, at: u64, parts: &[&str], how: Ending) -> News {
    let over = talk(parts, how);
    let client = Client { lasted: Some(820_000), ..row(number, at).seen(&over.1) };
    News::Over(Box::new(client), Box::new(over))
}

/// A session that goes on, and stands in this phase.
fn live(number: u64, at: u64, phase: Phase) -> News {
    let Client { mut glance, .. } = row(number, at);
    glance.phase = phase;
    glance.user = number.is_multiple_of(3).then(|| "alice@example.org".to_owned());
    glance.secured = number.is_multiple_of(2);
    glance.tls = glance.secured.then(|| "TLSv1.3".to_owned());
    glance.sender = Some("alice@example.org".to_owned());
    glance.named = vec!["bob@example.net".to_owned(), "carol@example.net".to_owned()];
    (glance.recipients, glance.exchanges, glance.messages, glance.coming) = (2, 6, 1, 48_213);
    News::Client(Box::new(Client { glance, ..row(number, at) }))
}

/// A client that was turned away.
fn away(number: u64, at: u64, away: Away) -> News {
    let door = "127.0.0.1:2525".into();
    News::TurnedAway(Box::new(Client { away: Some(away), door, ..row(number, at) }))
}

const QUIT: &str = "C: QUIT\nS: 221 2.0.0 bye";
const UNKNOWN: &str = "C: MAIL FROM:<alice@example.org>\nS: 250 2.1.0 Ok\nC: RCPT TO:<nobody@example.net>\nS: 550 5.1.1 <nobody@example.net> is unknown here";
const TOO_LARGE: &str = "C: .\nS: 552 5.3.4 Message too big";
const JAPANESE: &str = "C: MAIL FROM:<postmaster@example.jp>\nS: 250 2.1.0 Ok\nC: RCPT TO:<bob@example.net>\nS: 250 2.1.5 Ok\nC: DATA\nS: 354 Go on\nC: Subject: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=\nC:\nC: Hello\nC: .\nS: 250 2.0.0 Message accepted as 2";

/// A server with sessions of all kinds.
pub(crate) fn busy(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = empty(size, lang);
    let talked = [GREETING, HELLO, ENVELOPE, MESSAGE];
    let with = |parts: &[&'static str]| [&talked[..], parts].concat();
    let news = vec![
        over(1, 0, &with(&[DOT, JAPANESE, QUIT]), Ending::Finished),
        over(2, 2, &[GREETING, HELLO, UNKNOWN, QUIT], Ending::Finished),
        over(3, 3, &with(&[TOO_LARGE, QUIT]), Ending::Finished),
        over(4, 5, &talked, Ending::Finished),
        over(5, 6, &[GREETING, HELLO], Ending::Reset),
        over(6, 8, &[GREETING], Ending::Finished),
        over(7, 9, &[GREETING, HELLO], Ending::TimedOut),
        live(8, 11, Phase::Ready),
        live(9, 14, Phase::MailData),
        live(10, 14, Phase::Login),
        live(11, 15, Phase::AwaitingTls),
    ];
    scene.now = 75 * SECOND;
    scene.tells(Message::Tick(Moment(scene.now)));
    scene.tells(Message::Caught(1, news));
    scene
}

/// A server with several doors, which takes two clients at once and some of them through sockets.
fn crowded(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = empty(size, lang);
    "127.0.0.1:2525 smtps://127.0.0.1:4465 lmtp://unix:/run/user/1000/mail/lmtp.sock"
        .clone_into(&mut scene.model.session.target);
    let through = |news, door: &str| match news {
        News::Client(mut client) => {
            client.door = door.into();
            client.glance.peer = None;
            News::Client(client)
        }
        news => news,
    };
    scene.now = 75 * SECOND;
    scene.tells(Message::Tick(Moment(scene.now)));
    scene.tells(Message::Caught(
        1,
        vec![
            over(1, 0, &[GREETING, HELLO, UNKNOWN, QUIT], Ending::Finished),
            live(2, 1, Phase::Ready),
            through(live(3, 4, Phase::MailData), "lmtp://unix:/run/user/1000/mail/lmtp.sock"),
            away(4, 20, Away::TooMany),
            away(5, 21, Away::TooFast),
        ],
    ));
    scene
}

#[test]
fn who_is_turned_away_is_listed_too() {
    everywhere("catcher-crowded", crowded);
    golden("catcher-crowded-en-40x10", &crowded((40, 10), Lang::En));
    golden("catcher-crowded-ja-40x10", &crowded((40, 10), Lang::Ja));
    let mut scene = crowded(SMALL, Lang::En);
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("nothing to open"), "{}", scene.hints());
    for (sieve, kept) in [("turned", 2), ("lmtp", 1), ("rate", 1), ("over", 3)] {
        scene.press("f");
        scene.press("ctrl-u");
        scene.types(sieve);
        scene.press("enter");
        assert_eq!(catcher(&scene).clients.len(), kept, "{sieve}");
    }
    scene.press("esc");
    // However many there are, they do not drive sessions out.
    let many = (6..2_000).map(|n| away(n, 30, Away::TooFast)).collect();
    scene.tells(Message::Caught(1, many));
    assert_eq!((catcher(&scene).turned_away, catcher(&scene).clients.all()), (1_996, 503));
    assert!(catcher(&scene).clients.get(1).is_some() && catcher(&scene).open == 2);
    scene.press("shift-d");
    assert_eq!(catcher(&scene).clients.all(), 2, "what goes on stays");
}

/// One of its messages, opened.
pub(crate) fn opened(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = busy(size, lang);
    for key in ["m", "home", "down"] {
        scene.press(key);
    }
    assert_eq!(scene.press("enter"), []);
    scene
}

fn catcher(scene: &Scene) -> &Catcher {
    scene.model.session.catcher.as_ref().unwrap()
}

#[test]
fn nobody_has_connected() {
    everywhere("catcher-empty", empty);
}

#[test]
fn sessions_of_all_kinds() {
    everywhere("catcher", busy);
    golden("catcher-en-40x10", &busy((40, 10), Lang::En));
    golden("catcher-ja-40x10", &busy((40, 10), Lang::Ja));
}

#[test]
fn mails_of_all_kinds() {
    let listed = |size, lang| {
        let mut scene = busy(size, lang);
        // That they were stored was told while their session went on.
        let stored = catcher(&scene).mails.rows().take(2).zip(6..);
        let name =
            |(mail, n): (&Mail, usize)| Mail { name: format!("message {n}"), ..mail.clone() };
        let news = stored.map(name).map(|mail| News::Mail(Box::new(mail))).collect();
        scene.tells(Message::Caught(1, news));
        scene.press("m");
        scene.press("up");
        scene
    };
    everywhere("catcher-mails", listed);
    for lang in [Lang::En, Lang::Ja] {
        golden(&format!("catcher-mails-{}-40x10", lang.code()), &listed((40, 10), lang));
    }
    // What the client was told finds the row.
    let mut scene = listed(SMALL, Lang::En);
    scene.press("home");
    assert!(scene.shows("┌ Session 1  message 6 ─"), "{}", scene.grid());
    scene.press("/");
    scene.types("\"message 7\"");
    scene.press("enter");
    assert_eq!((catcher(&scene).count(), catcher(&scene).chosen()), ((1, 4), Some((1, Some(1)))));
}

#[test]
fn a_message_is_opened_with_its_talk_beside_it() {
    everywhere("catcher-opened", opened);
    let scene = opened(SMALL, Lang::En);
    assert_eq!(scene.model.session.chosen, Some(1), "the second of the first session");
}

#[test]
fn a_session_is_opened_and_left_again() {
    let mut scene = busy(SMALL, Lang::En);
    scene.press("home");
    scene.press("enter");
    assert!(scene.shows("[2 #1 127.0.0.1:40001 closed]") && scene.shows("S 220 mx.example.net"));
    // It can be seen as it stood before.
    scene.press("alt-up");
    assert!(scene.model.session.travels());
    scene.press("esc");
    assert!(!scene.model.session.travels());
    assert_eq!(scene.press("esc"), [Effect::Close(2)]);
    assert!(scene.model.session.catcher.is_some() && scene.model.others.is_empty());
    // One that is left for another one stays.
    scene.press("enter");
    scene.press("ctrl-pageup");
    assert_eq!(
        (scene.model.others.len(), catcher(&scene).clients.chosen().unwrap().number),
        (1, 1)
    );
    scene.press("down");
    scene.press("enter");
    assert_eq!(scene.model.others.len(), 2);
    scene.press("backspace");
    assert_eq!(scene.model.others.len(), 1, "the first is still there");
    assert!(scene.shows("listening"));
}

#[test]
fn what_gave_way_is_asked_for_where_there_is_a_folder() {
    let mut scene = busy(SMALL, Lang::En);
    let list = scene.model.session.catcher.as_mut().unwrap();
    list.kept.clear();
    scene.press("home");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("gave way to newer ones"), "{}", scene.hints());
    scene.model.session.catcher.as_mut().unwrap().shelved = true;
    let recall = Effect::Recall { session: 2, of: 1, client: 1, file: None };
    assert_eq!(scene.press("enter"), [recall]);
    let seen = talk(&[GREETING, HELLO, UNKNOWN, QUIT], Ending::Finished);
    scene.tells(Message::Loaded(2, Box::new(seen), None));
    assert!(scene.shows("[2 #1 127.0.0.1:40001 closed]") && scene.shows("S 220 mx.example.net"));
    assert!(scene.hints().contains("Esc to the list"), "{}", scene.hints());
    scene.press("/");
    scene.types("EHLO");
    scene.press("enter");
    assert!(scene.hints().contains("Esc back"), "first it ends the search: {}", scene.hints());
    scene.press("esc");
    assert!(scene.model.session.is_caught() && scene.hints().contains("Esc to the list"));
    scene.press("esc");
    // It may be gone there, too.
    scene.press("enter");
    assert_eq!(scene.tells(Message::Unopened(3, "gone".to_owned())), [Effect::Close(3)]);
    assert!(scene.shows("[Sessions: 11]") && scene.hints().contains("gone"));
}

/// A row says what is true of what it names, and what of that can be done.
#[test]
fn what_gave_way_is_no_longer_said_to_be_kept() {
    let whole = [GREETING, HELLO, ENVELOPE, MESSAGE, DOT, QUIT];
    let full = |shelved| {
        let mut scene = empty(SMALL, Lang::En);
        let list = scene.model.session.catcher.as_mut().unwrap();
        list.kept = Archive::new(Room { sessions: 1, bytes: 1 << 20 });
        list.shelved = shelved;
        let talks = [1, 2].map(|number| over(number, number, &whole, Ending::Finished));
        scene.tells(Message::Caught(1, talks.to_vec()));
        scene.press("m");
        scene.press("home");
        scene
    };
    let mut scene = full(false);
    assert!(scene.shows("#1 14:00:01 taken, gone") && scene.shows("#2 14:00:02 kept"));
    assert!(scene.shows("--maildir"), "what can be done is said: {}", scene.grid());
    assert_eq!((scene.press("enter"), scene.model.others.len()), (vec![], 0));
    scene.press("m");
    scene.press("home");
    assert!(scene.shows("gave way to newer ones"), "{}", scene.grid());
    assert!(!full(true).shows("taken, gone"), "there is a folder");
}

/// What gave way was there all the same, and comes once.
#[test]
fn the_lists_say_how_much_has_come() {
    let whole = [GREETING, HELLO, ENVELOPE, MESSAGE, DOT, QUIT];
    let mail = |client| News::Mail(Box::new(Mail { client, ..Mail::default() }));
    for (lang, told) in [(Lang::En, "[Mail: 12163]"), (Lang::Ja, "[メール: 12163]")] {
        let mut scene = empty((40, 10), lang);
        scene.tells(Message::Caught(1, vec![live(1, 0, Phase::Ready)]));
        scene.tells(Message::Caught(1, (1..=12_163).map(mail).collect()));
        scene.press("m");
        assert!(scene.shows(told), "{}", scene.grid());
        // The session of the first one is over.
        scene.tells(Message::Caught(1, vec![over(1, 1, &whole, Ending::Finished)]));
        assert!(scene.shows(told), "{}", scene.grid());
        assert_eq!(catcher(&scene).chosen(), Some((12_163, Some(0))));
        scene.press("d");
        assert!(scene.shows("12162"), "{}", scene.grid());
    }
}

/// What was not heard did not give way, and the other way round.
#[test]
fn what_was_missed_is_told_from_what_gave_way() {
    const GAVE_WAY: &str = "it gave way to newer ones (--keep, --maildir)";
    const MISSED: &str = "its end was missed: too much came at once (--maildir)";
    let whole = [GREETING, HELLO, ENVELOPE, MESSAGE, DOT, QUIT];
    let mut scene = empty(SMALL, Lang::En);
    let none = Room { sessions: 0, bytes: 0 };
    scene.model.session.catcher.as_mut().unwrap().kept = Archive::new(none);
    let unheard = row(2, 2).seen(&talk(&whole, Ending::Finished).1);
    let missed = Client { heard: Some(false), ..unheard.clone() };
    let mail = Mail { client: 2, fate: Fate::Kept, ..Mail::default() };
    let news = vec![
        over(1, 1, &whole, Ending::Finished),
        News::Mail(Box::new(mail)),
        News::Client(Box::new(unheard)),
    ];
    scene.tells(Message::Caught(1, news));
    // Until it is known what of it was heard, nothing is said of that.
    assert!(!scene.shows(MISSED) && !scene.shows(GAVE_WAY), "{}", scene.grid());
    let attend = Effect::Attend { session: 2, of: 1, client: 2 };
    assert_eq!(scene.press("enter"), [attend]);
    assert_eq!(scene.press("esc"), [Effect::Close(2)]);
    scene.press("m");
    assert!(scene.shows("kept"), "{}", scene.grid());
    scene.press("m");
    scene.tells(Message::Caught(1, vec![News::Client(Box::new(missed))]));
    for _ in Listing::ALL {
        for (key, told, other) in [("home", GAVE_WAY, MISSED), ("end", MISSED, GAVE_WAY)] {
            scene.press(key);
            assert!(scene.shows(told) && !scene.shows(other), "{}", scene.grid());
            for key in ["enter", "r"] {
                assert_eq!(scene.press(key), []);
                assert!(scene.hints().contains(told), "{}", scene.hints());
            }
        }
        scene.press("m");
        assert!(!scene.shows("kept"), "{}", scene.grid());
    }
}

/// It was over before it could be heard: no tab stays, and the list is in front again.
#[test]
fn what_is_opened_too_late_leaves_no_tab() {
    const TOLD: &str = "that talk is over";
    let late = |id| Message::Unopened(id, TOLD.to_owned());
    let mut scene = busy(SMALL, Lang::En);
    scene.tells(Message::Caught(1, vec![live(20, 20, Phase::Ready)]));
    // Another tab stands between.
    scene.press("home");
    scene.press("enter");
    scene.press("ctrl-pageup");
    scene.press("end");
    let attend = |session| [Effect::Attend { session, of: 1, client: 20 }];
    assert_eq!(scene.press("enter"), attend(3));
    assert_eq!(scene.tells(late(3)), [Effect::Close(3)]);
    assert!(scene.shows("[Sessions: 12]") && scene.hints().contains(TOLD), "{}", scene.grid());
    assert_eq!(scene.model.others.len(), 1);
    // It was told of meanwhile.
    assert_eq!(scene.press("enter"), attend(4));
    let end = over(20, 20, &[GREETING, HELLO, QUIT], Ending::Finished);
    scene.tells(Message::Caught(1, vec![end]));
    assert_eq!(scene.tells(late(4)), []);
    assert!(scene.shows("C QUIT") && !scene.hints().contains(TOLD), "{}", scene.grid());
}

/// Where there is no place for the path of a message, its name is seen.
#[test]
fn the_name_of_the_file_is_seen() {
    let mut scene = busy(SMALL, Lang::En);
    let name = "1795780527.M818175P14279S2_000.ehlo";
    for folder in ["./mail/new", "/home/alice/projects/newsletter/mail/new"] {
        let mail = Mail { client: 99, file: format!("{folder}/{name}"), ..Mail::default() };
        scene.tells(Message::Caught(1, vec![News::Mail(Box::new(mail))]));
        scene.press("m");
        scene.press("end");
        assert!(scene.shows(name), "{}", scene.grid());
        scene.press("m");
    }
    assert!(!scene.shows("newsletter"));
}

#[test]
fn a_session_stays_as_long_as_a_row_of_either_list_is_of_it() {
    let mut scene = busy(SMALL, Lang::En);
    scene.press("home");
    scene.press("d");
    scene.press("m");
    scene.press("home");
    scene.press("enter");
    assert_eq!(scene.model.session.caught, Some((1, 1)), "{}", scene.grid());
    scene.press("esc");
    scene.press("d");
    assert!(catcher(&scene).kept.get(1).is_some(), "its second message is listed");
    scene.press("home");
    scene.press("d");
    assert!(catcher(&scene).kept.get(1).is_none());
}

#[test]
fn hints_are_of_what_can_be_done() {
    for listing in ["", "m"] {
        let mut scene = empty(SMALL, Lang::En);
        scene.types(listing);
        assert!(!scene.hints().contains("open"), "{}", scene.hints());
    }
    // A session that was opened to talk leads back to the list.
    let mut scene = busy(SMALL, Lang::En);
    let id = scene.model.add_session("mx.example.com".to_owned());
    scene.model.bring_to_front(id);
    scene.model.focus = Pane::Transcript;
    assert!(scene.hints().contains("Backspace to the list"), "{}", scene.hints());
    scene.types(":catcher.clear");
    scene.press("enter");
    assert!(scene.hints().contains("for the list of the server"), "{}", scene.hints());
}

#[test]
fn a_session_that_goes_on_is_heard() {
    let mut scene = busy(LARGE, Lang::En);
    scene.press("end");
    assert_eq!(scene.press("enter"), [Effect::Attend { session: 2, of: 1, client: 11 }]);
    assert!(scene.model.session.loading);
    let before = talk(&[GREETING, HELLO], Ending::Finished);
    let mut begun = Dialogue::new(Keep::ALL);
    let events = recording([GREETING, HELLO].join("\n").as_bytes()).unwrap().into_events();
    let open: Vec<_> =
        events.into_iter().filter(|e| !matches!(e.what, Happening::Closed { .. })).collect();
    for event in &open {
        begun.apply(event);
    }
    scene.tells(Message::Loaded(2, Box::new((Past::default(), begun)), None));
    scene.elsewhere(2, super::scene::said(Side::Client, b"MAIL FROM:<a@b.example>\r\n"));
    assert!(scene.shows("a@b.example") && scene.shows("[2 #11 127.0.0.1:40011 open]"));
    for (side, line) in [
        (Side::Server, &b"250 ok\r\n"[..]),
        (Side::Client, b"RCPT TO:<c@d.example>\r\n"),
        (Side::Server, b"250 ok\r\n"),
        (Side::Client, b"DATA\r\n"),
        (Side::Server, b"354 go\r\n"),
    ] {
        scene.elsewhere(2, super::scene::said(side, line));
    }
    assert!(scene.shows("nothing can be sent from here") && !scene.shows("DATA>"));
    // It is over, and what was not heard of it is there.
    let client = Client { lasted: Some(1), ..row(11, 15).seen(&before.1) };
    let all = before.0.len();
    scene.tells(Message::Caught(1, vec![News::Over(Box::new(client), Box::new(before))]));
    assert_eq!(scene.model.session.past.len(), all);
}

#[test]
fn one_that_was_over_too_soon_is_there_when_it_is_told() {
    let mut scene = busy(SMALL, Lang::En);
    scene.press("enter");
    scene.tells(Message::Loaded(2, Box::default(), Some("too late".to_owned())));
    scene.tells(Message::Caught(1, vec![over(11, 15, &[GREETING, HELLO, UNKNOWN], Ending::Reset)]));
    assert!(scene.shows("nobody@example.net"));
}

#[test]
fn a_sieve_keeps_what_one_looks_for() {
    everywhere("catcher-sieve", |size, lang| {
        let mut scene = busy(size, lang);
        scene.press("/");
        scene.types("alice !open");
        scene
    });
    let mut scene = busy(SMALL, Lang::En);
    for (sieve, kept) in
        [("open", 4), ("5xx", 4), ("tls", 3), ("reset", 1), ("broken", 2), ("中", 5)]
    {
        scene.press("f");
        scene.press("ctrl-u");
        scene.types(sieve);
        scene.press("enter");
        assert_eq!(catcher(&scene).clients.len(), kept, "{sieve}");
    }
    scene.press("f");
    scene.types("x");
    scene.press("esc");
    assert_eq!(catcher(&scene).clients.len(), 5, "the one before is there again");
    scene.press("esc");
    assert_eq!(catcher(&scene).clients.len(), 11);
    scene.press("f");
    scene.types("nothing at all");
    scene.press("enter");
    assert!(scene.shows("Nothing fits the filter; Esc drops it."));
    assert_eq!(scene.press("enter"), [], "there is nothing to open");
}

#[test]
fn what_is_over_is_taken_off_and_what_goes_on_stays() {
    let mut scene = busy(SMALL, Lang::En);
    scene.press("d");
    assert!(scene.hints().contains("this session goes on"));
    scene.press("home");
    scene.press("d");
    assert_eq!(catcher(&scene).clients.at(0).unwrap().number, 2);
    scene.press("shift-d");
    let left: Vec<_> =
        (0..9).filter_map(|at| Some(catcher(&scene).clients.at(at)?.number)).collect();
    assert_eq!((left, catcher(&scene).mails.all()), (vec![8, 9, 10, 11], 0));
}

#[test]
fn a_message_goes_to_another_server_as_a_plan() {
    let mut scene = busy(SMALL, Lang::En);
    scene.press("m");
    scene.press("home");
    scene.press("r");
    scene.types("mx.example.com");
    let effects = scene.press("enter");
    let [Effect::Relay(target, steps)] = &effects[..] else { panic!("{effects:?}") };
    let mut said = String::new();
    for step in steps {
        writeln!(said, "{}", step.what.text()).unwrap();
    }
    assert_eq!(target, "mx.example.com");
    assert!(said.starts_with(
        "EHLO pc.example.org\nMAIL FROM:<alice@example.org>\nRCPT TO:<bob@example.net>\nDATA\n"
    ));
    assert!(said.contains("see you there.\\r\\n.") && said.ends_with("QUIT\n"), "{said}");
    // That of a session that goes on is brought first, the same is with one whose session gave way.
    scene.press("esc");
    scene.press("m");
    scene.press("end");
    scene.press("r");
    scene.types("mx.example.com");
    let effects = scene.press("enter");
    let [Effect::Bring(what, target)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((what.of, what.client, what.message, &**target), (1, 11, None, "mx.example.com"));
    let seen = talk(&[GREETING, HELLO, ENVELOPE, MESSAGE, DOT], Ending::Finished);
    let effects = scene.tells(Message::Brought(what.clone(), target.clone(), Some(Box::new(seen))));
    assert!(matches!(&effects[..], [Effect::Relay(to, steps)] if to == target && steps.len() == 6));
    let effects = scene.tells(Message::Brought(what.clone(), target.clone(), None));
    assert!(
        effects.is_empty() && scene.hints().contains("gave way to newer ones"),
        "{}",
        scene.hints()
    );
    scene.press("m");
    // What did not come to its end is not relayed.
    scene.press("end");
    scene.press("r");
    assert!(scene.hints().contains("only a message that came to its end"), "{}", scene.hints());
}

#[test]
fn the_mouse_chooses_opens_and_scrolls() {
    let mut scene = busy(SMALL, Lang::En);
    let place = scene.find("refused 550");
    scene.click(place);
    assert_eq!(catcher(&scene).clients.chosen().unwrap().number, 2);
    scene.mouse(MouseEventKind::ScrollDown, place);
    assert_eq!(catcher(&scene).clients.chosen().unwrap().number, 5);
    let place = scene.find("refused 552");
    scene.double_click(place);
    assert_eq!(scene.model.session.caught, Some((1, 3)));
    scene.press("esc");
    let place = scene.find("Mail: 4 ═");
    scene.click(place);
    assert!(scene.shows("[Mail: 4]"));
}

/// The list moves below the pointer at once, wherever the choice stands.
#[test]
fn the_wheel_scrolls_the_list_below_the_pointer() {
    for listing in ["", "m"] {
        let mut scene = empty(SMALL, Lang::En);
        let talks = (1..=40)
            .map(|n| over(n, n, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT], Ending::Finished));
        scene.tells(Message::Caught(1, talks.collect()));
        scene.types(listing);
        let area = scene.model.panes().of(Pane::Transcript).unwrap();
        let below = scene.model.panes().explain;
        let last = |scene: &Scene| super::checks::row(&scene.drawn().0, area.bottom() - 2);
        let newest = last(&scene);
        for place in [area.as_position(), below.as_position()] {
            scene.mouse(MouseEventKind::ScrollDown, place.into());
            assert!(scene.shows("follow"), "{}", scene.grid());
        }
        scene.mouse(MouseEventKind::ScrollUp, below.as_position().into());
        assert_eq!(last(&scene), newest, "the pointer is not in the list");
        scene.mouse(MouseEventKind::ScrollUp, (area.x + 5, area.y + 5));
        assert!(
            last(&scene).contains("14:00:37") || last(&scene).contains(" 37 "),
            "{}",
            scene.grid()
        );
    }
}

/// The first click chooses and closes; the second is not for the row behind it.
#[test]
fn a_double_click_in_the_faults_does_not_reach_the_list() {
    let mut scene = busy(SMALL, Lang::En);
    let before = catcher(&scene).clients.chosen().unwrap().number;
    scene.types(":fault grey");
    let place = scene.find("greylist");
    let effects = scene.double_click(place);
    assert_eq!(effects, [Effect::Play(1, "greylist".to_owned())]);
    assert!(scene.model.session.catcher.is_some() && scene.model.popup.is_none());
    let list = catcher(&scene);
    assert_eq!((list.clients.chosen().unwrap().number, list.clients.follows()), (before, true));
}

#[test]
fn a_paste_that_is_put_off_is_not_promised_to_a_prompt() {
    let mut scene = busy(SMALL, Lang::En);
    scene.tells(Message::Paste("NOOP\nNOOP".to_owned()));
    scene.press("esc");
    assert_eq!(scene.hints().trim(), "nothing was sent");
}

#[test]
fn keys_of_talks_say_that_they_are_for_talks() {
    let mut scene = busy(SMALL, Lang::En);
    for key in ["i", "3", "5", "b", "shift-t", "shift-c", "(", "z", "f7", "f8", "f9", "f4", "tab"] {
        scene.press(key);
        assert!(scene.model.session.catcher.is_some() && scene.model.popup.is_none(), "{key}");
    }
    scene.press("i");
    assert_eq!(scene.hints(), " that is for a session; Enter opens the chosen one");
    scene.types("QUIT");
    assert!(scene.model.prompt.text().is_empty());
    scene.press("?");
    assert!(scene.shows("In the list of a server"));
    scene.press("esc");
    scene.press(":");
    scene.types("relay");
    assert!(scene.shows(":relay"));
}

#[test]
fn many_sessions_cost_no_more_than_few() {
    let mut scene = empty(LARGE, Lang::En);
    let many: Vec<_> = (1..=5_000).map(|n| live(n, n, Phase::Ready)).collect();
    scene.tells(Message::Caught(1, many));
    assert_eq!(catcher(&scene).open, 5_000);
    assert!(scene.shows("5000"));
    scene.press("home");
    assert!(scene.shows("open: 5000") && scene.shows("127.0.0.1:40001"));
    scene.tells(Message::Caught(1, vec![live(5_001, 9, Phase::Ready)]));
    assert_eq!(catcher(&scene).clients.chosen().unwrap().number, 1, "what is read stays");
}
