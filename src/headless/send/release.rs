//! `ehlo send --release`: a message that `ehlo serve` has caught goes on, with the envelope it came in.

use std::path::Path;

use crate::cli::SendArgs;
use crate::headless::serve::shelf::journal_of;
use crate::journal::file;
use crate::knowledge::Lang;
use crate::session::{Dialogue, Transaction};
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
    let names_recipients = [&args.to, &args.cc, &args.bcc].iter().any(|list| !list.is_empty());
    if args.from.is_none() || !names_recipients {
        let file = path.to_string_lossy();
        let envelope = envelope(&whole).ok_or_else(|| told(lang, "send.no-envelope", &file))?;
        args.from.get_or_insert_with(|| format!("<{}>", envelope.0));
        if !names_recipients {
            args.to = envelope.1.iter().map(|to| format!("<{to}>")).collect();
        }
    }
    args.message.data = Some(format!("@{}", whole.to_string_lossy()));
    Ok(args)
}

/// Sender and recipients, as they were written.
fn envelope(path: &Path) -> Option<(String, Vec<String>)> {
    let (journal, number) = journal_of(path)?;
    let name = path.file_name()?.to_str()?.split(':').next()?;
    let found = file::read(&std::fs::read(journal).ok()?).ok()?;
    let mut seen = Dialogue::default();
    found.journal.events().iter().for_each(|event| seen.apply(event));
    // The reply to its end names the file; what a fault says instead need not.
    let said = seen.exchanges().iter().find(|exchange| {
        let ends_it = exchange.turn.ends_message() && exchange.message == Some(number);
        let lines = exchange.reply.iter().flat_map(|reply| &reply.lines);
        ends_it && lines.into_iter().any(|line| stored_as(line.text()) == Some(name))
    });
    let transaction = seen.envelope().carrying(number)?;
    let to = recipients(transaction, said.and_then(|exchange| exchange.recipient));
    (!to.is_empty()).then(|| (transaction.sender.written.clone(), to))
}

/// Those to whom it goes, or the one for whom it was stored.
fn recipients(transaction: &Transaction, one: Option<usize>) -> Vec<String> {
    let all = transaction.addressees().filter(|to| one.is_none_or(|one| to.exchange == one));
    all.map(|to| to.path.written.clone()).collect()
}
