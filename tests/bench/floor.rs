//! The bare program: what a screen of ratatui costs before it does anything of its own.
//!
//! A line on top, a box with the lines of a file (the end of it first), a prompt that takes
//! characters. The benchmark starts itself anew with [`MARK`] set to become this program.

use std::io::{BufWriter, stdout};

use crossterm::event::{self, Event, KeyCode, KeyEvent};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, enable_raw_mode};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph};
use ratatui::{Frame, Terminal};

/// The variable that makes the benchmark this program.
pub(crate) const MARK: &str = "EHLO_BENCH_FLOOR";

/// What is on the screen.
struct Shown {
    lines: Vec<String>,
    above: usize,
    typed: String,
}

/// Shows `file` until the terminal is gone.
///
/// # Errors
/// When it cannot be read, or the terminal not be used.
pub(crate) fn run(file: Option<&str>) -> std::io::Result<()> {
    let text = file.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut shown = Shown { above: lines.len().saturating_sub(1), lines, typed: String::new() };
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)?;
    let out = BufWriter::with_capacity(64 << 10, stdout());
    let mut terminal = Terminal::new(CrosstermBackend::new(out))?;
    loop {
        terminal.draw(|frame| draw(&shown, frame))?;
        if let Event::Key(key) = event::read()? {
            shown.press(key);
        }
    }
}

impl Shown {
    fn press(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Char(c) => self.typed.push(c),
            KeyCode::PageUp => self.above = self.above.saturating_sub(30),
            _ => {}
        }
    }
}

fn draw(shown: &Shown, frame: &mut Frame<'_>) {
    let [top, middle, prompt, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let height = usize::from(middle.height);
    let lines = shown.lines.iter().skip(shown.above.saturating_sub(height)).take(height);
    let lines: Vec<Line<'_>> = lines.map(|line| Line::from(line.as_str())).collect();
    frame.render_widget(Paragraph::new("floor"), top);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title("lines")), middle);
    frame.render_widget(Paragraph::new(&*shown.typed).block(Block::bordered()), prompt);
    frame.render_widget(Paragraph::new("a line of hints"), bottom);
}
