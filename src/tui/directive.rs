//! The directives: what a person can say to the program at the prompt, behind a colon; and why
//! one of them cannot be done now.

use crate::display::fault;
use crate::session::Dialogue;

use super::model::Model;
use super::relay;
use super::sessions::is_practice;

/// What a directive does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Connects this session.
    Connect,
    /// Opens another session.
    New,
    /// Opens a recording, a transcript or messages.
    Open,
    /// Says a message that was caught to another server.
    Relay,
    /// Opens what is known about some words.
    Explain,
    /// Says something on the wire, as `speaker::directive` reads it.
    Say,
    /// Opens the editor.
    Edit,
    /// Puts something into the draft.
    Insert,
    /// Attaches a file to the draft.
    Attach,
    /// Asks who the server is, and shows what is known.
    Who,
    /// Shows a view of the message.
    View,
    /// Goes to a place in it.
    Goto,
    /// Keeps a part of it in a file.
    SavePart,
    /// Verifies the last message, and shows what was found.
    Verify,
    /// Says where sessions stop, and what becomes of what is held.
    Break,
    /// Lets the practice server misbehave.
    Fault,
    /// Compares the session with another one.
    Compare,
    /// Shows the session as it stood at another moment.
    Travel,
    /// Does something with a plan.
    Plan,
    /// Opens the help.
    Help,
    /// Leaves.
    Quit,
}

/// One directive.
#[derive(Debug)]
pub struct Directive {
    /// Its name, without the colon.
    pub name: &'static str,
    /// A shorter name.
    pub short: Option<&'static str>,
    /// What stands behind it, in capitals; nothing if that is empty.
    pub argument: &'static str,
    /// Whether it says nothing without its argument.
    pub needs_argument: bool,
    /// The key of its words.
    pub words: &'static str,
    /// Why it cannot be done now: the key of a sentence.
    pub reason: fn(&Model) -> Option<&'static str>,
    /// What it does.
    pub does: Does,
}

impl PartialEq for Directive {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Directive {}

/// What stands behind `:timeout`.
pub const LIMIT: &str = "NAME=SECONDS";

/// What stands behind `:fault`.
pub const FAULTS: &str = fault::FORM;

/// What stands behind `:view`.
pub const VIEW: &str = "VIEW";

/// What stands behind `:release`.
pub const RELEASE: &str = "after TIME|in BYTES TIME|as TEXT|twice";

/// What stands behind `:compare`.
pub const COMPARE: &str = "SESSION|FILE";
/// What stands behind `:back` and `:forward`.
pub const STRIDES: &str = "[NUMBER] [events]";

/// What stands behind `:save-part`.
pub const SAVE: &str = "[PART] [--as FORM] FILE";

/// An option about the way to a server, which stands before the target.
#[derive(Debug, PartialEq, Eq)]
pub struct ReachOption {
    /// Its name.
    pub name: &'static str,
    /// What stands behind it; nothing if that is empty.
    pub value: &'static str,
    /// The key of its words.
    pub words: &'static str,
}

/// The options about the way, as the command line has them.
pub static REACH: [ReachOption; 11] = [
    ReachOption { name: "--ipv4", value: "", words: "way.ipv4" },
    ReachOption { name: "--ipv6", value: "", words: "way.ipv6" },
    ReachOption { name: "--source", value: "ADDR[:PORT]", words: "way.source" },
    ReachOption { name: "--dns", value: "ADDR[:PORT]", words: "way.dns" },
    ReachOption { name: "--via", value: "PROXY", words: "way.via" },
    ReachOption { name: "--proxy-protocol", value: "FORM|TEXT", words: "way.proxy-protocol" },
    ReachOption { name: "--proxy-source", value: "ADDR:PORT", words: "way.proxy-source" },
    ReachOption { name: "--proxy-destination", value: "ADDR:PORT", words: "way.proxy-destination" },
    ReachOption { name: "--who", value: "auto|all|none", words: "way.who" },
    ReachOption { name: "--sts", value: "DOMAIN", words: "way.sts" },
    ReachOption { name: "--sts-address", value: "ADDR[:PORT]", words: "way.sts-address" },
];

/// What a directive calls an argument that is a target, with options before it.
pub const TARGET: &str = "[OPTIONS] TARGET";

/// Where options begin behind a target; a program has its own.
pub fn option_behind(argument: &str) -> Option<usize> {
    let runs = argument.trim_start().starts_with(['-']) || argument.contains("pipe:");
    argument.find(" -").filter(|_| !runs).map(|at| at + 1)
}

/// Every directive, in the order of the lists.
pub static DIRECTIVES: [Directive; 48] = [
    Directive {
        name: "connect",
        short: None,
        argument: TARGET,
        needs_argument: false,
        words: "help.connect",
        reason: cannot_dial,
        does: Does::Connect,
    },
    Directive {
        name: "new",
        short: None,
        argument: TARGET,
        needs_argument: false,
        words: "session.new",
        reason: |_| None,
        does: Does::New,
    },
    Directive {
        name: "open",
        short: None,
        argument: "FILE",
        needs_argument: true,
        words: "help.open",
        reason: |_| None,
        does: Does::Open,
    },
    Directive {
        name: "starttls",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.starttls",
        reason: cannot_begin,
        does: Does::Say,
    },
    Directive {
        name: "auth",
        short: None,
        argument: "MECHANISM USER",
        needs_argument: true,
        words: "help.auth",
        reason: cannot_begin,
        does: Does::Say,
    },
    Directive {
        name: "b64",
        short: None,
        argument: "TEXT",
        needs_argument: true,
        words: "help.b64",
        reason: cannot_say,
        does: Does::Say,
    },
    Directive {
        name: "raw",
        short: None,
        argument: "TEXT",
        needs_argument: true,
        words: "help.raw",
        reason: cannot_say,
        does: Does::Say,
    },
    Directive {
        name: "drip",
        short: None,
        argument: "BYTES WAIT TEXT",
        needs_argument: true,
        words: "help.drip",
        reason: cannot_drip,
        does: Does::Say,
    },
    Directive {
        name: "data",
        short: None,
        argument: "FILE",
        needs_argument: true,
        words: "help.data",
        reason: cannot_send_file,
        does: Does::Say,
    },
    Directive {
        name: "bdat",
        short: None,
        argument: "[SIZE] [LAST] TEXT|@FILE",
        needs_argument: true,
        words: "help.bdat",
        reason: cannot_chunk,
        does: Does::Say,
    },
    Directive {
        name: "pipeline",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.pipeline",
        reason: cannot_group,
        does: Does::Say,
    },
    Directive {
        name: "end",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.end",
        reason: cannot_end,
        does: Does::Say,
    },
    Directive {
        name: "cancel",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.cancel",
        reason: has_no_group,
        does: Does::Say,
    },
    Directive {
        name: "edit",
        short: None,
        argument: "",
        needs_argument: false,
        words: "editor.open",
        reason: cannot_edit,
        does: Does::Edit,
    },
    Directive {
        name: "insert",
        short: None,
        argument: "WHAT",
        needs_argument: true,
        words: "editor.insert",
        reason: cannot_edit,
        does: Does::Insert,
    },
    Directive {
        name: "attach",
        short: None,
        argument: "FILE",
        needs_argument: false,
        words: "editor.file",
        reason: cannot_edit,
        does: Does::Attach,
    },
    Directive {
        name: "close",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.close",
        reason: cannot_close,
        does: Does::Say,
    },
    Directive {
        name: "reset",
        short: None,
        argument: "TEXT",
        needs_argument: false,
        words: "help.reset",
        reason: cannot_reset,
        does: Does::Say,
    },
    Directive {
        name: "timeout",
        short: None,
        argument: LIMIT,
        needs_argument: true,
        words: "help.timeout",
        reason: |_| None,
        does: Does::Say,
    },
    Directive {
        name: "fault",
        short: None,
        argument: FAULTS,
        needs_argument: true,
        words: "help.fault",
        reason: has_no_practice,
        does: Does::Fault,
    },
    Directive {
        name: "break",
        short: None,
        argument: "PATTERN",
        needs_argument: false,
        words: "help.break",
        reason: |_| None,
        does: Does::Break,
    },
    Directive {
        name: "unbreak",
        short: None,
        argument: "NUMBER",
        needs_argument: false,
        words: "help.unbreak",
        reason: |model| model.breakpoints.is_empty().then_some("gate.none"),
        does: Does::Break,
    },
    Directive {
        name: "release",
        short: None,
        argument: RELEASE,
        needs_argument: false,
        words: "help.release",
        reason: holds_nothing,
        does: Does::Break,
    },
    Directive {
        name: "drop",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.drop",
        reason: holds_nothing,
        does: Does::Break,
    },
    Directive {
        name: "back",
        short: None,
        argument: STRIDES,
        needs_argument: false,
        words: "help.back",
        reason: cannot_travel,
        does: Does::Travel,
    },
    Directive {
        name: "forward",
        short: None,
        argument: STRIDES,
        needs_argument: false,
        words: "help.forward",
        reason: is_now,
        does: Does::Travel,
    },
    Directive {
        name: "exchange",
        short: None,
        argument: "NUMBER",
        needs_argument: true,
        words: "help.exchange",
        reason: cannot_travel,
        does: Does::Travel,
    },
    Directive {
        name: "now",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.now",
        reason: is_now,
        does: Does::Travel,
    },
    Directive {
        name: "load",
        short: None,
        argument: "FILE",
        needs_argument: true,
        words: "help.load",
        reason: cannot_step,
        does: Does::Plan,
    },
    Directive {
        name: "remaining",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.remaining",
        reason: cannot_talk,
        does: Does::Plan,
    },
    Directive {
        name: "plan",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.plan",
        reason: has_no_plan,
        does: Does::Plan,
    },
    Directive {
        name: "step",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.step",
        reason: has_no_plan,
        does: Does::Plan,
    },
    Directive {
        name: "run",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.run",
        reason: has_no_plan,
        does: Does::Plan,
    },
    Directive {
        name: "until",
        short: None,
        argument: "PATTERN",
        needs_argument: true,
        words: "help.until",
        reason: has_no_plan,
        does: Does::Plan,
    },
    Directive {
        name: "skip",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.skip",
        reason: has_no_plan,
        does: Does::Plan,
    },
    Directive {
        name: "change",
        short: None,
        argument: "TEXT",
        needs_argument: true,
        words: "help.change",
        reason: has_no_plan,
        does: Does::Plan,
    },
    Directive {
        name: "add",
        short: None,
        argument: "TEXT",
        needs_argument: true,
        words: "help.add",
        reason: cannot_step,
        does: Does::Plan,
    },
    Directive {
        name: "rewind",
        short: None,
        argument: "NUMBER",
        needs_argument: false,
        words: "help.rewind",
        reason: cannot_rewind,
        does: Does::Plan,
    },
    Directive {
        name: "relay",
        short: None,
        argument: TARGET,
        needs_argument: true,
        words: "help.relay",
        reason: relay::cannot,
        does: Does::Relay,
    },
    Directive {
        name: "who",
        short: None,
        argument: "DOMAIN",
        needs_argument: false,
        words: "help.who",
        reason: |model| (model.session.dialogue.connection() == 0).then_some("who.nobody"),
        does: Does::Who,
    },
    Directive {
        name: "view",
        short: None,
        argument: VIEW,
        needs_argument: true,
        words: "help.view",
        reason: |_| None,
        does: Does::View,
    },
    Directive {
        name: "compare",
        short: None,
        argument: COMPARE,
        needs_argument: false,
        words: "help.compare",
        reason: |_| None,
        does: Does::Compare,
    },
    Directive {
        name: "goto",
        short: None,
        argument: "NUMBER|0xOFFSET",
        needs_argument: true,
        words: "help.goto",
        reason: has_no_content,
        does: Does::Goto,
    },
    Directive {
        name: "save-part",
        short: None,
        argument: SAVE,
        needs_argument: true,
        words: "help.save-part",
        reason: has_no_content,
        does: Does::SavePart,
    },
    Directive {
        name: "verify",
        short: None,
        argument: "OPTIONS",
        needs_argument: false,
        words: "help.verify",
        reason: |model| {
            let none = model.session.dialogue.messages().is_empty();
            none.then_some("authenticity.no-message")
        },
        does: Does::Verify,
    },
    Directive {
        name: "explain",
        short: None,
        argument: "WORD",
        needs_argument: true,
        words: "help.explain",
        reason: |_| None,
        does: Does::Explain,
    },
    Directive {
        name: "help",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help",
        reason: |_| None,
        does: Does::Help,
    },
    Directive {
        name: "quit",
        short: Some("q"),
        argument: "",
        needs_argument: false,
        words: "quit",
        reason: |_| None,
        does: Does::Quit,
    },
];

impl Directive {
    /// The directive of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        DIRECTIVES.iter().find(|directive| directive.is_called(name))
    }

    /// Whether `name` is its name, or its shorter one, whatever its case.
    pub fn is_called(&self, name: &str) -> bool {
        [Some(self.name), self.short].into_iter().flatten().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// Whether it is a line of a group that is being typed.
    pub fn is_line(&self) -> bool {
        matches!(self.name, "raw" | "b64" | "bdat")
    }

    /// How it is written: `:connect TARGET`.
    pub fn written(&self) -> String {
        format!(":{} {}", self.name, self.argument).trim_end().to_owned()
    }
}

/// Why nothing can be let go.
pub fn holds_nothing(model: &Model) -> Option<&'static str> {
    model.session.at_gate.is_none().then_some("gate.nothing")
}

/// Why the session cannot be seen as it stood before.
pub fn cannot_travel(model: &Model) -> Option<&'static str> {
    if model.session.past.is_empty() {
        Some("travel.nothing")
    } else {
        model.session.is_stored().then_some("travel.stored")
    }
}

/// Why there is no way forward.
pub fn is_now(model: &Model) -> Option<&'static str> {
    (!model.session.travels()).then_some("travel.is-now")
}

/// Why there is no step to be sent.
pub fn has_no_plan(model: &Model) -> Option<&'static str> {
    model.session.plan.is_none().then_some("plan.none")
}

/// Why nothing can be stepped through here, ever.
pub fn cannot_step(model: &Model) -> Option<&'static str> {
    answers(model).or_else(|| model.session.recorded.then(|| nothing_to_send(model)))
}

/// Why nothing can be said again.
pub fn cannot_rewind(model: &Model) -> Option<&'static str> {
    let silent = model.session.dialogue.connection() == 0;
    cannot_step(model).or_else(|| silent.then_some("rewind.nothing"))
}

/// Why there is nothing of a message to be seen.
fn has_no_content(model: &Model) -> Option<&'static str> {
    model.session.seen().messages().is_empty().then_some("content.empty")
}

/// Why nothing can ever be sent from a session that is only looked at.
pub const fn nothing_to_send(model: &Model) -> &'static str {
    if model.session.catcher.is_some() {
        "prompt.catcher"
    } else if model.session.caught.is_some() {
        "prompt.caught"
    } else if model.session.other_end_of.is_some() {
        "prompt.other-end"
    } else {
        "prompt.file"
    }
}

/// That a certificate is to be judged first: the key of its sentence.
pub const UNTRUSTED: &str = "question.certificate.first";

/// Why no line can be sent. What goes on by itself would take it for its own.
pub fn cannot_send(model: &Model) -> Option<&'static str> {
    cannot_talk(model).or_else(|| model.session.under_way())
}

/// Why no text can be sent. It would become a part of a message that goes out by itself, or a
/// command behind it.
pub fn cannot_say(model: &Model) -> Option<&'static str> {
    let sending = model.session.sending.as_ref().is_some_and(|sending| !sending.by_hand);
    cannot_send(model).or_else(|| sending.then_some("editor.busy"))
}

/// Why nothing can be said in this session.
pub fn cannot_talk(model: &Model) -> Option<&'static str> {
    if model.session.recorded {
        Some(nothing_to_send(model))
    } else if !model.session.is_trusted() {
        Some(UNTRUSTED)
    } else if model.session.dialogue.phase().is_open() {
        None
    } else if model.session.awaits_a_client() {
        Some("hand.awaits")
    } else if model.session.hand.is_some() {
        Some("hand.gone")
    } else {
        Some("prompt.closed")
    }
}

/// Why nothing can be said by a directive that is no line of a group.
fn is_grouping(model: &Model) -> Option<&'static str> {
    model.session.group.is_some().then_some("group.grouped")
}

/// Why nothing can be sent in pieces.
fn cannot_drip(model: &Model) -> Option<&'static str> {
    is_grouping(model).or_else(|| cannot_say(model))
}

/// Why no chunk can be sent.
fn cannot_chunk(model: &Model) -> Option<&'static str> {
    let session = &model.session;
    let text = session.dialogue.awaits_mail_data() && session.group.is_none();
    answers(model).or_else(|| cannot_send(model)).or_else(|| text.then_some("reason.text"))
}

/// Why no group can be begun.
fn cannot_group(model: &Model) -> Option<&'static str> {
    answers(model)
        .or_else(|| is_grouping(model))
        .or_else(|| cannot_send(model))
        .or_else(|| reads_text(&model.session.dialogue))
}

/// Why there is no group to be dropped.
fn has_no_group(model: &Model) -> Option<&'static str> {
    model.session.group.is_none().then_some("misread.end")
}

/// Why no group can be sent.
fn cannot_end(model: &Model) -> Option<&'static str> {
    has_no_group(model).or_else(|| cannot_send(model))
}

/// Why no NOOP can be sent.
pub fn cannot_keep_alive(model: &Model) -> Option<&'static str> {
    let dialogue = &model.session.dialogue;
    answers(model)
        .or_else(|| cannot_send(model))
        .or_else(|| model.session.at_gate.is_some().then_some("gate.first"))
        .or_else(|| reads_text(dialogue))
        .or_else(|| (!dialogue.awaits_client()).then_some("header.wait"))
}

/// As what the server would read a command, if not as one: the key of a sentence.
pub fn reads_text(dialogue: &Dialogue) -> Option<&'static str> {
    if dialogue.awaits_mail_data() {
        Some("reason.text")
    } else if dialogue.awaits_octets() {
        Some("header.octets")
    } else {
        dialogue.awaits_login().then_some("login.by-hand")
    }
}

/// Why nothing can begin that goes on by itself: a login, a switch to TLS.
pub fn cannot_begin(model: &Model) -> Option<&'static str> {
    answers(model)
        .or_else(|| is_grouping(model))
        .or_else(|| cannot_keep_alive(model))
        .or_else(|| something_leaves(model))
}

/// Why no file can be sent.
pub fn cannot_send_file(model: &Model) -> Option<&'static str> {
    let ready = model.session.dialogue.awaits_mail_data();
    let where_else = (!ready).then_some("message.data-where");
    answers(model)
        .or_else(|| is_grouping(model))
        .or(where_else)
        .or_else(|| cannot_send(model))
        .or_else(|| something_leaves(model))
}

/// Why nothing can begin now: something else is on its way out.
pub fn something_leaves(model: &Model) -> Option<&'static str> {
    let session = &model.session;
    if session.sending.is_some() {
        return Some("editor.busy");
    }
    let waits = session.queue.is_some() || session.drip.is_some() || !session.unheard.is_empty();
    waits.then_some("header.wait")
}

/// Why there is no server that could misbehave on purpose.
fn has_no_practice(model: &Model) -> Option<&'static str> {
    let session = &model.session;
    let serves = session.catcher.as_ref().is_some_and(|catcher| !catcher.by_hand);
    let listed = serves || session.is_caught();
    let dials = is_practice(&session.target) && !session.recorded;
    (!listed && !dials).then_some("fault.elsewhere")
}

/// Why no connection can be made.
pub fn cannot_dial(model: &Model) -> Option<&'static str> {
    let busy = model.session.dialogue.phase().is_open() || model.session.dialling;
    if model.session.recorded {
        Some(nothing_to_send(model))
    } else {
        answers(model).or_else(|| busy.then_some("message.busy"))
    }
}

/// Why nothing can be written in this session.
pub fn cannot_edit(model: &Model) -> Option<&'static str> {
    answers(model).or_else(|| model.session.recorded.then_some("editor.recorded"))
}

/// Why a draft is not whole yet: a file for it is still being read.
pub fn is_attaching(model: &Model) -> Option<&'static str> {
    let editor = model.session.editor.as_ref();
    editor.is_some_and(|editor| editor.attaching.is_some()).then_some("editor.attaching")
}

/// Why no editor outside can have the draft.
pub fn cannot_edit_outside(model: &Model) -> Option<&'static str> {
    cannot_edit(model).or_else(|| is_attaching(model))
}

/// Why there is no draft to be sent or dropped.
pub fn has_no_draft(model: &Model) -> Option<&'static str> {
    let written = model.session.editor.as_ref().is_some_and(|editor| !editor.text.is_empty());
    (!written).then_some("editor.nothing")
}

/// Why nothing is typed into the editor.
pub fn is_not_editing(model: &Model) -> Option<&'static str> {
    model.editing().is_none().then_some("editor.closed")
}

/// Why there is no suggestion to be said.
pub fn has_no_offers(model: &Model) -> Option<&'static str> {
    if model.session.hand.is_none() {
        return Some("hand.only");
    }
    model.offers().is_none().then_some("hand.nothing-asked")
}

/// Why a connection cannot be reset: clients close theirs.
fn cannot_reset(model: &Model) -> Option<&'static str> {
    if model.session.hand.is_some() { cannot_talk(model) } else { Some("hand.only") }
}

/// Why it cannot be done in a session in which the person answers: the client does it.
const fn answers(model: &Model) -> Option<&'static str> {
    if model.session.hand.is_some() { Some("hand.not-here") } else { None }
}

fn cannot_close(model: &Model) -> Option<&'static str> {
    let session = &model.session;
    let doubted = !session.is_trusted() && !session.recorded;
    if session.dialling || doubted { None } else { cannot_talk(model) }
}
