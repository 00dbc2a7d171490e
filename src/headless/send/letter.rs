//! The options about the message → its bytes: what the editor can do with a draft, in one line.

use std::path::Path;

use anyhow::{Context as _, bail};
use jiff::Timestamp;

use crate::cli::{AttachedFile, MessageArgs, SendArgs};
use crate::draft::{self, Attachment, Encoding, Facts, Template};
use crate::headless::{read_input, read_message};
use crate::knowledge::{self, Lang};

use super::envelope::Envelope;
use super::told;

/// The message, with line ends as they were given.
///
/// # Errors
/// When a file cannot be read, or an option has not the form of a header field.
pub(super) fn compose(
    args: &SendArgs,
    envelope: &Envelope,
    (now, seed): (Timestamp, u64),
    lang: Lang,
) -> anyhow::Result<Vec<u8>> {
    let wanted = &args.message;
    let facts = Facts::new(now, seed, &envelope.from, &addressees(envelope));
    let base = match (&wanted.data, &wanted.template) {
        (Some(data), _) => data_of(data, lang)?,
        (None, Some(name)) => template(name, &facts, lang)?.into_bytes(),
        (None, None) => plain(envelope, &facts, lang).into_bytes(),
    };
    let generated = wanted.data.is_none() && wanted.template.is_none();
    if is_unchanged(args) && !generated {
        return Ok(base);
    }
    let source = wanted.data.as_ref().or(wanted.template.as_ref()).map_or("", String::as_str);
    let mut draft = Draft::read(&base).ok_or_else(|| told(lang, "send.not-text", source))?;
    if let Some(body) = &wanted.body {
        draft.body = text_of(body, lang)?;
        if !draft.body.ends_with(b"\n") {
            draft.body.push(b'\n');
        }
    }
    draft.change_header(wanted, lang)?;
    if generated {
        draft.encode();
    }
    let source = wanted.body.as_deref().unwrap_or(source);
    for (at, file) in (seed..).zip(&args.attachments.0) {
        draft.attach(file, source, at, lang)?;
    }
    Ok(draft.bytes())
}

/// Whether nothing of what is given is to be changed.
pub(super) const fn is_unchanged(args: &SendArgs) -> bool {
    let MessageArgs { subject, body, header, add_header, .. } = &args.message;
    let fields = header.is_empty() && add_header.is_empty();
    subject.is_none() && body.is_none() && fields && args.attachments.0.is_empty()
}

/// What the header says of who gets it.
fn addressees(envelope: &Envelope) -> String {
    match envelope.to.as_slice() {
        // RFC 5322 §A.1.3.
        [] => "undisclosed-recipients:;".to_owned(),
        to => to.join(", "),
    }
}

/// A value with encoded words for what is beyond ASCII or would end its line, where the field knows
/// them.
fn encoded(name: &str, value: &str) -> String {
    let is_odd = |c: char| !c.is_ascii() || (c.is_ascii_control() && c != '\t');
    let words = value.contains(is_odd).then(|| draft::encode_header(name, value)).flatten();
    words.unwrap_or_else(|| value.to_owned())
}

/// A message of a header and a short body.
fn plain(envelope: &Envelope, facts: &Facts, lang: Lang) -> String {
    let cc = if envelope.cc.is_empty() {
        String::new()
    } else {
        format!("Cc: {}\n", encoded("Cc", &envelope.cc.join(", ")))
    };
    format!(
        "Date: {}\nFrom: {}\nTo: {}\n{cc}Subject: {}\nMessage-ID: {}\n\n{}\n",
        facts.date,
        encoded("From", &facts.from),
        encoded("To", &facts.to),
        encoded("Subject", knowledge::word(lang, "send.subject")),
        facts.message_id,
        knowledge::word(lang, "send.body"),
    )
}

/// One of this program's templates, or a file, with its places filled.
fn template(name: &str, facts: &Facts, lang: Lang) -> anyhow::Result<String> {
    let text = if let Some(template) = Template::find(name) {
        knowledge::data(&template.file()).to_owned()
    } else {
        let path = Path::new(name.strip_prefix('@').unwrap_or(name));
        String::from_utf8(file(path, lang)?).map_err(|_| told(lang, "send.not-text", name))?
    };
    Ok(knowledge::filled(&text, &facts.places()))
}

/// `-` is standard input, `@FILE` or the name of a file that is there that file, `@@TEXT` and what
/// has a blank or `\n` in it a text.
fn data_of(value: &str, lang: Lang) -> anyhow::Result<Vec<u8>> {
    let is_text = value.contains("\\n") || value.contains(char::is_whitespace);
    if value == "-" || value.starts_with('@') || (is_text && !Path::new(value).is_file()) {
        return text_of(value, lang);
    }
    if !Path::new(value).exists() {
        return Err(told(lang, "send.no-file", value));
    }
    file(Path::new(value), lang)
}

/// The same without the names of files that are there: a body can have any.
fn text_of(value: &str, lang: Lang) -> anyhow::Result<Vec<u8>> {
    match (value, value.strip_prefix("@@"), value.strip_prefix('@')) {
        ("-", ..) => read_input(Path::new("-"), lang),
        (_, Some(text), _) => Ok(unescaped(text)),
        (_, None, Some(name)) => file(Path::new(name), lang),
        _ => Ok(unescaped(value)),
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    text.replace("\\n", "\n").into_bytes()
}

fn file(path: &Path, lang: Lang) -> anyhow::Result<Vec<u8>> {
    // What is given by a shell (`<(…)`) is no regular file, and read all the same.
    read_input(path, lang)
}

/// A message in two parts: only its header has to be text.
struct Draft {
    /// With LF line ends, and the empty line behind it.
    header: String,
    body: Vec<u8>,
}

impl Draft {
    fn new(header: &str, body: &[u8]) -> Self {
        let end = if header.is_empty() || header.ends_with('\n') { "" } else { "\n" };
        Self { header: [header, end, "\n"].concat(), body: body.to_vec() }
    }

    fn of(text: &str) -> Self {
        let (header, body) = split(text.as_bytes());
        Self::new(&String::from_utf8_lossy(header), body)
    }

    /// `None` if its header is no UTF-8.
    fn read(message: &[u8]) -> Option<Self> {
        let (header, body) = split(message);
        let header = std::str::from_utf8(header).ok()?;
        Some(Self::new(&header.replace("\r\n", "\n"), body))
    }

    /// Fields come in place of others and behind them; what is beyond ASCII is encoded in the
    /// subject alone, where no more is meant than the text.
    fn change_header(&mut self, wanted: &MessageArgs, lang: Lang) -> anyhow::Result<()> {
        if let Some(subject) = &wanted.subject {
            self.header = draft::set_field(&self.header, "Subject", &encoded("Subject", subject));
        }
        for field in &wanted.header {
            let Some((name, value)) = field.split_once(':') else {
                bail!(told(lang, "send.no-field", field))
            };
            self.set(name.trim_end(), value.trim_start());
        }
        for field in &wanted.add_header {
            if !field.contains(':') {
                bail!(told(lang, "send.no-field", field));
            }
            let end = self.header.len().saturating_sub(1);
            self.header.insert_str(end, &(field.replace("\\n", "\n") + "\n"));
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) {
        self.header = draft::set_field(&self.header, name, &value.replace("\\n", "\n"));
    }

    /// A body beyond ASCII gets an encoding that every server takes.
    fn encode(&mut self) {
        if self.body.is_ascii() {
            return;
        }
        let Ok(body) = std::str::from_utf8(&self.body) else { return };
        let text = format!("{}{body}", self.header);
        let lines = self.header.matches('\n').count();
        if let Some(text) = draft::encode_body(&text, lines, Encoding::of(&self.body, true)) {
            *self = Self::of(&text);
        }
    }

    /// Attaches a file behind the body, which came from `source`.
    fn attach(
        &mut self,
        wanted: &AttachedFile,
        source: &str,
        seed: u64,
        lang: Lang,
    ) -> anyhow::Result<()> {
        let shown = || wanted.file.display().to_string();
        let bytes = read_message(&wanted.file, lang).with_context(shown)?;
        let own = wanted.file.file_name().unwrap_or_default().to_string_lossy();
        let file = Attachment {
            name: wanted.name.as_deref().unwrap_or(&own),
            bytes: &bytes,
            kind: wanted.kind.as_deref(),
            encoding: None,
            content_id: None,
        };
        let Ok(body) = std::str::from_utf8(&self.body) else {
            bail!(told(lang, "send.not-text", source))
        };
        let text = format!("{}{}", self.header, body.replace("\r\n", "\n"));
        let with = draft::attach(&text, &file, &draft::boundary(seed));
        let with = with.ok_or_else(|| told(lang, "editor.form.impossible", ""))?;
        *self = Self::of(&with);
        Ok(())
    }

    fn bytes(self) -> Vec<u8> {
        [self.header.into_bytes(), self.body].concat()
    }
}

/// The header with the end of its last line, and what stands behind the empty line.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line == b"\n" || line == b"\r\n" {
            let (header, rest) = message.split_at_checked(at).unwrap_or((message, &[]));
            return (header, rest.get(line.len()..).unwrap_or_default());
        }
        at += line.len();
    }
    (message, &[])
}
