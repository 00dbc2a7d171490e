//! What of a line that is typed is a secret, and whether the history may keep it. Both depend on
//! what stands before it on the wire, and on what is still on its way there.

use crate::journal::transcript::{self, Place};
use crate::session::plan::Step;
use crate::session::secrets::{self, Meant};
use crate::smtp::Span;
use crate::smtp::command::{self, Argument};
use crate::smtp::param::words;
use crate::smtp::target;
use crate::smtp::verb::Verb;
use crate::speaker::gate::Release;
use crate::speaker::{Chunks, Octets, directive};

use super::directive::Directive;
use super::model::{Model, Session};
use super::popup::Popup;

/// The directive that sends exactly what follows it.
pub const RAW: &str = ":raw ";

/// How many blanks can stand before the text of a directive: behind the colon, behind its name, and
/// behind the two words of a drip.
const BLANKS: usize = 4;

/// The directive that sends its text as base64.
const B64: &str = ":b64 ";

/// The directive that logs in.
const AUTH: &str = ":auth ";

/// The directive that explains.
const EXPLAIN: &str = ":explain ";

/// Those that take a target.
const TARGETS: [&str; 2] = [":connect ", ":new "];

/// Those that take a step of a plan.
const STEPS: [&str; 2] = [":change ", ":add "];

fn moved(span: Span, by: usize) -> Span {
    Span::new(span.start + by, span.end + by)
}

/// What is a secret in a line wherever the session stands: a text that is to be encoded, a password in
/// a target, what stands behind AUTH or BURL that is to be explained, and
/// what stands behind the user of a login, where somebody may put the password.
fn always_secret(line: &str) -> Option<Span> {
    if behind(line, B64).is_some() {
        return Some(Span::new(B64.len(), line.len())).filter(|span| !span.is_empty());
    }
    if let Some(rest) = behind(line, EXPLAIN) {
        return secrets::in_explained(rest).map(|span| moved(span, EXPLAIN.len()));
    }
    for name in TARGETS {
        if let Some(rest) = behind(line, name) {
            return target::password_in(rest).map(|span| moved(span, name.len()));
        }
    }
    let rest = behind(line, AUTH)?;
    let third = words(rest.as_bytes(), 0).nth(2)?;
    let word = third.of(rest.as_bytes());
    let known = ["initial", "wait"].iter().any(|way| way.as_bytes().starts_with(word));
    let last = rest.as_bytes().get(third.end..).unwrap_or_default().trim_ascii().is_empty();
    (!(known && last)).then(|| Span::new(AUTH.len() + third.start, line.len()))
}

/// `line` without a directive's name before it, in any case.
fn behind<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

/// What a directive sends, or may be meant to send.
struct Sends {
    /// Where in the line its text begins, or may begin.
    from: Vec<usize>,
    /// The bytes; none if a slip is in it.
    bytes: Option<Vec<u8>>,
}

/// What stands before the text that leaves instead of what is held.
const INSTEAD: &str = "as";

/// What a line with a colon before it sends; `None` if its directive sends no text. With a slip in
/// the name, or before the text, nobody knows where that begins.
fn sends(line: &str) -> Option<Sends> {
    let rest = line.strip_prefix(':')?;
    let name = rest.split(' ').next().unwrap_or_default();
    let argument = rest.get(name.len() + 1..).unwrap_or_default();
    let known = Directive::find(name);
    let replaces = known.is_some_and(|known| known.name == "release")
        && argument.trim_start().split(' ').next() == Some(INSTEAD);
    if known.is_some_and(|known| !matches!(known.name, "raw" | "drip" | "bdat")) && !replaces {
        return None;
    }
    let at = Place { line: 1, column: 1 };
    let read = known.and_then(|known| directive::read(known.name, argument.as_bytes(), at).ok()?);
    let bytes = match read {
        Some(directive::Directive::Say(say)) => Some(say.bytes().to_vec()),
        Some(directive::Directive::Bdat(chunks)) => {
            let Octets::Text(octets) = &chunks.octets else { return None };
            Some(chunks.pieces(octets.clone()).concat())
        }
        Some(directive::Directive::Release(Release::Instead(bytes))) => Some(bytes.to_vec()),
        _ => None,
    };
    let begin = (1 + name.len() + 1).min(line.len());
    let from = match known {
        Some(known) if known.name == "raw" => vec![begin],
        Some(_) if replaces => {
            let instead = argument.find(INSTEAD).map_or(0, |at| at + INSTEAD.len() + 1);
            vec![(begin + instead).min(line.len())]
        }
        Some(known) if known.name == "bdat" => {
            vec![begin + Chunks::text_begins(argument.as_bytes())]
        }
        Some(_) if bytes.is_some() => vec![begin + directive::dripped(argument.as_bytes())],
        Some(_) if is_begun_drip(argument) => Vec::new(),
        _ => line.match_indices(' ').map(|(at, _)| at + 1).take(BLANKS).collect(),
    };
    Some(Sends { from, bytes })
}

/// Where the text of a step begins that is typed behind `:change` or `:add`.
fn step_in(line: &str) -> Option<usize> {
    STEPS.iter().find_map(|name| behind(line, name).map(|rest| line.len() - rest.len()))
}

/// Whether a number and a time, of which the unit may be missing, are all that stands there so far.
fn is_begun_drip(argument: &str) -> bool {
    let (bytes, time) = argument.split_once(' ').unwrap_or((argument, ""));
    let digits = time.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = time.get(digits.len()..).unwrap_or_default();
    bytes.bytes().all(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && ["", "m", "ms", "s"].contains(&unit)
}

/// Whether a line is the beginning of a login, in which a secret would be known as one.
fn begins_login(line: &str) -> bool {
    let auth = Verb::Auth.as_str();
    let begins = |from: usize| {
        let text = line.get(from..).unwrap_or_default();
        let begun = auth.get(..text.len()).is_some_and(|head| head.eq_ignore_ascii_case(text));
        begun || secrets::begins_login(text.as_bytes())
    };
    sends(line).map_or_else(|| begins(0), |sends| sends.from.into_iter().any(begins))
}

/// Whether mail data may stand behind a line of `lines`, the last one left aside.
fn begins_message(lines: &[u8]) -> bool {
    let mut lines = lines.strip_suffix(b"\n").unwrap_or(lines).rsplit(|b| *b == b'\n').skip(1);
    lines.any(|line| {
        let verb = command::read(line.trim_ascii_end()).value.verb;
        matches!(verb, Verb::Data | Verb::Bdat)
    })
}

impl Session {
    /// These bytes were given away, and will be heard when they are on the wire.
    pub(super) fn gave(&mut self, bytes: &[u8]) {
        self.unheard.extend_from_slice(bytes);
    }

    /// How many octets of a chunk are still to be given away.
    pub fn octets_left(&self) -> u64 {
        let mut left = self.dialogue.octets_left().saturating_sub(self.octets_given);
        let mut rest = self.unheard.as_slice();
        while !rest.is_empty() {
            if left > 0 {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                left -= taken as u64;
                rest = rest.get(taken..).unwrap_or_default();
                continue;
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = behind;
            let read = command::read(line.trim_ascii_end()).value;
            if let Argument::Chunk { size, .. } = read.argument {
                left = size;
            }
        }
        left
    }

    /// These bytes were given away in place of what would leave first.
    pub(super) fn gave_first(&mut self, bytes: &[u8]) {
        self.unheard.splice(..0, bytes.iter().copied());
    }

    /// These bytes of ours are on the wire.
    pub(super) fn wrote(&mut self, bytes: &[u8]) {
        self.octets_given = self.octets_given.saturating_sub(bytes.len() as u64);
        if self.unheard.starts_with(bytes) {
            self.unheard.drain(..bytes.len());
        } else {
            // Those of a file come without notice.
            self.unheard.clear();
        }
        self.drip = self.drip.and_then(|(sent, total)| {
            let sent = sent + bytes.len();
            (sent < total).then_some((sent, total))
        });
    }

    /// Nothing that was given away will be on the wire any more.
    pub(super) fn gives_up(&mut self) {
        self.at_gate = None;
        self.unheard.clear();
        self.octets_given = 0;
        self.drip = None;
    }

    /// The beginning of a line that is on the wire, or on its way: what is sent next goes on with it.
    pub fn begun(&self) -> Vec<u8> {
        if self.dialogue.awaits_mail_data() || self.dialogue.awaits_octets() {
            return Vec::new();
        }
        let mut bytes = [self.dialogue.begun_line(), &self.unheard, &self.held()].concat();
        let end = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
        bytes.split_off(end)
    }

    /// What a group that is being typed sends before the line of the prompt.
    fn held(&self) -> Vec<u8> {
        self.group.as_ref().map(|group| group.before(group.lines().1)).unwrap_or_default()
    }

    /// What would be a secret in `text` if it were sent now; it may go on with a line of which the
    /// beginning is on the wire, or on its way.
    fn secrets_in(&self, text: &[u8]) -> Vec<Span> {
        let meant = match self.dialogue.next_line_is_meant_as() {
            // The errand gives the answers; a line of the person waits until it is over.
            Meant::Answer if self.errand.is_some() => Meant::Perhaps,
            meant => meant,
        };
        let before = [&self.unheard[..], &self.held()].concat();
        self.dialogue.secrets_behind(&before, text, meant)
    }

    /// Whether there is a secret in `bytes`, which have their line ends.
    fn has_secret(&self, bytes: &[u8]) -> bool {
        let spans = self.secrets_in(bytes).into_iter();
        spans.flat_map(|span| secrets::without_cr(span, bytes)).next().is_some()
    }

    /// Whether there is a secret in what a text with escapes stands for; the last escape may be half
    /// typed, and with another slip in it nobody knows.
    fn may_hide(&self, text: &str) -> bool {
        let read = |text: &str| transcript::text(text.as_bytes(), Place { line: 1, column: 1 });
        let whole = || text.rfind('\\').and_then(|at| text.get(..at)).unwrap_or_default();
        let read = read(text).or_else(|_| read(whole()));
        read.map_or(true, |text| self.has_secret(&text.wire()))
    }

    /// Whether a line is a directive, and nothing of it text.
    fn directs(&self, line: &str) -> bool {
        line.starts_with(':') && !line.contains('\n') && !self.dialogue.is_inside_text()
    }

    /// What would be a secret in a line if it were sent now, by a directive or as it stands.
    fn secrets_of(&self, line: &str) -> Vec<Span> {
        if self.hand.is_some() {
            // What a server says is no secret.
            let asks = behind(line, B64).is_some();
            return always_secret(line).into_iter().filter(|_| !asks).collect();
        }
        if let Some(from) = step_in(line) {
            let step = line.get(from..).unwrap_or_default();
            return self.secrets_of_step(step).into_iter().map(|span| moved(span, from)).collect();
        }
        if let Some(span) = always_secret(line).filter(|_| !self.dialogue.is_inside_text()) {
            return vec![span];
        }
        if self.dialogue.awaits_mail_data() {
            return Vec::new();
        }
        if !self.directs(line) {
            return self.secrets_behind(line, None);
        }
        let from = sends(line).map(|sends| sends.from).unwrap_or_default().into_iter();
        let spans = from.map(|from| self.secrets_behind(line, Some(from)));
        spans.into_iter().find(|spans| !spans.is_empty()).unwrap_or_default()
    }

    /// What would be a secret in a step of a plan; what takes the place of one is one too.
    fn secrets_of_step(&self, step: &str) -> Vec<Span> {
        let selected = self.plan.as_ref().and_then(|planned| {
            planned.plan.steps().get(planned.selected()).filter(|step| step.is_to_come())
        });
        if selected.is_some_and(Step::is_secret) {
            return vec![Span::new(0, step.len())];
        }
        if step.starts_with(':') {
            return self.secrets_of(step);
        }
        secrets::in_typed(step.as_bytes(), Meant::Command)
    }

    /// The same, if its text begins there.
    fn secrets_behind(&self, line: &str, sent_from: Option<usize>) -> Vec<Span> {
        let before = sent_from.unwrap_or_default();
        let text = line.get(before..).unwrap_or_default();
        let spans = if sent_from.is_some() && text.contains('\\') {
            // Which escape stands for which byte of a secret is not worth telling apart.
            let all = self.may_hide(text).then(|| Span::new(0, text.len()));
            all.into_iter().collect()
        } else {
            self.secrets_in(text.as_bytes())
        };
        spans.into_iter().map(|s| Span::new(before + s.start, before + s.end)).collect()
    }

    /// Whether something in `line` would be a secret if it were sent now.
    pub(super) fn hides_in(&self, line: &str) -> bool {
        !self.secrets_of(line).is_empty()
    }

    /// Whether `bytes` would be a part of a message if they were sent now, or may be one.
    fn may_be_of_a_message(&self, bytes: &[u8]) -> bool {
        let dialogue = &self.dialogue;
        let mut asked = dialogue.waiting().iter().filter_map(|at| dialogue.exchanges().get(*at));
        dialogue.awaits_mail_data()
            || dialogue.awaits_octets()
            || asked.any(|exchange| exchange.verb() == Some(&Verb::Data))
            || begins_message(&[&self.unheard, &self.held()[..], bytes].concat())
    }
}

impl Model {
    /// What of the line being typed is a secret, also of what a directive sends.
    pub fn typed_secrets(&self) -> Vec<Span> {
        let text = self.prompt.text();
        let spans = self.secrets_of(text);
        if spans.is_empty() && self.prompt.held_secret() && !begins_login(text) {
            // The word that made it a secret was edited away.
            return vec![Span::new(0, text.len())];
        }
        spans
    }

    /// What would be a secret in `text` if it were sent now.
    pub(super) fn secrets_of(&self, text: &str) -> Vec<Span> {
        self.session.secrets_of(text)
    }

    /// `text` as it may be shown, with one `*` for each byte of a secret: byte positions stay.
    pub fn veiled(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        if !self.with_secrets {
            let typed = text == self.prompt.text();
            secrets::veil(
                &mut bytes,
                if typed { self.typed_secrets() } else { self.secrets_of(text) },
            );
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether the history may keep the line: a command or a directive, without a secret and
    /// without any part of a message.
    pub(super) fn may_be_remembered(&self) -> bool {
        let line = self.prompt.text();
        if step_in(line).is_some() {
            // It may be of a message, or of a login.
            return false;
        }
        let in_palette = matches!(self.popup, Some(Popup::Palette(_)));
        let sends = sends(line).filter(|_| in_palette || self.session.directs(line));
        let silent = sends.is_none() && (in_palette || self.session.directs(line));
        let said = match sends {
            Some(Sends { bytes: Some(bytes), .. }) => bytes,
            Some(_) => return false,
            None => line.as_bytes().to_vec(),
        };
        self.typed_secrets().is_empty() && (silent || !self.session.may_be_of_a_message(&said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_directive_sends_begins_behind_its_arguments() {
        for (line, from, slip) in [
            (":raw AUTH", Some(&[5][..]), false),
            (":RAW ", Some(&[5]), false),
            (":raw \\q", Some(&[5]), true),
            (":drip 1 2s AUTH", Some(&[11]), false),
            (":Drip 1 2s a b c", Some(&[11]), false),
            (":drip AUTH", Some(&[6]), true),
            (":drip 12 AUTH", Some(&[6, 9]), true),
            (":drip 12 20m", Some(&[]), true),
            (":drip", Some(&[]), true),
            (":rwa AUTH PLAIN", Some(&[5, 10]), true),
            (": raw AUTH", Some(&[2, 6]), true),
            (":data AUTH", None, false),
            ("AUTH", None, false),
        ] {
            let sends = sends(line);
            assert_eq!(sends.as_ref().map(|sends| &sends.from[..]), from, "{line}");
            assert_eq!(sends.is_some_and(|sends| sends.bytes.is_none()), slip, "{line}");
        }
    }

    #[test]
    fn a_login_begins_with_its_word_or_with_one_like_it() {
        for (line, begins) in [
            ("", true),
            ("au", true),
            ("AUTH PLAIN", true),
            ("AUHT PLAIN", true),
            (":raw AUHT PLAIN", true),
            (":raw NOOP", false),
            ("c2VjcmV0", false),
        ] {
            assert_eq!(begins_login(line), begins, "{line}");
        }
    }

    #[test]
    fn what_is_encoded_or_behind_a_user_is_a_secret() {
        for (line, secret) in [
            (":b64 pw", Some(5)),
            (":B64 pw", Some(5)),
            (":b64 ", None),
            (":auth PLAIN alice", None),
            (":auth PLAIN alice w", None),
            (":auth PLAIN alice wait ", None),
            (":auth PLAIN alice wait x", Some(18)),
            (":auth PLAIN alice pw", Some(18)),
            (":raw pw", None),
        ] {
            let want = secret.map(|at| Span::new(at, line.len()));
            assert_eq!(always_secret(line), want, "{line}");
        }
    }

    #[test]
    fn a_message_stands_behind_a_line_and_not_in_it() {
        for (lines, begins) in [
            ("DATA", false),
            ("DATA\r\n", false),
            ("data\nSubject: x", true),
            ("BDAT 3\r\nabc", true),
            ("NOOP\r\nDATA\r\n", false),
            ("NOOP\r\nQUIT", false),
            ("", false),
        ] {
            assert_eq!(begins_message(lines.as_bytes()), begins, "{lines:?}");
        }
    }
}
