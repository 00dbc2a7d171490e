//! The floors: imports go down only, sockets, clocks and files live where they belong, every
//! module says what it promises, and every clause that the sources refer to is listed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

#[path = "support/source.rs"]
mod source;

use source::{Kind, is_word};

/// What one floor may import, and which words may not stand in it.
struct Floor {
    /// Folders and files below `src`, without their ending; `tui/` is the inside of a folder.
    at: &'static [&'static str],
    /// Modules of this crate that it may import, beside itself.
    may: &'static [&'static str],
    /// Names that may not occur.
    never: &'static [&'static str],
}

const ALL: &[&str] = &[
    "advice",
    "cli",
    "config",
    "display",
    "draft",
    "headless",
    "journal",
    "knowledge",
    "net",
    "session",
    "smtp",
    "speaker",
    "tui",
];

/// What no pure floor may name. Parsing an address touches no network, see [`HARMLESS`].
const IMPURE: &[&str] = &[
    "tokio",
    "std::net",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "ratatui",
    "crossterm",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "async",
];

const HARMLESS: &[&str] = &["std::net::Ipv4Addr", "std::net::Ipv6Addr", "std::net::IpAddr"];

/// What may not stand where nothing waits and nothing is read.
const OUTSIDE: &[&str] = &["tokio", "std::net", "std::fs", "async"];

const FLOORS: &[Floor] = &[
    Floor { at: &["smtp"], may: &[], never: IMPURE },
    Floor { at: &["knowledge"], may: &[], never: IMPURE },
    Floor { at: &["journal"], may: &["smtp"], never: IMPURE },
    Floor { at: &["session"], may: &["smtp", "journal"], never: IMPURE },
    Floor { at: &["speaker"], may: &["smtp", "journal", "session"], never: IMPURE },
    Floor { at: &["draft"], may: &["smtp", "journal", "session"], never: IMPURE },
    Floor { at: &["advice"], may: &["smtp", "journal", "session"], never: IMPURE },
    // What the rules of a draft say about a header that is there is shown with it.
    Floor {
        at: &["display"],
        may: &["smtp", "journal", "session", "draft", "advice", "knowledge"],
        never: OUTSIDE,
    },
    Floor {
        at: &["config"],
        may: &["smtp", "journal", "knowledge", "display"],
        never: &["tokio", "std::net", "async"],
    },
    Floor {
        at: &["net"],
        may: &["smtp", "journal", "session", "speaker"],
        never: &["ratatui", "crossterm"],
    },
    Floor {
        at: &["tui/"],
        may: &[
            "smtp",
            "knowledge",
            "journal",
            "session",
            "speaker",
            "draft",
            "advice",
            "display",
            "tui",
        ],
        never: OUTSIDE,
    },
    // What `update` builds upon does not build upon it.
    Floor {
        at: &["tui/directive", "tui/find", "tui/palette", "tui/view/help", "tui/view/palette"],
        may: &["smtp", "knowledge", "journal", "session", "advice", "display", "tui"],
        never: &["tokio", "std::net", "std::fs", "async", "update"],
    },
    Floor {
        at: &["tui/view", "tui/widget"],
        may: &["smtp", "knowledge", "journal", "session", "draft", "advice", "display", "tui"],
        never: OUTSIDE,
    },
    Floor {
        at: &["tui/runtime", "tui/terminal", "tui/clipboard", "tui/screenshot", "tui"],
        may: ALL,
        never: &[],
    },
    Floor {
        at: &["headless"],
        may: &[
            "advice",
            "cli",
            "config",
            "display",
            "draft",
            "journal",
            "knowledge",
            "net",
            "session",
            "smtp",
            "speaker",
        ],
        never: &["ratatui"],
    },
    Floor { at: &["main", "lib", "cli"], may: ALL, never: &[] },
];

/// Only this may know the parser of message content.
const CONTENT: [&str; 2] = ["session/content.rs", "session/content/depth.rs"];

/// The floor of a file: the row with the longest place that fits.
fn floor(path: &str) -> Option<&'static Floor> {
    let module = path.strip_suffix(".rs")?;
    let fits = |place: &str| {
        let whole = place.ends_with('/');
        module
            .strip_prefix(place)
            .is_some_and(|rest| whole || rest.is_empty() || rest.starts_with('/'))
    };
    let longest = |floor: &&Floor| floor.at.iter().filter(|at| fits(at)).map(|at| at.len()).max();
    FLOORS.iter().filter(|f| longest(f).is_some()).max_by_key(longest)
}

/// Everything that is wrong with one file.
fn faults(path: &str, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if !text.starts_with("//!") {
        out.push("does not begin with its promise (//!)".to_owned());
    }
    if path.ends_with("mod.rs") {
        out.push("is called mod.rs".to_owned());
    }
    let mut code = source::code(text);
    for name in HARMLESS {
        code = code.replace(name, "");
    }
    match floor(path) {
        Some(floor) => out.extend(trespasses(path, &code, floor)),
        None => out.push("stands on no floor of the table".to_owned()),
    }
    if !CONTENT.contains(&path) && has_name(&code, "mail_parser") {
        out.push("names mail_parser".to_owned());
    }
    out.extend(bad_clauses(text));
    out.into_iter().map(|fault| format!("src/{path} {fault}")).collect()
}

fn trespasses(path: &str, code: &str, floor: &Floor) -> Vec<String> {
    let own = path.split(['/', '.']).next().unwrap();
    let allowed = |module: &str| module == own || floor.may.contains(&module);
    let imports = imports(path, code).into_iter().filter(|module| !allowed(module));
    let std_names = heads(code, "std").into_iter().map(|head| format!("std::{head}"));
    let std_names: Vec<_> = std_names.collect();
    let named = |word: &&&str| has_name(code, word) || std_names.iter().any(|n| n == **word);
    let never = floor.never.iter().filter(named);
    imports
        .map(|module| format!("imports {module}"))
        .chain(never.map(|word| format!("names {word}")))
        .collect()
}

/// The modules of this crate that a file imports.
fn imports(path: &str, code: &str) -> Vec<String> {
    let depth = if matches!(path, "lib.rs" | "main.rs") { 0 } else { path.split('/').count() };
    let above = "super::".repeat(depth);
    let mut out = heads(code, "crate");
    if let Some(above) = above.strip_suffix("::") {
        out.extend(heads(code, above));
    }
    // The root declares some types' homes only; what begins with a capital is no module.
    out.retain(|name| name.starts_with(char::is_lowercase) && name != "super" && name != "self");
    out
}

/// The names that stand right behind `root::`, groups in braces included.
fn heads(code: &str, root: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, _) in code.match_indices(&format!("{root}::")) {
        if code[..at].ends_with(|c| is_word(c) || c == ':') {
            continue;
        }
        let rest = code[at + root.len() + 2..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => out.extend(group_heads(group)),
            None => out.push(first_name(rest)),
        }
    }
    out
}

fn group_heads(group: &str) -> Vec<String> {
    let mut out = vec![first_name(group)];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => out.push(first_name(&group[at + 1..])),
            _ => {}
        }
    }
    out.retain(|name| !name.is_empty());
    out
}

fn first_name(text: &str) -> String {
    text.trim_start().chars().take_while(|c| is_word(*c)).collect()
}

/// Whether `name` stands somewhere as a whole word.
fn has_name(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        !code[..at].ends_with(is_word) && !code[at + name.len()..].starts_with(is_word)
    })
}

/// References to standards that have another form than `RFC n §s`, or that are not listed.
fn bad_clauses(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for piece in source::pieces(text).iter().filter(|p| p.kind != Kind::Code) {
        for (at, _) in piece.text.match_indices('§') {
            let before = &piece.text[..at];
            let number = before.strip_suffix(' ').and_then(|b| b.rsplit_once("RFC "));
            let section: String = piece.text[at + '§'.len_utf8()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '.')
                .collect();
            let section = section.trim_end_matches('.');
            match number {
                Some((_, "n")) => {}
                Some((_, n)) if n.parse::<u16>().is_ok() && !section.is_empty() => {
                    if !ehlo::knowledge::rfcs().contains_key(n) {
                        out.push(format!("refers to RFC {n}, which rfcs.toml does not list"));
                    }
                }
                _ => out.push(format!("has a reference of another form: …§{section}")),
            }
        }
        let joined = ["RFC5", "RFC2", "RFC3", "RFC6", "RFC7", "RFC8", "RFC-", "rfc5321"];
        if let Some(form) = joined.iter().find(|form| piece.text.contains(**form)) {
            out.push(format!("writes {form}… for a standard"));
        }
    }
    out
}

#[test]
fn every_file_keeps_to_its_floor() {
    let sources = source::sources();
    assert!(sources.len() > 50, "only {} files were found", sources.len());
    let all: Vec<_> = sources.iter().flat_map(|(path, text)| faults(path, text)).collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn the_table_knows_every_module_of_the_crate() {
    let mut modules: Vec<_> = source::sources()
        .into_iter()
        .filter_map(|(path, _)| path.strip_suffix(".rs").map(str::to_owned))
        .filter(|module| !module.contains('/') && !matches!(module.as_str(), "lib" | "main"))
        .collect();
    modules.sort();
    assert_eq!(modules, ALL);
}

/// A table that finds nothing would be worthless: each rule finds its violation.
#[test]
fn every_violation_is_found() {
    let rows: &[(&str, &str, &str)] = &[
        ("smtp/x.rs", "//! x\nuse crate::net::Clock;", "imports net"),
        ("smtp/x.rs", "//! x\nuse crate::{smtp::Span, journal::{Event, Side}};", "imports journal"),
        ("smtp/x.rs", "//! x\nuse super::super::session::Phase;", "imports session"),
        ("smtp.rs", "//! x\nuse super::session::Phase;", "imports session"),
        ("smtp/x.rs", "//! x\nfn f() { crate::speaker::x() }", "imports speaker"),
        ("journal/x.rs", "//! x\nuse std::fs::File;", "names std::fs"),
        ("journal/x.rs", "//! x\nuse std::{io, fs};", "names std::fs"),
        ("session/x.rs", "//! x\nuse std::net::TcpStream;", "names std::net"),
        ("session/x.rs", "//! x\nfn f() { Instant::now(); }", "names Instant::now"),
        ("session/x.rs", "//! x\nfn f() { jiff::Timestamp::now(); }", "names Timestamp::now"),
        ("session/x.rs", "//! x\nuse mail_parser::Message;", "names mail_parser"),
        ("session/message.rs", "//! x\nasync fn f() {}", "names async"),
        ("speaker/x.rs", "//! x\nuse crate::knowledge::Lang;", "imports knowledge"),
        ("draft/x.rs", "//! x\nuse crate::knowledge::Lang;", "imports knowledge"),
        ("knowledge/x.rs", "//! x\nuse crate::smtp::Span;", "imports smtp"),
        ("display/x.rs", "//! x\nuse crate::net::Clock;", "imports net"),
        ("net/x.rs", "//! x\nuse crate::display::token;", "imports display"),
        ("net/x.rs", "//! x\nuse ratatui::Frame;", "names ratatui"),
        ("config.rs", "//! x\nuse crate::session::Phase;", "imports session"),
        ("tui/model.rs", "//! x\nuse crate::net::Clock;", "imports net"),
        ("tui/update/compose.rs", "//! x\nuse tokio::sync::mpsc;", "names tokio"),
        ("tui/view/help.rs", "//! x\nuse crate::speaker::Say;", "imports speaker"),
        ("tui/view.rs", "//! x\nuse std::fs;", "names std::fs"),
        ("headless/x.rs", "//! x\nuse crate::tui::run;", "imports tui"),
        ("store/x.rs", "//! x\n", "stands on no floor"),
        ("smtp/mod.rs", "//! x\n", "is called mod.rs"),
        ("smtp/x.rs", "fn f() {}", "does not begin"),
        ("smtp/x.rs", "//! x (RFC 9999 §1)\n", "refers to RFC 9999"),
        ("smtp/x.rs", "//! x (RFC5321 §1)\n", "of another form"),
        ("smtp/x.rs", "//! x (RFC 5321, §1)\n", "of another form"),
        ("smtp/x.rs", "//! x (RFC 5321 §)\n", "of another form"),
    ];
    for (path, text, fault) in rows {
        let seen = faults(path, text);
        assert!(seen.iter().any(|f| f.contains(fault)), "{path}: {text}\nseen: {seen:?}");
    }
}

/// And what is allowed is not found.
#[test]
fn nothing_else_is_found() {
    let rows: &[(&str, &str)] = &[
        ("smtp/x.rs", "//! x\n// crate::net\nconst A: &str = \"crate::net tokio\";"),
        ("smtp/x.rs", "//! x\n/* std::fs /* nested */ tokio */\nuse std::net::Ipv4Addr;"),
        ("smtp/x.rs", "//! x\n#[cfg(test)]\nmod tests {\n use crate::net::Clock; }\nfn f() {}"),
        ("smtp/x.rs", "//! x\nconst A: &[u8] = br#\"\" tokio \"#; const B: char = '\"';"),
        ("smtp/x.rs", "//! x (RFC 5321 §4.1.1.1.) and RFC 5321 §F.6\nfn tokio_like() {}"),
        ("session/content.rs", "//! x\nuse mail_parser::Message;"),
        ("session/x.rs", "//! x\nuse crate::{journal::Side, session::Phase};\nuse crate::smtp;"),
        ("tui/runtime.rs", "//! x\nuse crate::net::Clock;\nasync fn f() {}"),
        ("tui/view/help.rs", "//! x\nuse crate::tui::model::Model;\nuse ratatui::Frame;"),
    ];
    for (path, text) in rows {
        assert_eq!(faults(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn only_the_code_behind_a_test_module_is_kept() {
    let text = "fn a() { b('{', \"}\"); } #[cfg(test)]\nmod t { fn x() { \"}\" } }\nfn c() {}";
    let code = source::code(text);
    assert_eq!(code.len(), text.len());
    assert!(code.contains("fn a()") && code.contains("fn c()"));
    assert!(!code.contains("fn x()") && !code.contains('"'));
    let literals = source::untested_pieces(text).iter().filter_map(source::content).count();
    assert_eq!(literals, 1);
}
