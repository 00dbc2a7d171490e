//! What `ehlo run` needs to know.

use std::path::PathBuf;

use clap::Args;

use crate::display::transcript;
use crate::journal::source::Assignment;
use crate::knowledge::Lang;
use crate::net::dial::Target;

use super::text;

/// What is played, and how.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Transcripts, each in a session of its own; - is standard input
    #[arg(required = true, value_name = "SCRIPT")]
    pub scripts: Vec<PathBuf>,
    /// The server to play them to
    #[arg(long, value_parser = Target::read, value_name = "TARGET")]
    pub server: Target,
    /// Look at reply codes alone
    #[arg(long)]
    pub codes: bool,
    /// What ${NAME} stands for, whatever a script sets; can be said several times
    #[arg(long, value_parser = assignment, value_name = "NAME=VALUE")]
    pub set: Vec<Assignment>,
    /// Play nothing behind a script that does not go as expected
    #[arg(long)]
    pub fail_fast: bool,
    /// What is told of it.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// What is told.
#[derive(Args, Clone, Debug)]
pub struct ReportArgs {
    /// Print every line of mail data
    #[arg(long)]
    pub full: bool,
    /// Print the dialogues of those scripts alone that do not go as expected
    #[arg(long, short)]
    pub quiet: bool,
    /// Print one JSON object for each script
    #[arg(long)]
    pub json: bool,
    #[arg(long, value_name = "FILE", help = text::JUNIT)]
    /// Where the report in XML goes.
    pub junit: Option<PathBuf>,
}

impl ReportArgs {
    /// Whether the report is standard output, which then holds nothing else.
    pub fn is_junit_on_output(&self) -> bool {
        self.junit.as_ref().is_some_and(|file| file.as_os_str() == "-")
    }
}

fn assignment(written: &str) -> Result<Assignment, String> {
    Assignment::read(written).map_err(|error| transcript::what(&error, Lang::En))
}
