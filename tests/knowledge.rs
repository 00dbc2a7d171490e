//! The knowledge base is whole: every file parses, every id that the code names has an entry and
//! every entry is named, every entry speaks English and Japanese, and no word lacks its values.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

#[path = "support/proven.rs"]
mod proven;
#[path = "support/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::path::Path;

use ehlo::advice::Rule;
use ehlo::display::envelope::topic;
use ehlo::display::keys::{Action, Keys, Layer, key_name};
use ehlo::display::text::width;
use ehlo::draft::{TEMPLATES, Template};
use ehlo::knowledge::{self, Kind, Saying, Topic};
use ehlo::session::Phase;
use ehlo::session::agreement::Point;
use ehlo::smtp::code::Code;
use ehlo::smtp::param::keyword_of;
use ehlo::smtp::verb::Verb;
use proven::proven;
use source::{Piece, is_word};

/// The data files, each of which has an accessor that parses it.
const FILES: &[&str] = &[
    "agreements.toml",
    "capabilities.toml",
    "codes.toml",
    "enhanced.toml",
    "faults/auth.toml",
    "faults/certificate.toml",
    "faults/chunking.toml",
    "faults/composed.toml",
    "faults/data.toml",
    "faults/ehlo.toml",
    "faults/end.toml",
    "faults/enhanced.toml",
    "faults/envelope.toml",
    "faults/framing.toml",
    "faults/greeting.toml",
    "faults/pipelining.toml",
    "faults/replies.toml",
    "faults/smtputf8.toml",
    "faults/starttls.toml",
    "faults/unplayable.toml",
    "fields.toml",
    "ideas.toml",
    "keys.toml",
    "limits.toml",
    "mechanisms.toml",
    "oddities.toml",
    "parameters.toml",
    "phases.toml",
    "replies.toml",
    "rfcs.toml",
    "swaks.toml",
    "text/advice.toml",
    "text/auth.toml",
    "text/authenticity.toml",
    "text/catcher.toml",
    "text/compare.toml",
    "text/editor.toml",
    "text/envelope.toml",
    "text/faults.toml",
    "text/gate.toml",
    "text/group.toml",
    "text/hand.toml",
    "text/header.toml",
    "text/interface.toml",
    "text/mailbox.toml",
    "text/parts.toml",
    "text/plan.toml",
    "text/reach.toml",
    "text/recordings.toml",
    "text/run.toml",
    "text/send.toml",
    "text/serve.toml",
    "text/times.toml",
    "text/tls.toml",
    "text/travel.toml",
    "text/waits.toml",
    "text/who.toml",
    "trace.toml",
    "verbs.toml",
];

/// What no standard knows: what one vendor or another made, and what everybody does.
const WITHOUT_STANDARD: &[&str] = &[
    "code/353",
    "field/Envelope-To",
    "field/X-Original-To",
    "field/X-Priority",
    "idea/maildir",
    "idea/proxy-header",
    "idea/swaks",
    "mechanism/LOGIN",
    "mechanism/NTLM",
    "mechanism/XOAUTH2",
    "oddity/A16",
    "trace/HTTP",
    "trace/MAPI",
    "trace/local",
    "verb/XCLIENT",
    "verb/XFORWARD",
];

fn set<'a>(keys: impl IntoIterator<Item = &'a String>) -> BTreeSet<&'a str> {
    keys.into_iter().map(String::as_str).collect()
}

/// Asserts that two sets of ids are equal, and says which ids stand in one of them alone.
fn assert_same(what: &str, named: &BTreeSet<&str>, entries: &BTreeSet<&str>) {
    let lacking: Vec<_> = named.difference(entries).collect();
    let unused: Vec<_> = entries.difference(named).collect();
    assert!(
        lacking.is_empty() && unused.is_empty(),
        "{what}: without an entry {lacking:?}, never named {unused:?}"
    );
}

#[test]
fn the_list_of_files_is_complete_and_each_parses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/data");
    let mut found = Vec::new();
    for folder in [root.clone(), root.join("faults"), root.join("text")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, FILES);
    for name in FILES {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        let table: toml::Table = text.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(knowledge::data(name), text, "{name} is embedded");
        println!("{name}: {} entries", table.len());
    }
}

/// Every template has its text, and every text its template.
#[test]
fn every_template_has_a_file_and_every_file_a_template() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/data/templates");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| format!("templates/{}", entry.unwrap().file_name().to_str().unwrap()))
        .collect();
    let named: BTreeSet<String> = TEMPLATES.iter().map(Template::file).collect();
    assert_eq!(files, named);
    for template in TEMPLATES {
        for key in [template.title, template.say].into_iter().chain(template.broken) {
            assert!(knowledge::words().contains_key(key), "{}: no word for {key}", template.name);
        }
        assert!(!knowledge::data(&template.file()).is_empty(), "{} is embedded", template.name);
    }
    println!("{} templates", TEMPLATES.len());
}

#[test]
fn every_entry_speaks_both_languages() {
    for topic in Topic::all() {
        let (path, entry) = (topic.path(), topic.entry());
        let japanese = entry.ja.as_ref().unwrap_or_else(|| panic!("{path} has no Japanese"));
        for (lang, saying) in [("en", &entry.en), ("ja", japanese)] {
            let Saying { title, say, changes, next } = saying;
            for text in [title, say, changes, next] {
                assert!(!text.trim().is_empty(), "{path} has an empty sentence in {lang}");
                assert!(!text.contains(char::is_control), "{path}: a control character in {lang}");
            }
            assert!(width(title) <= 48, "{path}: the title is too long in {lang}");
        }
        for text in [&japanese.say, &japanese.changes, &japanese.next] {
            assert!(is_japanese(text), "{path}: this is not Japanese: {text}");
        }
        let english = [&entry.en.title, &entry.en.say, &entry.en.changes, &entry.en.next];
        assert!(english.iter().all(|text| text.is_ascii()), "{path}: English beyond ASCII");
    }
    for kind in Kind::ALL {
        println!("{}: {} entries, each in English and Japanese", kind.name(), kind.entries().len());
    }
}

#[test]
fn every_entry_has_an_example_and_leads_on() {
    for topic in Topic::all() {
        let (path, entry) = (topic.path(), topic.entry());
        assert!(!entry.example.is_empty(), "{path} has no example");
        for line in &entry.example {
            assert!(width(line) <= 76 && !line.contains(char::is_control), "{path}: {line}");
        }
        assert!(!entry.see.is_empty(), "{path} leads nowhere");
        for related in &entry.see {
            let found = Topic::read(related).filter(|found| found.path() == *related);
            assert!(found.is_some_and(|found| found != topic), "{path} leads to {related}");
        }
    }
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'))
}

/// A word stands in one file only.
#[test]
fn no_word_is_said_twice() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/data/text");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let tables = files.map(|path| std::fs::read_to_string(path).unwrap().parse().unwrap());
    let count: usize = tables.map(|table: toml::Table| table.len()).sum();
    assert_eq!(count, knowledge::words().len());
}

#[test]
fn every_word_speaks_both_languages_with_the_same_places() {
    for (key, word) in knowledge::words() {
        let japanese = word.ja.as_ref().unwrap_or_else(|| panic!("{key} has no Japanese"));
        assert!(!word.en.trim().is_empty() && !japanese.trim().is_empty(), "{key} is empty");
        assert_eq!(places(&word.en), places(japanese), "the places of {key}");
    }
    println!("{} words in two languages", knowledge::words().len());
}

/// A key can be changed: no sentence names one itself, and what it says of one can be left out.
#[test]
fn sentences_name_actions_and_no_keys() {
    // `ehlo keys test` and the mouse are as they are.
    let fixed = ["keyboard.begin", "keyboard.again", "mouse.first", "mouse.on"];
    let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
    let names: Vec<String> = keys.rows().iter().map(|row| key_name(row.key)).collect();
    let long = |name: &&String| name.chars().count() > 1;
    for (key, word) in knowledge::words() {
        for text in [&word.en, word.ja.as_ref().unwrap()] {
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let key_in_it = words.find(|w| names.iter().filter(long).any(|name| name == w));
            assert!(
                key_in_it.is_none() || fixed.contains(&key.as_str()),
                "{key} names {key_in_it:?}"
            );
            let outside: String = text.split(['[', ']']).step_by(2).collect();
            let bare = places(&outside).into_iter().find(|place| is_action(place));
            assert_eq!(bare, None, "{key}: stands outside of brackets");
        }
    }
}

/// «1 lines» is never said: a counted noun stands before its number, or has a key for one.
#[test]
fn no_noun_behind_a_number_is_in_the_plural() {
    let more_than_one = ["prompt.lines", "question.paste", "copy.lines", "copy.columns"];
    for (key, word) in knowledge::words() {
        let behind = word.en.split('}').skip(1).filter_map(|rest| rest.strip_prefix(' '));
        let mut nouns = behind.filter_map(|rest| rest.strip_prefix("more ").or(Some(rest)));
        let counted = ["lines", "bytes", "columns", "characters", "messages", "exchanges"];
        let plural = nouns.any(|rest| counted.iter().any(|noun| rest.starts_with(noun)));
        assert_eq!(plural, more_than_one.contains(&key.as_str()), "{key}: {}", word.en);
    }
}

fn is_action(name: &str) -> bool {
    Action::ALL.iter().any(|action| action.name() == name)
}

/// The names in braces.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[test]
fn clauses_are_well_formed_and_listed() {
    let mut clauses = 0;
    for topic in Topic::all() {
        let (id, entry) = (topic.path(), topic.entry());
        let none = WITHOUT_STANDARD.contains(&id.as_str());
        assert_eq!(entry.rfc.is_empty(), none, "the standards of {id}");
        for clause in &entry.rfc {
            let number = clause.strip_prefix("RFC ").and_then(|c| c.split_once(" §"));
            let Some((number, section)) = number else {
                panic!("{id}: \"{clause}\" is not of the form RFC n §s")
            };
            let good = |c: char| c.is_ascii_alphanumeric() || c == '.';
            assert!(!section.is_empty() && section.chars().all(good), "{id}: {clause}");
            assert!(knowledge::rfcs().contains_key(number), "{id}: {clause} is not in rfcs.toml");
            clauses += 1;
        }
    }
    let cited = |number: &String| {
        Topic::all().any(|t| t.entry().rfc.iter().any(|c| c.starts_with(&format!("RFC {number} "))))
    };
    let unused: Vec<_> = knowledge::rfcs().keys().filter(|number| !cited(number)).collect();
    assert!(unused.is_empty(), "nothing rests on {unused:?}");
    println!("{clauses} clauses in {} standards", knowledge::rfcs().len());
}

/// The whole catalogue has entries: the sections and how many rows each has.
const CATALOGUE: [(char, usize); 9] = [
    ('A', 16),
    ('B', 26),
    ('C', 23),
    ('D', 20),
    ('E', 16),
    ('F', 31),
    ('G', 31),
    ('H', 16),
    ('I', 12),
];

#[test]
fn every_oddity_of_the_catalogue_has_an_entry() {
    let rows = CATALOGUE.into_iter().flat_map(|(section, count)| {
        (1..=count).map(move |number| format!("{section}{number:02}"))
    });
    let rows: Vec<String> = rows.collect();
    let catalogue = set(&rows);
    assert_same("oddities", &catalogue, &set(Kind::Oddity.entries().keys()));
    let sources = source::sources();
    let named: BTreeSet<&str> = sources
        .iter()
        .filter(|(path, _)| path.starts_with("smtp") || path.starts_with("session"))
        .flat_map(|(_, text)| source::untested_pieces(text))
        .filter_map(|piece| source::content(&piece))
        .filter(|text| is_oddity(text))
        .collect();
    assert!(named.len() > 50, "only {} ids were found", named.len());
    assert!(named.is_subset(&catalogue), "{:?}", named.difference(&catalogue));
    for (id, entry) in Kind::Oddity.entries() {
        assert!(entry.severity.is_some(), "{id} has no severity");
    }
    println!("{} of {} oddities are noticed", named.len(), catalogue.len());
}

/// The files of faults, and the one that says why some entries have none.
fn faults() -> (toml::Table, toml::Table) {
    let files = FILES.iter().filter(|name| name.starts_with("faults/"));
    let (mut faults, mut none) = (toml::Table::new(), toml::Table::new());
    for name in files {
        let table: toml::Table = knowledge::data(name).parse().unwrap();
        let all = if *name == UNPLAYABLE { &mut none } else { &mut faults };
        for (id, entry) in table {
            assert!(all.insert(id.clone(), entry).is_none(), "{name}: {id} stands in two files");
        }
    }
    (faults, none)
}

const UNPLAYABLE: &str = "faults/unplayable.toml";

/// Asserts that an entry says something of its own in each language, and gives both.
fn said<'a>(id: &str, entry: &'a toml::Value, key: &str) -> [&'a str; 2] {
    let table = entry[key].as_table().unwrap();
    assert_eq!(table.keys().collect::<Vec<_>>(), ["en", "ja"], "{id}: the languages of {key}");
    let both = [&table["en"], &table["ja"]].map(|text| text.as_str().unwrap());
    for text in both {
        assert!(!text.trim().is_empty() && !text.contains(char::is_control), "{id}: {key}");
    }
    assert!(both[0].is_ascii(), "{id}: English beyond ASCII: {}", both[0]);
    assert!(is_japanese(both[1]), "{id}: this is not Japanese: {}", both[1]);
    assert_eq!(places(both[0]), places(both[1]), "{id}: the places of {key}");
    both
}

#[test]
fn every_fault_speaks_both_languages_and_plays_what_the_catalogue_knows() {
    let (faults, none) = faults();
    let mut texts = BTreeSet::new();
    for (id, fault) in &faults {
        let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(id.chars().all(name), "{id} is not easily typed");
        let plays = fault["plays"].as_array().unwrap();
        assert!(!plays.is_empty(), "{id} plays nothing");
        for entry in plays {
            let entry = entry.as_str().unwrap();
            assert!(Kind::Oddity.entries().contains_key(entry), "{id} plays {entry}");
        }
        let title = said(id, fault, "title");
        assert!(title.iter().all(|title| width(title) <= 48), "{id}: the title is too long");
        let text = said(id, fault, "text");
        assert!(texts.insert(text[0]) && texts.insert(text[1]), "{id}: said of another one, too");
        let places = places(text[0]);
        assert!(places.is_subset(&["value"].into()), "{id}: {places:?}");
        let value = fault.get("value").is_some();
        assert_eq!(places.contains("value"), value, "{id} says what its value is");
    }
    for (id, reason) in &none {
        assert!(Kind::Oddity.entries().contains_key(id), "{id} is no entry");
        said(id, reason, "reason");
    }
    println!("{} faults in two languages; entries without one: {}", faults.len(), none.len());
}

fn is_oddity(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A'..=b'I', b'0'..=b'9', b'0'..=b'9'])
}

/// What envelope and content can have in common or not, but for the sender that is an idea already.
#[test]
fn every_way_in_which_envelope_and_content_differ_has_an_entry() {
    let points = Point::ALL.iter().filter(|point| **point != Point::NullSender);
    let named = points.map(|point| point.id()).collect();
    assert_same("agreements", &named, &set(Kind::Agreement.entries().keys()));
    for point in Point::ALL {
        assert!(topic(*point).is_some(), "{} leads nowhere", point.id());
        assert!(knowledge::words().contains_key(point.words()), "no word {}", point.words());
    }
}

#[test]
fn every_phase_verb_and_mechanism_has_an_entry() {
    let phases = Phase::ALL.iter().map(|phase| phase.name()).collect();
    assert_same("phases", &phases, &set(Kind::Phase.entries().keys()));
    let verbs = Verb::KNOWN.iter().map(Verb::as_str).collect();
    assert_same("verbs", &verbs, &set(Kind::Verb.entries().keys()));
}

/// Met, but in no standard on its own.
const MET: u16 = 422;

#[test]
fn every_registered_code_and_every_class_has_an_entry() {
    let registered = Code::REGISTERED.iter().copied().chain([MET]);
    let codes: Vec<String> = registered.map(|c| Code(c).to_string()).collect();
    let classes = ["2xx", "3xx", "4xx", "5xx", "other"];
    let named = codes.iter().map(String::as_str).chain(classes).collect();
    assert_same("codes", &named, &set(Kind::Code.entries().keys()));
}

/// The enhanced status codes that are registered: how many details each subject has.
const DETAILS: [(usize, usize); 8] =
    [(0, 0), (1, 10), (2, 4), (3, 6), (4, 7), (5, 6), (6, 10), (7, 30)];

#[test]
fn every_enhanced_status_code_has_an_entry() {
    let codes = DETAILS
        .into_iter()
        .flat_map(|(subject, last)| (0..=last).map(move |detail| format!("X.{subject}.{detail}")));
    let codes: Vec<String> = codes.collect();
    assert_same("enhanced", &set(&codes), &set(Kind::Enhanced.entries().keys()));
}

/// What a MAIL or RCPT parameter needs in the EHLO reply is an EHLO keyword.
#[test]
fn every_parameter_has_its_keyword() {
    for name in Kind::Parameter.entries().keys().filter(|name| *name != "ALT-ADDRESS") {
        let keyword = match name.as_str() {
            "MTRK" | "TRANSID" => continue,
            name => keyword_of(name),
        };
        assert!(Topic::new(Kind::Capability, keyword).is_some(), "{name} needs {keyword}");
    }
}

#[test]
fn keys_parse_and_every_action_has_a_word_and_a_key() {
    let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
    for action in Action::ALL {
        let name = action.name();
        assert!(knowledge::words().contains_key(name), "the action {name} has no word");
    }
    for &layer in Layer::ALL {
        assert!(knowledge::words().contains_key(layer.title()), "{layer:?} has no title");
    }
    println!("{} actions, {} keys", Action::ALL.len(), keys.rows().len());
}

/// One call of `word` or `fill` with a literal key.
#[derive(Debug)]
struct Call<'a> {
    key: &'a str,
    /// The names of the values, if they stand there literally.
    values: Option<BTreeSet<&'a str>>,
    /// Whether it also fills the places of actions with their keys.
    knows_keys: bool,
}

/// The calls in a source, test modules left out.
fn calls(text: &str) -> Vec<Call<'_>> {
    let pieces = source::untested_pieces(text);
    let pieces: Vec<_> = pieces.into_iter().filter(|p| p.kind != source::Kind::Comment).collect();
    let begins = |at: usize| {
        matches!(pieces[at].text, "word" | "fill" | "sentence")
            && pieces.get(at + 1).is_some_and(|p| p.text == "(")
    };
    let declared = |at: usize| {
        pieces[..at].iter().rev().find(|p| p.text != " ").is_some_and(|p| p.text == "fn")
    };
    (0..pieces.len())
        .filter(|at| begins(*at) && !declared(*at))
        .filter_map(|at| call(&pieces[at + 2..], pieces[at].text))
        .collect()
}

/// Reads the arguments of a call up to its closing parenthesis.
fn call<'a>(pieces: &[Piece<'a>], name: &str) -> Option<Call<'a>> {
    let (mut depth, mut key, mut values) = (0, None, BTreeSet::new());
    let mut literal_values = false;
    for (at, piece) in pieces.iter().enumerate() {
        match piece.text {
            "(" | "[" | "{" => depth += 1,
            ")" if depth == 0 => break,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        literal_values |= piece.text == "[";
        let first_of_pair = at > 0
            && pieces[at - 1].text == "("
            && pieces.get(at + 1).is_some_and(|p| p.text == ",");
        match source::content(piece) {
            Some(text) if depth == 0 => key = key.or(Some(text)),
            Some(text) if first_of_pair => drop(values.insert(text)),
            _ => {}
        }
    }
    let values = (name != "word" && literal_values).then_some(values);
    Some(Call { key: key?, values, knows_keys: name == "sentence" })
}

#[test]
fn every_key_that_the_code_asks_for_exists_and_is_filled() {
    let sources = source::sources();
    let mut count = 0;
    for (path, text) in &sources {
        for call in calls(text) {
            let word = knowledge::words().get(call.key);
            let word = word.unwrap_or_else(|| panic!("src/{path}: no word for {}", call.key));
            let (keys, places): (BTreeSet<&str>, BTreeSet<&str>) =
                places(&word.en).into_iter().partition(|place| is_action(place));
            assert!(call.knows_keys || keys.is_empty(), "src/{path}: the keys of {}", call.key);
            if let Some(values) = call.values {
                assert_eq!(values, places, "src/{path}: the values of {}", call.key);
            }
            count += 1;
        }
    }
    assert!(count > 5, "only {count} calls were found");
    println!("{count} calls with a literal key");
}

#[test]
fn every_rule_of_a_typed_line_has_its_sentence() {
    for rule in Rule::ALL {
        assert!(knowledge::words().contains_key(rule.key()), "{rule:?} has no sentence");
    }
}

/// What a mark on a draft says explains more has an entry, by its id alone.
#[test]
fn every_mark_on_a_draft_leads_to_an_entry() {
    let sources = source::sources();
    let literals = |file: &str| -> Vec<&str> {
        let (_, text) = sources.iter().find(|(path, _)| path == file).unwrap();
        let pieces = source::untested_pieces(text);
        pieces.iter().filter_map(source::content).collect()
    };
    let has_entry = |id: &str| Kind::ALL.iter().any(|kind| Topic::new(*kind, id).is_some());
    let all = [literals("draft/review/rule.rs"), literals("session/flaw/rule.rs")].concat();
    let is_rule = |rule: &&[&str]| {
        (rule[0].starts_with("review.") || rule[0].starts_with("flaw."))
            && rule[1].starts_with("RFC ")
    };
    let rules: Vec<_> = all.windows(3).filter(is_rule).collect();
    assert!(rules.len() > 75, "only {} rules were found", rules.len());
    for rule in rules {
        let [key, _, about] = rule else { panic!("{rule:?} is no rule") };
        assert!(has_entry(about), "{key}: nothing is called {about}");
    }
    // A mark about a field leads to it.
    let rows = literals("draft/review/field.rs");
    let fields = rows.windows(2).filter(|pair| pair[1].starts_with("RFC ")).map(|pair| pair[0]);
    let fields: Vec<_> = fields.collect();
    assert!(fields.len() > 15, "only {} fields were found", fields.len());
    for field in fields {
        assert!(Topic::new(Kind::Field, field).is_some(), "no field is called {field}");
    }
}

#[test]
fn every_key_is_used() {
    let sources = source::sources();
    let used: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, text)| source::untested_pieces(text))
        .filter_map(|piece| source::content(&piece))
        .collect();
    let unused: BTreeSet<&str> =
        knowledge::words().keys().map(String::as_str).filter(|key| !used.contains(key)).collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
}

#[test]
fn calls_are_read_as_they_are_meant() {
    let text = "fn word(l: Lang) {} fn f() { knowledge::word(lang, \"a.b\"); word(\"c\"); \
                fill(l, \"d\", &[(\"n\", &g(\"x\").join(\", \")), (\"m\", y)]); fill(l, key, &v); \
                word(key); m.sentence(\"s\", &[]); fill(l, \"e\", &values) } #[cfg(test)] mod t { word(\"z\") }";
    let seen = calls(text);
    let keys: Vec<_> = seen.iter().map(|c| c.key).collect();
    assert_eq!(keys, ["a.b", "c", "d", "s", "e"]);
    assert_eq!(seen[2].values, Some(BTreeSet::from(["m", "n"])));
    assert_eq!(seen[4].values, None);
    assert_eq!(places("{a} b {c-d} {"), BTreeSet::from(["a", "c-d"]));
    assert!(is_word('_') && is_oddity("B09") && !is_oddity("J01"));
}

/// The options of swaks, each by one of its names, as its manual lists them.
const SWAKS: &[&str] = &[
    "--config",
    "--server",
    "--port",
    "--local-interface",
    "--local-port",
    "--copy-routing",
    "-4",
    "-6",
    "--socket",
    "--pipe",
    "--to",
    "--cc",
    "--bcc",
    "--from",
    "--helo",
    "--ehlo",
    "--lhlo",
    "--quit-after",
    "--drop-after",
    "--drop-after-send",
    "--timeout",
    "--protocol",
    "--pipeline",
    "--prdr",
    "--force-getpwuid",
    "-tls",
    "-tlso",
    "-tlsos",
    "-tlsc",
    "-tlsp",
    "--tls-cipher",
    "--tls-verify",
    "--tls-verify-ca",
    "--tls-verify-host",
    "--tls-verify-target",
    "--tls-ca-path",
    "--tls-cert",
    "--tls-key",
    "--tls-chain",
    "--tls-get-peer-cert",
    "--tls-get-peer-chain",
    "--tls-sni",
    "-a",
    "-ao",
    "-aos",
    "-au",
    "-ap",
    "-ae",
    "-am",
    "-apt",
    "-ahp",
    "--xclient-addr",
    "--xclient-name",
    "--xclient-port",
    "--xclient-proto",
    "--xclient-destaddr",
    "--xclient-destport",
    "--xclient-helo",
    "--xclient-login",
    "--xclient-reverse-name",
    "--xclient-delim",
    "--xclient",
    "--xclient-no-verify",
    "--xclient-before-starttls",
    "--xclient-optional",
    "--xclient-optional-strict",
    "--proxy-version",
    "--proxy",
    "--proxy-family",
    "--proxy-protocol",
    "--proxy-command",
    "--proxy-source",
    "--proxy-source-port",
    "--proxy-dest",
    "--proxy-dest-port",
    "--data",
    "--body",
    "--attach",
    "--attach-body",
    "--attach-type",
    "--attach-name",
    "--add-header",
    "--header",
    "--h-X",
    "-dab",
    "-dabsp",
    "-ndf",
    "-nsf",
    "-n",
    "-stl",
    "-nih",
    "-nsh",
    "-nrh",
    "-nth",
    "-raw",
    "--output",
    "--output-file-stdout",
    "--output-file-stderr",
    "-pp",
    "-hr",
    "-hs",
    "-hi",
    "-ha",
    "-S",
    "--support",
    "--dump",
    "--dump-mail",
    "--help",
    "--version",
];

/// The options of the swaks that is installed, by all their names, as its program defines them.
fn installed_swaks() -> Option<Vec<Vec<String>>> {
    let path = std::env::var_os("PATH")?;
    let file = std::env::split_paths(&path).map(|p| p.join("swaks")).find(|p| p.is_file())?;
    let source = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    let names = |line: &str| -> Option<Vec<String>> {
        let list = line.trim_start().strip_prefix("{ opts ")?.split_once('[')?.1.split_once(']')?.0;
        Some(list.split(',').map(|name| name.trim().trim_matches('\'').to_owned()).collect())
    };
    Some(source.lines().filter_map(names).collect())
}

#[test]
fn every_option_of_the_installed_swaks_has_a_line() {
    let Some(options) = installed_swaks() else {
        let required = std::env::var_os("EHLO_SERVERS").is_some_and(|v| v == "required");
        assert!(!required, "swaks is required");
        return proven("swaks", "every option has a line", "skipped: it is not installed");
    };
    assert!(options.len() > 90, "read in vain: {options:?}");
    let rows: Vec<_> = knowledge::swaks().collect();
    let named: BTreeSet<&str> = rows
        .iter()
        .flat_map(|(names, _)| names.split(", "))
        .map(|name| name.trim_start_matches('-'))
        .collect();
    // It does nothing but test how swaks warns of old options.
    let matters = |names: &&Vec<String>| names[0] != "trigger-deprecation";
    let lacking: Vec<_> = options
        .iter()
        .filter(matters)
        .filter(|names| !names.iter().any(|name| named.contains(name.as_str())))
        .collect();
    assert!(lacking.is_empty(), "no line for {lacking:?}");
    let count = format!("all {} of what is installed", options.len() - 1);
    proven("swaks", "every option has a line", &count);
}

#[test]
fn every_option_of_swaks_has_a_line_and_each_of_ours_exists() {
    let rows: Vec<_> = knowledge::swaks().collect();
    let named: BTreeSet<&str> = rows.iter().flat_map(|(name, _)| name.split(", ")).collect();
    let lacking: Vec<_> = SWAKS.iter().filter(|option| !named.contains(*option)).collect();
    assert!(lacking.is_empty(), "no line for {lacking:?}");
    let mut definition = ehlo::cli::definition();
    definition.build();
    let send = definition.find_subcommand("send").unwrap();
    let options: BTreeSet<String> = [send, &definition]
        .into_iter()
        .flat_map(clap::Command::get_arguments)
        .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
        .collect();
    let calls: BTreeSet<String> =
        definition.get_subcommands().map(|verb| format!("ehlo {}", verb.get_name())).collect();
    for (theirs, row) in &rows {
        for ours in &row.ours {
            assert!(options.contains(ours) || calls.contains(ours), "{theirs}: no {ours}");
        }
        let reason = !row.en.is_empty();
        assert!(reason || !row.ours.is_empty(), "{theirs}: neither ours nor a reason");
        assert!(row.en.is_ascii(), "{theirs}: English beyond ASCII");
        // What is nothing but an option is the same in both.
        let spoken = is_japanese(&row.ja) || row.ja == row.en;
        assert!(spoken && reason != row.ja.is_empty(), "{theirs}: one language alone");
        for option in row.en.split([' ', ',', ';', ':']).filter(|word| word.starts_with("--")) {
            let known = options.contains(option);
            assert!(known, "{theirs}: {option} is no option");
        }
    }
    println!(
        "{} lines, {} of them without an option of ours",
        rows.len(),
        rows.iter().filter(|(_, row)| row.ours.is_empty()).count()
    );
}
