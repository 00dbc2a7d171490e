//! What can be explained: every entry has a kind and an id in its file, together `verb/MAIL`.

use std::sync::OnceLock;

use indexmap::IndexMap;

use super::{Entry, Lang, parsed};

/// The entries of one file, in its order.
pub type Entries = IndexMap<String, Entry, foldhash::fast::FixedState>;

macro_rules! kinds {
    ($($variant:ident $name:literal $file:literal $words:literal $doc:literal),* $(,)?) => {
        /// What an entry is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $(#[doc = $doc] $variant),* }

        impl Kind {
            /// All kinds, in the order in which a word is looked up.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in topics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Its file.
            pub const fn file(self) -> &'static str {
                match self { $(Self::$variant => $file),* }
            }

            /// The key of its words.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words),* }
            }
        }
    };
}

kinds! {
    Verb "verb" "verbs.toml" "kind.verb" "A command.",
    Parameter "parameter" "parameters.toml" "kind.parameter" "A parameter of MAIL or RCPT.",
    Capability "capability" "capabilities.toml" "kind.capability" "A keyword of the EHLO reply.",
    Code "code" "codes.toml" "kind.code" "A reply code, or a class of them.",
    Enhanced "enhanced" "enhanced.toml" "kind.enhanced" "An enhanced status code without its class.",
    Field "field" "fields.toml" "kind.field" "A header field.",
    Mechanism "mechanism" "mechanisms.toml" "kind.mechanism" "A SASL mechanism.",
    Phase "phase" "phases.toml" "kind.phase" "Where a session stands.",
    Trace "trace" "trace.toml" "kind.trace" "A part of a Received field.",
    Limit "limit" "limits.toml" "kind.limit" "A size or a wait that the standards name.",
    Idea "idea" "ideas.toml" "kind.idea" "A notion of the field.",
    Agreement "agreement" "agreements.toml" "kind.agreement"
        "How envelope and content stand to each other.",
    Oddity "oddity" "oddities.toml" "kind.oddity" "A deviation that is met in practice.",
}

impl Kind {
    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Its entries; the file is read when they are first asked for.
    pub fn entries(self) -> &'static Entries {
        static FILES: [OnceLock<Entries>; Kind::ALL.len()] =
            [const { OnceLock::new() }; Kind::ALL.len()];
        let read = || parsed(self.file()).collect();
        match FILES.get(self as usize) {
            Some(file) => file.get_or_init(read),
            None => unreachable!("there is a place for every kind"),
        }
    }
}

/// One entry, by its kind and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Topic {
    /// What it is about.
    pub kind: Kind,
    /// Which one.
    pub id: &'static str,
}

impl Topic {
    /// The entry of this kind that is called `id`, in any case.
    pub fn new(kind: Kind, id: &str) -> Option<Self> {
        let entries = kind.entries();
        let exact = entries.get_key_value(id);
        let found = exact.or_else(|| entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(id)));
        found.map(|(id, _)| Self { kind, id })
    }

    /// Reads `verb/MAIL`.
    pub fn read(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        Self::new(Kind::named(kind)?, id)
    }

    /// The entry of a reply code of three digits; that of its class where it has none.
    pub fn of_code(code: &str) -> Option<Self> {
        let class = match code.as_bytes() {
            [b @ b'2'..=b'5', ..] => format!("{}xx", char::from(*b)),
            _ => "other".to_owned(),
        };
        Self::new(Kind::Code, code).or_else(|| Self::new(Kind::Code, &class))
    }

    /// The entry of an enhanced status code such as `5.1.1`, whatever its class; that of its
    /// subject where it has none.
    pub fn of_enhanced(code: &str) -> Option<Self> {
        let (_, detail) = code.split_once('.')?;
        let (subject, _) = detail.split_once('.')?;
        let of = |id: &str| Self::new(Kind::Enhanced, &format!("X.{id}"));
        of(detail).or_else(|| of(&format!("{subject}.0")))
    }

    /// The entry of a header field; that of all other fields where it has none.
    pub fn of_field(name: &str) -> Option<Self> {
        Self::new(Kind::Field, name).or_else(|| Self::new(Kind::Field, "optional"))
    }

    /// Whether a code such as `5.1.1` or `571` means this entry.
    pub fn is_meant_by(self, code: &str) -> bool {
        match self.kind {
            Kind::Enhanced => is_enhanced(code) && Self::of_enhanced(code) == Some(self),
            Kind::Code => is_code(code) && Self::of_code(code) == Some(self),
            _ => false,
        }
    }

    /// Every entry that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |kind: Kind| kind.entries().keys().map(move |id| Self { kind, id });
        Kind::ALL.iter().copied().flat_map(of)
    }

    /// What is known about it.
    pub fn entry(self) -> &'static Entry {
        match self.kind.entries().get(self.id) {
            Some(entry) => entry,
            None => unreachable!("a topic is made from its entry"),
        }
    }

    /// Its id and title: `MAIL: Begins a mail transaction`.
    pub fn title(self, lang: Lang) -> String {
        self.title_as(self.id, lang)
    }

    /// Its title behind the name by which it was met: `550 Mailbox unavailable`.
    pub fn title_as(self, name: &str, lang: Lang) -> String {
        let title = &self.entry().say(lang).title;
        let colon = match self.kind {
            Kind::Code | Kind::Enhanced | Kind::Oddity => " ",
            _ => super::word(lang, "colon"),
        };
        [name, colon, title].concat()
    }

    /// The entries that are related to it.
    pub fn related(self) -> impl Iterator<Item = Self> {
        self.entry().see.iter().filter_map(|topic| Self::read(topic))
    }

    /// How it is written: `verb/MAIL`.
    pub fn path(self) -> String {
        format!("{}/{}", self.kind.name(), self.id)
    }
}

/// The topics that some words mean: together if they mean something so, else one by one. What
/// nobody knows comes second.
pub fn find<'a>(words: &[&'a str]) -> (Vec<Topic>, Vec<&'a str>) {
    let together = if words.len() > 1 { named(&words.join(" ")) } else { Vec::new() };
    if !together.is_empty() {
        return (together, Vec::new());
    }
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for word in words {
        let whole = named(word);
        let topics = if whole.is_empty() { in_parts(word) } else { whole };
        if topics.is_empty() {
            unknown.push(*word);
        }
        found.extend(topics);
    }
    found.dedup();
    (found, unknown)
}

/// The topics of a compound such as `550-5.7.1` and `BODY=8BITMIME`, where every part is known; what
/// stands behind an equals sign may be anything. What is nearly one word is that word, misspelt.
fn in_parts(word: &str) -> Vec<Topic> {
    let (names, value) = word.split_once('=').unwrap_or((word, ""));
    let lower = names.to_lowercase();
    let misspelt = Topic::all()
        .filter(|topic| topic.id.contains('-'))
        .any(|topic| strsim::osa_distance(&lower, &topic.id.to_lowercase()) <= SLIPS);
    let names = || names.split(PARTS).filter(|part| !part.is_empty()).map(named);
    if misspelt || names().any(|topics| topics.is_empty()) {
        return Vec::new();
    }
    names().chain(value.split(PARTS).map(named)).flatten().collect()
}

/// What stands between the parts of a compound.
const PARTS: [char; 4] = ['-', '=', '?', ','];

/// How many letters are wrong, missing or too many at most in a misspelt word.
const SLIPS: usize = 2;

/// The topics that are called so: by kind and id, by id, as a code, by title.
fn named(name: &str) -> Vec<Topic> {
    let name = name.trim().trim_end_matches(['=', ':', ',']);
    if let Some(topic) = Topic::read(name) {
        return vec![topic];
    }
    let dashed = name.replace(' ', "-");
    let by_id: Vec<_> = Kind::ALL.iter().filter_map(|kind| Topic::new(*kind, &dashed)).collect();
    if !by_id.is_empty() {
        return by_id;
    }
    if PORTS.contains(&name) {
        return Topic::new(Kind::Idea, "ports").into_iter().collect();
    }
    if is_code(name) {
        return Topic::of_code(name).into_iter().collect();
    }
    if is_enhanced(name) {
        return Topic::of_enhanced(name).into_iter().collect();
    }
    let titled = |lang, topic: &Topic| topic.entry().say(lang).title.eq_ignore_ascii_case(name);
    Topic::all().filter(|t| titled(Lang::En, t) || titled(Lang::Ja, t)).collect()
}

fn is_code(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|b| b.is_ascii_digit())
}

fn is_enhanced(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3
        && parts.iter().skip(1).all(number)
        && matches!(parts.first(), Some(&("2" | "4" | "5" | "X" | "x")))
}

/// Ports that a person may mean by a number.
const PORTS: [&str; 9] = ["25", "24", "465", "587", "2525", "110", "143", "993", "995"];

/// How alike two words have to be for one to be meant by the other.
const ALIKE: f64 = 0.8;

/// How many words are offered for one that nobody knows.
const OFFERED: usize = 5;

/// Ids that look like `word`, the most alike first.
pub fn like(word: &str) -> Vec<&'static str> {
    let word = word.to_lowercase();
    let mut alike: Vec<(f64, &'static str)> = Topic::all()
        .map(|topic| (strsim::jaro_winkler(&word, &topic.id.to_lowercase()), topic.id))
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let titled = |topic: &Topic| {
        [Lang::En, Lang::Ja].iter().any(|lang| {
            let title = topic.entry().say(*lang).title.to_lowercase();
            title.split(' ').any(|part| part == word) || (!word.is_ascii() && title.contains(&word))
        })
    };
    let titled = Topic::all().filter(titled).map(|topic| topic.id);
    let mut ids: Vec<_> = alike.into_iter().map(|(_, id)| id).chain(titled).collect();
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids.truncate(OFFERED);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(words: &str) -> Vec<String> {
        let words: Vec<_> = words.split('|').collect();
        find(&words).0.into_iter().map(Topic::path).collect()
    }

    #[test]
    fn words_are_found_as_people_write_them() {
        for (words, topics) in [
            ("mail", "verb/MAIL"),
            ("550|5.7.1", "code/550 enhanced/X.7.1"),
            ("5.7.139", "enhanced/X.7.0"),
            ("571", "code/5xx"),
            ("999", "code/other"),
            ("return-path", "field/Return-Path"),
            ("Subject:", "field/Subject"),
            ("SIZE=", "parameter/SIZE capability/SIZE"),
            ("8bitmime", "capability/8BITMIME"),
            ("null|sender", "idea/null-sender"),
            ("b09", "oddity/B09"),
            ("idea/tls", "idea/tls"),
            ("begins a mail transaction", "verb/MAIL"),
            ("x.5.1", "enhanced/X.5.1"),
            ("550-5.7.1", "code/550 enhanced/X.7.1"),
            ("NOTIFY=NEVER", "parameter/NOTIFY"),
            ("250-SIZE", "code/250 parameter/SIZE capability/SIZE"),
            ("RCPT,DATA", "verb/RCPT verb/DATA"),
            ("587", "idea/ports"),
        ] {
            assert_eq!(paths(words).join(" "), topics, "{words}");
        }
    }

    #[test]
    fn what_nobody_knows_is_told_with_what_it_looks_like() {
        assert_eq!(find(&["xyzzy", "RCPT"]).1, ["xyzzy"]);
        for (typo, meant) in [
            ("Retrun-Path", "Return-Path"),
            ("Message-IDD", "Message-ID"),
            ("Content-Tpye", "Content-Type"),
        ] {
            assert_eq!(find(&[typo]), (Vec::new(), vec![typo]));
            assert_eq!(like(typo).first(), Some(&meant));
        }
        assert_eq!(like("RCTP").first(), Some(&"RCPT"));
        assert!(like("送信元").contains(&"MAIL"), "{:?}", like("送信元"));
        assert!(like("q").is_empty());
    }
}
