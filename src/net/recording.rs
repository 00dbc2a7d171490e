//! What of a session reaches its file: every event, and none of its secrets unless they are wanted.
//!
//! Which bytes of a client are secrets is known as they are written. What a server says again of
//! them may be cut over two reads, so its bytes wait until their line ends; the moments of events
//! stay what they were.

use std::io::Write;

use bytes::{Bytes, BytesMut};

use crate::journal::file::Recorder;
use crate::journal::{Event, Happening, Side};
use crate::session::Dialogue;
use crate::session::secrets::{self, Sent};
use crate::smtp::Span;

/// How many events and bytes of a line that does not end are kept waiting.
const WAITING: (usize, usize) = (10_000, 256 << 10);

/// A file that is written as the session goes on.
#[derive(Debug)]
pub(super) struct Recording<W: Write> {
    recorder: Recorder<W>,
    with_secrets: bool,
    /// The events from the beginning of a line of the server on that is not complete.
    waiting: Vec<Event>,
    /// How many bytes they have.
    size: usize,
    /// What is not said again in them.
    secrets: Sent,
}

impl<W: Write> Recording<W> {
    /// Nothing is recorded yet; secrets only if `with_secrets`.
    pub(super) fn new(recorder: Recorder<W>, with_secrets: bool) -> Self {
        Self { recorder, with_secrets, waiting: Vec::new(), size: 0, secrets: Sent::default() }
    }

    /// Takes the event that `dialogue` has heard last.
    pub(super) fn append(&mut self, event: &Event, dialogue: &Dialogue) -> std::io::Result<()> {
        if self.with_secrets {
            return self.recorder.append(event);
        }
        let event = match &event.what {
            Happening::Aside(data) => {
                let mut blank = BytesMut::from(&data[..]);
                secrets::veil(&mut blank, dialogue.secrets().places(data));
                Event { what: Happening::Aside(blank.freeze()), ..event.clone() }
            }
            _ => veiled(event, dialogue.veiled()),
        };
        if dialogue.secrets().is_empty() {
            return self.recorder.append(&event);
        }
        self.size += bytes_of(&event).map_or(0, |(_, data)| data.len());
        self.waiting.push(event);
        self.secrets.clone_from(dialogue.secrets());
        let goes_on = !dialogue.partial_reply().1.is_empty();
        if goes_on && self.waiting.len() < WAITING.0 && self.size < WAITING.1 {
            return Ok(());
        }
        self.write()
    }

    /// Writes what waits.
    fn write(&mut self) -> std::io::Result<()> {
        let whole = self.waiting.iter().filter_map(said).collect::<Vec<_>>().concat();
        let places = self.secrets.places_so_far(&whole);
        self.size = 0;
        let mut begin = 0;
        for event in self.waiting.drain(..) {
            let Some(end) = said(&event).map(|said| begin + said.len()) else {
                self.recorder.append(&event)?;
                continue;
            };
            let here = places.iter().filter(|span| span.start < end && span.end > begin);
            let here = here.map(|s| Span::new(s.start.max(begin) - begin, s.end.min(end) - begin));
            let event = veiled(&event, &here.collect::<Vec<_>>());
            begin = end;
            self.recorder.append(&event)?;
        }
        Ok(())
    }
}

impl<W: Write> Drop for Recording<W> {
    /// A session can end in the middle of a line.
    fn drop(&mut self) {
        let _ = self.write();
    }
}

fn bytes_of(event: &Event) -> Option<(Side, &Bytes)> {
    match &event.what {
        Happening::Bytes { from, data, .. } => Some((*from, data)),
        _ => None,
    }
}

/// What the server says in an event.
fn said(event: &Event) -> Option<&[u8]> {
    bytes_of(event).filter(|(from, _)| *from == Side::Server).map(|(_, data)| &data[..])
}

/// The event with these ranges of its bytes blanked.
fn veiled(event: &Event, spans: &[Span]) -> Event {
    let Some((from, data)) = bytes_of(event).filter(|_| !spans.is_empty()) else {
        return event.clone();
    };
    let mut blank = BytesMut::from(&data[..]);
    secrets::veil(&mut blank, spans.iter().copied());
    let what = Happening::Bytes { from, data: blank.freeze(), veiled: spans.to_vec() };
    Event { what, ..event.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Header, Moment, file};
    use crate::session::dialogue::LINE_KEEP;

    /// The bytes that a file has of each event, and its moment.
    fn recorded(talk: &[(Side, &str)], with_secrets: bool) -> Vec<(u64, String)> {
        let mut out = Vec::new();
        let mut dialogue = Dialogue::default();
        let recorder = Recorder::begin(&mut out, &Header::default()).unwrap();
        let mut recording = Recording::new(recorder, with_secrets);
        let opened = Happening::Opened(Box::default());
        let said = talk
            .iter()
            .map(|(from, text)| Event::bytes(Moment(0), *from, (*text).to_owned().into()).what);
        for (at, what) in (0..).zip(std::iter::once(opened).chain(said)) {
            let event = Event::new(Moment(at), what);
            dialogue.apply(&event);
            recording.append(&event, &dialogue).unwrap();
        }
        drop(recording);
        let journal = file::read(out.as_slice()).unwrap().journal;
        let bytes = |event: &Event| {
            let (_, data) = bytes_of(event)?;
            Some((event.at.0, String::from_utf8_lossy(data).into_owned()))
        };
        journal.events().iter().filter_map(bytes).collect()
    }

    #[test]
    fn a_secret_that_comes_back_in_a_reply_is_veiled_however_it_is_cut() {
        use Side::{Client, Server};
        let login = [(Server, "220 mx\r\n"), (Client, "AUTH PLAIN AGEAczNjcmV0\r\n")];
        let reply = "535-no \"AGEAczNjcmV0\"\r\n535 nor s3cret, ag\r\n";
        let blank = "535-no \"************\"\r\n535 nor ******, ag\r\n";
        for piece in 1..=reply.len() {
            let pieces = reply.as_bytes().chunks(piece).map(|b| std::str::from_utf8(b).unwrap());
            let talk: Vec<_> = login.into_iter().chain(pieces.map(|p| (Server, p))).collect();
            let kept = recorded(&talk, false);
            let times: Vec<u64> = kept.iter().map(|(at, _)| *at).collect();
            assert_eq!(times, (1..=talk.len() as u64).collect::<Vec<_>>());
            let text: String = kept.into_iter().skip(2).map(|(_, text)| text).collect();
            assert_eq!(text, blank, "in pieces of {piece}");
            let kept: String = recorded(&talk, true).into_iter().map(|(_, text)| text).collect();
            assert!(kept.ends_with(reply));
        }
        let cut = [&login[..], &[(Server, "535 AGEAcz"), (Client, "NOOP\r\n")]].concat();
        let kept: Vec<_> =
            recorded(&cut, false).into_iter().skip(2).map(|(_, text)| text).collect();
        // Behind an AUTH nobody knows yet what a line is.
        assert_eq!(kept, ["535 ******", "****\r\n"], "what waits is written at the end");
    }

    #[test]
    fn the_token_of_a_burl_is_veiled_and_nothing_behind_it() {
        use Side::{Client, Server};
        let line =
            "BURL imap://joe@x.example/INBOX/;uid=2;urlauth=submit+joe:internal:91354a47 LAST\r\n";
        let blank = line.replace("91354a47", "********");
        for piece in 1..=line.len() {
            let pieces = line.as_bytes().chunks(piece).map(|b| std::str::from_utf8(b).unwrap());
            let talk = std::iter::once((Server, "220 mx\r\n")).chain(pieces.map(|p| (Client, p)));
            let talk: Vec<_> = talk.chain([(Server, "554 no 91354a47\r\n")]).collect();
            let text = |with| recorded(&talk, with).into_iter().map(|(_, text)| text);
            let kept: String = text(false).collect();
            assert_eq!(kept, format!("220 mx\r\n{blank}554 no ********\r\n"), "in {piece}");
            assert!(text(true).collect::<String>().contains("91354a47"));
        }
    }

    #[test]
    fn the_password_in_a_burl_is_veiled_where_a_server_says_it_alone() {
        use Side::{Client, Server};
        for (word, said, kept) in [
            ("s3cret@x.example/INBOX/joe@x", "joe:s3cret", "joe:******"),
            ("p@ss@x.example/INBOX", "joe:p@ss at x.example", "joe:**** at x.example"),
        ] {
            let line = format!("BURL imap://joe:{word} LAST\r\n");
            let reply = format!("554 login of {said} failed\r\n");
            let talk = [(Server, "220 mx\r\n"), (Client, &line), (Server, &reply)];
            let text: Vec<_> = recorded(&talk, false).into_iter().map(|(_, text)| text).collect();
            assert_eq!(text[1], format!("BURL imap://joe:{} LAST\r\n", "*".repeat(word.len())));
            assert_eq!(text[2], format!("554 login of {kept} failed\r\n"));
        }
    }

    #[test]
    fn a_secret_is_veiled_behind_what_is_kept_of_a_line_too() {
        use Side::{Client, Server};
        let (long, keep) = (LINE_KEEP + 100, LINE_KEEP);
        let token = "imap://joe@x.example/;urlauth=submit+joe:internal:";
        let fits = keep - "BURL ".len() - token.len() - 1;
        for (before, open, secret, behind) in [
            ("", "AUTH PLAIN ".to_owned(), long, ""),
            ("AUTH LOGIN\r\n", String::new(), long, ""),
            ("AUTH LOGIN\r\n", "*".to_owned(), long, ""),
            ("", format!("AUTH PLAIN{}", " ".repeat(long)), 8, ""),
            ("", format!("BURL {token}"), long, ""),
            ("", format!("BURL {token}"), fits, " LAST, and much more"),
        ] {
            let answer = "334 VXNlcm5hbWU6\r\n";
            let first = [(Client, before), (Server, answer)].into_iter();
            let first = first.filter(|_| !before.is_empty());
            let talk: Vec<_> = std::iter::once((Server, "220 mx\r\n")).chain(first).collect();
            let line = format!("{open}{}{behind}\r\n", "s".repeat(secret));
            let blank = format!("{}{behind}\r\n", "*".repeat(secret));
            for cut in [1, 12, keep - 1, keep, keep + 1, keep + 2, line.len() - 1, line.len()] {
                let (head, rest) = line.split_at(cut.min(line.len()));
                let (middle, tail) = rest.split_at(rest.len() / 2);
                let pieces = [(Client, head), (Client, middle), (Client, tail)];
                let kept = recorded(&[&talk[..], &pieces].concat(), false);
                let kept: String =
                    kept.into_iter().skip(talk.len()).map(|(_, text)| text).collect();
                assert_eq!(kept.len(), line.len());
                assert!(kept.ends_with(&blank), "{before}{cut} of {open:.20}");
            }
        }
    }

    #[test]
    fn a_proof_that_a_server_gives_is_veiled_however_it_is_cut() {
        use Side::{Client, Server};
        let login = [
            (Server, "220 mx\r\n"),
            (Client, "AUTH SCRAM-SHA-1 biwsbj11c2VyLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdM\r\n"),
            (Server, "334 cj1meWtvLHM9QUE9PSxpPTQwOTY=\r\n"),
            (Client, "Yz1iaXdzLHI9ZnlrbyxwPUFBPT0=\r\n"),
        ];
        let reply = "334 dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9\r\n";
        for piece in 1..=reply.len() {
            let pieces = reply.as_bytes().chunks(piece).map(|b| std::str::from_utf8(b).unwrap());
            let talk: Vec<_> = login.into_iter().chain(pieces.map(|p| (Server, p))).collect();
            let text = |kept: Vec<(u64, String)>| kept.into_iter().map(|(_, text)| text);
            let kept: Vec<_> = text(recorded(&talk, false)).collect();
            assert_eq!(kept[2], login[2].1, "a question is no secret");
            assert_eq!(kept[4..].concat(), format!("334 {}\r\n", "*".repeat(40)));
            assert!(text(recorded(&talk, true)).collect::<String>().ends_with(reply));
        }
    }
}
