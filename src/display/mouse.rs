//! The mouse of a terminal, as it is asked for and given back.

use std::fmt;

use crossterm::Command;

/// Whether the terminal tells of buttons, dragging and the wheel, with places in decimal.
/// crossterm's `EnableMouseCapture` would ask for every movement, too.
#[derive(Clone, Copy, Debug)]
pub struct Mouse(pub bool);

impl Command for Mouse {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let letter = if self.0 { 'h' } else { 'l' };
        [1000, 1002, 1006].iter().try_for_each(|mode| write!(f, "\x1b[?{mode}{letter}"))
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_given_back() {
        let [mut on, mut off] = [String::new(), String::new()];
        Mouse(true).write_ansi(&mut on).unwrap();
        Mouse(false).write_ansi(&mut off).unwrap();
        assert_eq!(on, "\x1b[?1000h\x1b[?1002h\x1b[?1006h");
        assert_eq!(off, on.replace('h', "l"));
    }
}
