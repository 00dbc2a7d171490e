//! Themes: colours by *meaning*, never by widget.
//!
//! A theme file has a `[palette]` of names for colours and a `[role]` table that gives every
//! meaning a colour of the palette and modifiers: `odd = "red reversed"`. `-` is the terminal's
//! own colour. A role that a file leaves out takes the look of [`Role::Text`].

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

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
}

/// A look for every meaning.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: Vec<Style>,
}

/// The form of a theme file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    palette: BTreeMap<String, String>,
    role: BTreeMap<String, String>,
}

impl Theme {
    /// Reads a theme file.
    ///
    /// # Errors
    /// With the place and what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        if let Some(unknown) = file.role.keys().find(|k| Role::ALL.iter().all(|r| r.name() != *k)) {
            return Err(format!("\"{unknown}\" is no role"));
        }
        let look = |role: &Role| match file.role.get(role.name()) {
            Some(words) => style(words, &file.palette),
            None => Ok(Style::new()),
        };
        Ok(Self { styles: Role::ALL.iter().map(look).collect::<Result<_, _>>()? })
    }

    /// The look of `role`.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

fn style(words: &str, palette: &BTreeMap<String, String>) -> Result<Style, String> {
    words.split_whitespace().try_fold(Style::new(), |style, word| {
        Ok(match word {
            "-" => style,
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            name => {
                let colour = palette.get(name).map_or(name, String::as_str);
                let parsed = Color::from_str(colour);
                style.fg(parsed
                    .map_err(|_| format!("\"{name}\" is no colour, palette name or modifier"))?)
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_are_read_and_slips_are_named() {
        let theme =
            Theme::parse("[palette]\nsky = \"#00aaff\"\n[role]\nclient = \"sky bold\"\n").unwrap();
        let want = Style::new().fg(Color::Rgb(0, 0xaa, 0xff)).add_modifier(Modifier::BOLD);
        assert_eq!(theme.style(Role::Client), want);
        assert!(Theme::parse("[role]\nclint = \"red\"\n").unwrap_err().contains("clint"));
        assert!(Theme::parse("[role]\nclient = \"rod\"\n").unwrap_err().contains("rod"));
    }
}
