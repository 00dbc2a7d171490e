//! Where the answers come from that the authenticity of messages is judged by.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Error};

use crate::cli::VerifyArgs;
use crate::display::token::own_visible;
use crate::display::transcript as misread;
use crate::journal::{Event, Happening, Moment, Side};
use crate::knowledge::Lang;
use crate::net::authenticity::{Source, Task};
use crate::session::Dialogue;
use crate::session::answers::Answers;
use crate::session::authenticity::Way;

use super::{Setting, read_input};

/// How messages are to be verified.
#[derive(Clone, Debug)]
pub struct Wanted {
    way: Way,
    source: Source,
}

impl Wanted {
    /// What was asked for, if anything: by a file, or the name servers that were chosen.
    ///
    /// # Errors
    /// When the file cannot be read, with the place where it is wrong.
    pub fn of(args: &VerifyArgs, setting: &Setting) -> anyhow::Result<Option<Self>> {
        if !args.verify {
            return Ok(None);
        }
        let source = match &args.answers {
            Some(file) => Source::File(answers(file, setting.lang())?),
            None => Source::Asked(setting.route.dns),
        };
        Ok(Some(Self { way: args.way(), source }))
    }

    /// Verifies the messages in `range` of a session in which this program was `played`, and applies
    /// what came.
    ///
    /// # Errors
    /// When nothing can be asked.
    pub fn verify(
        &self,
        dialogue: &mut Dialogue,
        played: Option<Side>,
        range: Range<usize>,
    ) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Runtime::new()?;
        for index in range {
            let Some(task) = Task::of(dialogue, played, index, &self.way) else { break };
            let found = runtime.block_on(task.verified(&self.source));
            dialogue.apply(&Event::new(last(dialogue), Happening::Verified(Box::new(found))));
        }
        Ok(())
    }
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
    Ok(Arc::new(answers.with_context(|| own_visible(&name))?))
}

/// The moment of the last thing that happened.
fn last(dialogue: &Dialogue) -> Moment {
    dialogue.notices().last().map_or(Moment(0), |(at, _)| *at)
}
