//! Panes for a given size: pure geometry, used by update and view alike.
//!
//! How the place is divided depends on the size ([`Shape`]); where the borders stand inside a
//! shape is the person's ([`Ratios`]), so a change of size does not destroy it.

use std::collections::BTreeMap;

use ratatui::layout::{Constraint, Direction, Layout, Rect};

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
    /// 6: what is still to be said.
    Plan,
}

impl Pane {
    /// In the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Transcript, Self::Prompt, Self::Envelope, Self::Content, Self::Explain, Self::Plan];

    /// The key of its title in the knowledge base.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Transcript => "pane.transcript",
            Self::Prompt => "pane.prompt",
            Self::Envelope => "pane.envelope",
            Self::Content => "pane.content",
            Self::Explain => "pane.explain",
            Self::Plan => "pane.plan",
        }
    }

    /// Its number on the screen.
    pub const fn number(self) -> usize {
        self as usize + 1
    }
}

/// The smallest screen on which anything can be shown.
pub const SMALLEST: (u16, u16) = (40, 10);

/// How the place between header and prompt is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Below 60 columns, and zoomed: one pane.
    One,
    /// To 99 columns: the transcript, and one of envelope and content.
    Two,
    /// To 99 columns but more than 45 rows: everything above each other.
    Portrait,
    /// To 159 columns: the transcript, and envelope and content above each other.
    Wide,
    /// From 160 columns: the explanation has a column of its own.
    Three,
}

impl Shape {
    /// The shape for a size.
    pub const fn of((columns, rows): (u16, u16)) -> Self {
        match columns {
            ..60 => Self::One,
            60..100 if rows > 45 => Self::Portrait,
            60..100 => Self::Two,
            100..160 => Self::Wide,
            _ => Self::Three,
        }
    }

    /// Its name in the state file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
            Self::Portrait => "portrait",
            Self::Wide => "wide",
            Self::Three => "three",
        }
    }
}

/// A border that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// Between the transcript and what stands beside or below it.
    Transcript,
    /// Between two transcripts.
    Beside,
    /// Between envelope and content.
    Content,
    /// Behind the plan.
    Plan,
    /// Before the explanation.
    Explain,
    /// Between the text of the editor and what stands beside it.
    Editor,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Transcript, Self::Beside, Self::Content, Self::Plan, Self::Explain, Self::Editor];

    /// Its name in the state file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transcript => "transcript",
            Self::Beside => "beside",
            Self::Content => "content",
            Self::Plan => "plan",
            Self::Explain => "explain",
            Self::Editor => "editor",
        }
    }
}

/// A side of the editor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The text that is written.
    #[default]
    Text,
    /// What it is so far.
    Live,
}

/// Where the borders stand: how much of the divided length is before each, in thousandths. What
/// was never moved stands where the shape puts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ratios(BTreeMap<(Shape, Split), u16>);

impl Ratios {
    /// Reads what [`Self::named`] gave; names that are unknown are left out.
    pub fn from_named<'a>(named: impl Iterator<Item = (&'a str, u16)>) -> Self {
        let shapes = [Shape::Two, Shape::Portrait, Shape::Wide, Shape::Three];
        let find = |name: &str| {
            let (shape, split) = name.split_once('.')?;
            let shape = shapes.into_iter().find(|s| s.name() == shape)?;
            Some((shape, Split::ALL.into_iter().find(|s| s.name() == split)?))
        };
        Self(named.filter_map(|(name, ratio)| Some((find(name)?, ratio.min(1000)))).collect())
    }

    /// Every border that was moved, as `wide.content`.
    pub fn named(&self) -> impl Iterator<Item = (String, u16)> + '_ {
        let name = |(shape, split): &(Shape, Split)| format!("{}.{}", shape.name(), split.name());
        self.0.iter().map(move |(at, ratio)| (name(at), *ratio))
    }

    /// Forgets what was moved in `shape`.
    pub fn forget(&mut self, shape: Shape) {
        self.0.retain(|(at, _), _| *at != shape);
    }

    /// Forgets where one border was moved to.
    pub fn forget_one(&mut self, shape: Shape, split: Split) {
        self.0.remove(&(shape, split));
    }

    /// Moves the border of `splitter` so that `before` cells of its length are before it.
    pub fn move_to(&mut self, shape: Shape, splitter: &Splitter, before: u16) {
        let length = u32::from(splitter.length.max(1));
        let before = before.clamp(splitter.least, splitter.length.saturating_sub(splitter.least));
        // Rounded up: the same number of cells comes out again.
        let ratio = (u32::from(before) * 1000).div_ceil(length);
        self.0.insert((shape, splitter.split), u16::try_from(ratio).unwrap_or(1000));
    }
}

/// A border on the screen that can be dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splitter {
    /// Which one.
    pub split: Split,
    /// The cells by which it can be taken.
    pub grip: Rect,
    /// Whether it moves left and right.
    pub sideways: bool,
    /// Where the divided length begins.
    pub start: u16,
    /// How long that is.
    pub length: u16,
    /// How many cells stay on each side.
    pub least: u16,
    /// How many cells are before it now.
    pub before: u16,
}

/// What is to be laid out.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on each other")]
pub struct Wish {
    /// Whether a list of what a server has is all that is shown.
    pub listing: bool,
    /// Whether there is nothing but messages that lie in files.
    pub stored: bool,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The pane that must be seen.
    pub shown: Pane,
    /// Which of envelope and content is seen where there is place for one.
    pub tab: Pane,
    /// Whether there is a plan.
    pub plan: bool,
    /// Whether each side has a column of its own in the transcript.
    pub sides: bool,
    /// Whether `shown` has all the place.
    pub zoomed: bool,
    /// Whether another session's transcript stands where envelope and content are.
    pub beside: bool,
    /// The side of the editor that must be seen, where it has the place of the panes.
    pub editor: Option<Side>,
    /// How many lines of a group stand around the line being typed.
    pub held: u16,
    /// Whether a line is typed below the editor.
    pub asking: bool,
    /// Whether there is a line for the tabs of several sessions.
    pub tabs: bool,
    /// How many lines there are at the bottom: hints, or something that is said.
    pub hints: u16,
}

/// Where everything is; a pane that has no place has no rectangle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    /// The line on top.
    pub header: Rect,
    /// The tabs of several sessions.
    pub tabs: Rect,
    /// The wire.
    pub transcript: Option<Rect>,
    /// The wire of another session.
    pub beside: Option<Rect>,
    /// The envelope.
    pub envelope: Option<Rect>,
    /// The content.
    pub content: Option<Rect>,
    /// The text in the editor.
    pub text: Option<Rect>,
    /// What the text in the editor is so far.
    pub live: Option<Rect>,
    /// What is still to be said.
    pub plan: Option<Rect>,
    /// What it means.
    pub explain: Rect,
    /// The line being typed.
    pub prompt: Rect,
    /// The line at the bottom, or several.
    pub hints: Rect,
    /// Whether a box is drawn around the explanation.
    pub explain_boxed: bool,
    /// Whether a box is drawn around the prompt.
    pub boxed: bool,
    /// Borders that can be moved.
    pub splitters: Vec<Splitter>,
}

impl Panes {
    /// The rectangle of `pane`, if it is shown.
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::Transcript => self.transcript,
            Pane::Prompt => Some(self.prompt),
            Pane::Envelope => self.envelope,
            Pane::Content => self.content,
            Pane::Explain => Some(self.explain).filter(|area| area.height > 0),
            Pane::Plan => self.plan,
        }
    }

    /// The place of `pane` without its box.
    pub fn inside(&self, pane: Pane) -> Option<Rect> {
        let boxed = match pane {
            Pane::Prompt => self.boxed,
            Pane::Explain => self.explain_boxed,
            _ => true,
        };
        self.of(pane).map(|area| if boxed { inside(area) } else { area })
    }

    /// The rectangle of a side of the editor, if it is shown.
    pub const fn side(&self, side: Side) -> Option<Rect> {
        match side {
            Side::Text => self.text,
            Side::Live => self.live,
        }
    }

    /// The pane at a place of the screen.
    pub fn at(&self, place: (u16, u16)) -> Option<Pane> {
        Pane::ALL.into_iter().find(|p| self.of(*p).is_some_and(|area| area.contains(place.into())))
    }

    /// The border at a place of the screen.
    pub fn splitter_at(&self, place: (u16, u16)) -> Option<&Splitter> {
        self.splitters.iter().find(|s| s.grip.contains(place.into()))
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

/// The panes for a wish.
pub fn panes(wish: &Wish, ratios: &Ratios) -> Panes {
    let (columns, rows) = wish.size;
    let boxed = rows >= 16;
    let [header, tabs, middle, prompt, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(u16::from(wish.tabs)),
        Constraint::Min(1),
        Constraint::Length(wish.held + if boxed { 3 } else { 1 }),
        Constraint::Length(wish.hints),
    ])
    .areas(Rect::new(0, 0, columns, rows));
    let panes = Panes { header, tabs, prompt, hints, boxed, ..Panes::default() };
    let shape = Shape::of(wish.size);
    let division = Division { shape, rows, panes, ratios };
    match wish.editor {
        _ if wish.listing => {
            let below = if wish.asking { prompt } else { Rect::default() };
            let middle = if wish.asking { middle } else { middle.union(prompt) };
            Panes { prompt: below, ..division.list(middle) }
        }
        // The prompt is the line of the palette; else the editor has its place too.
        Some(side) if wish.asking => division.edit(side, wish.zoomed, middle),
        Some(side) => {
            let panes = division.edit(side, wish.zoomed, middle.union(prompt));
            Panes { prompt: Rect::default(), ..panes }
        }
        None => division.divide(wish, middle),
    }
}

/// The middle of the screen while it is being divided.
struct Division<'a> {
    shape: Shape,
    rows: u16,
    panes: Panes,
    ratios: &'a Ratios,
}

impl Division<'_> {
    fn divide(mut self, wish: &Wish, middle: Rect) -> Panes {
        let explained = wish.shown == Pane::Explain;
        if wish.zoomed || (explained && self.shape == Shape::One) {
            self.panes.explain_boxed = true;
            self.one(middle, wish.shown);
            return self.panes;
        }
        let middle = if self.shape == Shape::Three { middle } else { self.above_explain(middle) };
        let tab = if matches!(wish.shown, Pane::Envelope | Pane::Content | Pane::Plan) {
            wish.shown
        } else {
            wish.tab
        };
        match self.shape {
            Shape::One => self.one(middle, wish.shown),
            Shape::Portrait => {
                let (top, rest) =
                    self.split(Split::Transcript, middle, Direction::Vertical, (500, 5));
                self.panes.transcript = Some(top);
                self.second(wish, tab, rest);
            }
            // Two columns need all of them.
            Shape::Two if wish.sides => self.one(middle, Pane::Transcript),
            Shape::Two => self.columns(wish, tab, middle, if wish.stored { 300 } else { 600 }),
            Shape::Wide => self.columns(wish, tab, middle, if wish.stored { 350 } else { 550 }),
            Shape::Three => {
                let (left, third) =
                    self.split(Split::Explain, middle, Direction::Horizontal, (740, 20));
                self.panes.explain = third;
                self.panes.explain_boxed = true;
                self.columns(wish, tab, left, 550);
            }
        }
        self.panes
    }

    /// The editor: its text and what stands beside it, or one of both.
    fn edit(mut self, side: Side, zoomed: bool, area: Rect) -> Panes {
        let (mut text, mut live) = (Some(area), Some(area));
        if !zoomed && self.shape != Shape::One {
            let (left, right) = self.split(Split::Editor, area, Direction::Horizontal, (600, 20));
            (text, live) = (Some(left), Some(right));
        } else if side == Side::Text {
            live = None;
        } else {
            text = None;
        }
        Panes { text, live, ..self.panes }
    }

    /// A list, and below it what there is to say of the row that is chosen.
    fn list(mut self, area: Rect) -> Panes {
        let lines = match self.rows {
            ..16 => 0,
            16..24 => 4,
            24..30 => 5,
            _ => 8,
        };
        let [list, chosen] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(lines)]).areas(area);
        self.panes.transcript = Some(list);
        self.panes.explain = chosen;
        self.panes.explain_boxed = lines > 0;
        self.panes
    }

    fn one(&mut self, area: Rect, shown: Pane) {
        match shown {
            Pane::Envelope => self.panes.envelope = Some(area),
            Pane::Content => self.panes.content = Some(area),
            Pane::Explain => self.panes.explain = area,
            Pane::Plan => self.panes.plan = Some(area),
            Pane::Transcript | Pane::Prompt => self.panes.transcript = Some(area),
        }
    }

    fn columns(&mut self, wish: &Wish, tab: Pane, area: Rect, usual: u16) {
        let (split, usual) =
            if wish.beside { (Split::Beside, 500) } else { (Split::Transcript, usual) };
        let (left, right) = self.split(split, area, Direction::Horizontal, (usual, 16));
        self.panes.transcript = Some(left);
        self.second(wish, tab, right);
    }

    /// What stands beside or below the transcript.
    fn second(&mut self, wish: &Wish, tab: Pane, area: Rect) {
        if wish.beside {
            self.panes.beside = Some(area);
        } else if wish.plan && self.shape == Shape::Two && tab == Pane::Plan {
            self.panes.plan = Some(area);
        } else if wish.plan && self.shape != Shape::Two {
            let (plan, rest) = self.split(Split::Plan, area, Direction::Vertical, (500, 3));
            self.panes.plan = Some(plan);
            if tab == Pane::Content {
                self.panes.content = Some(rest);
            } else {
                self.panes.envelope = Some(rest);
            }
        } else if self.shape != Shape::Two {
            // What lies in a file has no envelope.
            let usual = match self.shape {
                _ if wish.stored => 150,
                Shape::Portrait => 500,
                _ => 400,
            };
            let (envelope, content) =
                self.split(Split::Content, area, Direction::Vertical, (usual, 3));
            self.panes.envelope = Some(envelope);
            self.panes.content = Some(content);
        } else if tab == Pane::Content {
            self.panes.content = Some(area);
        } else {
            self.panes.envelope = Some(area);
        }
    }

    /// Puts the explanation at the bottom of `area`; where there is little place it is one line.
    fn above_explain(&mut self, area: Rect) -> Rect {
        let usual = match self.rows {
            ..16 => 1,
            16..24 => 5,
            24..30 => 6,
            _ => 9,
        };
        self.panes.explain_boxed = usual > 1;
        if usual > 1 && self.shape != Shape::One {
            let before = area.height.saturating_sub(usual);
            let usual = (u32::from(before) * 1000).div_ceil(u32::from(area.height.max(1)));
            let usual = u16::try_from(usual).unwrap_or(1000);
            let (above, below) = self.split(Split::Explain, area, Direction::Vertical, (usual, 3));
            self.panes.explain = below;
            return above;
        }
        let [above, below] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(usual)]).areas(area);
        self.panes.explain = below;
        above
    }

    /// Divides `area` where the person wants it, else at `usual` thousandths; `least` cells stay
    /// on each side.
    fn split(
        &mut self,
        split: Split,
        area: Rect,
        direction: Direction,
        (usual, least): (u16, u16),
    ) -> (Rect, Rect) {
        let sideways = direction == Direction::Horizontal;
        let (start, length) = if sideways { (area.x, area.width) } else { (area.y, area.height) };
        let least = least.min(length / 2);
        let ratio = self.ratios.0.get(&(self.shape, split)).copied().unwrap_or(usual);
        let before = u32::from(length) * u32::from(ratio) / 1000;
        let before = u16::try_from(before).unwrap_or(length);
        let before = before.clamp(least, length - least);
        let (mut first, mut second) = (area, area);
        let grip = if sideways {
            (first.width, second.width) = (before, length - before);
            second.x += before;
            Rect { x: (start + before).saturating_sub(1), width: 2, ..area }
        } else {
            (first.height, second.height) = (before, length - before);
            second.y += before;
            Rect { y: (start + before).saturating_sub(1), height: 1, ..area }
        };
        let splitter = Splitter { split, grip, sideways, start, length, least, before };
        self.panes.splitters.push(splitter);
        (first, second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(size: (u16, u16), shown: Pane) -> Wish {
        let tab = Pane::Envelope;
        let (zoomed, beside, asking, tabs) = (false, false, false, false);
        Wish {
            listing: false,
            stored: false,
            size,
            shown,
            tab,
            plan: false,
            sides: false,
            zoomed,
            beside,
            editor: None,
            held: 0,
            asking,
            tabs,
            hints: 1,
        }
    }

    /// All borders where the person pushed them, as far as they go.
    fn pushed(size: (u16, u16), before: u16) -> Ratios {
        let mut ratios = Ratios::default();
        for splitter in panes(&wish(size, Pane::Transcript), &Ratios::default()).splitters {
            ratios.move_to(Shape::of(size), &splitter, before);
        }
        ratios
    }

    fn stay_apart(wish: &Wish, ratios: &Ratios) {
        let panes = panes(wish, ratios);
        let mut all: Vec<Rect> = Pane::ALL.iter().filter_map(|p| panes.of(*p)).collect();
        all.extend([panes.header, panes.tabs, panes.hints]);
        all.extend(panes.beside.into_iter().chain(panes.text).chain(panes.live));
        let screen = Rect::new(0, 0, wish.size.0, wish.size.1);
        for (at, area) in all.iter().enumerate() {
            assert_eq!(area.intersection(screen).area(), area.area(), "{wish:?}");
            for other in all.iter().skip(at + 1) {
                assert_eq!(area.intersection(*other).area(), 0, "{wish:?} {panes:?}");
            }
        }
    }

    #[test]
    fn panes_never_leave_the_screen_or_overlap() {
        for columns in (0..220_u16).step_by(7) {
            for rows in [0, 1, 9, 10, 15, 16, 24, 30, 46] {
                for shown in Pane::ALL {
                    let size = (columns, rows);
                    let plain = wish(size, shown);
                    stay_apart(&plain, &Ratios::default());
                    stay_apart(&plain, &pushed(size, 0));
                    stay_apart(&plain, &pushed(size, u16::MAX));
                    stay_apart(&Wish { zoomed: true, tabs: true, ..plain }, &Ratios::default());
                    stay_apart(&Wish { beside: true, hints: 0, ..plain }, &Ratios::default());
                    stay_apart(&Wish { hints: rows / 2, ..plain }, &Ratios::default());
                    stay_apart(&Wish { stored: true, ..plain }, &Ratios::default());
                    stay_apart(&Wish { listing: true, ..plain }, &Ratios::default());
                    stay_apart(&Wish { sides: true, ..plain }, &Ratios::default());
                    for tab in [Pane::Envelope, Pane::Content, Pane::Plan] {
                        let planned = Wish { plan: true, tab, ..plain };
                        stay_apart(&planned, &Ratios::default());
                        stay_apart(&planned, &pushed(size, 0));
                        if shown == Pane::Plan || (tab == Pane::Plan && columns >= 100) {
                            assert!(panes(&planned, &Ratios::default()).plan.is_some());
                        }
                    }
                    for (side, asking) in [(Side::Text, false), (Side::Live, true)] {
                        let editor = Wish { editor: Some(side), asking, ..plain };
                        stay_apart(&editor, &Ratios::default());
                        stay_apart(&editor, &pushed(size, 0));
                        assert!(panes(&editor, &Ratios::default()).side(side).is_some());
                    }
                }
            }
        }
    }

    #[test]
    fn breakpoints() {
        let at =
            |columns, rows| panes(&wish((columns, rows), Pane::Transcript), &Ratios::default());
        assert!(at(59, 24).envelope.is_none());
        assert!(at(80, 24).envelope.is_some() && at(80, 24).content.is_none());
        assert!(at(120, 40).envelope.is_some() && at(120, 40).content.is_some());
        assert!(at(80, 50).content.is_some());
        assert_eq!(at(200, 50).explain.height, at(200, 50).transcript.map_or(0, |r| r.height));
        let content = panes(&wish((80, 24), Pane::Content), &Ratios::default());
        assert!(content.content.is_some());
    }

    #[test]
    fn a_border_stays_where_it_was_put() {
        for size in [(80, 24), (80, 60), (120, 40), (200, 50)] {
            let shape = Shape::of(size);
            let plain = wish(size, Pane::Transcript);
            for at in 0..panes(&plain, &Ratios::default()).splitters.len() {
                for before in [5, 7, 10, 13] {
                    let mut ratios = Ratios::default();
                    let splitter = panes(&plain, &ratios).splitters[at];
                    ratios.move_to(shape, &splitter, before);
                    let kept = Ratios::from_named(
                        ratios.named().collect::<Vec<_>>().iter().map(|(n, r)| (n.as_str(), *r)),
                    );
                    assert_eq!(kept, ratios);
                    let most = splitter.length - splitter.least;
                    let want = before.clamp(splitter.least, most);
                    assert_eq!(panes(&plain, &kept).splitters[at].before, want, "{size:?}");
                }
            }
        }
    }

    #[test]
    fn a_zoomed_pane_has_everything() {
        for shown in [Pane::Transcript, Pane::Envelope, Pane::Content, Pane::Explain] {
            let zoomed = Wish { zoomed: true, ..wish((120, 40), shown) };
            let panes = panes(&zoomed, &Ratios::default());
            assert_eq!(panes.of(shown), Some(Rect::new(0, 1, 120, 35)));
            assert!(panes.splitters.is_empty());
        }
    }
}
