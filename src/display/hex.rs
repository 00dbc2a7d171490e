//! Bytes in hexadecimal with what they are as text, some to a line.

use std::fmt::Write as _;
use std::ops::Range;

use super::Role;
use super::text::fit;

/// Columns of one byte where there is room: two digits, a blank, and its character.
const BYTE: usize = 4;

/// How lines of bytes are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many bytes stand on a line.
    pub each: usize,
    digits: usize,
    /// Whether two bytes stand together without a blank between them.
    paired: bool,
}

impl Shape {
    /// The shape for `len` bytes in `columns`: 16 bytes a line, or 8 where there is no room for so
    /// many.
    pub const fn of(len: usize, columns: usize) -> Self {
        let digits = match len {
            ..=0xffff => 4,
            0x1_0000..=0xff_ffff => 6,
            _ => 8,
        };
        let room = columns.saturating_sub(digits + 1);
        let each = if room >= 16 * BYTE { 16 } else { 8 };
        Self { each, digits, paired: room < 8 * BYTE }
    }

    /// How many lines `len` bytes take.
    pub const fn lines(self, len: usize) -> usize {
        len.div_ceil(self.each)
    }

    /// Where byte `at` of a line of `len` bytes stands in its text: its digits, and its character.
    pub fn places(self, len: usize, at: usize) -> [Range<usize>; 2] {
        let (digits, wide) = if self.paired {
            (at / 2 * 5 + at % 2 * 2, self.each / 2 * 5)
        } else {
            (at * 3, self.each * 3)
        };
        let first = self.digits + 1;
        let end = usize::from(at < len);
        let at = first + wide + at;
        [first + digits..first + digits + 2 * end, at..at + end]
    }

    /// One line: its offset, its bytes, and their characters. What is `veiled` is not told.
    pub fn line(
        self,
        start: usize,
        bytes: &[u8],
        veiled: impl Fn(usize) -> bool,
    ) -> Vec<(Role, String)> {
        let (mut digits, mut text) = (String::new(), String::new());
        for (at, byte) in bytes.iter().enumerate() {
            let veiled = veiled(start + at);
            let _ = if veiled { write!(digits, "**") } else { write!(digits, "{byte:02x}") };
            if !self.paired || at % 2 == 1 {
                digits.push(' ');
            }
            text.push(match byte {
                _ if veiled => '*',
                0x20..=0x7e => char::from(*byte),
                _ => '.',
            });
        }
        let wide = if self.paired { self.each / 2 * 5 } else { self.each * 3 };
        vec![
            (Role::Dim, format!("{start:0digits$x} ", digits = self.digits)),
            (Role::Text, fit(&digits, wide)),
            (Role::Decoded, text),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_their_places() {
        for columns in [80, 38, 30] {
            let shape = Shape::of(100, columns);
            let bytes: Vec<u8> = (b'a'..).take(shape.each).collect();
            let text: String =
                shape.line(0, &bytes, |_| false).into_iter().map(|(_, text)| text).collect();
            for (at, byte) in bytes.iter().enumerate() {
                let [digits, character] = shape.places(bytes.len(), at);
                assert_eq!(text.get(digits), Some(&*format!("{byte:02x}")), "{columns}");
                assert_eq!(text.get(character), Some(&*char::from(*byte).to_string()), "{columns}");
            }
        }
    }

    #[test]
    fn a_line_fits_where_it_stands() {
        for (len, columns, each) in [
            (100, 80, 16),
            (100, 68, 8),
            (100, 38, 8),
            (50 << 20, 78, 16),
            (50 << 20, 38, 8),
            (1 << 20, 38, 8),
        ] {
            let shape = Shape::of(len, columns);
            assert_eq!(shape.each, each, "{len} in {columns}");
            let line = shape.line(0, &[b'a'; 16][..each], |_| false);
            let wide: usize = line.iter().map(|(_, text)| text.len()).sum();
            assert!(wide <= columns, "{wide} in {columns}");
        }
    }
}
