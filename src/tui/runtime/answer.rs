//! The terminal's answer about its background, when it comes after we stopped waiting for it: it
//! arrives as if it were typed, and must not get into the prompt.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};

use crate::journal::Moment;

/// An answer is never longer: `]11;rgb:ffff/ffff/ffff` and its end.
const LONGEST: usize = 32;

/// What comes later than this after the screen has begun was typed.
const PATIENCE: Moment = Moment(1_000_000);

/// The answer on its way.
#[derive(Debug)]
pub(super) struct Answer {
    /// Whether it may still come.
    awaited: bool,
    /// How many more events may belong to it.
    left: usize,
}

impl Answer {
    /// An answer that may still come, or not.
    pub(super) const fn awaited(awaited: bool) -> Self {
        Self { awaited, left: 0 }
    }

    /// Whether `event`, which came at `now`, is a part of the answer.
    pub(super) fn takes(&mut self, event: &Input, now: Moment) -> bool {
        if now > PATIENCE {
            return false;
        }
        let Input::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. }) = event else {
            return false;
        };
        if self.left > 0 {
            // ESC \ ends it, or the bell.
            let over = matches!(
                (*c, *modifiers),
                ('\\', KeyModifiers::ALT) | ('g', KeyModifiers::CONTROL)
            );
            self.left = if over { 0 } else { self.left - 1 };
            return true;
        }
        let begins = self.awaited && (*c, *modifiers) == (']', KeyModifiers::ALT);
        if begins {
            (self.awaited, self.left) = (false, LONGEST);
        }
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> Input {
        Input::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    #[test]
    fn one_answer_is_taken_and_no_more() {
        let typed = |c| key(c, KeyModifiers::NONE);
        let mut answer = Answer::awaited(true);
        let mut takes = |event| answer.takes(&event, Moment(300_000));
        assert!(!takes(typed('E')));
        assert!(takes(key(']', KeyModifiers::ALT)));
        assert!("11;rgb:ffff/ffff/ffff".chars().all(|c| takes(typed(c))));
        assert!(takes(key('\\', KeyModifiers::ALT)));
        assert!(!takes(typed('H')));
        assert!(!takes(key(']', KeyModifiers::ALT)));
    }

    #[test]
    fn what_comes_too_late_was_typed() {
        let begin = key(']', KeyModifiers::ALT);
        assert!(!Answer::awaited(true).takes(&begin, Moment(1_000_001)));
        let mut answer = Answer::awaited(true);
        assert!(answer.takes(&begin, Moment(900_000)));
        assert!(!answer.takes(&key('1', KeyModifiers::NONE), Moment(1_100_000)));
    }
}
