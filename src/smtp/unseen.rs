//! Characters that nobody sees as what they are, and what they do instead.

/// What such a character does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// It is a blank, yet not the one of ASCII.
    Blank,
    /// It chooses the shape of the character before it, as in emoji.
    Shape,
    /// It turns the direction of the text behind it, whatever that is.
    Turn,
    /// It shows nothing, or less than stands there.
    Nothing,
}

impl Unseen {
    /// What `c` does, if it is one of them. The wide blank of Japanese is as visible as its
    /// characters, and a control character is told apart by its own kind.
    pub const fn of(c: char) -> Option<Self> {
        Some(match c {
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => {
                Self::Blank
            }
            '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}' => Self::Shape,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Self::Turn,
            '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}' => Self::Nothing,
            _ => return None,
        })
    }

    /// Whether it lets a name look like another one.
    pub const fn hides(self) -> bool {
        matches!(self, Self::Turn | Self::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_does_one_thing() {
        for (c, does) in [
            ('a', None),
            (' ', None),
            ('\u{3000}', None),
            ('\u{a0}', Some(Unseen::Blank)),
            ('\u{202f}', Some(Unseen::Blank)),
            ('\u{fe0f}', Some(Unseen::Shape)),
            ('\u{202e}', Some(Unseen::Turn)),
            ('\u{2066}', Some(Unseen::Turn)),
            ('\u{61c}', Some(Unseen::Nothing)),
            ('\u{180e}', Some(Unseen::Nothing)),
            ('\u{feff}', Some(Unseen::Nothing)),
            ('\u{e0041}', Some(Unseen::Nothing)),
        ] {
            assert_eq!(Unseen::of(c), does, "{c:?}");
        }
    }
}
