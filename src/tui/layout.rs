//! Panes for a given size: pure geometry, used by update and view alike.

use ratatui::layout::{Constraint, Layout, Rect};

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    /// 1: the wire.
    Transcript,
    /// 2: the line being typed.
    Prompt,
    /// 3: the envelope.
    Envelope,
    /// 4: the content.
    Content,
    /// 5: what it means.
    Explain,
}

impl Pane {
    /// In the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::Transcript, Self::Prompt, Self::Envelope, Self::Content, Self::Explain];

    /// The key of its title in the knowledge base.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Transcript => "pane.transcript",
            Self::Prompt => "pane.prompt",
            Self::Envelope => "pane.envelope",
            Self::Content => "pane.content",
            Self::Explain => "pane.explain",
        }
    }

    /// Its number on the screen.
    pub const fn number(self) -> usize {
        self as usize + 1
    }
}

/// The smallest screen on which anything can be shown.
pub const SMALLEST: (u16, u16) = (40, 10);

/// Where everything is; a pane that has no place has no rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    /// The line on top.
    pub header: Rect,
    /// The wire.
    pub transcript: Option<Rect>,
    /// The envelope.
    pub envelope: Option<Rect>,
    /// The content.
    pub content: Option<Rect>,
    /// What it means.
    pub explain: Rect,
    /// The line being typed.
    pub prompt: Rect,
    /// The line at the bottom.
    pub hints: Rect,
    /// Whether boxes are drawn around explanation and prompt.
    pub boxed: bool,
}

impl Panes {
    /// The rectangle of `pane`, if it is shown.
    pub const fn of(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::Transcript => self.transcript,
            Pane::Prompt => Some(self.prompt),
            Pane::Envelope => self.envelope,
            Pane::Content => self.content,
            Pane::Explain => Some(self.explain),
        }
    }
}

/// The inside of a box.
pub const fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Whether the screen is too small for anything but a sentence.
pub const fn too_small((columns, rows): (u16, u16)) -> bool {
    columns < SMALLEST.0 || rows < SMALLEST.1
}

/// The panes on a screen of `size`. Where there is place for one, `shown` is it; where envelope
/// and content share a place, `tab` has it.
pub fn panes(size: (u16, u16), shown: Pane, tab: Pane) -> Panes {
    let (columns, rows) = size;
    let area = Rect::new(0, 0, columns, rows);
    let boxed = rows >= 16;
    let wide = columns >= 160;
    let explain = match rows {
        ..16 => 1,
        16..24 => 5,
        24..30 => 6,
        _ => 9,
    };
    let prompt = if boxed { 3 } else { 1 };
    let beside = if wide { 0 } else { explain };
    let [header, middle, below, prompt, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(beside),
        Constraint::Length(prompt),
        Constraint::Length(1),
    ])
    .areas(area);
    let mut panes = Panes { header, explain: below, prompt, hints, boxed, ..Panes::default() };
    let tab = if matches!(shown, Pane::Envelope | Pane::Content) { shown } else { tab };
    if columns < 60 {
        one(&mut panes, middle, shown);
    } else if columns < 100 && rows > 45 {
        let [top, envelope, content] =
            Layout::vertical([Constraint::Fill(2), Constraint::Fill(1), Constraint::Fill(1)])
                .areas(middle);
        panes.transcript = Some(top);
        panes.envelope = Some(envelope);
        panes.content = Some(content);
    } else if columns < 100 {
        let [left, right] =
            Layout::horizontal([Constraint::Fill(6), Constraint::Fill(4)]).areas(middle);
        panes.transcript = Some(left);
        if tab == Pane::Content {
            panes.content = Some(right);
        } else {
            panes.envelope = Some(right);
        }
    } else {
        let [left, right, third] = Layout::horizontal([
            Constraint::Fill(11),
            Constraint::Fill(9),
            Constraint::Fill(if wide { 7 } else { 0 }),
        ])
        .areas(middle);
        let [envelope, content] =
            Layout::vertical([Constraint::Fill(2), Constraint::Fill(3)]).areas(right);
        panes.transcript = Some(left);
        panes.envelope = Some(envelope);
        panes.content = Some(content);
        if wide {
            panes.explain = third;
        }
    }
    panes
}

fn one(panes: &mut Panes, area: Rect, shown: Pane) {
    match shown {
        Pane::Envelope => panes.envelope = Some(area),
        Pane::Content => panes.content = Some(area),
        _ => panes.transcript = Some(area),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_never_leave_the_screen_or_overlap() {
        for columns in (0..220_u16).step_by(7) {
            for rows in [0, 1, 9, 10, 15, 16, 24, 30, 46] {
                for shown in Pane::ALL {
                    let panes = panes((columns, rows), shown, Pane::Envelope);
                    let mut all: Vec<Rect> =
                        Pane::ALL.iter().filter_map(|p| panes.of(*p)).collect();
                    all.extend([panes.header, panes.hints]);
                    let screen = Rect::new(0, 0, columns, rows);
                    for (at, area) in all.iter().enumerate() {
                        assert_eq!(
                            area.intersection(screen).area(),
                            area.area(),
                            "{columns}x{rows}"
                        );
                        for other in all.iter().skip(at + 1) {
                            assert_eq!(
                                area.intersection(*other).area(),
                                0,
                                "{columns}x{rows} {panes:?}"
                            );
                        }
                    }
                    let _ = inside(panes.explain);
                }
            }
        }
    }

    #[test]
    fn breakpoints() {
        let at = |columns, rows| panes((columns, rows), Pane::Transcript, Pane::Envelope);
        assert!(at(59, 24).envelope.is_none());
        assert!(at(80, 24).envelope.is_some() && at(80, 24).content.is_none());
        assert!(at(120, 40).envelope.is_some() && at(120, 40).content.is_some());
        assert!(at(80, 50).content.is_some());
        assert_eq!(at(200, 50).explain.height, at(200, 50).transcript.map_or(0, |r| r.height));
        assert!(panes((80, 24), Pane::Content, Pane::Envelope).content.is_some());
    }
}
