//! Does what the directives say.

use crate::display::content::{ContentView, View, save};
use crate::display::{article, reach, transcript as misread, words};
use crate::journal::transcript::{Place, TranscriptError};
use crate::knowledge::{self, topic};
use crate::session::authenticity::Way;
use crate::smtp::target::Target;
use crate::smtp::wait::{Changes, Wait};
use crate::speaker::login::Credentials;
use crate::speaker::{Directive as Said, Errand, Login, Say, Starttls, directive as said};

use super::super::directive::{DIRECTIVES, Directive, Does, UNTRUSTED, option_behind};
use super::super::editor::item::Item;
use super::super::effect::{Effect, Verifying};
use super::super::model::Model;
use super::travel::{number, strides};

/// Where a directive at the prompt begins.
const AT: Place = Place { line: 1, column: 1 };

/// Runs a line without its colon.
pub(super) fn run(model: &mut Model, line: &str) -> Vec<Effect> {
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    match Directive::find(name) {
        Some(directive) => perform(model, directive, argument),
        None => unknown(model, name),
    }
}

fn perform(model: &mut Model, directive: &Directive, argument: &str) -> Vec<Effect> {
    if super::travel::is_said(directive.does) {
        super::travel::now_to_say(model);
    }
    match directive.does {
        Does::Connect => return dial(model, argument),
        Does::New => return vec![Effect::New(target_of(model, argument))],
        Does::Relay => return super::catcher::relay(model, argument.trim()),
        Does::Open => return vec![Effect::OpenFile(argument.trim().to_owned())],
        Does::Say => return say(model, directive, argument),
        Does::Who => return who(model, directive, argument),
        Does::Verify => return verify(model, argument),
        Does::Fault => return vec![Effect::Play(model.session.id, argument.to_owned())],
        Does::Break => return at_gate(model, directive, argument),
        Does::Travel => return super::travel::run(model, directive.name, argument),
        Does::Plan => {
            let read = said::read(directive.name, argument.as_bytes(), AT);
            let Ok(Some(Said::Plan(order))) = read else { return Vec::new() };
            return super::plan::obey(model, *order);
        }
        Does::Edit => return super::editor::open(model),
        Does::Insert => return insert(model, argument.trim()),
        Does::Attach => return attach(model, argument),
        Does::Compare => return super::sheet::compare_with(model, argument),
        Does::View => return super::content::view(model, argument),
        Does::Goto => return super::content::go_to(model, argument),
        Does::SavePart => return super::content::keep(model, argument),
        Does::Quit => return super::leaving::quit(model),
        Does::Explain => super::explain::find(model, argument),
        Does::Help => super::help::open(model),
    }
    Vec::new()
}

/// Where the argument of the directive in the line has a slip, said as well; `None` where it can be
/// done, or where nobody can tell before.
pub(super) fn find_slip(model: &mut Model) -> Option<usize> {
    let line = model.prompt.text().strip_prefix(':')?;
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    let directive = Directive::find(name)?;
    let behind = line.len() + 1 - argument.len();
    if model.session.hand.is_some() && directive.does == Does::Say {
        let error = super::hand::slip(model)?;
        model.notice = Some(misread::what(&error, model.lang));
        return Some(error.at.column - AT.column);
    }
    if directive.argument.is_empty() && !argument.trim().is_empty() {
        let name = directive.name;
        model.notice = Some(knowledge::fill(model.lang, "misread.alone", &[("name", name)]));
        return Some(behind);
    }
    match directive.does {
        Does::Say | Does::Who | Does::Verify | Does::Break | Does::Plan => {
            let error = said::read(directive.name, argument.as_bytes(), AT).err()?;
            let place = error.at.column - AT.column;
            let said = misread::what(&without_secrets(model, error), model.lang);
            model.notice = Some(said);
            Some(place)
        }
        Does::Relay if argument.trim().is_empty() => {
            model.tell("relay.where");
            Some(behind)
        }
        Does::Connect | Does::New | Does::Relay => {
            // Who reads the options reads what stands behind them.
            let named = argument.trim();
            let ways = named.starts_with('-') || option_behind(argument).is_some();
            let named = if ways { "" } else { named };
            let error = Target::read(named).err().filter(|_| !named.is_empty())?;
            model.notice = Some(reach::no_target(&error, model.lang));
            Some(behind + argument.find(named)?)
        }
        Does::Fault if argument.trim().is_empty() => {
            model.tell("fault.which");
            Some(behind)
        }
        Does::View if View::find(argument).is_none() => {
            let values = [("known", &*View::names())];
            model.notice = Some(knowledge::fill(model.lang, "content.no-view", &values));
            Some(behind)
        }
        Does::Goto if super::content::typed_place(argument).is_none() => {
            model.tell("content.no-place");
            Some(behind)
        }
        Does::SavePart => {
            let wish = save::options(argument).map(|(_, wish)| wish);
            let place = match wish {
                None => behind,
                Some(wish) if wish.file.is_empty() => line.len() + 1,
                Some(_) => return None,
            };
            model.tell("save.what");
            Some(place)
        }
        Does::Travel => {
            let key = match directive.name {
                "exchange" => number(argument).is_none().then_some("travel.number"),
                _ => strides(argument).is_none().then_some("travel.how-far"),
            };
            model.tell(key?);
            Some(behind)
        }
        Does::Insert if Item::find(argument.trim()).is_none() => {
            model.tell("editor.unknown-item");
            Some(behind)
        }
        Does::Explain => {
            let words: Vec<&str> = argument.split_whitespace().collect();
            let (found, unknown) = topic::find(&words);
            let word = unknown.first().filter(|_| found.is_empty())?;
            let place = behind + argument.find(word)?;
            model.notice = Some(article::nothing_known(word, model.lang));
            Some(place)
        }
        _ => None,
    }
}

/// What a slip quotes may be of a secret.
pub(super) fn without_secrets(model: &Model, mut error: TranscriptError) -> TranscriptError {
    if !model.with_secrets && !model.typed_secrets().is_empty() {
        for (_, value) in &mut error.values {
            *value = "*".repeat(value.chars().count());
        }
    }
    error
}

fn insert(model: &mut Model, name: &str) -> Vec<Effect> {
    match Item::find(name) {
        Some(item) => super::draft::put_in(model, item),
        None => told(model, "editor.unknown-item"),
    }
}

fn attach(model: &mut Model, file: &str) -> Vec<Effect> {
    super::form::open(model, file);
    Vec::new()
}

/// Says that there is no such directive, and which there are.
pub(super) fn unknown(model: &mut Model, name: &str) -> Vec<Effect> {
    let known = DIRECTIVES.iter().map(Directive::written).collect::<Vec<_>>().join(", ");
    let values = [("name", name), ("known", known.as_str())];
    let scripts = said::is_for_scripts(name);
    let key = if scripts { "misread.scripts-only" } else { "message.unknown-directive" };
    model.notice = Some(knowledge::fill(model.lang, key, &values));
    Vec::new()
}

fn dial(model: &Model, target: &str) -> Vec<Effect> {
    vec![Effect::Dial(target_of(model, target))]
}

/// The target that was named; without one, that of this session.
fn target_of(model: &Model, named: &str) -> String {
    let named = named.trim();
    if named.is_empty() { model.session.target.clone() } else { named.to_owned() }
}

/// Says on the wire what a directive says.
fn say(model: &mut Model, directive: &Directive, argument: &str) -> Vec<Effect> {
    let id = model.session.id;
    if model.session.hand.is_some() {
        let line = format!(":{} {argument}", directive.name);
        let line = if argument.is_empty() { line.trim_end() } else { &line };
        return super::hand::say(model, line);
    }
    let effect = match said::read(directive.name, argument.as_bytes(), AT) {
        Ok(Some(Said::Data(file))) => super::sending::give_file(model, file),
        Ok(Some(Said::Login { mechanism, user, initial })) => {
            let credentials = Credentials { user, ..Credentials::default() };
            Effect::Password(id, Box::new(Login::new(&mechanism, credentials, initial)))
        }
        Ok(Some(Said::Pipeline)) => {
            super::group::begin(model);
            return Vec::new();
        }
        Ok(Some(Said::End)) => return super::group::end(model),
        Ok(Some(Said::Cancel)) => {
            super::group::cancel(model);
            return Vec::new();
        }
        Ok(Some(Said::Bdat(chunks))) => {
            let line = format!(":{} {argument}", directive.name);
            return super::group::bdat(model, chunks, line);
        }
        Ok(Some(Said::Starttls)) => {
            let name = model.habits.hosts.first().cloned().unwrap_or_default();
            return super::errand::start(model, id, Errand::Starttls(Starttls::new(name)));
        }
        Ok(Some(Said::Say(say))) if say.is_nothing() => {
            return told(model, "message.nothing-sent");
        }
        Ok(Some(Said::Say(Say::Bytes(bytes)))) => Effect::Say(id, bytes),
        Ok(Some(Said::Say(Say::Answer(bytes)))) => Effect::Answer(id, bytes),
        Ok(Some(Said::Say(Say::Drip(drip)))) => Effect::Drip(id, drip),
        Ok(Some(Said::Say(Say::Close(_)))) => Effect::HangUp,
        Ok(Some(Said::Say(Say::Limit(changes)))) => return limit(model, &changes),
        // With a slip it has stayed in the line.
        _ => return Vec::new(),
    };
    vec![effect]
}

/// Says where sessions stop, or what becomes of what is held.
fn at_gate(model: &mut Model, directive: &Directive, argument: &str) -> Vec<Effect> {
    match said::read(directive.name, argument.as_bytes(), AT) {
        Ok(Some(Said::Break(breakpoint))) => super::gate::set(model, breakpoint),
        Ok(Some(Said::Unbreak(n))) => super::gate::unset(model, n),
        Ok(Some(Said::Release(release))) => super::gate::release(model, release),
        _ => Vec::new(),
    }
}

/// Waits longer, or not so long.
pub(super) fn limit(model: &mut Model, changes: &Changes) -> Vec<Effect> {
    model.limits = model.limits.with(changes);
    let others = Wait::all().filter(|wait| changes.of(*wait).is_some());
    let said = others.map(|wait| {
        format!("{} {}", wait.name(), words::limit(model.limits.seconds(wait), model.lang))
    });
    model.notice = Some(said.collect::<Vec<_>>().join(", "));
    vec![Effect::Limit(model.limits)]
}

/// Shows who the server is, and asks where somebody can be asked.
fn who(model: &mut Model, directive: &Directive, argument: &str) -> Vec<Effect> {
    let Ok(Some(Said::Say(Say::Inquire(domain)))) =
        said::read(directive.name, argument.as_bytes(), AT)
    else {
        return Vec::new();
    };
    super::explain::find(model, "who");
    let id = model.session.id;
    let talks = super::super::directive::cannot_talk(model).is_none();
    talks.then_some(Effect::Inquire(id, domain)).into_iter().collect()
}

/// Shows what is known of the last message's authenticity, and finds out more.
fn verify(model: &mut Model, argument: &str) -> Vec<Effect> {
    let Ok(Some(Said::Say(Say::Verify(check)))) = said::read("verify", argument.as_bytes(), AT)
    else {
        return Vec::new();
    };
    if !model.session.recorded {
        // A session that goes on has its last message verified: that is what is seen then.
        model.session.chosen = None;
        super::transcript::forget(model);
    }
    let seen = super::super::view::content::message(model);
    let Some((message, kept)) = seen.map(|(at, seen)| (at, seen.kept_up_to(u64::MAX))) else {
        return told(model, "authenticity.no-message");
    };
    super::content::to(model, ContentView::Authenticity);
    super::browse::show_content(model);
    let way = Way::of_session(&model.session.dialogue, None, message);
    let wanted = Verifying { session: model.session.id, message, check, way };
    vec![Effect::Verify(Box::new(wanted), kept)]
}

/// Says why something cannot be done; where a certificate is to be judged first, it asks.
pub(super) fn refuse(model: &mut Model, why: &'static str) -> Vec<Effect> {
    if why == UNTRUSTED {
        super::trust::ask_again(model);
        return Vec::new();
    }
    told(model, why)
}

/// Says a sentence, and that is all.
pub(super) fn told(model: &mut Model, key: &'static str) -> Vec<Effect> {
    model.tell(key);
    Vec::new()
}
