//! A transcript as a plan: each step of it waits for the person, and for the replies to the one
//! before. What the person says to a plan stands in [`Order`].
//!
//! Lines with no `S:` between them leave together where one follows, as in a script; where nothing
//! is expected each of them is a step. Mail data is one step.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::journal::transcript::{self, Place, TranscriptError};
use crate::session::pattern::{Pattern, ReplyPattern};
use crate::session::plan::{Expected, Step, What};
use crate::session::secrets;
use crate::smtp::command::{self, Argument};
use crate::smtp::verb::Verb;

use super::directive::{self, Directive, duration};
use super::{Chunks, Octets, Say};

/// What a person says to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A file becomes the plan.
    Load(String),
    /// What is missing of a transaction becomes the plan.
    Remaining,
    /// It is shown.
    Show,
    /// The next step goes.
    Step,
    /// All steps go, until something stops them.
    Run,
    /// The same until this fits.
    Until(Pattern),
    /// The next step is not said.
    Skip,
    /// This is said instead of a step.
    Change(What),
    /// This is said too.
    Add(What),
    /// The session begins again, and goes on before this step, counted from 1.
    Rewind(Option<NonZeroUsize>),
}

/// What is expected of the greeting, and the steps.
pub type Read = (Option<Expected>, Vec<Step>);

/// Reads the steps of a transcript; `locate` says where the files are that it names.
///
/// # Errors
/// With the place of a step that is no part of a plan.
pub fn read(
    steps: Vec<(Place, transcript::Step)>,
    locate: impl Fn(Place, &str) -> String,
) -> Result<Read, TranscriptError> {
    let mut reading = Reading { codes: transcript::is_timed(&steps), ..Reading::default() };
    let mut last = Place { line: 1, column: 1 };
    for (at, step) in steps {
        last = at;
        reading.take(at, step, &locate)?;
    }
    if reading.group.is_some() {
        return Err(TranscriptError::new(last, "misread.group"));
    }
    reading.lines_end(false);
    Ok((reading.greeting, reading.steps))
}

/// Reads a step as it is typed: a line, or a directive that says something.
///
/// # Errors
/// With the place of a slip.
pub fn typed(line: &str, at: Place) -> Result<What, TranscriptError> {
    let Some(rest) = line.strip_prefix(':') else {
        return Ok(What::Say(Bytes::from([line, "\r\n"].concat())));
    };
    let (name, argument) = transcript::directive(rest.as_bytes());
    let unfit = || TranscriptError::new(at, "misread.step").with("name", name.as_str());
    Ok(match directive::read(&name, argument, at)? {
        Some(Directive::Say(Say::Bytes(bytes))) if name == "raw" => What::Say(bytes),
        Some(
            Directive::Say(_)
            | Directive::Data(_)
            | Directive::Login { .. }
            | Directive::Starttls
            | Directive::Bdat(_)
            | Directive::Break(Some(_))
            | Directive::Unbreak(_),
        ) => What::Directive(rest.to_owned()),
        Some(_) => return Err(unfit()),
        None => match &*name {
            "wait" => {
                let text = String::from_utf8_lossy(argument);
                let wrong = || TranscriptError::new(at, "misread.time").with("text", text.trim());
                What::Wait(duration(text.trim()).ok_or_else(wrong)?)
            }
            "closed" | "reset" => What::Closed,
            _ => return Err(unfit()),
        },
    })
}

/// Reads lines that a person has at hand: a transcript, or what could be typed.
///
/// # Errors
/// As [`read`], and [`typed`].
pub fn pasted(text: &str) -> Result<Read, TranscriptError> {
    let own = |_: Place, file: &str| file.to_owned();
    let is_transcript = text.lines().any(|line| line.starts_with("C: ") || line.starts_with("S: "));
    if is_transcript {
        return read(transcript::steps(text.as_bytes())?, own);
    }
    let mut reading = Reading::default();
    for (line, number) in text.lines().zip(1..) {
        let at = Place { line: number, column: 1 };
        if line.starts_with(':') {
            let (name, argument) =
                transcript::directive(line.as_bytes().get(1..).unwrap_or_default());
            reading.directive(at, &name, argument, &own)?;
        } else {
            reading.lines.push(Bytes::from([line, "\r\n"].concat()));
        }
    }
    reading.lines_end(false);
    Ok((reading.greeting, reading.steps))
}

/// A plan while it is read.
#[derive(Default)]
struct Reading {
    greeting: Option<Expected>,
    steps: Vec<Step>,
    /// Lines of the client behind which nothing was expected so far.
    lines: Vec<Bytes>,
    group: Option<BytesMut>,
    /// Whether the line of a reply that was read last announces another one.
    goes_on: bool,
    /// How long the next reply may take.
    within: Option<Duration>,
    /// Whether only codes are expected: what was recorded once is not said word by word again.
    codes: bool,
}

impl Reading {
    fn take(
        &mut self,
        at: Place,
        step: transcript::Step,
        locate: &impl Fn(Place, &str) -> String,
    ) -> Result<(), TranscriptError> {
        let goes_on = std::mem::take(&mut self.goes_on);
        match step {
            transcript::Step::Client(text) => match &mut self.group {
                Some(group) => group.extend_from_slice(&text.wire()),
                None => self.lines.push(text.wire()),
            },
            transcript::Step::Server(_) if self.group.is_some() => {
                return Err(TranscriptError::new(at, "misread.grouped"));
            }
            transcript::Step::Server(text) => {
                let (mut pattern, more) = ReplyPattern::read(&text.pieces)
                    .ok_or_else(|| TranscriptError::new(at, "misread.reply"))?;
                if self.codes {
                    pattern.text = None;
                }
                self.lines_end(true);
                self.goes_on = more;
                let within = self.within.take();
                let last = match self.steps.last_mut() {
                    None => self.greeting.as_mut(),
                    Some(step) => step.expects.last_mut(),
                };
                if let Some(expected) = last.filter(|_| goes_on) {
                    expected.patterns.push(pattern);
                    return Ok(());
                }
                let expected = Expected { patterns: vec![pattern], within };
                match self.steps.last_mut() {
                    None => self.greeting = Some(expected),
                    Some(step) => step.expects.push(expected),
                }
            }
            transcript::Step::Directive { name, argument } => {
                self.directive(at, &name, &argument, locate)?;
            }
        }
        Ok(())
    }

    fn directive(
        &mut self,
        at: Place,
        name: &str,
        argument: &[u8],
        locate: &impl Fn(Place, &str) -> String,
    ) -> Result<(), TranscriptError> {
        let text = String::from_utf8_lossy(argument);
        if let Some(group) = &mut self.group {
            match directive::read(name, argument, at)? {
                Some(Directive::End) => {
                    let group = self.group.take().unwrap_or_default().freeze();
                    self.steps.push(Step::new(What::Say(group)));
                }
                Some(Directive::Say(Say::Bytes(bytes))) => group.extend_from_slice(&bytes),
                Some(Directive::Bdat(chunks)) => {
                    let Octets::Text(octets) = &chunks.octets else {
                        return Err(TranscriptError::new(at, "misread.grouped"));
                    };
                    group.extend(chunks.pieces(octets.clone()).into_iter().flatten());
                }
                _ => return Err(TranscriptError::new(at, "misread.grouped")),
            }
            return Ok(());
        }
        if name == "at" {
            return Ok(());
        }
        if name == "within" {
            let wrong = || TranscriptError::new(at, "misread.time").with("text", text.trim());
            self.within = Some(duration(text.trim()).ok_or_else(wrong)?);
            return Ok(());
        }
        self.lines_end(false);
        let line = match directive::read(name, argument, at)? {
            Some(Directive::Pipeline) => {
                self.group = Some(BytesMut::new());
                return Ok(());
            }
            Some(Directive::End) => return Err(TranscriptError::new(at, "misread.end")),
            Some(Directive::Data(file)) => format!(":data {}", locate(at, &file)),
            Some(Directive::Bdat(Chunks { octets: Octets::File(file), .. })) => {
                let before = text.trim_end().strip_suffix(file.as_str()).unwrap_or_default();
                format!(":bdat {before}{}", locate(at, &file))
            }
            _ => format!(":{name} {text}").trim_end().to_owned(),
        };
        self.steps.push(Step::new(typed(&line, at)?));
        Ok(())
    }

    /// No line of the client follows those that were read: a reply is expected to all of them, or
    /// something else comes.
    fn lines_end(&mut self, expected: bool) {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return;
        }
        if expected {
            let what = self.what(Bytes::from(lines.concat()), lines.len() == 1);
            return self.steps.push(Step::new(what));
        }
        let mut rest = lines.into_iter().peekable();
        while let Some(line) = rest.next() {
            let mut bytes = BytesMut::from(&line[..]);
            let mut what = self.what(line.clone(), true);
            if matches!(what, What::Text(_)) {
                let mut last = line;
                while &last[..] != b".\r\n" {
                    let Some(next) = rest.next() else { break };
                    bytes.extend_from_slice(&next);
                    last = next;
                }
                what = What::Text(bytes.freeze());
            } else if let Argument::Chunk { size, .. } = read_command(&line) {
                let whole = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(line.len());
                while bytes.len() < whole {
                    let Some(next) = rest.next() else { break };
                    bytes.extend_from_slice(&next);
                }
                what = What::Say(bytes.freeze());
            }
            self.steps.push(Step::new(what));
        }
    }

    /// What lines are behind the steps so far: mail data behind DATA, an answer behind AUTH.
    fn what(&self, bytes: Bytes, alone: bool) -> What {
        let before = self.steps.last();
        let said = before.and_then(|step| match &step.what {
            What::Say(said) => last_line(said),
            _ => None,
        });
        let refused = before
            .and_then(|step| step.expects.last()?.patterns.first())
            .is_some_and(|pattern| !pattern.codes.to_string().starts_with(['3', 'x']));
        let verb = |line: &[u8]| command::read(line.trim_ascii_end()).value.verb;
        if !refused && said.is_some_and(|line| verb(line) == Verb::Data) {
            return What::Text(bytes);
        }
        let in_login = match before.map(|step| &step.what) {
            Some(What::Answer(_)) => true,
            _ => said.is_some_and(secrets::begins_login),
        };
        let answers = alone && in_login && !refused && !verb(&bytes).is_known();
        if answers { What::Answer(bytes) } else { What::Say(bytes) }
    }
}

fn read_command(line: &[u8]) -> Argument {
    command::read(line.trim_ascii_end()).value.argument
}

fn last_line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_suffix(b"\r\n")?.rsplit(|b| *b == b'\n').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let (greeting, steps) =
            read(transcript::steps(text.as_bytes()).unwrap(), |_, file| format!("/here/{file}"))
                .unwrap();
        let greeting = greeting.map(|expected| format!("greeting = {expected}"));
        let step = |step: Step| {
            let expects: Vec<_> = step.expects.iter().map(ToString::to_string).collect();
            let kind = match step.what {
                What::Text(_) => "text ",
                What::Answer(_) => "answer ",
                _ => "",
            };
            format!("{kind}{} = {}", step.what.text(), expects.join(", "))
        };
        greeting.into_iter().chain(steps.into_iter().map(step)).collect()
    }

    #[test]
    fn lines_leave_together_where_a_reply_is_expected_behind_them() {
        assert_eq!(
            said(
                "S: 220\nC: EHLO x\nS: 250-*SIZE*\nS: 250\nC: MAIL FROM:<a@b.example>\n\
                  C: RCPT TO:<c@d.example>\nS: 250\nS: 5xx\nC: DATA\nS: 354\nC: hello\nC: .\nS: 250\n\
                  C: RSET\nC: QUIT\n"
            ),
            [
                "greeting = 220",
                "EHLO x = 250 *SIZE* / 250",
                ":raw MAIL FROM:<a@b.example>\\r\\nRCPT TO:<c@d.example> = 250, 5xx",
                "DATA = 354",
                "text :raw hello\\r\\n. = 250",
                "RSET = ",
                "QUIT = ",
            ]
        );
    }

    #[test]
    fn where_nothing_is_expected_each_line_is_a_step_and_a_message_is_one() {
        assert_eq!(
            said("C: EHLO x\nC: DATA\nC: a\nC: .\nC: BDAT 3 LAST\nC: b\\r\nC: QUIT\n"),
            [
                "EHLO x = ",
                "DATA = ",
                "text :raw a\\r\\n. = ",
                ":raw BDAT 3 LAST\\r\\nb\\r = ",
                "QUIT = "
            ]
        );
        assert_eq!(
            said("C: AUTH LOGIN\nS: 334\nC: YQ==\nS: 334\nC: Yg==\nS: 235\nC: NOOP\nS: 250\n"),
            ["AUTH LOGIN = 334", "answer **** = 334", "answer **** = 235", "NOOP = 250"]
        );
    }

    #[test]
    fn directives_are_steps_and_their_files_are_beside_the_script() {
        assert_eq!(
            said(
                "C: DATA\nS: 354\n:data m.eml\nS: 250\n:wait 2s\n:starttls\n:auth PLAIN a\nS: 235\n\
                  :pipeline\nC: RSET\n:raw NOOP\n:end\nS: 250\nS: 250\n:bdat LAST @o.bin\n:closed\n"
            ),
            [
                "DATA = 354",
                ":data /here/m.eml = 250",
                ":wait 2s = ",
                ":starttls = ",
                ":auth PLAIN a = 235",
                ":raw RSET\\r\\nNOOP = 250, 250",
                ":bdat LAST @/here/o.bin = ",
                ":closed = ",
            ]
        );
    }

    #[test]
    fn of_what_was_recorded_with_times_only_codes_are_expected() {
        assert_eq!(said("C: NOOP\n:within 1.5s\nS: 250\n"), ["NOOP = 250 <1.5s"]);
        let recorded = said(":at 0.1\nS: 220 mx.example.net ready\nC: EHLO x\nS: 250 hello\n");
        assert_eq!(recorded, ["greeting = 220", "EHLO x = 250"]);
    }

    #[test]
    fn what_is_pasted_is_a_transcript_or_what_can_be_typed() {
        let texts = |text: &str| {
            let (_, steps) = pasted(text).unwrap();
            steps.iter().map(|step| step.what.text()).collect::<Vec<_>>()
        };
        assert_eq!(texts("C: NOOP\nS: 250\nC: QUIT"), ["NOOP", "QUIT"]);
        assert_eq!(
            texts("NOOP\n:raw x\\n\\c\n:wait 1s\nQUIT"),
            ["NOOP", ":raw x\\n\\c", ":wait 1s", "QUIT"]
        );
        for text in ["NOOP\n:fly", "C: x\nhello", ":load x", ":pipeline\nNOOP"] {
            if let Ok((_, steps)) = pasted(text) {
                assert_eq!(text, ":pipeline\nNOOP", "{steps:?}");
            }
        }
    }
}
