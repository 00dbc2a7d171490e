//! Words for what is wrong with a transcript, a script or a directive.

use crate::journal::source::Misplaced;
use crate::journal::transcript::TranscriptError;
use crate::knowledge::{self, Lang};

/// What is wrong and what was expected, without the place.
pub fn what(error: &TranscriptError, lang: Lang) -> String {
    let values: Vec<_> = error.values.iter().map(|(at, value)| (*at, value.as_str())).collect();
    knowledge::fill(lang, error.key, &values)
}

/// The same with the place before it.
pub fn say(error: &TranscriptError, lang: Lang) -> String {
    let (line, column) = (error.at.line.to_string(), error.at.column.to_string());
    let values = [("line", &*line), ("column", &*column), ("what", &*what(error, lang))];
    knowledge::fill(lang, "misread", &values)
}

/// The same for a file, with the lines of others that include it.
pub fn say_in(misplaced: &Misplaced, lang: Lang) -> String {
    let mut said = format!("{}: {}", misplaced.file, say(&misplaced.error, lang));
    for (file, line) in &misplaced.included {
        let values = [("what", &*said), ("file", file), ("line", &line.to_string())];
        said = knowledge::fill(lang, "misread.included", &values);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::{Place, recording};

    fn said(text: &str, lang: Lang) -> String {
        let error = recording(text.as_bytes()).map(|_| ()).unwrap_err();
        say(&error, lang)
    }

    #[test]
    fn the_place_comes_first_in_both_languages() {
        for (text, en, ja) in [
            (
                "C: ab\\q",
                "line 1, column 6: unknown escape \"\\q\"; expected \\r \\n \\t \\0 \\xHH \\\\ \\* \\? \\$ or \\c at the end",
                "1 行 6 桁：\"\\q\" というエスケープはありません。",
            ),
            (
                "C: x\nhello",
                "line 2, column 1: \"hello\" is no transcript line; expected \"C: \", \"S: \", a \":directive\" or a \"# comment\"",
                "2 行 1 桁：\"hello\" は通信記録の行ではありません。",
            ),
            (
                "C:x",
                "line 1, column 3: no blank behind the mark; expected \"C: \" or \"S: \" and the line's text",
                "1 行 3 桁：行頭の記号の後に空白がありません。",
            ),
        ] {
            assert_eq!(said(text, Lang::En), en);
            assert!(said(text, Lang::Ja).starts_with(ja), "{}", said(text, Lang::Ja));
        }
    }

    /// What stands in a file is not taken for a place of the sentence.
    #[test]
    fn values_stand_as_they_are() {
        let error = TranscriptError::new(Place { line: 1, column: 1 }, "misread.line")
            .with("text", "{line}");
        assert!(what(&error, Lang::En).starts_with("\"{line}\" is no"));
        assert!(say(&error, Lang::En).starts_with("line 1, column 1: \"{line}\" is no"));
    }
}
