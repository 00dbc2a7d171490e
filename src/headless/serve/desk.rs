//! Who is asked line by line what a server keeps. One directive is answered behind the other; lines
//! that come meanwhile wait, so many at most. Only what another server has to answer, which may take
//! its time, holds up none behind it, and `:quit` waits for nothing.

use std::collections::VecDeque;
use std::future::{poll_fn, ready};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::cli::Onward;
use crate::display::text::clip;
use crate::headless::input::{self, Input, Line};
use crate::headless::{Password, Setting, faults};
use crate::knowledge;
use crate::net::dial::Target;
use crate::net::driver::{self, Ear};
use crate::net::listen::{Order, Report};
use crate::net::watch::{Watch, Whose};
use crate::session::Dialogue;
use crate::session::archive::Room;
use crate::speaker::fault::Faults;

use super::answer::{Answer, REPEATED, Seen};
use super::directive::{Directive, Which, without_login};
use super::journals::Journals;
use super::memory::{Mail, Memory};

/// How many lines wait to be answered, and how many messages are sent on at once.
const LINES: usize = 32;

/// Answers what is asked.
pub(super) struct Desk {
    memory: Memory,
    /// Where that lies, too, what memory has no more.
    journals: Option<Journals>,
    input: Input,
    /// What was said, and is not begun yet.
    lines: VecDeque<Line>,
    pending: Vec<Pending>,
    setting: Arc<Setting>,
    json: bool,
    faults: watch::Sender<Arc<Faults>>,
    orders: mpsc::Sender<Order>,
    /// How many messages were sent on.
    relayed: usize,
}

/// What is being answered, beside all else.
struct Pending {
    answer: Answer,
    /// Whether other lines wait for it.
    holds: bool,
    /// What is said where the server stops before it is over: the key of a sentence.
    given_up: &'static str,
    /// The answer; or what is left to be done once a session that goes on was asked.
    work: JoinHandle<Result<String, Box<Heard>>>,
}

/// What is to be done with a session or a message of it.
struct Task {
    session: u64,
    mail: Option<Mail>,
    what: What,
}

/// A task, and the session as it was heard, unless it was over before.
pub(super) struct Heard {
    task: Task,
    seen: Option<Seen>,
}

enum What {
    Show,
    Save(PathBuf),
    Relay(Box<Onward>, Box<Target>),
}

impl What {
    /// Whether other lines wait for it.
    const fn holds(&self) -> bool {
        !matches!(self, Self::Relay(..))
    }

    /// What is said where the server stops before it is over: the key of a sentence.
    const fn given_up(&self) -> &'static str {
        match self {
            Self::Show => "serve.given-up",
            Self::Save(_) => "serve.given-up.save",
            Self::Relay(..) => "serve.given-up.relay",
        }
    }
}

/// Something happened at the desk.
pub(super) enum News {
    /// A directive was answered.
    Answered(String),
    /// Nothing is known yet.
    Nothing,
    /// A line is to be answered.
    Line(Line),
    /// The server is to stop.
    Stop,
    /// A session that goes on was heard; where it was over before, what it has left is among the
    /// reports.
    Heard(Answer, Box<Heard>),
}

impl Desk {
    /// Nothing was asked yet.
    pub(super) fn new(
        (room, journals): (Room, Option<Journals>),
        json: bool,
        setting: &Setting,
        faults: watch::Sender<Arc<Faults>>,
        orders: mpsc::Sender<Order>,
    ) -> Self {
        Self {
            memory: Memory::new(room),
            journals,
            input: Input::new(),
            lines: VecDeque::new(),
            pending: Vec::new(),
            setting: Arc::new(setting.clone()),
            json,
            faults,
            orders,
            relayed: 0,
        }
    }

    /// Remembers what was reported, as long as anybody can ask for it.
    pub(super) fn note(&mut self, report: Report) {
        if !(self.input.ended && self.is_idle()) {
            self.memory.note(report);
        }
    }

    /// All was heard that was told before.
    pub(super) fn caught_up(&mut self) {
        self.memory.caught_up();
    }

    /// Whether nothing is left to be answered.
    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.lines.is_empty()
    }

    /// Waits for the next line, or for the answer to one of the last, if it can be told; cancel-safe.
    pub(super) async fn next(&mut self, answers: bool) -> News {
        if answers
            && self.pending.len() < LINES
            && !self.pending.iter().any(|pending| pending.holds)
            && let Some(line) = self.lines.pop_front()
        {
            return News::Line(line);
        }
        if self.input.ended && self.is_idle() {
            self.memory.forget();
        }
        let reads = !self.input.ended && self.lines.len() < LINES;
        tokio::select! {
            (at, done) = done(&mut self.pending), if answers => {
                let Pending { answer, .. } = self.pending.remove(at);
                done.map_or_else(|heard| News::Heard(answer, heard), News::Answered)
            }
            line = self.input.next_ours(), if reads => match line {
                Some(Line::Whole(line)) if Directive::is_quit(&line) => News::Stop,
                line => {
                    self.lines.extend(line);
                    News::Nothing
                }
            },
            else => std::future::pending().await,
        }
    }

    /// What is not answered will not be: what had begun may be done all the same.
    pub(super) fn give_up(&mut self) -> Vec<String> {
        let told = |key| knowledge::word(self.setting.lang(), key);
        let lines =
            self.lines.iter().map(|line| self.answer(line).not_done(told("serve.too-late")));
        let begun = self.pending.iter().map(|Pending { answer, given_up, work, .. }| {
            work.abort();
            answer.not_done(told(given_up))
        });
        let given_up = begun.chain(lines).collect();
        (self.pending, self.lines) = (Vec::new(), VecDeque::new());
        given_up
    }

    fn answer(&self, line: &Line) -> Answer {
        let (Line::Whole(line) | Line::TooLong(line)) = line;
        let (json, setting) = (self.json, self.setting.clone());
        Answer { directive: clip(&without_login(line), REPEATED), json, setting }
    }

    /// Answers a line, or begins to. What a client was told is known here by now.
    pub(super) fn asked(&mut self, line: &Line) -> News {
        let answer = self.answer(line);
        let Line::Whole(line) = line else {
            let (lang, most) = (self.setting.lang(), input::LONGEST.to_string());
            let why = knowledge::fill(lang, "serve.line-too-long", &[("most", &most)]);
            return News::Answered(answer.not_done(&why));
        };
        let directive = match Directive::read(line, self.setting.lang()) {
            Ok(Some(directive)) => directive,
            Ok(None) => return News::Nothing,
            Err(why) => return News::Answered(answer.not_done(&why)),
        };
        let (which, what) = match directive {
            Directive::Quit => return News::Stop,
            Directive::Help => return News::Answered(answer.help()),
            Directive::List => {
                let (with, all) = (answer.clone(), self.memory.all());
                let work = tokio::task::spawn_blocking(move || Ok(with.list(&all)));
                let given_up = "serve.given-up";
                self.pending.push(Pending { answer, holds: true, given_up, work });
                return News::Nothing;
            }
            Directive::Clear => {
                self.memory.clear();
                let told = knowledge::word(self.setting.lang(), "serve.cleared");
                return News::Answered(answer.done("cleared", json!({}), told.to_owned()));
            }
            Directive::Fault(text) => return News::Answered(self.play(&answer, &text)),
            Directive::Show(which) => (which, What::Show),
            Directive::Save(name, file) => (Which::Message(name), What::Save(file)),
            Directive::Relay(name, onward, target) => {
                let target = match faults::settle(&target, &self.setting.sources) {
                    Ok(target) => Box::new(target),
                    Err(warning) => {
                        let why = warning.say(self.setting.lang());
                        return News::Answered(answer.not_done(&why));
                    }
                };
                (Which::Message(name), What::Relay(onward, target))
            }
        };
        let found = match &which {
            Which::Session(number) => {
                let known = self.memory.over(*number).is_some();
                (known || self.memory.live(*number).is_some()).then_some((*number, None))
            }
            Which::Message(name) => {
                self.memory.mail(name).map(|(session, mail)| (session, Some(mail)))
            }
        };
        let Some((session, mail)) = found else {
            let answer = self.routed(answer, &what);
            return self.find(answer, which, what);
        };
        self.begin(answer, Task { session, mail, what })
    }

    fn play(&self, answer: &Answer, text: &str) -> String {
        let play = |faults| self.faults.send(Arc::new(faults)).is_ok();
        match faults::play(text, play, &self.setting) {
            Ok((names, told)) => answer.done("playing", json!({ "faults": names }), told),
            Err(why) => answer.not_done(&why),
        }
    }

    /// Begins a task: what is over is here, and what goes on is asked. Other lines wait for that, since
    /// a session hears the last one only who asks.
    fn begin(&mut self, answer: Answer, task: Task) -> News {
        let Task { session: number, .. } = task;
        let answer = self.routed(answer, &task.what);
        let Some(seen) = self.recall(number) else {
            let begun = self.memory.live(number).and_then(|live| live.begun);
            let (heard, given_up) = (self.listen(number), task.what.given_up());
            let work = tokio::spawn(async move {
                let seen = heard.await.map(|dialogue| Seen { number, begun, dialogue });
                Err(Box::new(Heard { task, seen }))
            });
            self.pending.push(Pending { answer, holds: true, given_up, work });
            return News::Nothing;
        };
        self.work(answer, task, seen)
    }

    /// The same answer, where a message is sent on as it was asked for: each is recorded by its number.
    fn routed(&mut self, answer: Answer, what: &What) -> Answer {
        let What::Relay(onward, _) = what else { return answer };
        let mut setting = self.setting.numbered(self.relayed);
        self.relayed += 1;
        // What was not said here is as the command line says.
        setting.route = onward.route.clone().or(&setting.route);
        if onward.password != Password::Asked {
            setting.password = onward.password.clone();
        }
        Answer { setting: Arc::new(setting), ..answer }
    }

    /// What a session that is over has left, if it is here.
    fn recall(&self, number: u64) -> Option<impl Future<Output = Seen> + use<>> {
        let over = self.memory.over(number)?.clone();
        let begun = over.begun;
        Some(async move {
            let seen = tokio::task::spawn_blocking(move || over.seen()).await;
            Seen { number, begun, dialogue: seen.unwrap_or_default() }
        })
    }

    /// What a session that goes on has said so far. Once that was heard nobody listens any more:
    /// whoever reads the answer slowly does not hold the session up.
    fn listen(&self, number: u64) -> impl Future<Output = Option<Dialogue>> + use<> {
        let (told, mut heard) = mpsc::channel(1);
        let session = Whose::Number(number);
        let order = Order::Watch(Watch { session, ear: Ear { number: 0, heard: told } });
        // Where nobody takes orders any more, all sessions are over; since other lines wait for this
        // one, there is room.
        let _ = self.orders.try_send(order);
        async move {
            match heard.recv().await {
                Some((_, driver::Heard::Before(before))) => Some(before.1),
                _ => None,
            }
        }
    }

    /// All reports were heard: what was waited for is here now, or not at all.
    pub(super) fn settle(&mut self, answer: Answer, Heard { task, seen }: Heard) -> News {
        if let Some(seen) = seen {
            return self.work(answer, task, ready(seen));
        }
        if let Some(seen) = self.recall(task.session) {
            return self.work(answer, task, seen);
        }
        let which = task.which();
        self.find(answer, which, task.what)
    }

    /// Looks for what is not in memory where it may lie, and does what is to be done with it.
    fn find(&mut self, answer: Answer, which: Which, what: What) -> News {
        let nowhere = answer.not_here(&which, self.memory.gone());
        let Some(journals) = self.journals.clone() else { return News::Answered(nowhere) };
        let (with, holds, given_up) = (answer.clone(), what.holds(), what.given_up());
        let work = tokio::spawn(async move {
            let Some((seen, mail)) = journals.recalled(which).await else { return Ok(nowhere) };
            let task = Task { session: seen.number, mail, what };
            Ok(Box::pin(task.run(with, seen)).await)
        });
        self.pending.push(Pending { answer, holds, given_up, work });
        News::Nothing
    }

    /// Does it beside all else, once the session was seen.
    fn work(
        &mut self,
        answer: Answer,
        task: Task,
        seen: impl Future<Output = Seen> + Send + 'static,
    ) -> News {
        let (with, holds, given_up) = (answer.clone(), task.what.holds(), task.what.given_up());
        let journals = self.journals.clone();
        let work = tokio::spawn(async move {
            let mut seen = seen.await;
            // What has become too large for memory may lie there as a whole.
            if let (Some(journals), Some(mail)) = (journals, &task.mail)
                && !seen.has_whole(mail.message)
                && let Some((whole, _)) = journals.recalled(task.which()).await
            {
                seen = whole;
            }
            Ok(Box::pin(task.run(with, seen)).await)
        });
        self.pending.push(Pending { answer, holds, given_up, work });
        News::Nothing
    }
}

/// Waits for the first of what is under way; cancel-safe.
async fn done(pending: &mut [Pending]) -> (usize, Result<String, Box<Heard>>) {
    poll_fn(|task| {
        let mut all = pending.iter_mut().enumerate();
        let done = all.find_map(|(at, Pending { work, .. })| match Pin::new(work).poll(task) {
            Poll::Ready(done) => Some((at, done.unwrap_or_else(|_| Ok(String::new())))),
            Poll::Pending => None,
        });
        done.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

impl Task {
    fn which(&self) -> Which {
        match &self.mail {
            Some(mail) => Which::Message(mail.name.clone()),
            None => Which::Session(self.session),
        }
    }

    async fn run(self, answer: Answer, seen: Seen) -> String {
        let work = match (self.mail, self.what) {
            (Some(mail), What::Relay(onward, target)) => {
                return answer.relay(seen, mail, (onward.login, *target)).await;
            }
            (Some(mail), What::Save(file)) => {
                tokio::task::spawn_blocking(move || answer.save(&seen, &mail, &file))
            }
            (Some(mail), What::Show) => {
                tokio::task::spawn_blocking(move || answer.message(&seen, &mail))
            }
            (None, _) => tokio::task::spawn_blocking(move || answer.session(&seen)),
        };
        work.await.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_given_up_is_said_to_be_what_it_is() {
        let (faults, orders) = (watch::channel(Arc::default()).0, mpsc::channel(1).0);
        let mut desk =
            Desk::new((Room::default(), None), false, &Setting::default(), faults, orders);
        let (save, show) = (What::Save("x.eml".into()), What::Show);
        for (what, told) in [(save, "may be incomplete"), (show, "when the server stopped")] {
            let (answer, holds) = (desk.answer(&Line::Whole(String::new())), what.holds());
            let (given_up, work) = (what.given_up(), tokio::spawn(std::future::pending()));
            desk.pending.push(Pending { answer, holds, given_up, work });
            let said = desk.give_up().join("\n");
            assert!(said.contains(told) && !said.contains("not known"), "{said}");
        }
    }
}
