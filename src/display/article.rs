//! An entry of the knowledge base as paragraphs, for every front.

use crate::knowledge::{self, Kind, Lang, Severity, Topic, topic};
use crate::session::secrets;
use crate::smtp::Span;

use super::theme::Role;
use super::token::own_visible;

/// A paragraph: what stands at its head, and its text, each with its look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// What stands before the text; nothing if it is empty.
    pub head: (Role, String),
    /// The text.
    pub text: (Role, String),
}

impl Paragraph {
    /// A paragraph of ordinary text under a head.
    pub fn new(role: Role, head: impl Into<String>, text: impl Into<String>) -> Self {
        Self { head: (role, head.into()), text: (Role::Text, text.into()) }
    }

    /// A line that stands alone.
    pub fn line(role: Role, text: impl Into<String>) -> Self {
        Self { head: (role, String::new()), text: (role, text.into()) }
    }

    /// The head as it stands before the text, with two blanks behind it where there is one.
    pub fn lead(&self) -> String {
        if self.head.1.is_empty() { String::new() } else { format!("{}  ", self.head.1) }
    }
}

/// All that is known about a topic.
pub fn article(topic: Topic, lang: Lang) -> Vec<Paragraph> {
    let entry = topic.entry();
    let say = entry.say(lang);
    let titled = |key, text: &String| Paragraph::new(Role::Title, knowledge::word(lang, key), text);
    let mut all = vec![
        kind(topic, lang),
        Paragraph::new(role(topic), topic.title(lang), &say.say),
        titled("article.changes", &say.changes),
        titled("article.next", &say.next),
        Paragraph::line(Role::Title, knowledge::word(lang, "article.example")),
    ];
    all.extend(entry.example.iter().map(|line| example(line)));
    all.extend(entry.rfc.iter().map(|clause| rests_on(clause)));
    all
}

/// What kind of thing it is, and how much it matters.
fn kind(topic: Topic, lang: Lang) -> Paragraph {
    let kind = knowledge::word(lang, topic.kind.words());
    let severity = topic.entry().severity.map(|severity| knowledge::word(lang, severity.words()));
    let text = severity.into_iter().fold(kind.to_owned(), |kind, s| format!("{kind}, {s}"));
    Paragraph::line(Role::Dim, text)
}

/// A line of an example: `C: `, `S: `, or a line of a message.
fn example(line: &str) -> Paragraph {
    let role = match line.get(..2) {
        Some("C:") => Role::Client,
        Some("S:") => Role::Server,
        _ => Role::Data,
    };
    Paragraph::line(role, format!("  {line}"))
}

/// A clause with the title of its standard.
fn rests_on(clause: &str) -> Paragraph {
    let number = clause.split([' ', '\u{a7}']).nth(1).unwrap_or_default();
    let title = knowledge::rfcs().get(number).map_or("", |rfc| rfc.title.as_str());
    Paragraph::line(Role::Dim, format!("{clause}  {title}"))
}

/// How a topic looks: well, doubtful or bad.
pub fn role(topic: Topic) -> Role {
    match (topic.kind, topic.id.as_bytes(), topic.entry().severity) {
        (Kind::Code, [b'2' | b'3', ..], _) => Role::Good,
        (Kind::Code, [b'4', ..], _) | (_, _, Some(Severity::Warn)) => Role::Warn,
        (Kind::Code, ..) | (_, _, Some(Severity::Error)) => Role::Bad,
        _ => Role::Title,
    }
}

/// How a topic is called where it is only named: what has no word of its own has a title.
pub fn name(topic: Topic, lang: Lang) -> String {
    match topic.kind {
        Kind::Idea | Kind::Agreement | Kind::Limit | Kind::Phase => {
            topic.entry().say(lang).title.clone()
        }
        Kind::Parameter => format!("{}=", topic.id),
        _ => topic.id.to_owned(),
    }
}

/// That nothing is known about a word, and what it looks like.
pub fn nothing_known(word: &str, lang: Lang) -> String {
    let (like, word) = (topic::like(word).join(", "), own_visible(word));
    if like.is_empty() {
        return knowledge::fill(lang, "explain.unknown", &[("word", &word)]);
    }
    knowledge::fill(lang, "explain.unknown.like", &[("word", &word), ("like", &like)])
}

/// The first sentence of a text.
pub fn first_sentence(text: &str) -> &str {
    let ascii = text.find(". ").map(|at| at + 1);
    let wide = text.find('。').map(|at| at + '。'.len_utf8());
    text.get(..ascii.into_iter().chain(wide).min().unwrap_or(text.len())).unwrap_or(text)
}

/// `words` that are to be explained, the secret in them blanked unless all of it is known.
pub fn without_explained(words: &str) -> String {
    let is_unknown = |span: &Span| {
        let said: Vec<_> =
            words.get(span.start..span.end).unwrap_or_default().split_whitespace().collect();
        !topic::find(&said).1.is_empty()
    };
    let mut bytes = words.as_bytes().to_vec();
    secrets::veil(&mut bytes, secrets::in_explained(words).filter(is_unknown));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_says_all_that_is_known() {
        let topic = Topic::read("verb/MAIL").unwrap_or_else(|| unreachable!("it has an entry"));
        let all = article(topic, Lang::En);
        let text = |at: usize| format!("{}|{}", all[at].head.1, all[at].text.1);
        assert_eq!(text(0), "|command");
        assert!(text(1).starts_with("MAIL: "), "{}", text(1));
        assert!(text(2).starts_with("Changes|"), "{}", text(2));
        assert!(all.iter().any(|p| p.text.0 == Role::Client));
        assert!(all.iter().any(|p| p.text.1.ends_with("Simple Mail Transfer Protocol")));
    }

    #[test]
    fn sentences_end_in_both_languages() {
        assert_eq!(first_sentence("One. Two."), "One.");
        assert_eq!(first_sentence("一つ。二つ。"), "一つ。");
        assert_eq!(first_sentence("5.1.1 is one"), "5.1.1 is one");
    }

    #[test]
    fn what_is_explained_says_no_secret_again() {
        for (words, said) in [
            ("AUTH PLAIN c2VjcmV0", "AUTH PLAIN ********"),
            (" auth c2VjcmV0", " auth ********"),
            ("BURL imap://joe:s3cret", "BURL imap://joe:******"),
            ("BURL 554", "BURL 554"),
            ("AUTH PLAIN 535", "AUTH PLAIN 535"),
            ("AUTH PLAIN", "AUTH PLAIN"),
            ("PLAIN LOGIN xyzzy", "PLAIN LOGIN xyzzy"),
        ] {
            assert_eq!(without_explained(words), said);
        }
    }
}
