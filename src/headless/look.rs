//! One view of a message, printed, or one of its parts, as it is.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::{SeenArgs, VerifyArgs};
use crate::display::content::save::{self, Form, Wish};
use crate::display::content::{
    self, Carried, ContentView, Judged, Laid, Sheet, Shown, View, Way, body,
};
use crate::display::token::own_visible;
use crate::display::words::grouped;
use crate::knowledge::{self, Lang};
use crate::session::content::{Content, Part};
use crate::session::thread::Threads;
use crate::session::{Dialogue, Message, Shared};

use super::authenticity::Wanted;
use super::{Outcome, Setting, complain, mailbox, print, recent, say, show, write_out};

/// Columns of what is printed, so that it fits a terminal of eighty.
const COLUMNS: usize = 78;

/// Prints what was asked for of a message in each of `files`; it is verified where that is wanted.
///
/// # Errors
/// When there is no such message or part, or it cannot be read or written.
pub fn run(
    files: Vec<PathBuf>,
    seen: &SeenArgs,
    verify: &VerifyArgs,
    setting: &Setting,
) -> anyhow::Result<Outcome> {
    let wanted = Wanted::of(verify, setting)?;
    let mut outcome = Outcome::Done;
    let files = recent::recalled(files, setting)?;
    for files in mailbox::together(files) {
        let found = mailbox::open(&files, setting.lang(), &mut |_, _| true)?;
        if found.broken {
            outcome = Outcome::Usage;
        }
        for told in &found.told {
            complain(told);
        }
        let mut dialogue = show::fold(&found.journal);
        if seen.view == Some(View::Envelope) {
            say(&envelope(&dialogue, seen.message.map(index), setting.lang())?)?;
            continue;
        }
        if seen.view == Some(View::Times) {
            say(&print::times(&dialogue, COLUMNS, setting.lang(), setting.with_secrets))?;
            continue;
        }
        // As `open` shows it, the first one is meant if none is named.
        let (at, _) = chosen(dialogue.messages(), seen.message.map_or(0, index), setting.lang())?;
        if let Some(wanted) = &wanted {
            wanted.verify(&mut dialogue, found.journal.header.played, at..at + 1)?;
        }
        look(&dialogue, at, seen, setting.lang())?;
    }
    Ok(outcome)
}

/// People count from 1.
fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX).saturating_sub(1)
}

fn look(dialogue: &Dialogue, at: usize, seen: &SeenArgs, lang: Lang) -> anyhow::Result<()> {
    let (_, message) = chosen(dialogue.messages(), at, lang)?;
    let content = message.read();
    let part = seen.part.map(index);
    if let Some(at) = part {
        known(&content, at, lang)?;
        if is_open(&content, at) {
            let n = (at + 1).to_string();
            complain(knowledge::fill(lang, "save.begun", &[("n", &n)]));
        }
    }
    match (seen.view, part) {
        (None, Some(at)) if !std::io::stdout().is_terminal() => {
            write_out(&seen.form.unwrap_or_default().of(&content, at))?;
        }
        // No byte of a message reaches a terminal as it is.
        (view, part) => {
            let view = match view {
                Some(View::Content(view)) => view,
                Some(View::Envelope | View::Times) | None => ContentView::Body,
            };
            let way = seen.form.zip(part.and_then(|at| content.parts.get(at)));
            let way = way.and_then(|(form, part)| way_of(form, part));
            let shown = Shown { part, way, ..Shown::default() };
            say(&text(view, dialogue, (at, &content), shown, lang))?;
        }
    }
    Ok(())
}

/// How a part is seen in a form of which the exact bytes are not for a terminal.
fn way_of(form: Form, part: &Part) -> Option<Way> {
    let fitting: &[Way] = match form {
        Form::Decoded | Form::Text => &[Way::Text, Way::Hex],
        Form::Raw => &[Way::Encoded],
    };
    fitting.iter().find(|way| body::ways(part).contains(way)).copied()
}

/// A view of message number `at` of a session as text; the tree is one of all messages.
pub(super) fn text(
    view: ContentView,
    dialogue: &Dialogue,
    (at, content): (usize, &Content),
    shown: Shown,
    lang: Lang,
) -> String {
    let Some(message) = dialogue.messages().get(at).filter(|_| view != ContentView::Thread) else {
        return print::threads(&Threads::of_messages(dialogue), lang);
    };
    // Lines as they are stay whole.
    let columns = if view == ContentView::Raw { usize::MAX } else { COLUMNS };
    let (judged, laid) = (Judged::of(content, &Carried::of(dialogue, at)), Laid::default());
    let (judged, laid, verified) = (&judged, &laid, dialogue.verification(at));
    let grows = dialogue.grows(at);
    let sheet = Sheet { content, judged, verified, message, grows, shown, lang, columns, laid };
    content::text(view, &sheet)
}

/// The transactions, or the one that carries a message.
///
/// # Errors
/// When there is none, or no such message, with a sentence.
fn envelope(dialogue: &Dialogue, message: Option<usize>, lang: Lang) -> anyhow::Result<String> {
    if let Some(at) = message {
        chosen(dialogue.messages(), at, lang)?;
    }
    let text = print::envelope(dialogue, message, lang);
    let none = if dialogue.is_mailbox() { "envelope.gone" } else { "envelope.empty" };
    anyhow::ensure!(!text.is_empty(), knowledge::word(lang, none));
    Ok(text)
}

/// The message of this index, from 0.
///
/// # Errors
/// When there is none, with a sentence.
pub fn chosen(
    messages: &Shared<Message>,
    index: usize,
    lang: Lang,
) -> anyhow::Result<(usize, &Message)> {
    messages.get(index).map(|message| (index, message)).ok_or_else(|| {
        let n = messages.len().to_string();
        anyhow::Error::msg(knowledge::fill(lang, "content.no-message", &[("n", &n)]))
    })
}

/// Whether more of a part follows that is not here.
fn is_open(content: &Content, at: usize) -> bool {
    content.parts.get(at).is_some_and(|part| part.open)
}

fn known(content: &Content, at: usize, lang: Lang) -> anyhow::Result<()> {
    let n = content.parts.len().to_string();
    anyhow::ensure!(at < content.parts.len(), knowledge::fill(lang, "save.no-part", &[("n", &n)]));
    Ok(())
}

/// `:view NAME [MESSAGE]` as it stands behind the name of the directive; without a number the last
/// message is meant, and of envelopes all are.
///
/// # Errors
/// When there is no such view or message, with a sentence.
pub fn view(dialogue: &Dialogue, argument: &str, lang: Lang) -> anyhow::Result<String> {
    let (name, number) = argument.trim().split_once(' ').unwrap_or((argument, ""));
    let known = View::names();
    let view = View::find(name)
        .with_context(|| knowledge::fill(lang, "content.no-view", &[("known", &known)]))?;
    let number = number.trim();
    let index = if number.is_empty() {
        None
    } else {
        Some(number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).unwrap_or(usize::MAX))
    };
    let view = match view {
        View::Content(view) => view,
        View::Envelope => return Ok(print::commented(&envelope(dialogue, index, lang)?)),
        View::Times => return Ok(print::commented(&print::times(dialogue, COLUMNS, lang, false))),
    };
    let (at, message) = chosen(dialogue.messages(), index.unwrap_or_else(|| last(dialogue)), lang)?;
    let content = message.read();
    let text = text(view, dialogue, (at, &content), Shown::default(), lang);
    Ok(print::commented(&text))
}

/// The index of the message that was sent last.
fn last(dialogue: &Dialogue) -> usize {
    dialogue.messages().len().saturating_sub(1)
}

/// `:save-part [PART] [--as FORM] FILE`, of the last message. A file that is there stays.
///
/// # Errors
/// When there is no such part, or it cannot be written, with a sentence.
pub fn save(dialogue: &Dialogue, argument: &str, lang: Lang) -> anyhow::Result<String> {
    let Some((_, wish)) = save::options(argument).filter(|(_, wish)| !wish.file.is_empty()) else {
        anyhow::bail!(knowledge::word(lang, "save.what"));
    };
    let (_, message) = chosen(dialogue.messages(), last(dialogue), lang)?;
    let content = message.read();
    let Wish { part, form, file } = wish;
    let at = part.or_else(|| content.first_text()).unwrap_or_default();
    known(&content, at, lang)?;
    let bytes = form.of(&content, at);
    let named = own_visible(&file);
    let failed =
        |why: String| knowledge::fill(lang, "save.failed", &[("file", &named), ("why", &why)]);
    super::save::write(Path::new(&file), &bytes, false)
        .map_err(|error| anyhow::Error::msg(failed(error.to_string())))?;
    let (n, size) = ((at + 1).to_string(), grouped(bytes.len() as u64));
    let values = [("n", &*n), ("file", &named), ("size", &size)];
    let key = if is_open(&content, at) { "save.done.begun" } else { "save.done" };
    Ok(format!("# {}\n", knowledge::fill(lang, key, &values)))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::journal::transcript::recording;

    #[test]
    fn the_envelope_is_a_view_and_the_message_sent_last_is_meant() {
        let mut talk = "S: 220 mx\nC: HELO x\nS: 250 mx\n".to_owned();
        for text in ["first", "second"] {
            let _ = write!(
                talk,
                "C: MAIL FROM:<{text}@x.example>\nS: 250 ok\nC: RCPT TO:<b@y.example>\nS: 250 ok\nC: DATA\nS: 354 go\nC: \nC: the {text}\nC: .\nS: 250 ok\n"
            );
        }
        let dialogue = show::fold(&recording(talk.as_bytes()).unwrap());
        let seen = |argument| view(&dialogue, argument, Lang::En);
        assert_eq!(seen("body").unwrap(), "# the second\n");
        assert_eq!(seen("body 1").unwrap(), "# the first\n");
        let all = seen("envelope").unwrap();
        assert!(all.lines().all(|line| line.starts_with('#')), "{all}");
        assert!(all.contains("<first@x.example>") && all.contains("<second@x.example>"), "{all}");
        let first = seen("env 1").unwrap();
        assert!(first.contains("<first@") && !first.contains("<second@"), "{first}");
        assert!(seen("envelope 3").is_err());
        assert!(view(&Dialogue::default(), "envelope", Lang::En).is_err());
    }
}
