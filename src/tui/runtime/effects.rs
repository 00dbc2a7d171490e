//! What update asked for is done.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use ropey::Rope;

use crate::cli::{Slip, typed_route};
use crate::display::reach;
use crate::display::shot::Shot;
use crate::headless::faults;
use crate::journal::Ending;
use crate::knowledge;
use crate::net::dial::Target;
use crate::net::route::Route;
use crate::session::plan::{Plan, Step};
use crate::speaker::{Say, gate};

use super::super::directive::option_behind;
use super::super::editor::item::Item;
use super::super::effect::Effect;
use super::super::message::{Message, Stamp};
use super::super::relay::Elsewhere;
use super::super::update::update;
use super::super::{clipboard, screenshot, terminal, view};
use super::catcher::TELLING;
use super::outside;
use super::reading::{self, seed};
use super::sessions::Order;
use super::{End, Loop};

/// The way to a server, as it was typed and as it was read.
struct Way {
    route: Route,
    options: String,
}

impl Loop {
    /// Does what update asked for, which may be to leave.
    pub(super) fn execute(&mut self, effects: Vec<Effect>) -> anyhow::Result<Option<End>> {
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Some(End::Quit)),
                Effect::New(target) => self.begin(&target),
                Effect::Dial(target) => self.dial(&target),
                Effect::Plan(id, file) => self.read_plan(id, file),
                Effect::Wait { session, number, time } => self.wait(session, number, time),
                Effect::Redial(id) => self.redial(id),
                Effect::Say(id, bytes) => self.say(id, Say::Bytes(bytes)),
                Effect::Reply(id, said) => self.order(id, Order::Reply(said)),
                Effect::Answer(id, bytes) => self.say(id, Say::Answer(bytes)),
                Effect::Drip(id, drip) => self.say(id, Say::Drip(drip)),
                Effect::Limit(limits) => self.sessions.limit(limits),
                Effect::Breakpoints(breakpoints) => self.sessions.stop_by(&breakpoints),
                Effect::Release(id, release) => self.release(id, release),
                Effect::OpenFile(file) => self.open_file(file),
                Effect::Compare(id, file) => {
                    if let Some(path) = self.recalled(&file) {
                        let (lang, inner) = (self.model.lang, self.inner.clone());
                        reading::compare(id, file, path, lang, inner);
                    }
                }
                Effect::Inquire(id, domain) => self.say(id, Say::Inquire(domain)),
                Effect::Verify(wanted, bytes) => {
                    let (lang, inner) = (self.model.lang, self.inner.clone());
                    let door = self.sessions.door(wanted.session);
                    reading::verify(*wanted, bytes, door, lang, inner);
                }
                Effect::Stop(id) => self.order(id, Order::Stop),
                Effect::Remember(line) => self.memory.remember(line, self.inner.clone()),
                Effect::Trust(id) => self.order(id, Order::Trust),
                Effect::HangUp => self.hang_up(),
                Effect::SayFile { session, number, file } => self.say_file(session, number, file),
                Effect::Octets { session, parts, draft, line } => {
                    let (lang, inner) = (self.model.lang, self.inner.clone());
                    reading::octets(session, parts, draft, line, lang, inner);
                }
                Effect::Password(session, login) => {
                    let (lang, inner) = (self.model.lang, self.inner.clone());
                    reading::password(session, login, self.password.clone(), lang, inner);
                }
                Effect::List(path) => reading::list(path, self.inner.clone()),
                Effect::Close(id) => {
                    self.stop_reading(id);
                    self.sessions.close(id);
                }
                Effect::StopReading(id) => self.stop_reading(id),
                Effect::Attend { session, of, client } => self.attend_client(session, of, client),
                Effect::Recall { session, of, client, file } => {
                    self.recall(session, (of, client), file);
                }
                Effect::Relay(target, steps) => self.relay(&target, steps),
                Effect::Bring(what, target) => self.bring(what, target),
                Effect::Watch { session, client, server } => {
                    self.sessions.watch(session, &client, &server);
                }
                Effect::Play(id, faults) => self.play(id, &faults),
                Effect::ReadContent { session, message, of, carried, kept } => {
                    reading::content(session, (message, of), carried, kept, self.inner.clone());
                }
                Effect::LayOut { session, message, content, lang, columns } => {
                    reading::lay_out(
                        session,
                        message,
                        content,
                        (lang, columns),
                        self.inner.clone(),
                    );
                }
                Effect::ReadThreads { session, of, kept } => {
                    reading::threads(session, of, kept, self.inner.clone());
                }
                Effect::SavePart { content, wish, replaces } => {
                    reading::save_part(content, wish, replaces, self.inner.clone());
                }
                Effect::Pieces { session, number, text, way } => {
                    reading::pieces(session, number, text, way, self.inner.clone());
                }
                Effect::Review { session, text, revision, offers } => {
                    reading::review(session, text, revision, offers, self.inner.clone());
                }
                Effect::Stamp(session, item) => self.stamp(session, item)?,
                Effect::Attach { session, text, revision, file } => {
                    let (inner, lang) = (self.inner.clone(), self.model.lang);
                    reading::attach(session, text, revision, file, lang, inner);
                }
                Effect::EditOutside(session, text) => self.edit_outside(session, &text)?,
                Effect::LeaveDraft(session, text) => self.drafts.leave(session, text),
                Effect::ForgetDraft(session) => self.drafts.forget(session),
                Effect::TakeDraft(session, path) => self.drafts.take(session, path),
                Effect::DeleteDraft(left) => self.drafts.delete(left),
                Effect::Mouse(ours) => terminal::mouse(ours)?,
                Effect::Copy { text, what } => self.copy(text, what)?,
                Effect::Open(address) => self.open(address),
                Effect::Screenshot => self.screenshot()?,
                Effect::Redraw => self.clear()?,
                Effect::Suspend => self.suspend()?,
            }
        }
        Ok(None)
    }

    fn say(&mut self, id: usize, say: Say) {
        self.order(id, Order::Say(say));
    }

    fn hang_up(&mut self) {
        self.order(self.model.session.id, Order::Say(Say::Close(Ending::Finished)));
    }

    fn say_file(&self, session: usize, number: u64, file: String) {
        reading::say_file((session, number), file, self.model.lang, self.inner.clone());
    }

    fn stop_reading(&mut self, id: usize) {
        if let Some(stop) = self.reads.remove(&id) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Opens a session in front, with a recording of its own.
    fn begin(&mut self, typed: &str) {
        let Some((target, route)) = self.target("new", typed) else { return };
        let id = self.model.open_session(target.to_string());
        match self.sessions.begin(id) {
            Ok(recording) => {
                self.model.session.recording = recording;
                self.connect(target, route);
            }
            Err(error) => {
                self.model.remove_front();
                self.model.notice = Some(format!("{error:#}"));
            }
        }
    }

    /// Opens a session in which a plan is said.
    fn relay(&mut self, typed: &str, steps: Vec<Step>) {
        let before = self.model.session.id;
        self.begin(typed);
        let id = self.model.session.id;
        if id != before {
            // It waits for the person, who sees to whom it goes.
            let name = knowledge::word(self.model.lang, "relay.plan").to_owned();
            let plan = Box::new(Plan::new(name, None, steps));
            update(&mut self.model, Message::Planned(id, Ok(plan)));
        }
    }

    /// Brings a message that is to be said to `target`.
    fn bring(&self, what: Elsewhere, target: String) {
        let inner = self.inner.clone();
        let session = self.servers.get(&what.of).map(|server| server.session(what.client));
        tokio::spawn(async move {
            let seen = match session {
                Some(session) => session.await,
                None => None,
            };
            // Nobody is there to hear it if the person has left.
            let _ = inner.send(Ok(Message::Brought(what, target, seen))).await;
        });
    }

    /// Hears a session that a server has with a client.
    fn attend_client(&self, session: usize, of: usize, client: u64) {
        if let Some(server) = self.servers.get(&of) {
            server.attend(session, client, self.sessions.heard());
        }
    }

    /// A session of a server was over before it could be heard: if it is not told of in a moment, its
    /// tab goes.
    pub(super) fn waits_for_end(&self, session: usize, told: String) {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            tokio::time::sleep(TELLING * 2).await;
            // Nobody is there to hear it if the person has left.
            let _ = inner.send(Ok(Message::Unopened(session, told))).await;
        });
    }

    /// Reads a session that a server has in its Maildir alone, or else the message that it left there.
    fn recall(&mut self, id: usize, (of, client): (usize, u64), file: Option<String>) {
        let journal = self.servers.get(&of).map(|server| server.journal(client));
        let stop = Arc::default();
        self.reads.insert(id, Arc::clone(&stop));
        let (lang, inner) = (self.model.lang, self.inner.clone());
        tokio::spawn(async move {
            let journal = match journal {
                Some(journal) => journal.await,
                None => None,
            };
            if let Some(path) = journal.or_else(|| file.map(PathBuf::from)) {
                return reading::load(id, vec![path], lang, stop, inner, false);
            }
            let why = knowledge::word(lang, "catcher.not-found").to_owned();
            // Nobody is there to hear it if the person has left.
            let _ = inner.send(Ok(Message::Unopened(id, why))).await;
        });
    }

    /// Opens what a file holds, in front.
    fn open_file(&mut self, typed: String) {
        let Some(path) = self.recalled(&typed) else { return };
        let id = self.model.open_session(typed);
        self.model.session.recorded = true;
        self.model.session.loading = true;
        let stop = Arc::default();
        self.reads.insert(id, Arc::clone(&stop));
        let (lang, inner) = (self.model.lang, self.inner.clone());
        reading::load(id, vec![path], lang, stop, inner, false);
    }

    /// The path that was typed, or that of a recent session; if there are not so many, it is said.
    fn recalled(&mut self, typed: &str) -> Option<PathBuf> {
        let path = self.sessions.recalled(reading::expanded(typed));
        path.map_err(|error| self.model.notice = Some(error.to_string())).ok()
    }

    fn dial(&mut self, typed: &str) {
        if let Some((target, route)) = self.target("connect", typed) {
            self.connect(target, route);
        }
    }

    /// Reads a target as it was typed behind a directive, and the options before it; what is wrong
    /// with it is said, and the line is there again to be mended.
    fn target(&mut self, directive: &str, typed: &str) -> Option<(Target, Way)> {
        let before = option_behind(typed).unwrap_or_default();
        let (first, options) = typed.split_at_checked(before).unwrap_or(("", typed));
        let (route, begins) = match typed_route(options, self.model.lang) {
            Ok(read) => read,
            Err(slip) => {
                let slip = Slip { at: before + slip.at, ..slip };
                return self.mend(directive, typed, slip);
            }
        };
        let (options, behind) = options.split_at_checked(begins).unwrap_or((options, ""));
        let named = match (before > 0, behind.is_empty()) {
            (false, _) => behind,
            (true, true) => first,
            // There is another target behind the options.
            (true, false) => typed,
        };
        let begins = if before > 0 { 0 } else { begins };
        let named = if named.trim().is_empty() { &self.model.session.target } else { named.trim() };
        let sources = &self.sessions.setting().sources;
        match Target::read(named).map(|target| faults::settle(&target, sources)) {
            Ok(Err(warning)) => {
                let why = warning.say(self.model.lang);
                self.mend(directive, typed, Slip { at: begins, why })
            }
            Ok(Ok(target)) => Some((target, Way { route, options: options.to_owned() })),
            Err(error) => {
                let why = reach::no_target(&error, self.model.lang);
                self.mend(directive, typed, Slip { at: begins, why })
            }
        }
    }

    /// Lets go what is held in session `id`.
    fn release(&mut self, id: usize, release: gate::Release) {
        self.order(id, Order::Say(Say::Gate(gate::Order::Release(release))));
    }

    /// Lets the practice server of session `id` play these faults.
    /// Lets the server of a session play these faults: the one that it lists or is of, or the
    /// practice server with which it talks.
    fn play(&mut self, id: usize, text: &str) {
        let session = self.model.session_mut(id);
        let listed = session.as_ref().map(|session| session.caught.map_or(id, |(of, _)| of));
        let target = session.and_then(|session| Target::read(&session.target).ok());
        let target = target.filter(|target| matches!(target, Target::Practice { .. }));
        let server = listed.and_then(|id| self.servers.get(&id));
        if server.is_none() && target.is_none() {
            return self.model.tell("fault.elsewhere");
        }
        let play = |chosen| match (server, &target) {
            (Some(server), _) => server.play(chosen),
            (None, Some(target)) => self.sessions.play(target, chosen),
            (None, None) => false,
        };
        let told = match faults::play(text, play, self.sessions.setting()) {
            Ok((names, told)) => {
                let listed = listed.and_then(|id| self.model.session_mut(id));
                if let Some(catcher) = listed.and_then(|session| session.catcher.as_mut()) {
                    catcher.plays = names;
                }
                told
            }
            Err(why) => why,
        };
        self.model.notice = Some(told);
    }

    fn mend<T>(&mut self, directive: &str, typed: &str, slip: Slip) -> Option<T> {
        let model = &mut self.model;
        model.notice = Some(slip.why);
        if model.popup.is_none() && model.prompt.text().is_empty() {
            let begins = format!(":{directive} ");
            model.prompt.set(&[&begins, typed].concat());
            model.prompt.place(begins.len() + slip.at);
        }
        None
    }

    fn connect(&mut self, target: Target, way: Way) {
        self.model.session.target = target.to_string();
        self.model.session.tls_first = self.sessions.begins_with_tls(&target);
        self.model.session.dialling = true;
        self.model.session.way = match way.options.trim() {
            "" => String::new(),
            options => [options, " "].concat(),
        };
        self.order(self.model.session.id, Order::Dial(target, Box::new(way.route)));
    }

    fn read_plan(&self, id: usize, file: String) {
        let setting = self.sessions.setting().clone();
        reading::plan((id, file), setting, self.model.lang, self.inner.clone());
    }

    /// Says when a step of a plan has waited long enough.
    fn wait(&self, session: usize, number: u64, time: Duration) {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            // Nobody is there to hear it if the person has left.
            let _ = inner.send(Ok(Message::Waited { session, number })).await;
        });
    }

    /// Connects a session to the target it had, by the way that was typed for it.
    fn redial(&mut self, id: usize) {
        let lang = self.model.lang;
        let Some(session) = self.model.session_mut(id) else { return };
        let target = Target::read(&session.target).ok();
        let route = typed_route(&session.way, lang).ok();
        if let Some((target, (route, _))) = target.zip(route) {
            session.tls_first = self.sessions.begins_with_tls(&target);
            self.order(id, Order::Redial(target, Box::new(route)));
        }
    }

    fn order(&mut self, id: usize, order: Order) {
        if !self.sessions.order(id, order) {
            self.model.notice =
                Some(knowledge::word(self.model.lang, "message.too-fast").to_owned());
        }
    }

    /// The terminal is told at once, tools beside the screen.
    fn copy(&self, text: Bytes, what: String) -> anyhow::Result<()> {
        let told = clipboard::tell_terminal(&text)?;
        let inner = self.inner.clone();
        tokio::spawn(async move {
            let copied = clipboard::copy(&text, what, told).await;
            let _ = inner.send(Ok(Message::Copied(copied))).await;
        });
        Ok(())
    }

    /// Takes what was done at once; nothing of it ends the program.
    fn hear(&mut self, message: Message) -> anyhow::Result<()> {
        let effects = update(&mut self.model, message);
        self.execute(effects).map(drop)
    }

    /// The time, and a number that nobody else has.
    fn stamp(&mut self, session: usize, item: Item) -> anyhow::Result<()> {
        let stamp = Stamp { now: Timestamp::now(), seed: seed() };
        self.hear(Message::Stamped(session, item, stamp))
    }

    /// The person's own editor has the terminal until it ends; then everything is drawn again.
    fn edit_outside(&mut self, session: usize, text: &Rope) -> anyhow::Result<()> {
        let revision =
            self.model.session_mut(session).and_then(|s| Some(s.editor.as_ref()?.text.revision()));
        self.drafts.write(&self.model);
        let edited = self.keyboard.clone().lend(|| {
            terminal::restore();
            let edited = outside::edit(text);
            terminal::again().map(|()| edited)
        })?;
        self.was_away = true;
        self.clear()?;
        let text = edited.map_err(|failure| failure.said(self.model.lang));
        let revision = revision.unwrap_or_default();
        self.hear(Message::Edited { session, revision, text })
    }

    /// Opens a page; where there is no browser its address is copied.
    fn open(&self, address: String) {
        let (inner, lang) = (self.inner.clone(), self.model.lang);
        tokio::spawn(async move {
            let message = if clipboard::open(&address).await {
                Message::Say(knowledge::fill(lang, "open.done", &[("address", &address)]))
            } else {
                Message::NoBrowser(address)
            };
            let _ = inner.send(Ok(message)).await;
        });
    }

    /// Writes what is on the screen, without what was said last.
    fn screenshot(&mut self) -> anyhow::Result<()> {
        let model = &self.model;
        let frame = self.screen.draw(|frame| view::view(model, frame))?;
        let shot = Shot::of(frame.buffer, Some(view::cursor(model)));
        let (inner, lang) = (self.inner.clone(), model.lang);
        tokio::task::spawn_blocking(move || {
            let said = match screenshot::write(&shot, &screenshot::name(), &screenshot::folders()) {
                Ok(svg) => {
                    let file = svg.display().to_string();
                    knowledge::fill(lang, "screenshot.done", &[("file", &file)])
                }
                Err(error) => {
                    knowledge::fill(lang, "screenshot.failed", &[("why", &error.to_string())])
                }
            };
            let _ = inner.blocking_send(Ok(Message::Say(said)));
        });
        Ok(())
    }

    /// Stops the whole process group, so that whatever started us stops too.
    #[cfg(unix)]
    fn suspend(&mut self) -> anyhow::Result<()> {
        terminal::restore();
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        terminal::again()?;
        self.clear()
    }

    /// Nothing can be stopped here.
    #[cfg(not(unix))]
    fn suspend(&mut self) -> anyhow::Result<()> {
        self.clear()
    }

    /// Makes the next frame draw every cell. `Terminal::clear` would ask the terminal where its
    /// cursor is, and the answer would arrive as input of the person.
    fn clear(&mut self) -> anyhow::Result<()> {
        self.screen.resize(terminal::size()?)?;
        Ok(())
    }
}
