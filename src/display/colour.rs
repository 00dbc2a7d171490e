//! How many colours a terminal shows, and the way down to fewer.
//!
//! A colour becomes the nearest one that can still be read: what contrasts with its background in
//! full colour does so in 256 and in 16. A colour that was asked for by one of the sixteen names
//! stays what it is. Nothing here asks a terminal: two variables are taken at their word.

use ratatui::style::{Color, Modifier, Style};

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold, dim, italic, underlined and reversed only.
    Mono,
    /// The sixteen that every colour terminal has, in values of its own.
    Sixteen,
    /// 256: the sixteen, a cube of 6x6x6 and 24 greys.
    Cube,
    /// All of 24 bits.
    True,
}

/// Terminals with all colours; `COLORTERM`, which would say so, does not pass through ssh.
const FULL: &[&str] = &["-direct", "kitty", "alacritty", "foot", "ghostty", "wezterm"];

impl Depth {
    /// What the variables `COLORTERM` and `TERM` say.
    pub fn of(colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        let told = colorterm.is_some_and(|c| matches!(c, "truecolor" | "24bit"));
        let named = FULL.iter().any(|name| term.contains(name));
        let (full, many) = (told || named, term.contains("256color"));
        // The terminals of DEC have a number; `vte` is a library with all colours.
        let dec =
            term.strip_prefix("vt").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        if !named && !many && (term == "dumb" || dec || term.ends_with("-m")) {
            Self::Mono
        } else if full && !term.starts_with("screen") {
            Self::True
        } else if full || many {
            // GNU screen hands COLORTERM on, but knows 256 colours at most.
            Self::Cube
        } else {
            Self::Sixteen
        }
    }

    /// `style`, which stands on `ground`, in these colours.
    pub(super) fn lower(self, style: Style, ground: Style) -> Style {
        let base = ground.bg.and_then(|c| self.ground(c));
        let front = style.fg.or_else(|| style.bg.and(ground.fg));
        let own = style.bg.filter(|c| Some(*c) != ground.bg);
        // In sixteen colours a background keeps its hue, and the text in front of it gives way.
        let firm = front.filter(|_| self != Self::Sixteen);
        let back = own.and_then(|c| self.near(c, &self.backs(), front, firm));
        // What cannot be told from the ground any more is told by reversing it.
        let lost = own.is_some() && back == base;
        let (behind, low) = (style.bg.or(ground.bg), back.or(base));
        let fg = front.and_then(|c| self.near(c, &self.colours(), behind, low));
        let bg = if own.is_some() { back.filter(|_| !lost) } else { style.bg.and(base) };
        let out = Style { fg, bg, ..style };
        if lost { out.add_modifier(Modifier::REVERSED) } else { out }
    }

    fn ground(self, colour: Color) -> Option<Color> {
        if self.keeps(colour) {
            return Some(colour);
        }
        nearest(self.backs().into_iter(), value(colour)?)
    }

    /// The nearest of `all` that contrasts with `low` about as `colour` does with `beside`.
    fn near(
        self,
        colour: Color,
        all: &[(Color, Rgb)],
        beside: Option<Color>,
        low: Option<Color>,
    ) -> Option<Color> {
        if self.keeps(colour) && Some(colour) != low {
            return Some(colour);
        }
        let rgb = value(colour)?;
        let low = low.and_then(value);
        let wanted = match (beside.and_then(value), low) {
            // Black or white: nobody knows how light the terminal's own yellow is.
            (_, Some(low)) if self == Self::Sixteen && hue(low) != NEUTRAL => 4.5,
            (Some(beside), _) => self.wanted(contrast(rgb, beside)),
            _ => 0.0,
        };
        let seen = |c: Rgb| low.map_or(f64::INFINITY, |low| contrast(c, low));
        let clear = |kind| {
            let fits = move |c| self != Self::Sixteen || hue(c) == kind;
            all.iter().copied().filter(move |(_, c)| fits(*c) && seen(*c) >= wanted)
        };
        // A grey rather than a wrong hue.
        let most = || all.iter().max_by(|a, b| seen(a.1).total_cmp(&seen(b.1)));
        nearest(clear(hue(rgb)), rgb)
            .or_else(|| nearest(clear(NEUTRAL), rgb))
            .or_else(|| most().map(|(name, _)| *name))
    }

    /// How much contrast is enough for what had `own`. WCAG asks 4.5 of text, 7 of its best and 3 of
    /// signs; in sixteen colours, whose values nobody knows, more than that cannot be held to.
    fn wanted(self, own: f64) -> f64 {
        let (share, least, most) =
            if self == Self::Sixteen { (0.5, 3.0, 4.5) } else { (0.7, 4.5, 7.0) };
        (own * share).clamp(own.min(least), most)
    }

    fn keeps(self, colour: Color) -> bool {
        match colour {
            Color::Rgb(..) => self == Self::True,
            Color::Indexed(16..) => self >= Self::Cube,
            _ => self > Self::Mono,
        }
    }

    /// What can be chosen from. The cube goes without the sixteen, whose values are not known.
    fn colours(self) -> Vec<(Color, Rgb)> {
        match self {
            Self::Mono => Vec::new(),
            Self::Sixteen => SIXTEEN.to_vec(),
            Self::Cube | Self::True => (16..=255).map(|n| (Color::Indexed(n), cube(n))).collect(),
        }
    }

    /// What a background can be chosen from: of the sixteen, not every terminal has bright ones.
    fn backs(self) -> Vec<(Color, Rgb)> {
        let room = if self == Self::Sixteen { 8 } else { usize::MAX };
        self.colours().into_iter().take(room).collect()
    }
}

/// The sixteen, in the values of the Linux console, which has no others; only that its yellow is a
/// brown, as hardly anywhere else.
const SIXTEEN: [(Color, Rgb); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [170, 0, 0]),
    (Color::Green, [0, 170, 0]),
    (Color::Yellow, [170, 170, 0]),
    (Color::Blue, [0, 0, 170]),
    (Color::Magenta, [170, 0, 170]),
    (Color::Cyan, [0, 170, 170]),
    (Color::Gray, [170, 170, 170]),
    (Color::DarkGray, [85, 85, 85]),
    (Color::LightRed, [255, 85, 85]),
    (Color::LightGreen, [85, 255, 85]),
    (Color::LightYellow, [255, 255, 85]),
    (Color::LightBlue, [85, 85, 255]),
    (Color::LightMagenta, [255, 85, 255]),
    (Color::LightCyan, [85, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The number of one of the sixteen.
pub(super) fn number(colour: Color) -> Option<usize> {
    SIXTEEN.iter().position(|(name, _)| *name == colour)
}

/// Number `n` of the 256, behind the sixteen.
pub(super) fn cube(n: u8) -> Rgb {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match n.checked_sub(16) {
        Some(n) if n < 216 => [level(n / 36), level(n / 6 % 6), level(n % 6)],
        Some(n) => [8 + 10 * (n - 216); 3],
        None => SIXTEEN.get(usize::from(n)).map_or([0; 3], |(_, rgb)| *rgb),
    }
}

/// Red, green and blue; nothing for the terminal's own.
fn value(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(n) => Some(cube(n)),
        named => SIXTEEN.iter().find(|(name, _)| *name == named).map(|(_, rgb)| *rgb),
    }
}

fn nearest(of: impl Iterator<Item = (Color, Rgb)>, aim: Rgb) -> Option<Color> {
    of.min_by_key(|(_, rgb)| distance(*rgb, aim)).map(|(colour, _)| colour)
}

/// Black, white and what is between them.
const NEUTRAL: [bool; 3] = [false; 3];

/// Which of red, green and blue lead: two colours of one hue have the same name in the sixteen.
fn hue(rgb: Rgb) -> [bool; 3] {
    let (low, high) = (rgb.into_iter().min().unwrap_or(0), rgb.into_iter().max().unwrap_or(0));
    let spread = high - low;
    let pale = spread < 32 || spread < high / 4;
    // Below the middle, so that violet has its red.
    rgb.map(|c| !pale && u16::from(c - low) * 5 > u16::from(spread) * 2)
}

/// How far apart two colours look, squared: red counts for more the redder both are.
fn distance([r, g, b]: Rgb, [r2, g2, b2]: Rgb) -> u32 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    let red = u32::midpoint(u32::from(r), u32::from(r2));
    (512 + red) * square(r, r2) + 1024 * square(g, g2) + (767 - red) * square(b, b2)
}

/// The contrast of WCAG 2, from 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: Rgb) -> f64 {
    let linear = |c: u8| match f64::from(c) / 255.0 {
        c if c <= 0.04045 => c / 12.92,
        c => ((c + 0.055) / 1.055).powf(2.4),
    };
    let [r, g, b] = rgb.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn hex(code: u32) -> Color {
        Color::from_u32(code)
    }

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        for (colorterm, term, depth) in [
            (Some("truecolor"), Some("xterm-256color"), Depth::True),
            (Some("24bit"), Some("tmux-256color"), Depth::True),
            (Some("truecolor"), Some("screen.xterm-256color"), Depth::Cube),
            (None, Some("xterm-kitty"), Depth::True),
            (None, Some("xterm-direct"), Depth::True),
            (None, Some("xterm-256color"), Depth::Cube),
            (Some("yes"), Some("xterm"), Depth::Sixteen),
            (None, Some("linux"), Depth::Sixteen),
            (None, None, Depth::Sixteen),
            (None, Some("vt220"), Depth::Mono),
            (None, Some("vt340-256color"), Depth::Cube),
            (None, Some("vte"), Depth::Sixteen),
            (None, Some("vte-256color"), Depth::Cube),
            (None, Some("vte-direct"), Depth::True),
            (None, Some("xterm-m"), Depth::Mono),
            (Some("truecolor"), Some("dumb"), Depth::Mono),
        ] {
            assert_eq!(Depth::of(colorterm, term), depth, "{colorterm:?} {term:?}");
        }
    }

    #[test]
    fn a_colour_becomes_the_nearest_that_can_be_read() {
        let dark = Style::new().fg(hex(0xcd_d6f4)).bg(hex(0x1e_1e2e));
        let light = Style::new().fg(hex(0x22_262d)).bg(hex(0xfb_fbf8));
        for (depth, ground, colour, want) in [
            (Depth::True, dark, hex(0x89_b4fa), Some(hex(0x89_b4fa))),
            (Depth::Cube, dark, hex(0x5f_afff), Some(Color::Indexed(75))),
            (Depth::Cube, dark, Color::Indexed(75), Some(Color::Indexed(75))),
            // Pale, but of a hue.
            (Depth::Sixteen, dark, hex(0x89_b4fa), Some(Color::LightBlue)),
            (Depth::Sixteen, dark, Color::Indexed(203), Some(Color::LightRed)),
            (Depth::Sixteen, dark, hex(0xd8_dce4), Some(Color::White)),
            // Green would not be read on grey, and red would lie.
            (Depth::Sixteen, light, hex(0x2b_6e1f), Some(Color::DarkGray)),
            (Depth::Sixteen, light, hex(0x22_262d), Some(Color::Black)),
            (Depth::Sixteen, dark, Color::Blue, Some(Color::Blue)),
            (Depth::Cube, dark, Color::Reset, Some(Color::Reset)),
            (Depth::Mono, dark, hex(0x89_b4fa), None),
        ] {
            let seen = depth.lower(Style::new().fg(colour), ground);
            assert_eq!(seen, Style { fg: want, ..Style::new() }, "{depth:?} {colour:?}");
        }
    }

    #[test]
    fn a_background_that_falls_on_the_ground_is_told_by_reversing() {
        let dark = Style::new().fg(hex(0xd8_dce4)).bg(hex(0x16_181d));
        let band = Style::new().bg(hex(0x2f_3745));
        let bright = Style::new().fg(hex(0x16_181d)).bg(hex(0xe6_b455));
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        for (depth, style, want) in [
            (Depth::Sixteen, band, reversed.fg(Color::White)),
            (Depth::Sixteen, bright, Style::new().fg(Color::Black).bg(Color::Yellow)),
            // The name would fall on its own background.
            (
                Depth::Sixteen,
                Style::new().fg(Color::Yellow).bg(hex(0x40_4000)),
                Style::new().fg(Color::Black).bg(Color::Yellow),
            ),
            (Depth::Mono, bright, reversed),
            (Depth::Mono, dark, Style::new()),
            (Depth::Sixteen, dark, Style::new().fg(Color::White).bg(Color::Black)),
        ] {
            assert_eq!(depth.lower(style, dark), want, "{depth:?} {style:?}");
        }
    }
}
