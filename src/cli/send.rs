//! Options of `ehlo send`: one message in one line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args};

use super::attach::Attachments;
use super::login::LoginArgs;
use crate::net::dial::Target;
use crate::speaker::submission::{Stage, Stop, Tolerance};

/// Options of `ehlo send`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sending")]
pub struct SendArgs {
    /// The server
    #[arg(short, long, value_parser = Target::read, value_name = "TARGET")]
    pub server: Target,
    /// Another port than the target's
    #[arg(short, long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Introduce with LHLO, as LMTP wants it
    #[arg(long)]
    pub lmtp: bool,
    /// The sender; <> is nobody. Without it, this user at the name of --ehlo
    #[arg(short, long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// Recipients, by comma; with a name, "Bob <bob@example.net>"
    #[arg(short, long, value_name = "ADDRESSES")]
    pub to: Vec<String>,
    /// Recipients that the header names as Cc
    #[arg(long, value_name = "ADDRESSES")]
    pub cc: Vec<String>,
    /// Recipients that no header names
    #[arg(long, value_name = "ADDRESSES")]
    pub bcc: Vec<String>,
    /// Who logs in.
    #[command(flatten)]
    pub login: LoginArgs,
    /// The password itself; everybody on this machine can read it while ehlo runs
    #[arg(long, value_name = "TEXT", group = "password")]
    pub password_visible: Option<String>,
    /// What it is.
    #[command(flatten)]
    pub message: MessageArgs,
    /// What is attached.
    #[command(flatten)]
    pub attachments: Attachments,
    /// How it leaves.
    #[command(flatten)]
    pub way: WayArgs,
    /// Where it ends.
    #[command(flatten)]
    pub stop: StopArgs,
    /// What is told.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What is printed in place of being sent.
    #[command(flatten)]
    pub print: PrintArgs,
}

/// What the message is.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Message")]
pub struct MessageArgs {
    /// The whole message: a file, - for standard input, or a text in which \n begins a line
    #[arg(short, long, value_name = "FILE", allow_hyphen_values = true)]
    pub data: Option<String>,
    /// Send on this message of a Maildir that `ehlo serve` has filled, from and to whom it was sent
    /// there, as far as --from and --to do not say otherwise
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "template"])]
    pub release: Option<PathBuf>,
    /// A message to begin with: the name of one of ehlo's, or a file with places such as {to}
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    pub template: Option<String>,
    /// The subject
    #[arg(long, value_name = "TEXT")]
    pub subject: Option<String>,
    /// The body, in which \n begins a line; @FILE and - read it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub body: Option<String>,
    /// Put this field in place of the first one of its name, or add it
    #[arg(long, value_name = "FIELD")]
    pub header: Vec<String>,
    /// Add this field at the end of the header
    #[arg(long, value_name = "FIELD")]
    pub add_header: Vec<String>,
    /// Send the bytes of --data as they are: line ends, dots and the end are yours
    #[arg(long, requires = "data")]
    pub as_it_is: bool,
}

/// How it leaves.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Way")]
pub struct WayArgs {
    /// Send by BDAT, in chunks of so many bytes
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub chunk: Option<u32>,
    /// Send commands together where PIPELINING is offered
    #[arg(long)]
    pub pipeline: bool,
    /// When to notify: never, or success, failure, delay, by comma (DSN)
    #[arg(long, value_name = "WHEN")]
    pub notify: Option<String>,
    /// What a notification returns: full or hdrs (DSN)
    #[arg(long, value_name = "WHAT")]
    pub ret: Option<String>,
    /// An identifier for notifications (DSN)
    #[arg(long, value_name = "TEXT")]
    pub envid: Option<String>,
    /// The original recipient (DSN); without an address, each one itself
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "")]
    pub orcpt: Option<String>,
    /// A parameter of MAIL, as it is: BY=600;R, HOLDFOR=3600, MT-PRIORITY=3, REQUIRETLS and the like
    #[arg(long, value_name = "PARAM")]
    pub mail_param: Vec<String>,
    /// A parameter of every RCPT, as it is
    #[arg(long, value_name = "PARAM")]
    pub rcpt_param: Vec<String>,
    /// Ask what becomes of the message for each recipient (PRDR)
    #[arg(long)]
    pub prdr: bool,
    /// For whom it speaks.
    #[command(flatten)]
    pub posing: PosingArgs,
}

/// For whom it speaks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Way")]
pub struct PosingArgs {
    /// Speak for another client (XCLIENT): "NAME=a.example ADDR=192.0.2.7"; each is a command of its
    /// own, in xtext, but for @@TEXT, which goes out as it is
    #[arg(long, value_name = "ATTRIBUTES")]
    pub xclient: Vec<String>,
    /// Say whose message this is (XFORWARD), in the same form
    #[arg(long, value_name = "ATTRIBUTES")]
    pub xforward: Vec<String>,
    /// Say XCLIENT before STARTTLS
    #[arg(long, requires = "xclient")]
    pub xclient_before_starttls: bool,
    /// Say XCLIENT and XFORWARD even if they or their attributes are not offered
    #[arg(long)]
    pub xclient_anyway: bool,
    /// What does not end it.
    #[command(flatten)]
    pub tolerance: ToleranceArgs,
}

/// What may stand against XCLIENT and XFORWARD.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Way")]
pub struct ToleranceArgs {
    /// Go on where XCLIENT or XFORWARD is not offered, or refused
    #[arg(long, conflicts_with = "xclient_optional_strict")]
    pub xclient_optional: bool,
    /// Go on where XCLIENT or XFORWARD is not offered
    #[arg(long)]
    pub xclient_optional_strict: bool,
}

impl ToleranceArgs {
    /// The same in one word.
    pub const fn tolerance(self) -> Tolerance {
        match (self.xclient_optional, self.xclient_optional_strict) {
            (true, _) => Tolerance::Refused,
            (false, true) => Tolerance::NotOffered,
            (false, false) => Tolerance::Nothing,
        }
    }
}

/// Where it ends.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Stop points")]
pub struct StopArgs {
    /// Say QUIT behind this point
    #[arg(short, long, value_name = "POINT", group = "stop", ignore_case = true, value_parser = points(Stage::Rcpt))]
    quit_after: Option<Stage>,
    /// Hang up behind this point
    #[arg(long, value_name = "POINT", group = "stop", ignore_case = true, value_parser = points(Stage::Dot))]
    drop_after: Option<Stage>,
    /// Hang up when this point is sent, before the reply
    #[arg(long, value_name = "POINT", group = "stop", ignore_case = true, value_parser = points(Stage::Dot))]
    drop_after_send: Option<Stage>,
}

impl StopArgs {
    /// Where it ends, if that is not the end.
    pub fn stop(&self) -> Option<Stop> {
        let quits = self.quit_after.map(Stop::Quit);
        quits
            .or_else(|| self.drop_after.map(Stop::Drop))
            .or_else(|| self.drop_after_send.map(Stop::DropUnanswered))
    }
}

/// What is told.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print the dialogue only if something is not as wished; twice: print only what; three times:
    /// nothing
    #[arg(short = 'S', long, action = ArgAction::Count)]
    pub quiet: u8,
    /// Print every line of mail data
    #[arg(long)]
    pub full: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// End with a code of the stage that failed, as swaks does
    #[arg(long)]
    pub stage_codes: bool,
}

/// What is printed in place of being sent.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct PrintArgs {
    /// Print the script for `ehlo run` that does the same, and send nothing
    #[arg(long, conflicts_with = "json")]
    pub print_script: bool,
    /// Print the message, and send nothing
    #[arg(long, conflicts_with_all = ["json", "print_script"])]
    pub print_message: bool,
}

/// The points up to `last`, in any case.
fn points(last: Stage) -> impl TypedValueParser<Value = Stage> {
    let known = move || Stage::POINTS.iter().filter(move |(_, stage)| *stage <= last);
    PossibleValuesParser::new(known().map(|(name, _)| *name)).try_map(move |word| {
        let found = known().find(|(name, _)| name.eq_ignore_ascii_case(&word));
        found.map(|(_, stage)| *stage).ok_or("unknown")
    })
}

/// A file to attach, and what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedFile {
    /// The file.
    pub file: PathBuf,
    /// Its media type, if it is not guessed.
    pub kind: Option<String>,
    /// Its name in the message, if it is another.
    pub name: Option<String>,
}
