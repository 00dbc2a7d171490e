//! Where the answers come from that the authenticity of messages is judged by.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Error};

use crate::display::transcript as misread;
use crate::journal::{Event, Happening, Moment, Side};
use crate::knowledge::Lang;
use crate::net::authenticity::{Source, verify};
use crate::session::Dialogue;
use crate::session::answers::Answers;
use crate::session::authenticity::Way;

use super::{Setting, read_input};

/// A file, or the name servers that were chosen.
///
/// # Errors
/// When the file cannot be read, with the place where it is wrong.
pub fn source(file: Option<&Path>, setting: &Setting) -> anyhow::Result<Source> {
    Ok(match file {
        Some(file) => Source::File(answers(file, setting.lang())?),
        None => Source::Asked(setting.route.dns),
    })
}

/// The answers in a file.
///
/// # Errors
/// When it cannot be read, with the place where it is wrong.
pub fn answers(file: &Path, lang: Lang) -> anyhow::Result<Arc<Answers>> {
    let bytes = read_input(file, lang)?;
    let name = file.display().to_string();
    let told = |error| Error::msg(misread::say(&error, lang));
    let answers = Answers::parse(&name, &String::from_utf8_lossy(&bytes)).map_err(told);
    Ok(Arc::new(answers.with_context(|| name)?))
}

/// Verifies every message of a session in which this program was `played`, and applies what came.
///
/// # Errors
/// When nothing can be asked.
pub fn verify_all(
    dialogue: &mut Dialogue,
    played: Option<Side>,
    way: &Way,
    source: &Source,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    for index in 0..dialogue.messages().len() {
        let Some(message) = dialogue.messages().get(index) else { break };
        let content = message.content();
        let way = way.clone().or(Way::of_session(dialogue, played, index));
        let way = way.or(Way::of_message(&content));
        let found = runtime.block_on(verify(&content, index, &way, source));
        dialogue.apply(&Event::new(last(dialogue), Happening::Verified(Box::new(found))));
    }
    Ok(())
}

/// The moment of the last thing that happened.
fn last(dialogue: &Dialogue) -> Moment {
    dialogue.notices().last().map_or(Moment(0), |(at, _)| *at)
}
