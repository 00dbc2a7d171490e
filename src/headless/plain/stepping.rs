//! A plan line by line: `:load`, `:step`, `:run`, `:until`, and going back with `:rewind`.

use std::num::NonZeroUsize;
use std::path::Path;

use crate::display::{plan as shown, transcript as misread};
use crate::journal::Ending;
use crate::journal::transcript::{self, Place};
use crate::knowledge;
use crate::session::plan::{Next, Plan, Rest, What, last_talk};
use crate::speaker::plan::{self, Order};
use crate::speaker::{Directive, Say, directive};

use super::super::{plan as file, say};
use super::Front;

/// A plan, and where it is to go.
#[derive(Default)]
pub(super) struct Stepping {
    plan: Option<Plan>,
    /// The step before which a session that begins again stops, and the connection it leaves.
    rewind: Option<(usize, u32)>,
    /// When a step has waited long enough.
    pub(super) until: Option<tokio::time::Instant>,
}

impl Stepping {
    /// Whether steps go by themselves: no line is read meanwhile.
    pub(super) fn is_running(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::is_running)
    }

    /// So many bytes of ours are on the wire.
    pub(super) fn wrote(&mut self, bytes: usize) {
        if let Some(plan) = &mut self.plan {
            plan.wrote(bytes);
        }
    }

    /// What was held of a step leaves as so many bytes.
    pub(super) fn leaves_as(&mut self, bytes: usize) {
        if let Some(plan) = &mut self.plan {
            plan.leaves_as(bytes);
        }
    }

    /// A breakpoint was reached.
    pub(super) fn stop(&mut self) {
        self.rewind = None;
        if let Some(plan) = &mut self.plan {
            plan.stop();
        }
    }

    /// Waits until a step has waited long enough, for ever if none waits.
    pub(super) async fn wait(until: Option<tokio::time::Instant>) {
        match until {
            Some(until) => tokio::time::sleep_until(until).await,
            None => std::future::pending().await,
        }
    }
}

impl Front {
    /// Does what is said to the plan.
    pub(super) async fn obey(&mut self, order: Order) -> anyhow::Result<()> {
        match order {
            Order::Load(name) => {
                match file::load(Path::new(&name), &self.setting, self.setting.lang()) {
                    Ok(plan) => self.begin_plan(plan)?,
                    Err(error) => self.refuse(&format!("{error:#}")),
                }
            }
            Order::Remaining => self.remaining()?,
            Order::Rewind(n) => self.rewind(n)?,
            order => match self.stepping.plan.take() {
                Some(mut plan) => {
                    let told = self.told_to(&mut plan, order);
                    self.stepping.plan = Some(plan);
                    say(&told)?;
                }
                None => self.refuse(knowledge::word(self.setting.lang(), "plan.none")),
            },
        }
        self.steps().await
    }

    /// Tells the plan what to do; gives what there is to say about it.
    fn told_to(&self, plan: &mut Plan, order: Order) -> String {
        let at = plan.at();
        let last = plan.steps().len().checked_sub(1);
        let done = match order {
            Order::Step if !plan.is_over() => {
                plan.step();
                return String::new();
            }
            Order::Run if !plan.is_over() => {
                plan.run(None);
                return String::new();
            }
            Order::Until(pattern) if !plan.is_over() => {
                plan.run(Some(pattern));
                return String::new();
            }
            Order::Skip => plan.skip(),
            Order::Change(what) => plan.change(at, what),
            Order::Add(what) => {
                plan.add(last, what);
                true
            }
            Order::Show => return (0..plan.steps().len()).map(|at| self.step(plan, at)).collect(),
            _ => false,
        };
        if done { self.step(plan, plan.at()) } else { self.note("plan.empty", &[]) }
    }

    /// A step in words; nothing where there is none.
    fn step(&self, plan: &Plan, at: usize) -> String {
        if at >= plan.steps().len() {
            return String::new();
        }
        let (lang, with_secrets) = (self.setting.lang(), self.setting.with_secrets);
        let line = shown::line(plan, at, &self.dialogue, lang, with_secrets);
        let more = (line.more > 0)
            .then(|| knowledge::fill(lang, "plan.more", &[("n", &line.more.to_string())]));
        let more = more.map_or_else(String::new, |more| format!(" ({more})"));
        let unmet = line.unmet.map_or_else(String::new, |unmet| format!(": {unmet}"));
        let text =
            format!("{} {} {}{more}  {}{unmet}", line.number, line.sign, line.what, line.word);
        format!("# {}\n", text.trim_end())
    }

    /// A plan takes the place of the one before.
    fn begin_plan(&mut self, plan: Plan) -> anyhow::Result<()> {
        let (name, n) = (plan.name.clone(), plan.steps().len().to_string());
        let told = self.note("plan.loaded.plain", &[("name", &name), ("n", &n)]);
        let next = self.step(&plan, 0);
        self.stepping.plan = Some(plan);
        say(&[told, next].concat())
    }

    /// What is missing of a transaction becomes the plan.
    fn remaining(&mut self) -> anyhow::Result<()> {
        let lang = self.setting.lang();
        let lines = crate::advice::remaining(&self.dialogue, &self.habits);
        if lines.is_empty() {
            return say(&self.note("plan.whole", &[]));
        }
        match plan::pasted(&lines.join("\n")) {
            Ok((greeting, steps)) => {
                let name = knowledge::word(lang, "plan.remaining").to_owned();
                self.begin_plan(Plan::new(name, greeting, steps))
            }
            Err(error) => {
                self.refuse(&misread::say(&error, lang));
                Ok(())
            }
        }
    }

    /// Goes on with the plan, as long as it is its turn.
    pub(super) async fn steps(&mut self) -> anyhow::Result<()> {
        // Before the new connection is there nothing is said.
        let here = self.dialogue.connection();
        if self.stepping.rewind.is_some_and(|(_, left)| left == here) {
            return Ok(());
        }
        let free = self.said == self.heard_of_us
            && self.errand.is_none()
            && self.held.is_none()
            && self.asks.is_none()
            && !self.is_upgrading();
        let Some(mut plan) = self.stepping.plan.take() else { return Ok(()) };
        let next = plan.next(&self.dialogue, free);
        let told = match &next {
            Next::Rest(rest) => self.rests(&plan, rest),
            Next::Wait | Next::Give(_) => String::new(),
        };
        self.stepping.plan = Some(plan);
        say(&told)?;
        match next {
            Next::Give(what) => self.give_step(what).await,
            Next::Wait | Next::Rest(_) => Ok(()),
        }
    }

    async fn give_step(&mut self, what: What) -> anyhow::Result<()> {
        match what {
            What::Say(bytes) | What::Text(bytes) => self.say(Say::Bytes(bytes)).await,
            What::Answer(bytes) => {
                self.dialogue.hide(&bytes);
                self.say(Say::Answer(bytes)).await;
            }
            What::Wait(time) => self.stepping.until = Some(tokio::time::Instant::now() + time),
            What::Directive(line) => {
                let (name, argument) = transcript::directive(line.as_bytes());
                let at = Place { line: 1, column: 1 };
                let read = directive::read(&name, argument, at).ok().flatten();
                let speaks = read.as_ref().is_none_or(Directive::speaks);
                Box::pin(self.typed(format!(":{line}").as_bytes())).await?;
                let under_way = self.errand.is_some() || self.asks.is_some();
                let silent = self.said == self.heard_of_us && !under_way;
                match &mut self.stepping.plan {
                    Some(plan) if !speaks => plan.waited(),
                    Some(plan) if silent && line != "close" => plan.take_back(),
                    _ => {}
                }
                if !speaks {
                    return Box::pin(self.steps()).await;
                }
            }
            What::Closed | What::Gone => {}
        }
        Ok(())
    }

    /// A step has waited long enough.
    pub(super) async fn waited(&mut self) -> anyhow::Result<()> {
        self.stepping.until = None;
        if let Some(plan) = &mut self.stepping.plan {
            plan.waited();
        }
        self.steps().await
    }

    /// Why the plan rests, and which step comes next.
    fn rests(&mut self, plan: &Plan, rest: &Rest) -> String {
        let lang = self.setting.lang();
        let rewind = self.stepping.rewind.take().map(|(to, _)| to);
        let told = shown::rest(rest, rewind, plan, &self.dialogue, lang);
        let told = told.map_or_else(String::new, |told| format!("# {told}\n"));
        told + &self.step(plan, plan.at())
    }

    /// Connects again, says again what was said before step `n`, and stops there.
    fn rewind(&mut self, n: Option<NonZeroUsize>) -> anyhow::Result<()> {
        let Some(connection) = last_talk(&self.dialogue) else {
            self.refuse(knowledge::word(self.setting.lang(), "rewind.nothing"));
            return Ok(());
        };
        let name = knowledge::word(self.setting.lang(), "plan.again").to_owned();
        let mut plan = Plan::again(name, &self.dialogue, connection);
        let count = plan.steps().len();
        let to = n.map_or_else(|| count.saturating_sub(1), |n| n.get() - 1);
        if to >= count {
            let (n, count) = ((to + 1).to_string(), count.to_string());
            let values = [("n", &*n), ("count", &*count)];
            self.refuse(&knowledge::fill(self.setting.lang(), "rewind.no-step", &values));
            return Ok(());
        }
        plan.run_to(to);
        let here = self.dialogue.connection();
        self.stepping = Stepping { plan: Some(plan), rewind: Some((to, here)), until: None };
        // What is said to begin TLS is a step of the plan now.
        self.setting.tls = self.setting.tls.clone().without_upgrade();
        self.said = self.heard_of_us;
        (self.errand, self.group, self.held) = (None, None, None);
        let _ = self.again.try_send(());
        let _ = self.say.try_send(Say::Close(Ending::Finished));
        say(&self.note("rewind.under-way", &[("n", &(to + 1).to_string())]))
    }
}
