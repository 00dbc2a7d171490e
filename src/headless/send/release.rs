//! `ehlo send --release`: a message that `ehlo serve` has caught goes on, with the envelope it came in.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::SendArgs;
use crate::display::token::own_visible;
use crate::headless::serve::journals::{self, journal_of};
use crate::headless::show;
use crate::knowledge::{self, Lang};
use crate::session::{Dialogue, Exchange, Fate, Recipient, Transaction};
use crate::speaker::server::stored_as;

use super::told;

/// The same options, for the message at `path` of a Maildir. What was said of sender or recipients
/// stands; DSN and other parameters are not asked for again, since not every server has them.
///
/// # Errors
/// When the journal beside it does not tell the envelope, and nothing else does.
pub(super) fn released(args: &SendArgs, path: &Path, lang: Lang) -> anyhow::Result<SendArgs> {
    let mut args = args.clone();
    let whole = std::path::absolute(path)?;
    let file = path.to_string_lossy();
    // Whatever its journal says of it.
    std::fs::metadata(&whole).with_context(|| {
        knowledge::fill(lang, "message.unreadable", &[("file", &own_visible(&file))])
    })?;
    let names_recipients = [&args.to, &args.cc, &args.bcc].iter().any(|list| !list.is_empty());
    if args.from.is_none() || !names_recipients {
        let envelope = at(&whole).ok_or_else(|| told(lang, "send.no-envelope", &file))?;
        args.from.get_or_insert_with(|| format!("<{}>", envelope.0));
        if !names_recipients {
            args.to = envelope.1.iter().map(|to| format!("<{to}>")).collect();
        }
    }
    args.message.data = Some(format!("@{}", whole.to_string_lossy()));
    Ok(args)
}

/// Sender and recipients of the message at `path`.
fn at(path: &Path) -> Option<(String, Vec<String>)> {
    let (journal, number, copy) = journal_of(path)?;
    let name = path.file_name()?.to_str()?.split(':').next()?;
    envelope(&show::fold(&journals::read(&journal)?), name, (number, copy))
}

/// Sender and recipients of this copy of message `number`, which was stored
/// under this name.
pub(in crate::headless) fn envelope(
    seen: &Dialogue,
    name: &str,
    (number, copy): (usize, usize),
) -> Option<(String, Vec<String>)> {
    let transaction = seen.envelope().carrying(number)?;
    let ends_it = |e: &&Exchange| e.turn.ends_message() && e.message == Some(number);
    let mut ends = seen.exchanges().iter().filter(ends_it);
    let apart = !transaction.answers_each() && ends.clone().any(|end| end.recipient.is_some());
    let one = match ends.find(|end| names(end, name)) {
        Some(said) => said.recipient,
        // A fault has said something else, or nobody has heard it.
        None if apart => for_copy(transaction, copy),
        None => None,
    };
    // Those to whom it goes, or the one for whom it was stored.
    let to = transaction.addressees().filter(|to| one.is_none_or(|one| to.exchange == one));
    let to: Vec<String> = to.map(|to| to.path.address()).collect();
    (!to.is_empty()).then(|| (transaction.sender.address(), to))
}

/// Whether the reply says that a message is stored under this name.
fn names(exchange: &Exchange, name: &str) -> bool {
    let lines = exchange.reply.iter().flat_map(|reply| &reply.lines);
    lines.into_iter().any(|line| stored_as(line.text()) == Some(name))
}

/// The exchange that named the recipient for whom this copy was stored, the first being 0. Who was
/// refused has none, unless a fault says so of all.
fn for_copy(transaction: &Transaction, copy: usize) -> Option<usize> {
    let refused = |to: &&Recipient| matches!(to.delivery(), Some(Fate::Deferred | Fate::Refused));
    let mut taken = transaction.addressees().filter(|to| !refused(to));
    let to = taken.nth(copy).or_else(|| transaction.addressees().nth(copy));
    to.map(|to| to.exchange)
}
