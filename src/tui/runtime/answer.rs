//! The terminal's answer about its background, when it comes after we stopped waiting for it: it
//! arrives as if it were typed, and must not get into the prompt.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};

/// An answer is never longer: `]11;rgb:ffff/ffff/ffff` and its end.
const LONGEST: usize = 32;

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

    /// Whether `event` is a part of the answer.
    pub(super) fn takes(&mut self, event: &Input) -> bool {
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

    #[test]
    fn one_answer_is_taken_and_no_more() {
        let key = |c, modifiers| Input::Key(KeyEvent::new(KeyCode::Char(c), modifiers));
        let typed = |c| key(c, KeyModifiers::NONE);
        let mut answer = Answer::awaited(true);
        assert!(!answer.takes(&typed('E')));
        assert!(answer.takes(&key(']', KeyModifiers::ALT)));
        assert!("11;rgb:ffff/ffff/ffff".chars().all(|c| answer.takes(&typed(c))));
        assert!(answer.takes(&key('\\', KeyModifiers::ALT)));
        assert!(!answer.takes(&typed('H')));
        assert!(!answer.takes(&key(']', KeyModifiers::ALT)));
    }
}
