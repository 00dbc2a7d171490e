//! A message that was caught is said to another server: as a plan, whose steps are seen, changed and
//! sent like all others. The content leaves byte for byte as it came.

use bytes::Bytes;

use crate::draft::Chunk;
use crate::session::Dialogue;
use crate::session::plan::{Step, What};

use super::model::Model;

/// A message that lies elsewhere: in a session that goes on, or in the Maildir of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The session of the screen that lists the server.
    pub of: usize,
    /// The number of its session there.
    pub client: u64,
    /// Which message of that, else the last one.
    pub message: Option<usize>,
}

/// What there is to say of a message that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// This is to be said.
    Steps(Vec<Step>),
    /// It has to be brought first.
    Elsewhere(Elsewhere),
}

enum Meant<'a> {
    Here(&'a Dialogue, usize),
    Elsewhere(Elsewhere),
}

/// The message that is meant: that of the chosen row of a list, or the one that is shown.
fn meant(model: &Model) -> Result<Meant<'_>, &'static str> {
    let Some(catcher) = &model.session.catcher else {
        let shown = super::view::content::message(model).map(|(at, _)| at);
        return shown.map(|at| Meant::Here(model.session.seen(), at)).ok_or("relay.no-message");
    };
    let (client, message) = catcher.chosen().ok_or("relay.no-message")?;
    let of = model.session.id;
    let opened = || model.others.iter().find(|session| session.caught == Some((of, client)));
    let kept = catcher.kept.get(client).map(|(_, seen)| seen);
    if let Some(seen) = kept.or_else(|| Some(&opened()?.dialogue)) {
        return last_of(seen, message).map(|message| Meant::Here(seen, message));
    }
    let row = catcher.clients.get(client);
    if message.is_none() && row.is_some_and(|row| row.glance.messages == 0) {
        return Err("relay.no-message");
    }
    if let Some(why) = catcher.why_gone(client) {
        return Err(why);
    }
    Ok(Meant::Elsewhere(Elsewhere { of, client, message }))
}

fn last_of(seen: &Dialogue, message: Option<usize>) -> Result<usize, &'static str> {
    message.or_else(|| seen.messages().len().checked_sub(1)).ok_or("relay.no-message")
}

/// Why no message can be said again: the key of a sentence.
pub fn cannot(model: &Model) -> Option<&'static str> {
    match meant(model) {
        Ok(Meant::Here(seen, at)) => steps_of(seen, at, None).err(),
        Ok(Meant::Elsewhere(_)) => None,
        Err(why) => Some(why),
    }
}

/// What is to be said of the message that is meant.
///
/// # Errors
/// With the key of the sentence that says why nothing is.
pub fn relayed(model: &Model) -> Result<Relayed, &'static str> {
    match meant(model)? {
        Meant::Here(seen, at) => steps_of(seen, at, host(model)).map(Relayed::Steps),
        Meant::Elsewhere(elsewhere) => Ok(Relayed::Elsewhere(elsewhere)),
    }
}

/// What is to be said of a message that was brought.
///
/// # Errors
/// With the key of the sentence that says why nothing is.
pub fn brought(
    model: &Model,
    seen: &Dialogue,
    message: Option<usize>,
) -> Result<Vec<Step>, &'static str> {
    steps_of(seen, last_of(seen, message)?, host(model))
}

/// The name of this host.
fn host(model: &Model) -> Option<&str> {
    model.habits.hosts.first().map(String::as_str)
}

fn steps_of(seen: &Dialogue, at: usize, host: Option<&str>) -> Result<Vec<Step>, &'static str> {
    let message = seen.messages().get(at).ok_or("relay.no-message")?;
    if !message.is_whole() {
        return Err("relay.not-whole");
    }
    let transaction = seen.envelope().carrying(at).ok_or("relay.no-envelope")?;
    let to: Vec<_> = transaction.addressees().map(|to| &*to.path.written).collect();
    if to.is_empty() {
        return Err("relay.no-recipient");
    }
    let Some(host) = host else { return Ok(Vec::new()) };
    let mut params = String::new();
    let mail_data = message.mail_data();
    if mail_data.is_err() {
        params.push_str(" BODY=BINARYMIME");
    } else if message.texture().eight_bit {
        params.push_str(" BODY=8BITMIME");
    }
    let sender = &transaction.sender;
    let international = |path: &str| !path.is_ascii();
    if international(&sender.written) || to.iter().any(|path| international(path)) {
        params.push_str(" SMTPUTF8");
    }
    let say = |line: String| Step::new(What::Say(Bytes::from(format!("{line}\r\n"))));
    let mut steps = vec![say(format!("EHLO {host}"))];
    steps.push(say(format!("MAIL FROM:<{}>{params}", sender.written)));
    steps.extend(to.iter().map(|path| say(format!("RCPT TO:<{path}>"))));
    match mail_data {
        Ok(text) => steps.extend([say("DATA".to_owned()), Step::new(What::Text(text))]),
        Err(data) => steps.push(Step::new(What::Say(Chunk { data, last: true }.whole()))),
    }
    steps.push(say("QUIT".to_owned()));
    Ok(steps)
}
