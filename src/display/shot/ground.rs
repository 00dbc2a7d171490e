//! What a terminal adds to a screen: its own two colours and its sixteen.

use ratatui::style::Color;

use super::super::colour::{Rgb, cube, number};

/// The colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
}

/// A colour as `0xRRGGBB`.
pub(super) type Paint = u32;

struct Colours {
    fore: Paint,
    back: Paint,
    sixteen: [Paint; 16],
}

#[expect(clippy::unreadable_literal, reason = "a colour is known by its six digits")]
const DARK: Colours = Colours {
    fore: 0xd8dce4,
    back: 0x16181d,
    sixteen: [
        0x2b2f38, 0xf07178, 0x9ece6a, 0xe6c07b, 0x6fa8f5, 0xc792ea, 0x56c8d8, 0xd8dce4, 0x6b7280,
        0xff8b92, 0xb5e07f, 0xf5d491, 0x8fbdff, 0xdcb0f5, 0x7fdfec, 0xffffff,
    ],
};

#[expect(clippy::unreadable_literal, reason = "a colour is known by its six digits")]
const LIGHT: Colours = Colours {
    fore: 0x24292f,
    back: 0xf7f8fa,
    sixteen: [
        0x24292f, 0xc0262d, 0x1d7632, 0x8a5d00, 0x1d5fc4, 0x863aa6, 0x0b717e, 0xc9ced6, 0x6b7280,
        0xdc3d43, 0x2b8a3e, 0xa67400, 0x3b7de0, 0xa358c2, 0x128a99, 0xffffff,
    ],
};

impl Ground {
    const fn colours(self) -> &'static Colours {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
        }
    }

    /// The colour of text that asks for none.
    pub(super) const fn fore(self) -> Paint {
        self.colours().fore
    }

    /// The colour behind text that asks for none.
    pub(super) const fn back(self) -> Paint {
        self.colours().back
    }

    /// The paint of a colour; `own` is that of [`Color::Reset`].
    pub(super) fn paint(self, colour: Color, own: Paint) -> Paint {
        match colour {
            Color::Reset => own,
            Color::Rgb(r, g, b) => mix([r, g, b]),
            Color::Indexed(n @ 16..) => mix(cube(n)),
            Color::Indexed(n) => self.sixteenth(n.into()),
            named => self.sixteenth(number(named).unwrap_or_default()),
        }
    }

    fn sixteenth(self, n: usize) -> Paint {
        self.colours().sixteen.get(n).copied().unwrap_or_default()
    }
}

const fn mix([r, g, b]: Rgb) -> Paint {
    u32::from_be_bytes([0, r, g, b])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_colour_is_understood() {
        let paint = |colour| Ground::Dark.paint(colour, 7);
        assert_eq!(paint(Color::Reset), 7);
        assert_eq!(paint(Color::Rgb(1, 2, 3)), 0x0001_0203);
        assert_eq!(paint(Color::Indexed(9)), paint(Color::LightRed));
        assert_eq!(paint(Color::Indexed(16)), 0);
        assert_eq!(paint(Color::Indexed(67)), 0x005f_87af);
        assert_eq!(paint(Color::Indexed(255)), 0x00ee_eeee);
    }
}
