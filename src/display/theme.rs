//! Themes: colours by *meaning*, never by widget.
//!
//! ```toml
//! title = "My own"
//! inherits = "dark"               # what is not said below
//!
//! [palette]
//! sky = "#00aaff"                 # a name for a colour
//!
//! [role]
//! client = "sky bold"             # a colour and modifiers
//! match = "black on yellow"       # behind `on` stands the background
//! ```
//!
//! A colour is a name of the palette, one of the terminal's sixteen, a number to 255 or `#rrggbb`;
//! `-` is the ground's own. Names of the palette are looked up after those of a file and all its
//! parents are put together, so a theme that changes the palette alone changes its parent's roles.
//! A theme that inherits its own name means the program's, and the program's inherit each other only.
//! A role that no file gives takes the look of [`Role::Text`], reversed if it is laid over text.
//!
//! [`Theme::ground`] fills the screen first; a role paints a background only where it has one of its
//! own, and everything else shows the ground.

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use crate::knowledge;

use super::colour::Depth;
use super::slip::{Reason, Slip};

macro_rules! roles {
    ($($variant:ident $name:literal $doc:literal),* $(,)?) => {
        /// What something means on the screen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $(#[doc = $doc] $variant),* }

        impl Role {
            /// All meanings.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in theme files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

roles! {
    Screen "screen" "The ground on which all stands: its text and, where one is painted, its background.",
    Text "text" "Ordinary text.",
    Dim "dim" "What matters less.",
    Client "client" "What the client says.",
    Server "server" "What the server says.",
    Data "data" "Mail data.",
    Notice "notice" "What happened to the connection.",
    Odd "odd" "A token for something that cannot be shown as it is.",
    Good "good" "It went well.",
    Warn "warn" "It deserves attention.",
    Bad "bad" "It failed.",
    Field "field" "The name of a field or parameter.",
    Decoded "decoded" "A value that was decoded.",
    Border "border" "A border.",
    Focus "focus" "The border of what has the focus.",
    Title "title" "A title.",
    Prompt "prompt" "The mark before the prompt.",
    Key "key" "A key that can be pressed.",
    Hint "hint" "What a key does.",
    Badge "badge" "Something new that is out of sight.",
    Link "link" "What leads to another place.",
    Selected "selected" "The chosen entry of a list, the row with the cursor.",
    Marked "marked" "What a person has marked to copy.",
    Match "match" "What a search found.",
    Secret "secret" "A secret under its veil.",
}

/// A look for every meaning.
#[derive(Clone, Debug)]
pub struct Theme {
    title: Option<String>,
    /// As the files say it.
    written: Vec<Style>,
    /// In the colours that the terminal shows.
    styles: Vec<Style>,
}

/// The user's own themes: names and texts.
pub type OwnThemes = BTreeMap<String, String>;

/// The form of a theme file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Option<String>,
    inherits: Option<Spanned<String>>,
    #[serde(default)]
    palette: Table,
    #[serde(default)]
    role: Table,
}

type Table = BTreeMap<Spanned<String>, Spanned<String>>;
type Palette = BTreeMap<String, Color>;

/// A theme and those that it inherits so far: names, and whether they are the user's own.
type Lineage = Vec<(String, bool)>;

/// A file and its parents, put together.
#[derive(Default)]
struct Whole {
    palette: Palette,
    styles: BTreeMap<&'static str, Style>,
}

impl Theme {
    /// Reads the theme of this name, the user's own before that of the program.
    ///
    /// # Errors
    /// When there is none; else with the place in its text and what was expected there. What is
    /// wrong in a parent is told at its name.
    pub fn read(name: &str, own: &OwnThemes) -> Result<Self, Slip> {
        let (text, is_own) =
            meant(name, own, &Lineage::new()).map_err(|what| Slip::at("", 0, what))?;
        let file = read(text)?;
        let mut lineage = vec![(name.to_owned(), is_own)];
        let whole = whole(text, &file, Palette::new(), own, &mut lineage)?;
        let text = whole.styles.get(Role::Text.name()).copied().unwrap_or_default();
        let look = |role: &Role| {
            whole.styles.get(role.name()).copied().unwrap_or_else(|| match role {
                Role::Screen => Style::new(),
                Role::Selected | Role::Marked | Role::Match => {
                    text.add_modifier(Modifier::REVERSED)
                }
                _ => text,
            })
        };
        let written: Vec<_> = Role::ALL.iter().map(look).collect();
        Ok(Self { title: file.title, styles: written.clone(), written })
    }

    /// The embedded theme of this name.
    ///
    /// # Errors
    /// When there is none, or when it cannot be read.
    pub fn embedded(name: &str) -> Result<Self, Slip> {
        Self::read(name, &OwnThemes::new())
    }

    /// Its title, for lists.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The look of `role`, to be laid over the ground.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The look of the empty screen, on which all other looks are laid.
    pub fn ground(&self) -> Style {
        self.style(Role::Screen)
    }

    /// The same in the colours that a terminal shows, whatever it was in before.
    pub fn at_depth(self, depth: Depth) -> Self {
        let ground = self.written.get(Role::Screen as usize).copied().unwrap_or_default();
        let lowered =
            |style: &Style| if depth == Depth::True { *style } else { depth.lower(*style, ground) };
        Self { styles: self.written.iter().map(lowered).collect(), ..self }
    }
}

fn read(text: &str) -> Result<File, Slip> {
    toml::from_str(text).map_err(|error| Slip::toml(text, &error))
}

/// `file` with its parents. `above` is the palette of the file that inherits it, and goes first.
fn whole(
    text: &str,
    file: &File,
    above: Palette,
    own: &OwnThemes,
    lineage: &mut Lineage,
) -> Result<Whole, Slip> {
    let mut palette = palette(text, file)?;
    palette.extend(above);
    let mut whole = match &file.inherits {
        None => Whole { palette, ..Whole::default() },
        Some(name) => inherited(name.get_ref(), palette, own, lineage)
            .map_err(|what| slip(text, name, what))?,
    };
    for (name, words) in &file.role {
        let role = Role::ALL.iter().find(|r| r.name() == name.get_ref());
        let role = role.ok_or_else(|| slip(text, name, no_role(name.get_ref())))?;
        let look = style(words.get_ref(), &whole.palette);
        whole.styles.insert(role.name(), look.map_err(|what| slip(text, words, what))?);
    }
    Ok(whole)
}

fn no_role(name: &str) -> Reason {
    let names: Vec<_> = Role::ALL.iter().map(|r| r.name()).collect();
    Reason::new("slip.role").with("name", name).with("known", names.join(", "))
}

fn inherited(
    name: &str,
    above: Palette,
    own: &OwnThemes,
    lineage: &mut Lineage,
) -> Result<Whole, Reason> {
    let (text, is_own) = meant(name, own, lineage)?;
    lineage.push((name.to_owned(), is_own));
    let whole = read(text).and_then(|file| whole(text, &file, above, own, lineage));
    whole.map_err(|slip| Reason::new("slip.parent").with("name", name).about(slip.into()))
}

/// The text that `name` means to the last of `lineage`, and whether it is the user's own.
fn meant<'a>(name: &str, own: &'a OwnThemes, lineage: &Lineage) -> Result<(&'a str, bool), Reason> {
    let seen = |is_own| lineage.iter().any(|(n, o)| n == name && *o == is_own);
    let asked_by_own = lineage.last().is_none_or(|(_, is_own)| *is_own);
    let mine = own.get(name).filter(|_| asked_by_own && !seen(true));
    let embedded = || knowledge::theme(name).filter(|_| !seen(false));
    let found = mine.map(|text| (text.as_str(), true)).or_else(|| Some((embedded()?, false)));
    found.ok_or_else(|| match lineage.iter().position(|(n, _)| n == name) {
        Some(at) => ring(name, lineage.iter().skip(at + 1)),
        None => Reason::new("slip.theme").with("name", name),
    })
}

/// Says that `name` inherits itself, and through which others.
fn ring<'a>(name: &str, through: impl Iterator<Item = &'a (String, bool)>) -> Reason {
    let through: Vec<_> = through.map(|(name, _)| format!("\"{name}\"")).collect();
    match through.as_slice() {
        [] => Reason::new("slip.ring"),
        _ => Reason::new("slip.ring.through").with("through", through.join(", ")),
    }
    .with("name", name)
}

fn palette(text: &str, file: &File) -> Result<Palette, Slip> {
    let named = |(name, colour): (&Spanned<String>, &Spanned<String>)| {
        let word = name.get_ref();
        if word.contains(char::is_whitespace) || word.is_empty() || is_taken(word) {
            return Err(slip(text, name, Reason::new("slip.taken").with("word", word)));
        }
        let value = Color::from_str(colour.get_ref());
        let wrong =
            |_| slip(text, colour, Reason::new("slip.colour").with("word", colour.get_ref()));
        Ok((word.clone(), value.map_err(wrong)?))
    };
    file.palette.iter().map(named).collect()
}

fn slip(text: &str, at: &Spanned<String>, what: Reason) -> Slip {
    Slip::at(text, at.span().start, what)
}

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// What comes in front of a background.
const ON: &str = "on";

/// The ground's own colour.
const OWN: &str = "-";

fn is_taken(word: &str) -> bool {
    [ON, OWN].contains(&word) || MODIFIERS.iter().any(|(name, _)| *name == word)
}

/// The look that `words` describe.
fn style(words: &str, palette: &Palette) -> Result<Style, Reason> {
    let mut style = Style::new();
    let mut rest = words.split_whitespace();
    while let Some(word) = rest.next() {
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
            style = style.add_modifier(*modifier);
        } else if word == ON {
            let word = rest.next().ok_or_else(|| Reason::new("slip.ground"))?;
            put(&mut style.bg, colour(word, palette)?, word)?;
        } else {
            put(&mut style.fg, colour(word, palette)?, word)?;
        }
    }
    Ok(style)
}

fn put(place: &mut Option<Color>, colour: Option<Color>, word: &str) -> Result<(), Reason> {
    if place.is_some() {
        return Err(Reason::new("slip.second").with("word", word));
    }
    *place = colour;
    Ok(())
}

fn colour(word: &str, palette: &Palette) -> Result<Option<Color>, Reason> {
    if word == OWN {
        return Ok(None);
    }
    let known = palette.get(word).copied().or_else(|| Color::from_str(word).ok());
    known.map(Some).ok_or_else(|| {
        let modifiers: Vec<_> = MODIFIERS.iter().map(|(name, _)| *name).collect();
        let modifiers = modifiers.join(", ");
        Reason::new("slip.look").with("word", word).with("modifiers", modifiers)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(themes: &[(&str, &str)]) -> OwnThemes {
        themes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn parsed(text: &str) -> Result<Theme, String> {
        let base = "[palette]\nsky = \"blue\"\n[role]\nclient = \"sky\"\ngood = \"green\"\n";
        let own = own(&[
            ("mine", text),
            ("base", base),
            ("a", "inherits = \"b\"\n"),
            ("b", "inherits = \"a\"\n"),
            ("broken", "[role]\n\nbad = \"rod\"\n"),
        ]);
        Theme::read("mine", &own).map_err(|slip| slip.to_string())
    }

    #[test]
    fn words_become_looks() {
        let theme = parsed(
            "title = \"T\"\n[palette]\nsky = \"#00aaff\"\n[role]\ntext = \"white\"\n\
             client = \"sky bold\"\nmatch = \"black on sky\"\ndata = \"- on 17 italic\"\n",
        );
        let theme = theme.unwrap();
        let sky = Color::Rgb(0, 0xaa, 0xff);
        let look = Style::new;
        for (role, want) in [
            (Role::Client, look().fg(sky).add_modifier(Modifier::BOLD)),
            (Role::Match, look().fg(Color::Black).bg(sky)),
            (Role::Data, look().bg(Color::Indexed(17)).add_modifier(Modifier::ITALIC)),
            (Role::Server, look().fg(Color::White)),
            (Role::Selected, look().fg(Color::White).add_modifier(Modifier::REVERSED)),
            (Role::Screen, look()),
        ] {
            assert_eq!(theme.style(role), want, "{role:?}");
        }
        assert_eq!(theme.title(), Some("T"));
    }

    #[test]
    fn a_palette_goes_over_the_parents_roles() {
        let text = "inherits = \"base\"\n[palette]\nsky = \"cyan\"\n[role]\nbad = \"sky\"\n";
        let theme = parsed(text).unwrap();
        let colour = |role| theme.style(role).fg;
        assert_eq!(colour(Role::Client), Some(Color::Cyan));
        assert_eq!(colour(Role::Bad), Some(Color::Cyan));
        assert_eq!(colour(Role::Good), Some(Color::Green));
        assert_eq!(theme.title(), None);
    }

    #[test]
    fn a_namesake_changes_what_the_user_inherits_and_nothing_of_the_program() {
        let client = |name: &str, own: &OwnThemes| {
            Theme::read(name, own).map(|theme| theme.style(Role::Client).fg)
        };
        let mine = "inherits = \"dark\"\n[role]\nclient = \"#010203\"\n";
        let own = own(&[
            ("dark", mine),
            ("mine", "inherits = \"dark\"\n"),
            ("light", "inherits = \"twin\"\n"),
            ("twin", "inherits = \"light\"\n"),
        ]);
        for name in ["dark", "mine"] {
            assert_eq!(client(name, &own), Ok(Some(Color::Rgb(1, 2, 3))), "{name}");
        }
        for name in ["nord", "light"] {
            assert_eq!(client(name, &own), client(name, &OwnThemes::new()), "{name}");
        }
        let ring = client("twin", &own).unwrap_err().to_string();
        assert!(ring.ends_with("\"twin\" inherits itself through \"light\""), "{ring}");
    }

    #[test]
    fn a_theme_finds_the_way_back_to_more_colours() {
        let theme = Theme::embedded("dark").unwrap();
        let again = theme.clone().at_depth(Depth::Mono).at_depth(Depth::True);
        assert_eq!(again.style(Role::Client), theme.style(Role::Client));
    }

    #[test]
    fn slips_are_told_with_their_place() {
        for (text, want) in [
            ("[role]\nbad = \"red\"\nclint = \"red\"\n", "line 3, column 1: \"clint\" is no role"),
            ("[role]\n bad =  \"bold rod\"\n", "line 2, column 9: \"rod\" is no colour"),
            ("[role]\nbad = \"red blue\"\n", "line 2, column 7: \"blue\" is one colour too"),
            ("[role]\nbad = \"red on\"\n", "line 2, column 7: a colour is expected"),
            ("[palette]\nsky = \"#00aa\"\n", "line 2, column 7: \"#00aa\" is no colour"),
            ("[palette]\non = \"red\"\n", "line 2, column 1: \"on\" cannot name"),
            ("[role]\nbad = 1\n", "line 2, column 7: invalid type"),
            ("title = 1\n", "line 1, column 9: invalid type"),
            ("[roles]\n", "line 1, column 2: unknown field `roles`"),
            ("title = \"T\"\n[role\n", "line 2, column 6: "),
            ("inherits = \"none\"\n", "line 1, column 12: no theme is called \"none\""),
            ("inherits = \"broken\"\n", "line 1, column 12: broken: line 3, column 7: \"rod\""),
            ("\ninherits = \"a\"\n", "line 2, column 12: a: line 1, column 12: b: line 1, "),
        ] {
            let seen = parsed(text).unwrap_err();
            assert!(seen.starts_with(want), "{text}\nseen: {seen}\nwant: {want}");
        }
        for (parent, want) in
            [("a", "\"a\" inherits itself through \"b\""), ("mine", "12: \"mine\" inherits itself")]
        {
            let seen = parsed(&format!("inherits = \"{parent}\"\n")).unwrap_err();
            assert!(seen.ends_with(want), "{seen}");
        }
        assert!(Theme::embedded("none").is_err());
    }
}
