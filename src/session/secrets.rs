//! Which bytes of a client are secrets: initial responses and answers of AUTH (RFC 4954 §4), and what
//! lets BURL read a message (RFC 4468 §3).
//!
//! Whether a byte is a secret depends only on what stands before it, so a line can be veiled
//! while it is still arriving, and an AUTH line cut over two reads does not leak. CR is never a
//! secret: it may turn out to be the beginning of the line end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use crate::smtp::Span;
use crate::smtp::command;
use crate::smtp::param::words;
use crate::smtp::verb::Verb;

/// Blanks a secret at its length.
pub fn veil(bytes: &mut [u8], secret: impl IntoIterator<Item = Span>) {
    for span in secret {
        if let Some(secret) = bytes.get_mut(span.start..span.end) {
            secret.fill(b'*');
        }
    }
}

/// The secret part of a command line, finished or not; that of an AUTH reaches to the end of the
/// line. An AUTH that is written almost right has one too.
pub fn in_command(line: &[u8]) -> Option<Span> {
    let at = behind_junk(line);
    if begins_with(b"BURL", line, at) {
        return in_reference(line, at).filter(|span| !span.is_empty());
    }
    if !begins_with(b"AUTH", line, at) {
        return misspelt(line).filter(|span| !span.is_empty());
    }
    let separators = |from: usize| {
        let rest = line.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'=' | b':')).count()
    };
    let start = separators(at + 4);
    let rest = line.get(start..).unwrap_or_default();
    let len = rest.iter().take_while(|b| is_mechanism_byte(**b)).count();
    // `=` is the empty response, but behind the mechanism of AUTH=PLAIN it separates.
    let behind = start + len;
    let secret = if is_mechanism(Span::new(start, behind).of(line)) {
        let blanks = separators(behind);
        let marked = line.get(blanks.saturating_sub(1)) == Some(&b'=') && blanks == line.len();
        Span::new(if marked { line.len() } else { blanks }, line.len())
    } else {
        Span::new(start, line.len())
    };
    Some(secret).filter(|span| !span.is_empty())
}

/// The secret part of the URL of a BURL: the token behind URLAUTH that authorizes it, or the URL from
/// the password of its user on, which no such URL should have.
fn in_reference(line: &[u8], at: usize) -> Option<Span> {
    let url = words(line, at).nth(1)?;
    let text = url.of(line).to_ascii_lowercase();
    let from = |at: usize| Some(Span::new(url.start + at, url.end));
    let host = memmem::find(&text, b"://")? + 3;
    let mark = text.iter().skip(host).position(|b| b"/@[:".contains(b));
    if let Some(mark) = mark.filter(|mark| text.get(host + mark) == Some(&b':')) {
        return from(host + mark + 1);
    }
    let access = memmem::find(&text, URLAUTH)? + URLAUTH.len();
    let mut colons = memchr::memchr_iter(b':', text.get(access..)?);
    from(access + colons.nth(1)? + 1)
}

/// Behind it stand who may read, how that is shown, and the token, with `:` between them.
const URLAUTH: &[u8] = b";urlauth=";

/// The password alone where the `secret` of a BURL is one with the host and all that stands behind it.
pub fn in_login(line: &[u8], secret: Span) -> Option<Span> {
    let login = secret.of(line).split(|b| *b == b'/').next()?;
    let len = memchr::memrchr(b'@', login)?;
    Some(Span::new(secret.start, secret.start + len))
}

/// What of words that are to be explained may be the secret of an AUTH or a BURL.
pub fn in_explained(words: &str) -> Option<Span> {
    let from = words.len() - words.trim_start().len();
    let line = words.get(from..)?.as_bytes();
    let secret =
        in_command(line).filter(|_| begins_with(b"AUTH", line, 0) || begins_with(b"BURL", line, 0));
    secret.map(|span| Span::new(from + span.start, from + span.end))
}

/// Whether a command line begins a login, or may be meant to: answers may follow it.
pub fn begins_login(line: &[u8]) -> bool {
    begins_with(b"AUTH", line, behind_junk(line)) || misspelt(line).is_some()
}

/// Where the first word stands: pasted notation, a byte order mark and control characters may stand
/// before it.
fn behind_junk(line: &[u8]) -> usize {
    let junk = line.iter().take_while(|b| !b.is_ascii_alphabetic()).count();
    let noted = Span::new(junk, junk + 3).of(line).eq_ignore_ascii_case(b"C: ");
    junk + if noted { 3 } else { 0 }
}

fn begins_with(verb: &[u8], line: &[u8], at: usize) -> bool {
    Span::new(at, at + verb.len()).of(line).eq_ignore_ascii_case(verb)
}

/// What of a line is a secret, possibly nothing, that may have been meant as AUTH: its first word is
/// AUTH with a slip in it, or a mechanism stands where AUTH and the mechanism should.
fn misspelt(line: &[u8]) -> Option<Span> {
    // Letters of full width are no junk.
    let behind = behind_junk(line);
    misspelt_at(line, behind).or_else(|| if behind > 0 { misspelt_at(line, 0) } else { None })
}

fn misspelt_at(line: &[u8], at: usize) -> Option<Span> {
    let mut words = words(line, at);
    let (first, second) = (words.next()?, words.next());
    if Verb::new(first.of(line)).is_known() {
        return None;
    }
    let from =
        |word: Option<Span>| Span::new(word.map_or(line.len(), |word| word.start), line.len());
    if second.is_some_and(|word| is_known_mechanism(word.of(line))) {
        return Some(from(words.next()));
    }
    let word = first.of(line);
    (is_known_mechanism(word) || is_auth_with_a_slip(word)).then(|| from(second))
}

/// Whether a word is the whole name of a well-known mechanism.
fn is_known_mechanism(word: &[u8]) -> bool {
    KNOWN.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(word))
}

/// AUTH with two letters exchanged or one missing or too many, or in letters of full width.
fn is_auth_with_a_slip(word: &[u8]) -> bool {
    let fold = |c: char| match u32::from(c) {
        wide @ 0xff21..=0xff5a => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let word: String = String::from_utf8_lossy(word).chars().map(fold).collect();
    // What is longer is none, and to look at it would take its time.
    word.chars().take(6).count() < 6
        && strsim::osa_distance(&word.to_ascii_uppercase(), "AUTH") <= 1
}

/// The well-known mechanism that `word` begins with; more may stand behind it.
pub fn mechanism_in(word: &str) -> Option<&'static str> {
    let begins =
        |name: &&&str| word.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    KNOWN.iter().filter(begins).max_by_key(|name| name.len()).copied()
}

const fn is_mechanism_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The names of mechanisms that are met.
const KNOWN: [&str; 12] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS",
    "XOAUTH2",
    "OAUTHBEARER",
    "EXTERNAL",
    "ANONYMOUS",
];

/// The name of a mechanism, or the beginning of one: capitals, or a well-known name in any case.
/// Anything else behind AUTH may be a response that stands where the mechanism should.
fn is_mechanism(word: &[u8]) -> bool {
    let known = KNOWN.iter().any(|name| {
        name.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
    });
    // RFC 4422 §3.1: at most twenty characters, all of them capitals, digits, - and _.
    known || (word.len() <= 20 && !word.iter().any(u8::is_ascii_lowercase))
}

/// The secret part of an answer inside an AUTH exchange; `*` cancels and is none.
pub fn in_login_answer(line: &[u8]) -> Option<Span> {
    behind(b'*', Span::new(0, line.len()), line)
}

/// The secret part of a line that was sent behind an AUTH and is no answer to it after all: all of
/// it, unless it is clearly a command.
pub fn in_refused_login(line: &[u8]) -> Option<Span> {
    // CR may be the beginning of the line end.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if command::read(line).value.verb.is_known() {
        return in_command(line);
    }
    // It may still become a command.
    let begins = |verb: &Verb| {
        let head = verb.as_str().as_bytes().get(..line.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(line))
    };
    in_login_answer(line).filter(|_| !Verb::KNOWN.iter().any(begins))
}

/// The shortest secret that is looked for in replies: what is shorter stands in many words.
const SHORTEST: usize = 4;

/// How many forms of secrets are looked for in replies; older ones give way.
const REMEMBERED: usize = 400;

/// The secrets that a client has sent, as a server may say them again in a reply, and those that a
/// server says of its own accord.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// In small letters: a server may change the case of what it repeats.
    forms: Vec<Vec<u8>>,
}

impl Sent {
    /// Adds a secret, as it was sent, what it stands for where it is of a URL, and, unless it is a user's
    /// `name`, what it stands for in base64.
    pub(super) fn add(&mut self, secret: &[u8], name: bool) {
        let decoded = STANDARD.decode(secret).ok().filter(|_| !name);
        let password = password(decoded.as_deref().unwrap_or_default());
        let written = [secret.to_vec(), percent_decode(secret).collect()];
        for form in written.into_iter().chain(forms(password)) {
            let form = form.to_ascii_lowercase();
            // What is veiled in a recording is no secret any more.
            let known = form.iter().all(|b| *b == b'*') || self.forms.contains(&form);
            if form.len() < SHORTEST || known {
                continue;
            }
            if self.forms.len() == REMEMBERED {
                self.forms.remove(0);
            }
            self.forms.push(form);
        }
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Where the secrets stand in what a server says.
    pub fn places(&self, said: &[u8]) -> Vec<Span> {
        if self.is_empty() {
            return Vec::new();
        }
        let said = said.to_ascii_lowercase();
        let of = |form: &'_ Vec<u8>| {
            let len = form.len();
            memmem::find_iter(&said, form).map(|at| Span::new(at, at + len)).collect::<Vec<_>>()
        };
        self.forms.iter().flat_map(of).collect()
    }

    /// The same in a line that goes on: its end may be the beginning of one.
    pub fn places_so_far(&self, said: &[u8]) -> Vec<Span> {
        let begins = |at: &usize| {
            let tail = said.get(*at..).unwrap_or_default();
            let head =
                |form: &Vec<u8>| form.get(..tail.len()).map(|head| head.eq_ignore_ascii_case(tail));
            self.forms.iter().any(|form| head(form) == Some(true))
        };
        let longest = self.forms.iter().map(Vec::len).max().unwrap_or_default();
        let tail = (said.len().saturating_sub(longest)..said.len()).find(begins);
        self.places(said).into_iter().chain(tail.map(|at| Span::new(at, said.len()))).collect()
    }
}

/// What is written as `%` and two digits in a URL.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The ways in which programs write a password down: as it is, in base64, in hex, and as in a URL.
fn forms(password: &[u8]) -> [Vec<u8>; 4] {
    let base64 = STANDARD.encode(password).trim_end_matches('=').to_owned();
    let hex = password.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let url = percent_encode(password, &RESERVED).to_string();
    [password.to_vec(), base64.into(), hex.into(), url.into()]
}

/// The part of a response that nobody may know: behind the names of PLAIN (RFC 4616 §2), behind the
/// word before the token of OAUTHBEARER (RFC 7628 §3.1), else all of it.
fn password(response: &[u8]) -> &[u8] {
    if let Some(at) = memchr::memrchr(0, response) {
        return response.get(at + 1..).unwrap_or_default();
    }
    let mut pairs = response.split(|b| *b == 1);
    let token = pairs.find(|pair| pair.starts_with(b"auth="));
    token.map_or(response, |pair| pair.rsplit(|b| *b == b' ').next().unwrap_or_default())
}

/// What a line of the client may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// A command.
    Command,
    /// An answer to a step of AUTH that is asked for.
    Answer,
    /// An answer to a step of AUTH, or to one that is over.
    Perhaps,
}

impl Meant {
    /// The secret part of a line that is meant so.
    pub fn secret_in(self, line: &[u8]) -> Option<Span> {
        match self {
            Self::Command => in_command(line),
            Self::Answer => in_login_answer(line),
            Self::Perhaps => in_refused_login(line),
        }
    }
}

/// The secrets of what a person is about to send, one line or several. What follows an AUTH in
/// the same text is meant as its answer.
pub fn in_typed(text: &[u8], mut meant: Meant) -> Vec<Span> {
    by_line(text, |line| {
        let secret = meant.secret_in(line);
        if meant == Meant::Answer || begins_login(line) {
            meant = Meant::Perhaps;
        }
        secret
    })
}

/// The secrets of a text in which a command may begin at any word.
pub fn in_words(text: &[u8]) -> Vec<Span> {
    let starts = memchr::memchr_iter(b' ', text).map(|at| at + 1);
    let found = std::iter::once(0).chain(starts).find_map(|from| {
        let span = in_command(text.get(from..)?)?;
        Some(Span::new(from + span.start, from + span.end))
    });
    found.into_iter().collect()
}

/// The secrets that `find` sees in each line, without its LF, counted from the first byte of all.
fn by_line(text: &[u8], mut find: impl FnMut(&[u8]) -> Option<Span>) -> Vec<Span> {
    let (mut at, mut out) = (0, Vec::new());
    for line in text.split_inclusive(|b| *b == b'\n') {
        let span = find(line.strip_suffix(b"\n").unwrap_or(line));
        out.extend(span.map(|s| Span::new(at + s.start, at + s.end)));
        at += line.len();
    }
    out
}

/// `span` without a leading `mark`, which alone is no secret.
fn behind(mark: u8, span: Span, line: &[u8]) -> Option<Span> {
    let marked = usize::from(line.get(span.start) == Some(&mark));
    Some(Span::new(span.start + marked, span.end)).filter(|span| !span.is_empty())
}

/// The secrets of bytes that cannot be framed yet, because a reply decides what they are, and what
/// the last line of them, if it goes on, is meant as. Behind an AUTH that is to be answered all of
/// them are; elsewhere what follows an AUTH in its line, and what may be its answers. It may be mail
/// data as well, so nothing but AUTH itself counts, and no end of it is veiled.
pub fn in_undecided(bytes: &[u8], mut meant: Meant) -> (Vec<Span>, Meant) {
    let mut open = meant;
    let spans = by_line(bytes, |line| {
        open = meant;
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        let verb = command::read(text).value.verb;
        let secret = meant.secret_in(line).filter(|_| meant == Meant::Answer || text != b".");
        if meant != Meant::Answer {
            meant = match verb {
                Verb::Auth => Meant::Perhaps,
                Verb::Other(_) if text != b"." => meant,
                _ => Meant::Command,
            };
        }
        secret
    });
    (spans, if bytes.ends_with(b"\n") { meant } else { open })
}

/// The stretches of `span` in `bytes` that hold no CR.
pub fn without_cr(span: Span, bytes: &[u8]) -> Vec<Span> {
    let mut at = span.start;
    let mut out = Vec::new();
    for stretch in span.of(bytes).split(|b| *b == b'\r') {
        out.push(Span::new(at, at + stretch.len()));
        at += stretch.len() + 1;
    }
    out.retain(|span| !span.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_found_again_as_it_was_sent_and_as_what_it_stands_for() {
        for (secret, name, said, veiled) in [
            (
                "AGFsaWNlAHMzY3JldA==",
                false,
                "no \"AGFsaWNlAHMzY3JldA==\"",
                "no \"********************\"",
            ),
            ("AGFsaWNlAHMzY3JldA==", false, "alice, not S3CRET", "alice, not ******"),
            ("czNjcmV0", false, "s3crets3cret", "************"),
            (
                "AGFsaWNlAHAgdyFk",
                false,
                "cCB3IWQ= 7020772164 p%20w%21d 70 20",
                "*******= ********** ********* 70 20",
            ),
            ("YWxpY2U=", true, "alice YWxpY2U=", "alice ********"),
            // The password of a URL.
            ("p%40s%3Aw%zz", true, "p%40s%3aw%zz P@s:w%zz", "************ ********"),
            ("s3cret", false, "s3cre s3cret", "s3cre ******"),
            (
                "bixhPWEsAWF1dGg9QmVhcmVyIHh5enp5AQE=",
                false,
                "auth=Bearer xyzzy",
                "auth=Bearer *****",
            ),
            ("abc", false, "abc", "abc"),
            ("******", false, "******", "******"),
        ] {
            let mut sent = Sent::default();
            sent.add(secret.as_bytes(), name);
            let mut bytes = said.as_bytes().to_vec();
            veil(&mut bytes, sent.places(said.as_bytes()));
            assert_eq!(String::from_utf8_lossy(&bytes), veiled);
        }
        let mut sent = Sent::default();
        (0..2 * REMEMBERED).for_each(|n| sent.add(format!("secret {n}").as_bytes(), false));
        assert_eq!(sent.forms.len(), REMEMBERED);
        assert_eq!(sent.places(b"501 secret 750"), [Span::new(4, 14)]);
        for (said, tail) in [(&b"501 sec"[..], Some(4)), (b"501 x", None), (b"501 s", Some(4))] {
            let tail = tail.map(|at| Span::new(at, said.len()));
            assert_eq!(sent.places_so_far(said), tail.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_lets_burl_read_a_message_is_a_secret_and_the_rest_is_not() {
        let authorized = ";uid=20;expire=2026-12-01T00:00:00Z;urlauth=submit+joe:internal:";
        for (line, shown) in [
            (format!("BURL imap://joe@x.example:143/INBOX/{authorized}91354a47 LAST"), "91354a47"),
            (format!("burl imap://joe;AUTH=*@[::1]:143/{authorized}9135"), "9135"),
            ("BURL imap://joe:s3cret@x.example/INBOX LAST".to_owned(), "s3cret@x.example/INBOX"),
            ("BURL imap://joe@x.example:143/INBOX/;uid=20 LAST".to_owned(), ""),
            ("BURL imap://[::1]:143/INBOX".to_owned(), ""),
            (format!("NOOP imap://joe@x.example/{authorized}9135"), ""),
            ("BURL".to_owned(), ""),
        ] {
            let secret = in_command(line.as_bytes());
            let said = secret.map_or("", |span| line.get(span.start..span.end).unwrap());
            assert_eq!(said, shown, "{line}");
            // As it arrives, none of it is seen.
            let begin = secret.map_or(line.len(), |span| span.start);
            for cut in begin + 1..line.len().min(begin + shown.len() + 1) {
                let part = line.get(..cut).unwrap();
                assert_eq!(in_command(part.as_bytes()), Some(Span::new(begin, cut)), "{part}");
            }
        }
    }

    #[test]
    fn only_what_follows_the_mechanism() {
        assert_eq!(in_command(b"AUTH PLAIN AGEAYg=="), Some(Span::new(11, 19)));
        assert_eq!(in_command(b"auth  login  YQ== x"), Some(Span::new(13, 19)));
        assert_eq!(in_command(b"AUTH PLAIN"), None);
        assert_eq!(in_command(b"AUTH PLAIN ="), None);
        assert_eq!(in_command(b"NOOP AUTH PLAIN x"), None);
        for (line, secret) in [
            (&b"AUHT PLAIN AGEAYg=="[..], Some(Span::new(11, 19))),
            (b"AUT AGEAYg==", Some(Span::new(4, 12))),
            (b"LOGIN AGEAYg==", Some(Span::new(6, 14))),
            (b"XYZZY plain AGEAYg==", Some(Span::new(12, 20))),
            (b"AUHT PLAIN", None),
            (b"C: AUHT PLAIN AGEAYg==", Some(Span::new(14, 22))),
            (b"\xef\xbb\xbfAUHT PLAIN AGEAYg==", Some(Span::new(14, 22))),
            (b"HELP PLAIN x", None),
            (b"XYZZY a b", None),
        ] {
            assert_eq!(in_command(line), secret, "{}", String::from_utf8_lossy(line));
        }
        let wide = "\u{ff21}\u{ff35}\u{ff34}\u{ff28} PLAIN AGEAYg==";
        assert_eq!(in_command(wide.as_bytes()), Some(Span::new(19, 27)));
        for (line, begins) in [
            (&b"AUTH LOGIN"[..], true),
            (b"AUHT LOGIN", true),
            (b"C: AUHT", true),
            (b"LOGIN", true),
            (wide.as_bytes(), true),
            (b"NOOP LOGIN", false),
            (b"C: NOOP PLAIN", false),
            (b"XYZZY", false),
            (b"", false),
        ] {
            assert_eq!(begins_login(line), begins, "{}", String::from_utf8_lossy(line));
        }
        let typed = in_typed(b"AUHT LOGIN\ndXNlcg==\nNOOP", Meant::Command);
        assert_eq!(typed, [Span::new(11, 19)]);
        assert_eq!(in_login_answer(b"*"), None);
        assert_eq!(in_login_answer(b"*x"), Some(Span::new(1, 2)));
        let answers = (vec![Span::new(0, 4), Span::new(5, 9)], Meant::Answer);
        assert_eq!(in_undecided(b"YQ==\nYg==", Meant::Answer), answers);
        assert_eq!(without_cr(Span::new(1, 5), b"ab\rc\r"), [Span::new(1, 2), Span::new(3, 4)]);
    }
}
