//! Who is asked line by line what a server keeps. One directive is answered behind the other: the next
//! line is read when the last one is answered, so that nothing piles up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::headless::input::Input;
use crate::headless::{Setting, faults};
use crate::knowledge;
use crate::net::dial::Target;
use crate::net::driver::{Ear, Heard};
use crate::net::listen::{Order, Report};
use crate::net::route::Route;
use crate::net::watch::{Watch, Whose};
use crate::session::archive::Room;
use crate::speaker::fault::Faults;

use super::answer::{Answer, Seen};
use super::directive::{Directive, Which, without_login};
use super::memory::{Mail, Memory};

/// How long it is until it is looked again whether the terminal is ours.
const LOOK: Duration = Duration::from_secs(1);

/// How long the end waits for what is under way: another server may never answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers what is asked.
pub(super) struct Desk {
    memory: Memory,
    input: Input,
    pending: Option<Pending>,
    setting: Arc<Setting>,
    json: bool,
    faults: watch::Sender<Arc<Faults>>,
    orders: mpsc::Sender<Order>,
    /// How many messages were sent on.
    relayed: usize,
}

/// What is being answered.
enum Pending {
    /// A session that goes on is asked for what it has.
    Asked(Answer, Task, mpsc::Receiver<(usize, Heard)>),
    /// It was over before it could be heard.
    TooLate(Answer, Task),
    /// It is being done elsewhere.
    Work(Answer, JoinHandle<String>),
}

/// What is to be done with a session or a message of it.
struct Task {
    session: u64,
    mail: Option<Mail>,
    what: What,
}

enum What {
    Show,
    Save(PathBuf),
    Relay(Option<Box<Route>>, Box<Target>),
}

/// Something happened at the desk.
pub(super) enum News {
    /// A directive was answered.
    Answered(String),
    /// Nothing is known yet.
    Nothing,
    /// A line was said.
    Line(String),
    /// The server is to stop.
    Stop,
    /// A session was over before it could be heard: what it has left is among the reports.
    Late,
}

impl Desk {
    /// Nothing was asked yet.
    pub(super) fn new(
        room: Room,
        json: bool,
        setting: &Setting,
        faults: watch::Sender<Arc<Faults>>,
        orders: mpsc::Sender<Order>,
    ) -> Self {
        Self {
            memory: Memory::new(room),
            input: Input::new(),
            pending: None,
            setting: Arc::new(setting.clone()),
            json,
            faults,
            orders,
            relayed: 0,
        }
    }

    /// Remembers what was reported, as long as anybody can ask for it.
    pub(super) fn note(&mut self, report: Report) {
        if !self.input.ended {
            self.memory.note(report);
        }
    }

    /// Waits for the next line, or for the answer to the last one; cancel-safe.
    pub(super) async fn next(&mut self) -> News {
        match &mut self.pending {
            None if self.input.ended => std::future::pending().await,
            None if !self.input.is_ours() => {
                tokio::time::sleep(LOOK).await;
                News::Nothing
            }
            None => {
                let line = self.input.next().await;
                // What cannot be read any more has ended.
                self.input.ended |= line.is_err();
                if self.input.ended {
                    self.memory.forget();
                }
                line.ok().flatten().map_or(News::Nothing, News::Line)
            }
            Some(Pending::Work(_, work)) => {
                let answer = work.await.unwrap_or_default();
                self.pending = None;
                News::Answered(answer)
            }
            Some(Pending::Asked(_, _, heard)) => {
                let heard = heard.recv().await;
                self.heard(heard.map(|(_, heard)| heard))
            }
            Some(Pending::TooLate(..)) => News::Late,
        }
    }

    /// Waits for what is under way, for a while; where nothing is, there is nothing.
    pub(super) async fn last(&mut self) -> Option<String> {
        match self.pending.take()? {
            Pending::Work(answer, mut work) => {
                if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
                    return done.ok();
                }
                work.abort();
                Some(answer.not_done(knowledge::word(self.setting.lang(), "serve.too-late")))
            }
            Pending::Asked(answer, task, _) | Pending::TooLate(answer, task) => {
                self.pending = Some(Pending::TooLate(answer, task));
                match self.settle() {
                    News::Answered(answer) => Some(answer),
                    _ => Box::pin(self.last()).await,
                }
            }
        }
    }

    /// Answers a line, or begins to. What a client was told is known here by now.
    pub(super) fn asked(&mut self, line: &str) -> News {
        let (json, setting) = (self.json, self.setting.clone());
        let answer = Answer { directive: without_login(line), json, setting };
        let directive = match Directive::read(line, self.setting.lang()) {
            Ok(Some(directive)) => directive,
            Ok(None) => return News::Nothing,
            Err(why) => return News::Answered(answer.not_done(&why)),
        };
        let (which, what) = match directive {
            Directive::Quit => return News::Stop,
            Directive::Help => return News::Answered(answer.help()),
            Directive::List => return News::Answered(answer.list(&self.memory)),
            Directive::Clear => {
                self.memory.clear();
                let told = knowledge::word(self.setting.lang(), "serve.cleared");
                return News::Answered(answer.done("cleared", json!({}), told.to_owned()));
            }
            Directive::Fault(text) => return News::Answered(self.play(&answer, &text)),
            Directive::Show(which) => (which, What::Show),
            Directive::Save(name, file) => (Which::Message(name), What::Save(file)),
            Directive::Relay(name, route, target) => {
                let target = match faults::settle(&target, &self.setting.sources) {
                    Ok(target) => Box::new(target),
                    Err(warning) => {
                        let why = warning.say(self.setting.lang());
                        return News::Answered(answer.not_done(&why));
                    }
                };
                (Which::Message(name), What::Relay(route, target))
            }
        };
        let found = match &which {
            Which::Session(number) => {
                let known = self.memory.over(*number).is_some();
                (known || self.memory.live(*number).is_some()).then_some((*number, None))
            }
            Which::Message(name) => {
                let mail = self.memory.mail(name);
                mail.map(|(session, mail)| (session, Some(mail.clone())))
            }
        };
        let Some((session, mail)) = found else {
            return News::Answered(answer.not_here(&which, self.memory.gone()));
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

    /// Begins a task: what is over is here, and what goes on is asked.
    fn begin(&mut self, answer: Answer, task: Task) -> News {
        if self.memory.over(task.session).is_some() {
            self.recall(answer, task);
            return News::Nothing;
        }
        let (told, heard) = mpsc::channel(1);
        let session = Whose::Number(task.session);
        let order = Order::Watch(Watch { session, ear: Ear { number: 0, heard: told } });
        self.pending = Some(match self.orders.try_send(order) {
            Ok(()) => Pending::Asked(answer, task, heard),
            // Where nobody takes orders any more, all sessions are over.
            Err(_) => Pending::TooLate(answer, task),
        });
        News::Nothing
    }

    fn heard(&mut self, heard: Option<Heard>) -> News {
        let Some(Pending::Asked(answer, task, _)) = self.pending.take() else {
            return News::Nothing;
        };
        let Some(Heard::Before(before)) = heard else {
            self.pending = Some(Pending::TooLate(answer, task));
            return News::Late;
        };
        let begun = self.memory.live(task.session).and_then(|live| live.begun);
        self.work(answer, Seen { number: task.session, begun, dialogue: before.1 }, task);
        News::Nothing
    }

    /// All reports were heard: what was waited for is here now, or not at all.
    pub(super) fn settle(&mut self) -> News {
        let Some(Pending::TooLate(answer, task)) = self.pending.take() else {
            return News::Nothing;
        };
        let (which, told) = (task.which(), answer.clone());
        match self.recall(answer, task) {
            Some(()) => News::Nothing,
            None => News::Answered(told.not_here(&which, self.memory.gone())),
        }
    }

    /// Does what is to be done with a session that is over, if it is here.
    fn recall(&mut self, answer: Answer, task: Task) -> Option<()> {
        let over = self.memory.over(task.session)?;
        let (number, begun, dialogue) = (task.session, over.begun, over.seen());
        self.work(answer, Seen { number, begun, dialogue }, task);
        Some(())
    }

    /// Does it beside all else.
    fn work(&mut self, answer: Answer, seen: Seen, task: Task) {
        let Task { mail, what, .. } = task;
        let told = answer.clone();
        let work = match (mail, what) {
            (None, _) => tokio::task::spawn_blocking(move || answer.session(&seen)),
            (Some(mail), What::Show) => {
                tokio::task::spawn_blocking(move || answer.message(&seen, &mail))
            }
            (Some(mail), What::Save(file)) => {
                tokio::task::spawn_blocking(move || answer.save(&seen, &mail, &file))
            }
            (Some(mail), What::Relay(route, target)) => {
                let mut setting = self.setting.numbered(self.relayed);
                self.relayed += 1;
                if let Some(route) = route {
                    setting.route = *route;
                }
                let answer = Answer { setting: Arc::new(setting), ..answer };
                tokio::spawn(answer.relay(seen, mail, *target))
            }
        };
        self.pending = Some(Pending::Work(told, work));
    }
}

impl Task {
    fn which(&self) -> Which {
        match &self.mail {
            Some(mail) => Which::Message(mail.name.clone()),
            None => Which::Session(self.session),
        }
    }
}
