//! `ehlo send`: one message in one line, as one would send it with swaks.

mod envelope;
mod letter;
pub(crate) mod relay;
pub(super) mod release;

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use anyhow::{Error, bail};
use bytes::Bytes;

use crate::advice::{Fault, judge};
use crate::cli::{LoginArgs, SendArgs};
use crate::display::advice;
use crate::display::token::own_visible;
use crate::draft;
use crate::journal::{Header, Moment};
use crate::knowledge::{self, Lang};
use crate::net::call::Call;
use crate::net::dial::Target;
use crate::net::driver::{Log, Part};
use crate::net::tls::{Choice, When};
use crate::net::{Clock, seed};
use crate::session::{Dialogue, Keep};
use crate::smtp::command;
use crate::smtp::payload::{self, Form};
use crate::smtp::target::Protocol;
use crate::smtp::verb::Verb;
use crate::speaker::login::Credentials;
use crate::speaker::submission::{
    Auth, Carriage, Encryption, Failure, Needs, Order, Pose, Posing, STRONGEST, Stage, Why,
    rehearse,
};
use crate::speaker::{Say, Secret, Speaker, Submission};

use super::password::{self, Watch};
use super::print::{self, Printer};
use super::{
    Outcome, Practice, Setting, beside, complain, json, practice_for, say, say_beside, talk_to,
    tell_unrecorded,
};
use envelope::Envelope;

/// Sends one message, or prints what would be sent.
///
/// # Errors
/// When a file cannot be read, or something that is needed was not said.
pub fn run(args: &SendArgs, setting: &Setting) -> anyhow::Result<Outcome> {
    talk_to(&args.server, send(args, setting))
}

async fn send(args: &SendArgs, setting: &Setting) -> anyhow::Result<Outcome> {
    let lang = setting.lang();
    let released = args.message.release.as_ref();
    let released = released.map(|path| release::released(args, path, lang)).transpose()?;
    let args = released.as_ref().unwrap_or(args);
    let mut target = args.server.clone();
    match (&mut target, args.port) {
        (_, None) => {}
        (Target::Tcp { port, .. } | Target::Mx { port, .. }, Some(other)) => *port = other,
        _ => bail!(knowledge::word(lang, "send.no-port")),
    }
    let posing = posing(args, lang)?;
    let stop = args.stop.stop().map(|stop| if posing.before_tls { stop.early() } else { stop });
    let envelope = Envelope::read(args, &user(), &setting.tls.ehlo);
    if envelope.recipients.is_empty() && stop.is_none_or(|stop| stop.stage() >= Stage::Rcpt) {
        bail!(knowledge::word(lang, "send.no-recipient"));
    }
    let paths = || std::iter::once(&envelope.sender).chain(&envelope.recipients);
    if paths().any(|address| address.path.contains(['\r', '\n'])) {
        bail!(knowledge::word(lang, "send.line-break"));
    }
    let clock = Clock::start();
    let now = clock.timestamp();
    let message = letter::compose(args, &envelope, (now, number()), lang)?;
    if args.print.print_message {
        return print_message(&message);
    }
    let caught = released.is_some() && letter::is_unchanged(args);
    let (content, form) = if args.message.as_it_is || caught {
        let form = Form::of(&message);
        (message, form)
    } else {
        payload::with_line_ends(message)
    };
    let mut needs = Needs::of(&content, form);
    needs.international |= paths().any(|address| !address.path.is_ascii());
    let (mut watch, encryption) = (Watch::default(), encryption(&setting.tls, &target));
    let order = Order {
        name: setting.tls.ehlo.clone(),
        lmtp: args.lmtp || target.protocol() == Protocol::Lmtp,
        tls: encryption,
        posing,
        auth: auth(args, setting, &mut watch).await?,
        sender: envelope.sender.clone(),
        recipients: envelope.recipients.clone(),
        needs,
        carriage: carriage(content, (form, caught), args),
        together: args.way.pipeline,
        prdr: args.way.prdr,
        stop,
    };
    if args.print.print_script {
        say(&script(order, lang))?;
        return Ok(Outcome::Done);
    }
    let printer = Printer::new(lang, args.output.full, setting.with_secrets);
    let mut speaker = Told { printer, args, lang, then: Submission::new(order) };
    let talk = tokio::select! {
        talk = hand_in(&target, encryption, &mut speaker, clock, setting) => talk?,
        never = watch.obey(None) => match never {},
    };
    tell(&talk, speaker, setting)
}

/// Who runs this program.
fn user() -> String {
    let named = ["LOGNAME", "USER"].into_iter().find_map(|name| std::env::var(name).ok());
    named.unwrap_or_else(|| "postmaster".to_owned())
}

/// A number that nobody else has.
pub(super) fn number() -> u64 {
    seed().0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn encryption(choice: &Choice, target: &Target) -> Encryption {
    match choice.when {
        When::Starttls => Encryption::Required,
        When::Auto if !target.is_implicit() => Encryption::Offered,
        _ => Encryption::Never,
    }
}

/// What is said of another client.
fn posing(args: &SendArgs, lang: Lang) -> anyhow::Result<Posing> {
    let said = &args.way.posing;
    let read = |verb: &Verb, texts: &[String]| -> anyhow::Result<Vec<Pose>> {
        let read = |text: &String| {
            if text.contains(['\r', '\n']) {
                bail!(knowledge::word(lang, "send.line-break"));
            }
            let told = || told(lang, "send.no-attribute", text);
            Pose::read(verb, text).ok_or_else(told)
        };
        texts.iter().map(read).collect()
    };
    Ok(Posing {
        xclient: read(&Verb::Xclient, &said.xclient)?,
        xforward: read(&Verb::Xforward, &said.xforward)?,
        anyway: said.xclient_anyway,
        tolerance: said.tolerance.tolerance(),
        before_tls: said.xclient_before_starttls,
    })
}

/// A sentence about something that was given.
fn told(lang: Lang, key: &'static str, name: &str) -> Error {
    Error::msg(knowledge::fill(lang, key, &[("name", &own_visible(name))]))
}

fn carriage(content: Vec<u8>, (form, caught): (Form, bool), args: &SendArgs) -> Carriage {
    match args.way.chunk {
        Some(size) => in_chunks(content.into(), usize::try_from(size).unwrap_or(usize::MAX)),
        None if args.message.as_it_is => Carriage::Data(Bytes::from(content)),
        None if caught => carried(payload::stuff_as_it_is(&content).ok_or_else(|| content.into())),
        None => Carriage::Data(payload::stuff_form(content, form)),
    }
}

/// What was caught goes on with all of its bytes: as mail data, or where its content cannot be that, by
/// BDAT.
fn carried(mail_data: Result<Bytes, Bytes>) -> Carriage {
    mail_data.map_or_else(|content| in_chunks(content, usize::MAX), Carriage::Data)
}

fn in_chunks(content: Bytes, size: usize) -> Carriage {
    Carriage::Chunks(draft::chunks(content, size).map(|chunk| chunk.whole()).collect())
}

/// The login that was asked for, still without its password.
fn login(args: &LoginArgs, setting: &Setting) -> anyhow::Result<Option<Auth>> {
    let lang = setting.lang();
    let named: Vec<String> = args.auth.iter().flatten().map(|m| m.to_ascii_uppercase()).collect();
    let named: Vec<_> = named.into_iter().filter(|name| !name.is_empty()).collect();
    let mechanisms = match (&args.user, named.is_empty()) {
        (None, true) if args.auth.is_none() => return Ok(None),
        (None, true) if setting.tls.wishes.identity.is_some() => vec!["EXTERNAL".to_owned()],
        (None, true) => bail!(knowledge::word(lang, "send.no-user")),
        (Some(_), true) => STRONGEST.iter().map(|name| (*name).to_owned()).collect(),
        (_, false) => named,
    };
    let user = args.user.clone().unwrap_or_default();
    let auth = Auth {
        mechanisms,
        anyway: args.auth_anyway,
        optional: args.auth_optional,
        credentials: Credentials { user, secret: Secret::default() },
        seed: seed(),
    };
    if auth.credentials.user.is_empty() && auth.needs_password().is_some() {
        bail!(knowledge::word(lang, "send.no-user"));
    }
    Ok(Some(auth))
}

/// The same with its password, from where it was said to be, or from the person.
async fn auth(
    args: &SendArgs,
    setting: &Setting,
    watch: &mut Watch,
) -> anyhow::Result<Option<Auth>> {
    let lang = setting.lang();
    let Some(mut auth) = login(&args.login, setting)? else { return Ok(None) };
    // A script has no password in it.
    let needed = auth.needs_password().filter(|_| !args.print.print_script);
    let Some(mechanism) = needed else { return Ok(Some(auth)) };
    let secret = if let Some(text) = &args.password_visible {
        complain(knowledge::word(lang, "send.password-visible"));
        Secret::new(text.as_bytes())
    } else if let Some(secret) = setting.password.read(lang).map_err(Error::msg)? {
        secret
    } else if std::io::stdin().is_terminal() {
        password::ask(&auth.credentials.user, lang, watch).await?
    } else {
        return Err(no_password(mechanism, lang));
    };
    auth.credentials.secret = secret;
    Ok(Some(auth))
}

fn no_password(mechanism: &str, lang: Lang) -> Error {
    Error::msg(knowledge::fill(lang, "password.none", &[("mechanism", mechanism)]))
}

/// The script that does the same, with what it cannot say.
fn script(order: Order, lang: Lang) -> String {
    let mut notes = Vec::new();
    if order.tls == Encryption::Offered {
        notes.push("send.script.tls");
    }
    if let Some(auth) = &order.auth {
        notes.extend(auth.takes_strongest().then_some("send.script.mechanism"));
        notes.push("send.script.password");
    }
    let notes = notes.into_iter().map(|key| format!("# {}\n", knowledge::word(lang, key)));
    notes.chain([rehearse(order)]).collect()
}

/// A message to a file or a pipe leaves as it is, and at a terminal in what can be seen.
fn print_message(message: &[u8]) -> anyhow::Result<Outcome> {
    use std::io::Write as _;
    if std::io::stdout().is_terminal() {
        for line in String::from_utf8_lossy(message).lines() {
            say(&(own_visible(line) + "\n"))?;
        }
    } else {
        std::io::stdout().write_all(message)?;
    }
    Ok(Outcome::Done)
}

/// Tells the dialogue while it grows.
struct Told<'a, P> {
    printer: Printer,
    args: &'a SendArgs,
    lang: Lang,
    then: P,
}

impl<P: Speaker> Speaker for Told<'_, P> {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        if self.args.output.quiet == 0 {
            // What cannot be written now cannot be at the end, which says why.
            let _ = say_beside(self.args.output.json, &self.printer.news(seen));
        }
        let says = self.then.next(now, seen);
        if let Some(Say::Bytes(line)) = &says {
            // As above.
            let _ = self.warn(seen, line);
        }
        says
    }
}

impl<P> Told<'_, P> {
    /// Says what is wrong with what is said of another client, which leaves all the same. What is
    /// odd in other commands is told behind their replies.
    fn warn(&self, seen: &Dialogue, line: &[u8]) -> anyhow::Result<()> {
        let verb = command::read(line).value.verb;
        if self.args.output.quiet > 0 || !matches!(verb, Verb::Xclient | Verb::Xforward) {
            return Ok(());
        }
        let line = String::from_utf8_lossy(line);
        let faults = judge(seen, line.trim_end());
        let lang = self.lang;
        let told =
            |fault: &Fault| format!("# {verb}: {}\n", advice::say(fault, lang).with_clause());
        let text: String = faults.iter().filter(|fault| fault.is_wrong()).map(told).collect();
        say_beside(self.args.output.json, &text)
    }
}

/// A submission that is over.
struct Talk {
    header: Header,
    dialogue: Dialogue,
}

/// Talks to `target` until the message is handed in, or cannot be.
async fn hand_in(
    target: &Target,
    encryption: Encryption,
    speaker: &mut impl Speaker,
    clock: Clock,
    setting: &Setting,
) -> anyhow::Result<Talk> {
    let opportunistic = encryption == Encryption::Offered;
    let tls = Choice { insecure: setting.tls.insecure || opportunistic, ..setting.tls.clone() };
    let practice = practice_for(target, setting.limits(), &setting.sources).await?;
    let practice = practice.as_ref().map(Practice::place);
    let (route, limits) = (&setting.route, setting.limits());
    let call = Call { target, practice, route, tls: &tls, limits, judged: false };
    let header = clock.header(crate::journal::Side::Client);
    let mut log = setting.recording(Log::new(clock, Keep::default()))?;
    let dialled = call.dial(&mut log).await;
    call.talk::<_, ()>(dialled, &mut log, Part::program(limits), speaker, None).await;
    log.settle().await;
    tell_unrecorded(&log, setting.lang());
    Ok(Talk { header, dialogue: log.dialogue })
}

/// Tells what has become of it.
fn tell(talk: &Talk, told: Told<'_, Submission>, setting: &Setting) -> anyhow::Result<Outcome> {
    let Told { mut printer, args, lang, then: submission } = told;
    let (seen, output) = (&talk.dialogue, &args.output);
    let failure = submission.failure(seen);
    let mut text = printer.news(seen);
    if output.full {
        text += &print::who(seen, lang);
    }
    text += &print::commented(&print::envelope(seen, None, lang));
    let what = remarks(&submission, failure, seen, setting);
    text += &what;
    match output.quiet {
        0 => say_beside(output.json, &text)?,
        1 if failure.is_some() => say_beside(output.json, &text)?,
        2 if failure.is_some() => beside(what),
        _ => {}
    }
    if output.json {
        say(&json::line(&session(talk, &submission, setting))?)?;
    }
    Ok(outcome(failure, seen, output.stage_codes))
}

/// What was not as wished, and what is worth to be known of the rest.
fn remarks(
    submission: &Submission,
    failure: Option<Failure>,
    seen: &Dialogue,
    setting: &Setting,
) -> String {
    let lang = setting.lang();
    let order = submission.order();
    let mut out = String::new();
    let mut tell = |key, values: &[(&str, &str)]| {
        let _ = writeln!(out, "# {}", knowledge::fill(lang, key, values));
    };
    for fault in submission.login_faults() {
        let why = knowledge::word(lang, fault.key());
        tell("login.remark", &[("why", why)]);
    }
    let mailed = seen.envelope().transactions.last().is_some();
    for keyword in order.needs.lacking(seen, order.is_chunked()).filter(|_| mailed) {
        tell("send.lacking", &[("keyword", keyword)]);
    }
    let transactions = seen.envelope().transactions.len();
    if let Some(limit) = seen.capabilities().and_then(|c| c.limit("RCPTMAX"))
        && transactions > 1
    {
        let (limit, n) = (limit.to_string(), transactions.to_string());
        tell("send.batches", &[("limit", &limit), ("n", &n)]);
    }
    if order.together && mailed && !seen.offers("PIPELINING") {
        tell("send.one-by-one", &[]);
    }
    match (failure, order.stop) {
        (None, None) => tell("send.taken", &[]),
        (None, Some(stop)) => {
            tell("send.stopped", &[("stage", stop.stage().name(order.is_chunked()))]);
        }
        (Some(Failure { stage, why }), _) => {
            let stage = ("stage", stage.name(order.is_chunked()));
            match why {
                Why::NotConnected => {}
                Why::Lost => tell("send.lost", &[stage]),
                Why::NotOffered(keyword) => {
                    let offered = seen.offers(keyword);
                    let key = if offered { "send.nothing-of-it" } else { "send.not-offered" };
                    tell(key, &[("keyword", keyword)]);
                    let names: Vec<_> = submission.missing_attributes(seen, keyword).collect();
                    if !names.is_empty() && offered {
                        let names = own_visible(&names.join(", "));
                        let values = [("keyword", keyword), ("names", names.as_str())];
                        tell("send.attributes", &values);
                    }
                }
                Why::Refused(at) => {
                    tell("send.refused", &[stage, ("reply", &reply(seen, at, setting))]);
                }
                Why::Unasked(at) => {
                    tell("send.unasked", &[stage, ("reply", &reply(seen, at, setting))]);
                }
            }
        }
    }
    out
}

/// The reply of an exchange in one line.
fn reply(seen: &Dialogue, at: usize, setting: &Setting) -> String {
    let reply = seen.exchanges().get(at).and_then(|exchange| exchange.reply.as_ref());
    reply.map_or_else(String::new, |reply| print::reply(seen, reply, setting.with_secrets))
}

/// What became of it in one word.
fn word(submission: &Submission, seen: &Dialogue) -> &'static str {
    match submission.failure(seen).map(|failure| failure.why) {
        None if submission.order().stop.is_some() => "stopped",
        None => "sent",
        Some(Why::NotConnected) => "not-connected",
        Some(Why::Lost) => "cut-short",
        Some(Why::Refused(_)) => "refused",
        Some(Why::NotOffered(_)) => "not-offered",
        Some(Why::Unasked(_)) => "out-of-step",
    }
}

/// The object of it.
fn session(talk: &Talk, submission: &Submission, setting: &Setting) -> json::Session<'static> {
    let seen = &talk.dialogue;
    let session = json::session(&talk.header, seen, word(submission, seen), setting, None);
    let stage = submission.failure(seen).map(|failure| failure.stage);
    session.failed_at(stage.map(|stage| stage.name(submission.order().is_chunked())))
}

/// What a run ends with.
fn outcome(failure: Option<Failure>, seen: &Dialogue, stage_codes: bool) -> Outcome {
    let Some(Failure { stage, why }) = failure else { return Outcome::Done };
    if stage_codes {
        return Outcome::Stage(code(stage, why, seen));
    }
    match why {
        Why::NotConnected | Why::Lost => Outcome::Unreachable,
        // Without TLS one cannot talk.
        _ if stage == Stage::Tls => Outcome::Unreachable,
        _ => Outcome::Failed,
    }
}

/// The code that swaks has for a stage.
fn code(stage: Stage, why: Why, seen: &Dialogue) -> u8 {
    match (stage, why) {
        (_, Why::NotConnected) => 2,
        (Stage::Tls, _) => 29,
        (_, Why::Lost) => 6,
        (_, Why::NotOffered("PRDR")) => 30,
        (Stage::Greeting, _) => 21,
        (Stage::EarlyXclient | Stage::Xclient | Stage::Xforward, _) => 33,
        (Stage::EarlyXclientEhlo | Stage::XclientEhlo, _) => 34,
        (Stage::Ehlo, _) if seen.is_secured() => 32,
        (Stage::FirstEhlo | Stage::Ehlo, _) => 22,
        (Stage::Auth, _) => 28,
        (Stage::Mail, _) => 23,
        (Stage::Rcpt, _) => 24,
        (Stage::Data, _) => 25,
        (Stage::Dot, _) => 26,
        (Stage::Quit, _) => 27,
    }
}
