//! The embedded themes are whole and can be read: every file parses, every meaning has a look in
//! every theme, and texts contrast with what they stand on, in full colour, in 256 and in 16.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use ehlo::display::{Depth, Role, Theme};
use ehlo::knowledge;
use ratatui::style::{Color, Modifier, Style};

/// What is laid over other text.
const OVER: &[Role] = &[Role::Selected, Role::Marked, Role::Match];

fn themes() -> impl Iterator<Item = (&'static str, Theme)> {
    knowledge::themes().map(|name| (name, Theme::embedded(name).unwrap()))
}

/// Those that paint a background of their own, and that background.
fn painted(depth: Depth) -> impl Iterator<Item = (&'static str, Theme)> {
    themes().filter(|(_, t)| t.ground().bg.is_some()).map(move |(n, t)| (n, t.at_depth(depth)))
}

/// Foreground and background as they are seen.
fn seen(theme: &Theme, role: Role) -> (Color, Color) {
    let Style { fg: Some(fg), bg: Some(bg), .. } = theme.ground().patch(theme.style(role)) else {
        panic!("{role:?} has no colours");
    };
    let reversed = theme.style(role).add_modifier.contains(Modifier::REVERSED);
    if reversed { (bg, fg) } else { (fg, bg) }
}

/// Relative luminance of WCAG 2.
fn luminance(colour: Color) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let step = |n: u8| [0, 95, 135, 175, 215, 255][usize::from(n % 6)];
    let (r, g, b) = match colour {
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(n @ 232..) => (8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232)),
        Color::Indexed(n @ 16..) => (step((n - 16) / 36), step((n - 16) / 6), step(n - 16)),
        _ => panic!("nobody knows how {colour} looks"),
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast((a, b): (Color, Color)) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_is_that_of_the_standard() {
    let grey = Color::Rgb(0x76, 0x76, 0x76);
    assert!((contrast((Color::Indexed(16), Color::Indexed(231))) - 21.0).abs() < 0.01);
    assert!((contrast((grey, Color::Rgb(255, 255, 255))) - 4.54).abs() < 0.01);
}

#[test]
fn the_promised_themes_are_there_and_have_titles() {
    let names: Vec<_> = knowledge::themes().collect();
    let want = [
        "terminal",
        "catppuccin-latte",
        "catppuccin-mocha",
        "dark",
        "gruvbox-dark",
        "gruvbox-light",
        "high-contrast-dark",
        "high-contrast-light",
        "light",
        "mono",
        "nord",
        "solarized-dark",
        "solarized-light",
    ];
    assert_eq!(names, want);
    let mut titles: Vec<_> = themes().map(|(n, t)| t.title().expect(n).to_owned()).collect();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), names.len(), "{titles:?}");
}

/// A file and all it inherits.
fn lineage(name: &str) -> Vec<toml::Table> {
    let table: toml::Table = toml::from_str(knowledge::theme(name).unwrap()).unwrap();
    let parents = table.get("inherits").and_then(toml::Value::as_str).map(lineage);
    [table].into_iter().chain(parents.unwrap_or_default()).collect()
}

#[test]
fn every_meaning_has_a_look_in_every_theme() {
    for name in knowledge::themes() {
        let lineage = lineage(name);
        for role in Role::ALL {
            let has =
                |file: &toml::Table| file.get("role").is_some_and(|r| r.get(role.name()).is_some());
            assert!(lineage.iter().any(has), "{name}: \"{}\" has no look", role.name());
        }
    }
}

#[test]
fn texts_contrast_with_what_they_stand_on() {
    for depth in [Depth::True, Depth::Cube] {
        for (name, theme) in painted(depth) {
            let text = if name.starts_with("high-contrast") { 7.0 } else { 4.5 };
            for role in Role::ALL {
                let least = if *role == Role::Border { text - 1.5 } else { text };
                let is = contrast(seen(&theme, *role));
                assert!(is >= least, "{name}, {depth:?}, {}: {is:.2}:1", role.name());
            }
        }
    }
}

/// Faint text would have less contrast than its colour.
#[test]
fn a_theme_that_paints_has_no_faint_text() {
    for (name, theme) in painted(Depth::True) {
        let faint = |role: &Role| theme.style(*role).add_modifier.contains(Modifier::DIM);
        assert!(!Role::ALL.iter().any(faint), "{name}");
    }
}

#[test]
fn what_is_laid_over_text_is_told_from_the_ground_and_from_each_other() {
    for (name, theme) in painted(Depth::True) {
        let ground = theme.ground().bg.unwrap();
        for role in OVER {
            let is = contrast((seen(&theme, *role).1, ground));
            assert!(is >= 1.25, "{name}, {}: {is:.2}:1", role.name());
        }
    }
    for depth in [Depth::Mono, Depth::Sixteen, Depth::Cube, Depth::True] {
        for (name, theme) in themes() {
            let theme = theme.at_depth(depth);
            let looks = OVER.iter().map(|role| theme.style(*role));
            let plain = theme.style(Role::Text);
            assert!(looks.into_iter().all(|l| l != plain), "{name}, {depth:?}");
        }
    }
}

#[test]
fn nothing_is_invisible_in_sixteen_colours() {
    let named = |c: Color| !matches!(c, Color::Rgb(..) | Color::Indexed(_) | Color::Reset);
    for (name, theme) in painted(Depth::Sixteen) {
        let mut colours = Vec::new();
        for role in Role::ALL {
            let (fg, bg) = seen(&theme, *role);
            assert!(named(fg) && named(bg), "{name}, {}: {fg} on {bg}", role.name());
            assert_ne!(fg, bg, "{name}, {}", role.name());
            colours.push(fg);
        }
        colours.sort_by_key(Color::to_string);
        colours.dedup();
        assert!(colours.len() >= 3, "{name}: {colours:?}");
    }
}

#[test]
fn without_colours_only_modifiers_are_left() {
    for (name, theme) in themes() {
        let theme = theme.at_depth(Depth::Mono);
        for role in Role::ALL {
            let Style { fg, bg, .. } = theme.style(*role);
            assert_eq!((fg, bg), (None, None), "{name}, {}", role.name());
        }
        assert_eq!(theme.ground(), Style::new(), "{name}");
        for role in OVER {
            let look = theme.style(*role).add_modifier;
            assert!(look.contains(Modifier::REVERSED), "{name}, {}", role.name());
        }
    }
}

#[test]
fn the_terminals_own_themes_paint_nothing() {
    let exact = |c: Option<Color>| matches!(c, Some(Color::Rgb(..) | Color::Indexed(_)));
    for name in ["terminal", "mono"] {
        let theme = Theme::embedded(name).unwrap();
        assert_eq!(theme.ground(), Style::new(), "{name}");
        for role in Role::ALL {
            let Style { fg, bg, .. } = theme.style(*role);
            assert!(!exact(fg) && !exact(bg), "{name}, {}", role.name());
            assert!(name != "mono" || (fg, bg) == (None, None), "{}", role.name());
        }
    }
}
