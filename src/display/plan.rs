//! A plan in words for every front: its steps, what came of them, and why it rests. Secrets are
//! hidden.

use crate::knowledge::{self, Lang};
use crate::session::Dialogue;
use crate::session::plan::{Plan, Rest, State, Step, Unmet, What, codes};

use super::Role;
use super::line::reply_line;
use super::text::clip;
use super::token::own_visible;

/// How many columns of a reply are shown.
const COLUMNS: usize = 60;

/// A step as a line: its number, a sign, what it does, and a word for where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of the step, from 1.
    pub number: usize,
    /// A sign for where it stands.
    pub sign: char,
    /// What it does; of several lines the first one.
    pub what: String,
    /// How many more lines it has.
    pub more: usize,
    /// The same as a word, or the codes of the replies.
    pub word: String,
    /// How that looks.
    pub role: Role,
    /// What was expected and what was seen, where that differs.
    pub unmet: Option<String>,
}

/// Step `at` of a plan.
pub fn line(plan: &Plan, at: usize, seen: &Dialogue, lang: Lang, with_secrets: bool) -> Line {
    let word = |key| knowledge::word(lang, key).to_owned();
    let none = Step::new(What::Gone);
    let step = plan.steps().get(at).unwrap_or(&none);
    let is_next = at == plan.at() && step.is_to_come();
    let (sign, role, said) = match &step.state {
        State::ToCome if is_next => ('*', Role::Badge, word("plan.next")),
        State::ToCome => (' ', Role::Dim, String::new()),
        State::Given => ('~', Role::Notice, word("plan.given")),
        State::Done(replies) => {
            let codes: Vec<_> = codes(replies, seen).iter().map(ToString::to_string).collect();
            let said = if codes.is_empty() { word("plan.done") } else { codes.join(" ") };
            ('+', Role::Good, said)
        }
        State::Skipped => ('-', Role::Dim, word("plan.skipped")),
        State::Unmet(_) => ('!', Role::Bad, word("plan.unmet")),
    };
    let unmet = match &step.state {
        State::Unmet(unmet) => Some(expected_and_seen(unmet, seen, lang)),
        _ => None,
    };
    let (what, more) = what(step, lang, with_secrets);
    Line { number: at + 1, sign, what, more, word: said, role, unmet }
}

/// What a step does, of several lines the first one, and how many more there are.
fn what(step: &Step, lang: Lang, with_secrets: bool) -> (String, usize) {
    let bytes = step.what.bytes();
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    match &step.what {
        What::Gone => (knowledge::word(lang, "plan.gone").to_owned(), 0),
        What::Answer(_) if !with_secrets => (knowledge::word(lang, "gate.answer").to_owned(), 0),
        What::Text(_) => {
            let n = lines.to_string();
            (knowledge::fill(lang, "plan.text", &[("n", &n)]), 0)
        }
        What::Say(_) if lines > 1 => {
            let first = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            let first = bytes.get(..first).unwrap_or_default().to_vec();
            let first = Step::new(What::Say(first.into()));
            (own_visible(&first.shown(with_secrets)), lines - 1)
        }
        _ => (own_visible(&step.shown(with_secrets)), 0),
    }
}

/// «expected 250, seen 550 …».
pub fn expected_and_seen(unmet: &Unmet, seen: &Dialogue, lang: Lang) -> String {
    let reply = unmet.seen.and_then(|at| seen.exchanges().get(at)?.reply.as_ref());
    let came = reply.and_then(|reply| {
        Some(clip(&reply_line(seen, reply.lines.first()?, false).text(), COLUMNS))
    });
    let came = came.unwrap_or_else(|| knowledge::word(lang, "run.nothing").to_owned());
    let expected = match unmet.expected.as_str() {
        "" => knowledge::word(lang, "run.no-reply").to_owned(),
        expected => own_visible(expected),
    };
    knowledge::fill(lang, "plan.expected", &[("expected", &expected), ("seen", &came)])
}

/// Why a plan rests; nothing where it has done what it was told to. If that was a rewind to step
/// `rewind`, from 0, what became of it.
pub fn rest(
    rest: &Rest,
    rewind: Option<usize>,
    plan: &Plan,
    seen: &Dialogue,
    lang: Lang,
) -> Option<String> {
    let why = why(rest, plan, seen, lang);
    let Some(to) = rewind else { return why };
    if *rest == Rest::Reached {
        let (n, count) = ((to + 1).to_string(), to.to_string());
        return Some(knowledge::fill(lang, "rewind.done", &[("n", &n), ("count", &count)]));
    }
    Some(knowledge::fill(lang, "rewind.stopped", &[("why", &why.unwrap_or_default())]))
}

fn why(rest: &Rest, plan: &Plan, seen: &Dialogue, lang: Lang) -> Option<String> {
    let n = plan.at().to_string();
    let code = |at: usize| codes(&[at], seen).first().map(ToString::to_string).unwrap_or_default();
    let word = |key| Some(knowledge::word(lang, key).to_owned());
    match rest {
        Rest::Reached => None,
        Rest::Over => word("plan.over"),
        Rest::Unmet(unmet) => {
            let what = expected_and_seen(unmet, seen, lang);
            Some(knowledge::fill(lang, "plan.stopped", &[("n", &n), ("what", &what)]))
        }
        Rest::Refused(at) => {
            Some(knowledge::fill(lang, "plan.refused", &[("n", &n), ("code", &code(*at))]))
        }
        Rest::Fits(None) => {
            Some(knowledge::fill(lang, "plan.fits-next", &[("n", &(plan.at() + 1).to_string())]))
        }
        Rest::Fits(Some(at)) => {
            Some(knowledge::fill(lang, "plan.fits", &[("n", &n), ("code", &code(*at))]))
        }
        Rest::Closed => word("plan.closed"),
        Rest::NoText => word("plan.no-text"),
        Rest::NoLogin => word("plan.no-login"),
        Rest::Gone => word("plan.cannot"),
    }
}
