//! `ehlo explain`: what is known about a command, a code, a keyword, a field, a notion, an oddity.

use serde::Serialize;

use crate::display::Role;
use crate::display::article::{self, Paragraph};
use crate::display::text::wrap;
use crate::knowledge::{self, Counterpart, Lang, Severity, Topic, topic};

use super::{Outcome, Setting, complain, json, print, say};

/// The entry behind which stand the options of another program.
const SWAKS: &str = "swaks";

/// Columns of what is printed.
const COLUMNS: usize = 78;

/// Prints what is known about some words, together or one by one.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(words: &[String], as_json: bool, setting: &Setting) -> anyhow::Result<Outcome> {
    let words = article::without_explained(&words.join(" "));
    let words: Vec<&str> = words.split_whitespace().collect();
    if words.is_empty() {
        complain(knowledge::word(setting.lang(), "explain.no-word"));
        return Ok(Outcome::Usage);
    }
    let (topics, unknown) = topic::find(&words);
    for (at, topic) in topics.iter().enumerate() {
        if as_json {
            say(&json::line(&Object::of(*topic, setting.lang()))?)?;
        } else {
            let gap = if at == 0 { "" } else { "\n" };
            say(&format!("{gap}{}", text(*topic, setting.lang())))?;
            if topic.id == SWAKS {
                say(&format!("\n{}", counterparts(setting.lang())))?;
            }
        }
    }
    for word in &unknown {
        complain(article::nothing_known(word, setting.lang()));
    }
    Ok(if unknown.is_empty() { Outcome::Done } else { Outcome::Failed })
}

fn translated(lang: Lang) -> Vec<Translated> {
    let translate = |(option, row): (String, Counterpart)| {
        let text = row.say(lang).to_owned();
        Translated { option, ours: row.ours, text }
    };
    knowledge::swaks().map(translate).collect()
}

/// Each option of swaks with what it is here.
fn counterparts(lang: Lang) -> String {
    let mut out = String::new();
    for (theirs, row) in knowledge::swaks() {
        let none = || knowledge::word(lang, "explain.no-counterpart").to_owned();
        let ours = if row.ours.is_empty() { none() } else { row.ours.join(", ") };
        for (text, indent) in [(theirs.as_str(), ""), (&ours, "    "), (row.say(lang), "    ")] {
            let lines = wrap(text, COLUMNS - indent.len());
            out.extend(lines.iter().filter(|l| !l.is_empty()).flat_map(|l| [indent, l, "\n"]));
        }
    }
    out
}

/// What is known about some words, as comments of a transcript.
pub fn commented(words: &str, lang: Lang) -> String {
    let words = article::without_explained(words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let (topics, unknown) = topic::find(&words);
    let known = topics.into_iter().map(|topic| text(topic, lang));
    let unknown = unknown.into_iter().map(|word| article::nothing_known(word, lang) + "\n");
    let all: String = known.chain(unknown).collect();
    print::commented(&all)
}

/// The article with the words by which what is related is explained.
pub fn text(topic: Topic, lang: Lang) -> String {
    let names: Vec<_> = topic.related().map(|related| related.id).collect();
    let head = (Role::Title, knowledge::word(lang, "article.see").to_owned());
    let related = Paragraph { head, ..Paragraph::line(Role::Link, names.join(", ")) };
    let all = article::article(topic, lang).into_iter().chain([related]);
    let lines = all.flat_map(|said| wrap(&(said.lead() + &said.text.1), COLUMNS));
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// An entry as one object.
#[derive(Serialize)]
struct Object {
    kind: &'static str,
    id: &'static str,
    title: &'static str,
    text: &'static str,
    changes: &'static str,
    next: &'static str,
    severity: Option<&'static str>,
    example: &'static [String],
    rfc: &'static [String],
    see: &'static [String],
    /// Options of another program, with those of this one.
    options: Vec<Translated>,
}

#[derive(Serialize)]
struct Translated {
    option: String,
    ours: Vec<String>,
    text: String,
}

impl Object {
    fn of(topic: Topic, lang: Lang) -> Self {
        let entry = topic.entry();
        let said = entry.say(lang);
        Self {
            kind: topic.kind.name(),
            id: topic.id,
            title: &said.title,
            text: &said.say,
            changes: &said.changes,
            next: &said.next,
            severity: entry.severity.map(Severity::name),
            example: &entry.example,
            rfc: &entry.rfc,
            see: &entry.see,
            options: if topic.id == SWAKS { translated(lang) } else { Vec::new() },
        }
    }
}
