//! One login: AUTH and the steps behind it (RFC 4954 §4), found again from any of its exchanges.

use crate::smtp::code::Class;
use crate::smtp::command::Argument;
use crate::smtp::reply::Reply;
use crate::smtp::sasl::{self, Name, Step};
use crate::smtp::verb::Verb;

use super::phase::Turn;
use super::{Dialogue, Exchange};

/// No mechanism has more steps; a server that goes on asking is not followed.
const STEPS: usize = 64;

/// What one side said in a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said<'a> {
    exchange: usize,
    by_client: bool,
    text: &'a [u8],
}

/// A login as far as it has gone.
#[derive(Clone, Debug)]
pub struct Login<'a> {
    /// The mechanism, in capitals.
    pub mechanism: &'a str,
    /// The exchange of AUTH.
    pub begun: usize,
    /// The exchange of the last step that the client took.
    pub last: usize,
    said: Vec<Said<'a>>,
}

impl<'a> Login<'a> {
    /// The login that the exchange of this number belongs to.
    pub fn at(dialogue: &'a Dialogue, index: usize) -> Option<Self> {
        let exchanges = dialogue.exchanges();
        let is_step = |at: usize| {
            let turn = exchanges.get(at).map(|exchange| &exchange.turn);
            matches!(turn, Some(Turn::LoginAnswer | Turn::Unsolicited))
        };
        let begun = (index.saturating_sub(STEPS)..=index).rev().find(|at| !is_step(*at))?;
        let command = exchanges.get(begun)?.command.as_ref()?;
        let Argument::Login { mechanism, .. } = &command.argument else { return None };
        let mut login = Self { mechanism, begun, last: begun, said: Vec::new() };
        for at in (begun..exchanges.len()).take(STEPS) {
            let Some(exchange) = exchanges.get(at) else { break };
            match exchange.turn {
                _ if at == begun => {}
                Turn::LoginAnswer => {}
                Turn::Unsolicited => continue,
                _ => break,
            }
            login.last = at;
            login.said.extend(said_by_client(at, exchange));
            login.said.extend(exchange.reply.as_ref().and_then(|r| said_by_server(at, r)));
        }
        (index <= login.last || is_step(index)).then_some(login)
    }

    /// What the client said in this exchange, read.
    pub fn client_step(&self, exchange: usize) -> Option<Step> {
        let at = self.said.iter().position(|s| s.by_client && s.exchange == exchange)?;
        Some(self.read_client(at))
    }

    /// What the server asked in the reply of this exchange, read.
    pub fn server_step(&self, exchange: usize) -> Option<Step> {
        let said = self.said.iter().find(|s| !s.by_client && s.exchange == exchange)?;
        Some(sasl::of_server(self.mechanism, said.text))
    }

    /// Everything that the client said, read.
    pub fn client_steps(&self) -> Vec<Step> {
        let steps = self.said.iter().enumerate().filter(|(_, said)| said.by_client);
        steps.map(|(at, _)| self.read_client(at)).collect()
    }

    /// Everything that the server asked, read.
    pub fn server_steps(&self) -> Vec<Step> {
        let steps = self.said.iter().filter(|said| !said.by_client);
        steps.map(|said| sasl::of_server(self.mechanism, said.text)).collect()
    }

    /// Whether the client's last step is the initial response behind AUTH.
    pub fn is_initial(&self) -> bool {
        self.last == self.begun
    }

    /// Who logs in, where the mechanism shows it and it was not blanked.
    pub fn user(&self) -> Option<String> {
        let steps = self.client_steps();
        let named = |name| {
            let fields = steps.iter().flat_map(|step| &step.fields);
            let mut named = fields.filter(|f| f.name == name && !f.secret && !f.value.is_empty());
            named.next().map(|field| String::from_utf8_lossy(&field.value).into_owned())
        };
        named(Name::User).or_else(|| named(Name::ActAs)).or_else(|| named(Name::Trace))
    }

    fn read_client(&self, at: usize) -> Step {
        let before = self.said.get(..at).unwrap_or_default();
        let nth = before.iter().filter(|said| said.by_client).count();
        let asked = before.last().filter(|said| !said.by_client);
        let question = asked.map(|said| sasl::of_server(self.mechanism, said.text));
        let question = question.as_ref().map(Step::bytes).unwrap_or_default();
        let text = self.said.get(at).map(|said| said.text).unwrap_or_default();
        sasl::of_client(self.mechanism, nth, question, text)
    }
}

/// The answer, or the initial response.
fn said_by_client(at: usize, exchange: &Exchange) -> Option<Said<'_>> {
    let line = &exchange.line.as_ref()?.bytes;
    let text = match exchange.command.as_ref().map(|command| &command.argument) {
        Some(Argument::Login { initial, .. }) => (*initial)?.of(line),
        _ => line,
    };
    Some(Said { exchange: at, by_client: true, text })
}

/// What stands behind 334.
fn said_by_server(at: usize, reply: &Reply) -> Option<Said<'_>> {
    let line = reply.lines.first().filter(|_| reply.class() == Class::Intermediate)?;
    Some(Said { exchange: at, by_client: false, text: line.text.of(&line.line.bytes) })
}

/// What a server asks in a login with this reply.
pub(super) fn question<'a>(exchange: &Exchange, reply: &'a Reply) -> Option<&'a [u8]> {
    let login = exchange.turn == Turn::LoginAnswer || exchange.verb() == Some(&Verb::Auth);
    said_by_server(0, reply).filter(|_| login).map(|said| said.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Moment, Side};
    use crate::smtp::Span;

    fn heard(lines: &[&str]) -> Dialogue {
        let mut dialogue = Dialogue::default();
        for line in lines {
            let (side, text) = match line.split_at(3) {
                ("C: ", text) => (Side::Client, text),
                (_, text) => (Side::Server, text),
            };
            let data = format!("{text}\r\n").into();
            dialogue.apply(&Event::bytes(Moment(1), side, data));
        }
        dialogue
    }

    #[test]
    fn every_step_belongs_to_its_login() {
        let seen = heard(&[
            "C: EHLO x.example",
            "S: 250 mx",
            "C: AUTH LOGIN",
            "S: 334 VXNlcm5hbWU6",
            "C: YWxpY2U=",
            "S: 334 UGFzc3dvcmQ6",
            "C: cHc=",
            "S: 235 ok",
            "C: NOOP",
        ]);
        assert!(Login::at(&seen, 0).is_none() && Login::at(&seen, 4).is_none());
        for at in 1..4 {
            let login = Login::at(&seen, at).unwrap();
            assert_eq!((login.mechanism, login.begun, login.last), ("LOGIN", 1, 3));
            assert_eq!(login.user().as_deref(), Some("alice"));
            assert_eq!((login.client_steps().len(), login.server_steps().len()), (2, 2));
        }
        let login = seen.login().unwrap();
        assert_eq!(login.client_step(3).unwrap().get(Name::Password), Some(&b"pw"[..]));
        assert_eq!(login.server_step(1).unwrap().get(Name::Prompt), Some(&b"Username:"[..]));
        assert!(login.client_step(1).is_none() && login.server_step(3).is_none());
    }

    #[test]
    fn an_answer_is_a_secret_wherever_it_lands() {
        // The server said that the login is over before it heard this.
        let mut seen = heard(&["C: EHLO x.example", "S: 250 mx"]);
        seen.hide(b"cHc=\r\n");
        for (piece, veiled) in [("cH", 2), ("c=\r\n", 2)] {
            seen.apply(&Event::bytes(Moment(1), Side::Client, piece.into()));
            assert_eq!(seen.veiled(), [Span::new(0, veiled)], "{piece}");
        }
        assert_eq!(seen.exchanges().last().unwrap().secret, Some(Span::new(0, 4)));
        assert_eq!(seen.secrets().places(b"500 cHc= what"), [Span::new(4, 8)]);
        let again = heard(&["C: EHLO x.example", "S: 250 mx", "C: cHc="]);
        assert_eq!(again.exchanges().last().unwrap().secret, None, "of itself it is a command");
    }

    #[test]
    fn who_is_let_in_behind_giving_up_has_not_logged_in() {
        for (answer, let_in) in [("*", false), ("cHc=", true)] {
            let answer = format!("C: {answer}");
            let seen = heard(&["C: AUTH PLAIN", "S: 334 ", &answer, "S: 235 ok"]);
            assert_eq!(seen.is_authenticated(), let_in, "{answer}");
            let odd: Vec<_> = seen.exchanges().iter().flat_map(Exchange::oddities).collect();
            assert_eq!(odd.iter().any(|(_, odd)| odd.id == "E16"), !let_in, "{answer}");
        }
        let seen = heard(&["C: AUTH PLAIN", "S: 334 ", "C: *", "S: 501 cancelled"]);
        assert!(seen.exchanges().iter().all(|e| e.oddities().count() == 0));
    }

    #[test]
    fn who_logged_in() {
        for (lines, user) in [
            (&["C: AUTH PLAIN AGFsaWNlAHB3", "S: 235 ok"][..], Some("alice")),
            (&["C: auth plain", "S: 334 ", "C: AGFsaWNlAHB3", "S: 235 ok"], Some("alice")),
            (&["C: AUTH PLAIN ************", "S: 235 ok"], None),
            (&["C: AUTH EXTERNAL =", "S: 235 ok"], None),
            (&["C: AUTH ANONYMOUS bWU=", "S: 235 ok"], Some("me")),
        ] {
            let seen = heard(lines);
            assert!(seen.is_authenticated());
            assert_eq!(seen.login().and_then(|l| l.user()).as_deref(), user, "{lines:?}");
        }
        let seen = heard(&["C: AUTH PLAIN AGFsaWNlAHB3", "S: 535 no"]);
        assert!(!seen.is_authenticated() && seen.login().is_none());
    }
}
