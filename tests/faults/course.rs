//! How faults take a session that is under way: what was said before they were chosen, replies that
//! are kept back, transactions that outlive EHLO, and recipients that are looked up late.

use std::sync::Arc;

use ehlo::journal::{Event, Happening, Moment, Side};
use ehlo::session::{Dialogue, Keep};
use ehlo::smtp::wait::{Limits, Wait};
use ehlo::speaker::fault::{Fault, Faults, Player};
use ehlo::speaker::{Policy, Say, Seed, Server, Speaker};

use crate::outline::outline;
use crate::pair::Pair;
use crate::rows::{ROW, Row, steps};
use crate::{fault, play, policy, sees};

/// A fault of a person's own.
fn own(rule: &str) -> Fault {
    let text = format!("title = {{ en = 'own' }}\n[[rule]]\n{rule}\n");
    Fault::read("own", &text, None).unwrap_or_else(|error| panic!("{rule}: {error:?}"))
}

/// A server that is told to play `faults` once so many turns of its client were answered.
struct Later {
    player: Player,
    behind: usize,
    faults: Option<Arc<Faults>>,
}

impl Speaker for Later {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        if seen.answered().len() >= self.behind
            && let Some(faults) = self.faults.take()
        {
            self.player.play(faults);
        }
        self.player.next(now, seen)
    }
}

/// Plays a script; the server begins with `first`, and plays `then` behind so many answers.
fn later(script: &str, first: Vec<Fault>, behind: usize, then: Vec<Fault>) -> Pair {
    let [first, then] = [first, then].map(|faults| Arc::new(Faults::new(faults, 1)));
    let mut pair = Pair::against(&steps(script), Moment(0), |deliver| {
        let player = Player::new(policy(), deliver, Seed::default(), first, 1);
        Box::new(Later { player, behind, faults: Some(then) })
    });
    pair.script = pair.script.clone().expecting_nothing();
    pair.play();
    pair
}

/// A session up to the first recipient, and what comes behind.
const TWO: &str = "HELLO|MAIL|BOB|CAROL|BODY|QUIT";

#[test]
fn a_fault_that_is_chosen_later_knows_what_was_said_before() {
    let reply = "do = [{ reply = ['554 5.7.1 Chosen'] }]";
    for (rule, seen) in [
        (format!("on = 'rcpt#2 250'\n{reply}"), "rcpt#2 554"),
        (format!("on = 'rcpt'\nafter = ['mail 250', 'rcpt 250']\n{reply}"), "rcpt#2 554"),
        (format!("on = 'data'\nafter = ['ehlo', 'rcpt#1 250']\n{reply}"), "data 554"),
    ] {
        let good = || later(TWO, vec![], 4, vec![own(&rule)]);
        assert!(sees(&good(), seen), "{rule}\n{}", outline(&good().dialogue));
        // It does not matter what was played until then.
        let bad = later(TWO, vec![fault("delay=1s")], 4, vec![own(&rule)]);
        assert!(sees(&bad, seen), "{rule}\n{}", outline(&bad.dialogue));
    }
    let rule = format!("on = 'data'\nbefore = ['rcpt#1 250']\n{reply}");
    let pair = later(TWO, vec![], 4, vec![own(&rule)]);
    assert!(sees(&pair, "data 354"), "{}", outline(&pair.dialogue));
}

/// What a server has said for itself counts, whether it is on the wire or kept back.
#[test]
fn replies_that_are_kept_back_were_said() {
    let reply = "do = [{ reply = ['554 5.7.1 After'] }]";
    for keeps in ["batched", "wrong-order"] {
        let rule = format!("on = 'noop'\nafter = ['mail 250', 'rcpt 250']\n{reply}");
        let row = Row { script: "HELLO|GROUP|QUIT", ..ROW };
        let pair = play(&row, vec![fault(keeps), own(&rule)]).pop().unwrap();
        assert!(sees(&pair, "noop 554"), "{keeps}\n{}", outline(&pair.dialogue));
        let rule = format!("on = 'noop'\nbefore = ['mail 250']\n{reply}");
        let pair = play(&row, vec![fault(keeps), own(&rule)]).pop().unwrap();
        assert!(sees(&pair, "noop 250"), "{keeps}\n{}", outline(&pair.dialogue));
    }
}

/// Everything at once, so that a command waits behind the end of a message with several answers.
const AT_ONCE: &[u8] = b"LHLO pc.example.org\r\nMAIL FROM:<alice@example.org>\r\n\
RCPT TO:<bob@example.net>\r\nRCPT TO:<carol@example.net>\r\nDATA\r\nhi\r\n.\r\nNOOP\r\nQUIT\r\n";

#[test]
fn who_goes_on_behind_a_message_for_several_is_answered() {
    for faults in [vec![], vec![fault("case-sensitive")]] {
        let lmtp = Policy { lmtp: true, ..policy() };
        let faults = Arc::new(Faults::new(faults, 1));
        let mut pair = Pair::against(&steps("GREETING|PATIENCE|:close"), Moment(0), |deliver| {
            Box::new(Player::new(lmtp, deliver, Seed::default(), faults, 1))
        });
        pair.script = pair.script.clone().expecting_nothing();
        pair.blurt(AT_ONCE);
        pair.play();
        assert!(sees(&pair, "quit 221"), "{}", outline(&pair.dialogue));
        assert_eq!(pair.delivered.lock().unwrap().len(), 2);
    }
}

#[test]
fn a_kept_transaction_ends_as_any_other_does() {
    let row = |script| Row { script, ..ROW };
    let plays = |script| play(&row(script), vec![fault("ehlo-keeps-mail")]).pop().unwrap();
    let pair = plays("HELLO|MAIL|BOB|EHLO pc.example.org|RSET|C: DATA|S: 503|QUIT");
    assert!(sees(&pair, "data 503"), "{}", outline(&pair.dialogue));
    let pair = plays("HELLO|MAIL|BOB|EHLO pc.example.org|BODY|C: DATA|S: 503|QUIT");
    assert!(sees(&pair, "message 250"), "{}", outline(&pair.dialogue));
    assert!(sees(&pair, "data 503"), "{}", outline(&pair.dialogue));
    assert_eq!(pair.delivered.lock().unwrap().len(), 1);
    let pair = plays("HELLO|MAIL|BOB|EHLO pc.example.org|TLS|C: DATA|S: 503|QUIT");
    assert!(sees(&pair, "data 503"), "{}", outline(&pair.dialogue));
}

#[test]
fn a_kept_transaction_takes_chunks_and_its_message_has_its_number() {
    let script =
        "HELLO|MAIL|BOB|BODY|MAIL|CAROL|EHLO pc.example.org|C: BDAT 2|C: a\\n\\c|S: 250|CHUNK|QUIT";
    let pair = play(&Row { script, ..ROW }, vec![fault("ehlo-keeps-mail")]).pop().unwrap();
    assert!(sees(&pair, "bdat message 250"), "{}", outline(&pair.dialogue));
    let delivered = pair.delivered.lock().unwrap();
    let told: Vec<_> = delivered.iter().map(|d| (d.message, d.recipients[0].as_str())).collect();
    assert_eq!(told, [(0, "bob@example.net"), (1, "carol@example.net")]);
    assert_eq!(delivered[1].content, b"a\nhi\r\n");
}

/// The recipients that a session names are judged as RCPT would judge them, but later.
#[test]
fn who_is_looked_up_late_is_judged_as_at_rcpt() {
    let session = |to: &str, first: &str| {
        let script = format!("{first}|MAIL|RCPT TO:<{to}>|BODY|QUIT");
        let script = script.leak();
        play(&Row { script, ..ROW }, vec![fault("late-unknown")]).pop().unwrap()
    };
    for (to, first, seen) in [
        ("bob@example.net", "HELLO", "message 250"),
        ("nobody@example.net", "HELLO", "message 550"),
        ("friends@lists.example.net", "HELLO", "message 250"),
        ("bob@lists.example.net", "HELLO", "message 550"),
        ("somebody@elsewhere.example", "HELLO|LOGIN", "message 250"),
        ("bob@elsewhere.example", "HELLO", "rcpt 550"),
    ] {
        let pair = session(to, first);
        assert!(sees(&pair, seen), "{to}\n{}", outline(&pair.dialogue));
    }
    let all = Policy { catch_all: true, ..policy() };
    let faults = Arc::new(Faults::new(vec![fault("late-unknown")], 1));
    let script = steps("HELLO|MAIL|NOBODY|BODY|QUIT");
    let mut pair = Pair::against(&script, Moment(0), |deliver| {
        Box::new(Player::new(all, deliver, Seed::default(), faults, 1))
    });
    pair.play();
    assert!(sees(&pair, "message 250"), "{}", outline(&pair.dialogue));
}

#[test]
fn late_look_ups_tell_each_recipient_where_each_is_answered() {
    let lmtp = Policy { lmtp: true, ..policy() };
    let faults = Arc::new(Faults::new(vec![fault("late-unknown")], 1));
    let script = "GREETING|LHLO pc.example.org|MAIL|BOB|NOBODY|BODY|S: 550|QUIT";
    let mut pair = Pair::against(&steps(script), Moment(0), |deliver| {
        Box::new(Player::new(lmtp, deliver, Seed::default(), faults, 1))
    });
    pair.script = pair.script.clone().expecting_nothing();
    pair.play();
    assert!(sees(&pair, "message 250 bob@example.net"), "{}", outline(&pair.dialogue));
    assert!(sees(&pair, "message 550 nobody@example.net"), "{}", outline(&pair.dialogue));
    let script =
        "HELLO|MAIL FROM:<alice@example.org> PRDR|BOB|NOBODY|BODY|S: 250|S: 550|S: 250|QUIT";
    let pair = play(&Row { script: script.to_owned().leak(), ..ROW }, vec![fault("late-unknown")]);
    assert!(sees(&pair[0], "message 353"), "{}", outline(&pair[0].dialogue));
    assert!(sees(&pair[0], "message 550 nobody@example.net"), "{}", outline(&pair[0].dialogue));
    let delivered = pair[0].delivered.lock().unwrap();
    assert_eq!(delivered[0].recipients, ["bob@example.net"]);
}

/// What the driver is to know of waits follows the faults, as the server's own farewell does.
#[test]
fn waits_follow_what_is_chosen() {
    let told = |policy: Policy, first: Vec<Fault>, then: Vec<Fault>| {
        let deliver = Arc::new(|_| Ok("1".to_owned()));
        let [first, then] = [first, then].map(|faults| Arc::new(Faults::new(faults, 1)));
        let mut player = Player::new(policy, deliver, Seed::default(), first, 1);
        let mut seen = Dialogue::default();
        let opened = Happening::Opened(Box::default());
        seen.apply(&Event::new(Moment(0), opened));
        player.next(Moment(0), &seen);
        player.play(then);
        let mut limits = None;
        for _ in 0..10 {
            match player.next(Moment(0), &seen) {
                Some(Say::Limit(changes)) => limits = Some(Limits::default().with(&changes)),
                Some(Say::Bytes(data)) => {
                    let what = Happening::Bytes { from: Side::Server, data, veiled: Vec::new() };
                    seen.apply(&Event::new(Moment(0), what));
                }
                Some(Say::Wait(_)) | None => break,
                Some(_) => {}
            }
        }
        limits.map(|limits: Limits| limits.seconds(Wait::Idle))
    };
    assert_eq!(told(policy(), vec![], vec![fault("short-timeout=7s")]), Some(7));
    assert_eq!(told(policy(), vec![fault("short-timeout=7s")], vec![]), Some(300));
    assert_eq!(told(policy(), vec![], vec![fault("greylist")]), None);
}

/// A message is kept as far as it may be, also where that changes in a session.
#[test]
fn what_is_kept_of_a_message_follows_the_limit() {
    let limit = |size: u64| {
        let text = format!("title = {{ en = 'own' }}\npolicy = {{ size-limit = {size} }}\n");
        Fault::read("own", &text, None).unwrap()
    };
    let long = format!("HELLO|MAIL|BOB|C: DATA|S: 354|C: {}|C: .|S: 250|QUIT", "x".repeat(900));
    for (size, then, seen) in [(100, vec![], "message 250"), (100, vec![limit(50)], "message 552")]
    {
        let first = Arc::new(Faults::new(vec![limit(size)], 1));
        let then = Arc::new(Faults::new(then, 1));
        let mut pair = Pair::against(&steps(&long), Moment(0), |deliver| {
            let player = Player::new(policy(), deliver, Seed::default(), first, 1);
            Box::new(Later { player, behind: 3, faults: Some(then) })
        });
        pair.dialogue.keep(Keep::of_size(size));
        pair.script = pair.script.clone().expecting_nothing();
        pair.play();
        assert!(sees(&pair, seen), "{}", outline(&pair.dialogue));
    }
}

/// A good server and one that plays nothing say the very same.
#[test]
fn who_plays_nothing_is_the_good_server() {
    let script = "HELLO|NOOP|MAIL|BOB|NOBODY|BODY|RSET|MAIL|BOB|CHUNK|XYZZY|QUIT";
    let against = |plays: bool| {
        let mut pair = Pair::against(&steps(script), Moment(0), |deliver| {
            if plays {
                let none = Arc::new(Faults::default());
                Box::new(Player::new(policy(), deliver, Seed::default(), none, 1))
            } else {
                Box::new(Server::new(policy(), deliver, Seed::default()))
            }
        });
        pair.script = pair.script.clone().expecting_nothing();
        pair.play();
        pair
    };
    assert_eq!(outline(&against(true).dialogue), outline(&against(false).dialogue));
    assert_eq!(against(true).writes, against(false).writes);
}
