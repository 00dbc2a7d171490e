//! Words for what is wrong with a recording.

use crate::journal::file::{FileError, Found};
use crate::journal::header::VERSION;
use crate::knowledge::{self, Lang};

/// What the first line looks like.
const HEADER: &str = "{\"ehlo-journal\":1}";

/// What is wrong and what was expected, with the place before it.
pub fn say(error: &FileError, lang: Lang) -> String {
    match error {
        FileError::Line { line, column, key, problem } => {
            let values = [("problem", problem.as_str()), ("header", HEADER)];
            let what = knowledge::fill(lang, key, &values);
            let (line, column) = (line.to_string(), column.to_string());
            let values = [("line", &*line), ("column", &*column), ("what", &*what)];
            knowledge::fill(lang, "misread", &values)
        }
        FileError::Newer { found } => {
            let (found, known) = (found.to_string(), VERSION.to_string());
            knowledge::fill(lang, "misread.newer", &[("found", &found), ("known", &known)])
        }
    }
}

/// What there is to tell of a recording that could be read, or a part of which.
pub fn found(found: &Found, file: &str, lang: Lang) -> Vec<String> {
    let line = |key, n: usize| knowledge::fill(lang, key, &[("file", file), ("n", &n.to_string())]);
    let broken = found.broken.as_ref().map(|(error, behind)| {
        let (why, n) = (say(error, lang), behind.to_string());
        let values = [("file", file), ("why", &*why), ("n", &*n)];
        knowledge::fill(lang, "recordings.broken", &values)
    });
    let torn = found.torn.map(|n| line("message.torn", n));
    let untimed = found.untimed.map(|n| line("recordings.untimed", n));
    broken.into_iter().chain(torn).chain(untimed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::file::read;

    #[test]
    fn a_recording_that_cannot_be_read_is_told_in_both_languages() {
        for (text, en, ja) in [
            (
                "hello\n",
                "line 1, column 1: expected value; expected a header such as {\"ehlo-journal\":1}",
                "1 行 1 桁：ヘッダーとして読めません(expected value)。",
            ),
            (
                "{\"ehlo-journal\":1}\n{\"at\":1}\n",
                "line 2, column 1: the line does not hold exactly one happening; expected an event",
                "2 行 1 桁：1 行にはイベントがちょうど 1 つ",
            ),
            (
                "{\"ehlo-journal\":9}\n",
                "this journal has version 9, this program reads versions up to",
                "この記録はバージョン 9 ですが、",
            ),
        ] {
            let error = match read(text.as_bytes()) {
                Ok(found) => found.broken.unwrap().0,
                Err(error) => error,
            };
            assert!(say(&error, Lang::En).starts_with(en), "{}", say(&error, Lang::En));
            assert!(say(&error, Lang::Ja).starts_with(ja), "{}", say(&error, Lang::Ja));
        }
    }
}
