//! A screen for terminals that cannot show more than ASCII: one pass over what was drawn.
//!
//! Signs of ours have a likeness each. Where the terminal does not even understand UTF-8, what
//! remains becomes one `?` for each column: its bytes could be controls there.

use ratatui::buffer::Buffer;

use crate::display::text::width;

use super::super::model::Model;

/// Signs of ours, and what stands for them.
const ALIKE: [(&str, &str); 12] = [
    ("─", "-"),
    ("│", "|"),
    ("┌┐└┘├┤┬┴┼", "+"),
    ("═", "="),
    ("║", "|"),
    ("╔╗╚╝", "#"),
    ("…·", "."),
    ("µ", "u"),
    ("→›»", ">"),
    ("←‹«", "<"),
    ("•×", "*"),
    ("–—", "-"),
];

/// Replaces what the terminal cannot show.
pub fn replace(model: &Model, buffer: &mut Buffer) {
    if model.utf8 && !model.ascii {
        return;
    }
    let mut covered = 0;
    for cell in &mut buffer.content {
        let wide = width(cell.symbol());
        if covered > 0 {
            covered -= 1;
            if !model.utf8 {
                cell.set_symbol("?");
            }
        } else if !cell.symbol().is_ascii() {
            covered = wide.saturating_sub(1);
            let alike = ALIKE.iter().find(|(signs, _)| signs.contains(cell.symbol()));
            match alike.filter(|_| wide == 1) {
                Some((_, likeness)) => _ = cell.set_symbol(likeness),
                None if !model.utf8 => _ = cell.set_symbol("?"),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_likeness_is_as_wide_as_its_sign() {
        for (signs, likeness) in ALIKE {
            assert_eq!(width(likeness), 1);
            assert!(signs.chars().all(|c| width(&c.to_string()) == 1), "{signs}");
        }
    }
}
