//! A script client and a practice server that talk to each other in memory. Time is virtual:
//! nothing sleeps, and a wait passes when nobody has anything else to say.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests, each of which uses a part"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use ehlo::journal::{Ending, Endpoints, Event, Happening, Moment, Side, TlsFacts, transcript};
use ehlo::session::{Dialogue, Keep, Phase};
use ehlo::speaker::server::{Deliver, Delivery};
use ehlo::speaker::{Drip, Policy, Say, Script, Seed, Server, Speaker};

use crate::outline::outline;

/// The file that `:data message.eml` names.
pub const MESSAGE: &[u8] = b"Subject: dots\n\n.\n..two\n.profile\nno line end";

/// No conversation of these tests takes more turns.
const ENOUGH: usize = 10_000;

/// A client and a server that see the same dialogue.
pub struct Pair {
    pub dialogue: Dialogue,
    pub now: Moment,
    pub script: Script,
    pub server: Box<dyn Speaker>,
    pub delivered: Arc<Mutex<Vec<Delivery>>>,
    /// What the server wrote, each write by itself.
    pub writes: Vec<Bytes>,
    /// Whether it ended the connection without the goodbye of TLS.
    pub is_cut: bool,
    /// Whether TLS begins where it is to begin.
    pub shakes_hands: bool,
    dripping: Option<Drip>,
}

impl Pair {
    pub fn new(text: &str, policy: Policy) -> Self {
        let server = |deliver| -> Box<dyn Speaker> {
            Box::new(Server::new(policy, deliver, Seed::default()))
        };
        Self::against(text, Moment(0), server)
    }

    /// Plays a script from `now` on against the server that `server` makes.
    pub fn against(
        text: &str,
        now: Moment,
        server: impl FnOnce(Deliver) -> Box<dyn Speaker>,
    ) -> Self {
        let load = |_, name: &str| match name {
            "message.eml" => Ok(MESSAGE.to_vec()),
            _ => Err("no such file".to_owned()),
        };
        let script = Script::new(transcript::steps(text.as_bytes()).unwrap(), load).unwrap();
        let delivered = Arc::new(Mutex::new(Vec::new()));
        let box_of = delivered.clone();
        let deliver = move |delivery: Delivery| {
            if delivery.recipients == ["dave@example.net"] {
                return Err("disk full\r\n250 ok".to_owned());
            }
            box_of.lock().unwrap().push(delivery);
            Ok("1".to_owned())
        };
        let mut pair = Self {
            dialogue: Dialogue::default(),
            now,
            script,
            server: server(Arc::new(deliver)),
            delivered,
            writes: Vec::new(),
            is_cut: false,
            shakes_hands: false,
            dripping: None,
        };
        pair.happens(Happening::Opened(Box::new(Endpoints {
            loopback: true,
            ..Endpoints::default()
        })));
        pair
    }

    fn happens(&mut self, what: Happening) {
        self.dialogue.apply(&Event::new(self.now, what));
    }

    /// What a side does next; what leaves in pieces leaves so.
    fn next(&mut self, side: Side) -> Option<Say> {
        if side == Side::Client {
            return self.script.next(self.now, &self.dialogue);
        }
        if let Some(drip) = &mut self.dripping {
            match drip.next(self.now) {
                Some(say) => return Some(say),
                None => self.dripping = None,
            }
        }
        let begins = self.dialogue.phase() == Phase::AwaitingTls && !self.dialogue.is_secured();
        if self.shakes_hands && begins && self.server.shakes_hands() {
            self.happens(Happening::Secured(Box::<TlsFacts>::default()));
        }
        match self.server.next(self.now, &self.dialogue) {
            Some(Say::Drip(drip)) => {
                self.dripping = Some(drip);
                self.next(side)
            }
            say => say,
        }
    }

    /// The client says this before it is asked, whatever the script says.
    pub fn blurt(&mut self, bytes: &'static [u8]) {
        let data = Bytes::from_static(bytes);
        self.happens(Happening::Bytes { from: Side::Client, data, veiled: Vec::new() });
    }

    /// Lets one side say all it has to say; tells whether it said anything, and its wait.
    fn speak(&mut self, side: Side) -> (bool, Option<Duration>) {
        let mut spoke = false;
        for _ in 0..ENOUGH {
            let what = match self.next(side) {
                Some(say @ (Say::Bytes(_) | Say::Answer(_) | Say::Drip(_))) => {
                    let data = Bytes::copy_from_slice(say.bytes());
                    if side == Side::Server {
                        self.writes.push(data.clone());
                    }
                    Happening::Bytes { from: side, data, veiled: Vec::new() }
                }
                Some(Say::Close(how)) => Happening::Closed { by: side, how },
                Some(Say::Cut) => {
                    self.is_cut = true;
                    Happening::Closed { by: side, how: Ending::Finished }
                }
                Some(Say::Played(played)) => Happening::Played(played),
                Some(Say::Keep(bytes)) => {
                    self.dialogue.keep(Keep::of_size(bytes));
                    continue;
                }
                Some(Say::Limit(_) | Say::Gate(_) | Say::Inquire(_) | Say::Verify(_)) => continue,
                Some(Say::Wait(time)) => return (spoke, Some(time)),
                None => return (spoke, None),
            };
            self.happens(what);
            spoke = true;
        }
        panic!("the {side:?} does not stop\n{}", outline(&self.dialogue))
    }

    /// One round: both sides speak; if both are silent, the shorter wait passes.
    pub fn step(&mut self) -> bool {
        let (client, patience) = self.speak(Side::Client);
        let (server, wait) = self.speak(Side::Server);
        if client || server {
            return true;
        }
        let next = [patience, wait].into_iter().flatten().min();
        if let Some(time) = next {
            self.now = self.now.plus(time);
        }
        next.is_some()
    }

    /// Goes on until both have nothing to say.
    pub fn play(&mut self) {
        for _ in 0..ENOUGH {
            if !self.step() {
                return;
            }
        }
        panic!("this never ends\n{}", outline(&self.dialogue))
    }
}
