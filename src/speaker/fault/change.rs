//! What a rule does to what would have been said.

use std::num::NonZeroUsize;

use serde::Deserialize;

use super::spoken::{LineEnd, Spoken, Text};
use super::text::{Line, Time};

/// One change. Text stays ordinary text: it is put on the wire as it stands here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Waits before it is said.
    Wait(Time),
    /// Says these lines in its place.
    Reply(Vec<Line>),
    /// Says these bytes in its place, and adds nothing.
    Raw(Vec<Line>),
    /// Another code, on every line.
    Code(Code),
    /// The enhanced status code: `off`, `first-line`, or another one.
    Enhanced(String),
    /// What stands behind the code on every line.
    Mark(Mark),
    /// What ends every line.
    LineEnd(LineEnd),
    /// Leaves lines with this keyword away.
    Hide(String),
    /// One more line.
    Claim(String),
    /// Other text.
    Replace(Replace),
    /// The case of all text.
    Case(Case),
    /// Makes the last line so long.
    Pad(UpTo<LONGEST_LINE>),
    /// Lines before it.
    Prepend(Vec<Line>),
    /// Lines behind it.
    Append(Vec<Line>),
    /// Says it so often more.
    Again(UpTo<MOST_REPLIES>),
    /// Says it in pieces.
    Drip(Pieces),
    /// Keeps it until nothing more has come for so long, and says all that was kept in one write.
    Batch(Time),
    /// Says it behind the next reply, where another command waits for one.
    Late(Yes),
    /// Says nothing to this one.
    Silence(Yes),
    /// Says nothing any more.
    Hang(Yes),
    /// Closes the connection behind it.
    Close(Close),
    /// Does not close the connection where a good server would.
    Stay(Yes),
}

/// How long a line can be made: beyond that nobody keeps one whole.
const LONGEST_LINE: usize = 64 << 10;

/// How often more a reply can be said: beyond that nobody tells one from another.
const MOST_REPLIES: usize = 1_000;

/// A number with an end, so that no reply takes all memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct UpTo<const MOST: usize>(usize);

impl<const MOST: usize> TryFrom<i64> for UpTo<MOST> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        let number = usize::try_from(number).ok().filter(|number| *number <= MOST);
        number.map(Self).ok_or_else(|| format!("expected a number from 0 to {MOST}"))
    }
}

/// What stands in the place of a code, as odd as it may be: a line with none begins with its text, and
/// with the end of a line in it there are two.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Code(String);

impl TryFrom<String> for Code {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        if code.is_empty() || code.contains(['\r', '\n']) {
            return Err("expected a code such as 550, on one line");
        }
        Ok(Self(code))
    }
}

/// What cannot be anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(yes: bool) -> Result<Self, Self::Error> {
        if yes { Ok(Self) } else { Err("expected true: what is not wanted is left away") }
    }
}

/// What stands behind the code of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A blank on every line: each is a reply of its own.
    Space,
    /// A hyphen on every line: the last one is missing.
    Hyphen,
    /// Nothing: the code alone.
    Bare,
}

/// One text for another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    from: Line,
    to: Line,
}

/// The case of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// Small.
    Lower,
    /// Capital.
    Upper,
}

/// Pieces of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pieces {
    bytes: NonZeroUsize,
    every: Time,
}

/// How a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Close {
    /// In order.
    Finished,
    /// By a reset.
    Reset,
    /// Without the goodbye of TLS.
    Cut,
}

/// What is put in place of `{host}`, `{client}` and `{address}`.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub host: Vec<u8>,
    pub client: Vec<u8>,
    pub address: Vec<u8>,
}

impl Names {
    fn lines(&self, lines: &[Line]) -> Vec<Vec<u8>> {
        lines.iter().map(|line| self.fill(&line.0)).collect()
    }

    fn fill(&self, line: &[u8]) -> Vec<u8> {
        let places = [
            (&b"{host}"[..], &self.host),
            (b"{client}", &self.client),
            (b"{address}", &self.address),
        ];
        places.iter().fold(line.to_vec(), |line, (place, name)| replaced(&line, place, name))
    }
}

/// `text` with `to` wherever `from` stands.
fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = memchr::memmem::find(rest, from)
        .filter(|_| !from.is_empty())
        .and_then(|at| Some((rest.get(..at)?, rest.get(at + from.len()..)?)))
    {
        out.extend_from_slice(before);
        out.extend_from_slice(to);
        rest = behind;
    }
    out.extend_from_slice(rest);
    out
}

impl Change {
    /// Changes what would be said.
    pub(super) fn apply(&self, spoken: &mut Spoken, names: &Names) {
        match self {
            Self::Wait(time) => spoken.wait += time.0,
            Self::Reply(lines) => spoken.text = Text::Lines(names.lines(lines)),
            Self::Raw(pieces) => spoken.text = Text::Raw(names.lines(pieces).concat()),
            Self::Code(Code(code)) => {
                spoken.each_line(|line| recode(line, code.as_bytes()));
            }
            Self::Enhanced(what) => enhance(spoken, what),
            Self::Mark(mark) => spoken.each_line(|line| remark(line, *mark)),
            Self::LineEnd(end) => spoken.line_end = *end,
            Self::Hide(keyword) => spoken.hide(keyword.as_bytes()),
            Self::Claim(line) => spoken.claim(names.fill(line.as_bytes())),
            Self::Replace(Replace { from, to }) => {
                let (from, to) = (names.fill(&from.0), names.fill(&to.0));
                spoken.each_line(|line| *line = replaced(line, &from, &to));
            }
            Self::Case(Case::Lower) => spoken.each_line(|line| line.make_ascii_lowercase()),
            Self::Case(Case::Upper) => spoken.each_line(|line| line.make_ascii_uppercase()),
            Self::Pad(UpTo(len)) => spoken.pad(*len),
            Self::Prepend(lines) => spoken.before.extend(names.lines(lines)),
            Self::Append(lines) => spoken.behind.extend(names.lines(lines)),
            Self::Again(UpTo(times)) => spoken.times += times,
            Self::Drip(Pieces { bytes, every }) => spoken.drip = Some((*bytes, every.0)),
            Self::Batch(time) => spoken.batch = Some(time.0),
            Self::Late(Yes) => spoken.late = true,
            Self::Silence(Yes) => spoken.text = Text::Raw(Vec::new()),
            Self::Hang(Yes) => spoken.hangs = true,
            Self::Close(how) => spoken.close = Some(*how),
            Self::Stay(Yes) => spoken.close = None,
        }
    }
}

/// Where a line's text begins: behind the code and what stands there.
const TEXT: usize = 4;

fn recode(line: &mut Vec<u8>, code: &[u8]) {
    let rest = line.get(3..).unwrap_or_default();
    *line = [code, rest].concat();
}

fn remark(line: &mut Vec<u8>, mark: Mark) {
    match (mark, line.get_mut(3)) {
        (Mark::Bare, _) => line.truncate(3),
        (Mark::Space, Some(mark)) => *mark = b' ',
        (Mark::Hyphen, Some(mark)) => *mark = b'-',
        (_, None) => {}
    }
}

/// How long the enhanced status code at the beginning of `text` is, with the blank behind it.
fn enhanced_len(text: &[u8]) -> usize {
    let digits = |at: usize| text.iter().skip(at).take_while(|b| b.is_ascii_digit()).count();
    let mut at = 0;
    for end in [b'.', b'.', b' '] {
        let count = digits(at);
        at += count;
        if count == 0 || text.get(at) != Some(&end) {
            return 0;
        }
        at += 1;
    }
    at
}

fn enhance(spoken: &mut Spoken, what: &str) {
    let mut first = true;
    if what == "first-line" {
        spoken.split();
    }
    spoken.each_line(|line| {
        let keeps = what == "first-line" && std::mem::take(&mut first);
        let Some((head, text)) = line.split_at_checked(TEXT).filter(|_| !keeps) else { return };
        let rest = text.get(enhanced_len(text)..).unwrap_or_default();
        let code = match what {
            "off" | "first-line" => Vec::new(),
            code => [code.as_bytes(), b" "].concat(),
        };
        *line = [head, &code, rest].concat();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(reply: &str, change: &str) -> String {
        #[derive(Deserialize)]
        struct One {
            r#do: Change,
        }
        let One { r#do: change } = toml::from_str(&format!("do = {{ {change} }}")).unwrap();
        let mut spoken = Spoken::of(reply.as_bytes().to_vec().into(), false);
        let names = Names { client: b"pc.example.org".to_vec(), ..Names::default() };
        change.apply(&mut spoken, &names);
        String::from_utf8(spoken.bytes().to_vec()).unwrap()
    }

    #[test]
    fn each_change_does_what_it_says() {
        let ehlo = "250-mx Hello\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250 SIZE 9\r\n";
        for (reply, change, want) in [
            (
                "250 Ok\r\n",
                "reply = ['550-No', '550 {client}']",
                "550-No\r\n550 pc.example.org\r\n",
            ),
            ("250 Ok\r\n", r"raw = ['\x00SSH\n']", "\0SSH\n"),
            ("250-a\r\n250 b\r\n", "code = '251'", "251-a\r\n251 b\r\n"),
            ("250 a\r\n", "code = '001'", "001 a\r\n"),
            ("250 a\r\n", "code = '1000'", "1000 a\r\n"),
            ("250 2.1.5 Ok\r\n", "enhanced = 'off'", "250 Ok\r\n"),
            ("250 2.1.5 Ok\r\n", "enhanced = '4.7.1'", "250 4.7.1 Ok\r\n"),
            ("354 Go\r\n", "enhanced = '3.0.0'", "354 3.0.0 Go\r\n"),
            (
                "550-5.7.1 a\r\n550 5.7.1 b\r\n",
                "enhanced = 'first-line'",
                "550-5.7.1 a\r\n550 b\r\n",
            ),
            ("550 5.7.1 a b\r\n", "enhanced = 'first-line'", "550-5.7.1 a\r\n550 b\r\n"),
            ("250-a\r\n250 b\r\n", "mark = 'space'", "250 a\r\n250 b\r\n"),
            ("250-a\r\n250 b\r\n", "mark = 'hyphen'", "250-a\r\n250-b\r\n"),
            ("250 b\r\n", "mark = 'bare'", "250\r\n"),
            ("250-a\r\n250 b\r\n", "line-end = 'lf'", "250-a\n250 b\n"),
            ("250-a\r\n250 b\r\n", "line-end = 'none'", "250-a\r\n250 b"),
            (ehlo, "hide = 'SIZE'", "250-mx Hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"),
            ("250 mx\r\n", "claim = 'ETRN'", "250-mx\r\n250 ETRN\r\n"),
            (
                "250-mx\r\n250 AUTH X\r\n",
                "replace = { from = 'AUTH ', to = 'AUTH=' }",
                "250-mx\r\n250 AUTH=X\r\n",
            ),
            ("250 OK\r\n", "case = 'lower'", "250 ok\r\n"),
            ("250 Ok\r\n", "pad = 10", "250 Ok xxx\r\n"),
            ("250 Ok\r\n", "prepend = ['*debug']", "*debug\r\n250 Ok\r\n"),
            ("220 Go\r\n", "append = ['250 Injected']", "220 Go\r\n250 Injected\r\n"),
            ("250 Ok\r\n", "again = 1", "250 Ok\r\n250 Ok\r\n"),
            ("250 Ok\r\n", "silence = true", ""),
        ] {
            assert_eq!(changed(reply, change), want, "{change}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in
            ["silence = false", "mark = 'dot'", "drip = { bytes = 0, every = '1s' }", "wait = 5"]
        {
            assert!(
                toml::from_str::<BTreeMapOf>(&format!("do = {{ {wrong} }}")).is_err(),
                "{wrong}"
            );
        }
    }

    type BTreeMapOf = std::collections::BTreeMap<String, Change>;
}
