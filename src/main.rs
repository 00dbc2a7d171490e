//! Parse the arguments, choose a front, turn the outcome into an exit code.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use ehlo::cli::{self, Color, Mode};
use ehlo::headless::{self, Outcome, Setting};
use ehlo::{config, tui};

fn main() -> ExitCode {
    let dumb = std::env::var_os("TERM").is_none_or(|t| t == "dumb");
    let piped = dumb || !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal();
    let (mode, common) = match cli::read(std::env::args_os(), piped) {
        Ok(read) => read,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Outcome::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    let (config, warning) = config::read();
    if let Some(warning) = &warning {
        eprintln!("ehlo: {warning}");
    }
    let lang = config::lang(common.lang, &config);
    match common.color {
        Color::Auto => {}
        Color::Always => crossterm::style::force_color_output(true),
        Color::Never => crossterm::style::force_color_output(false),
    }
    let setting = Setting { lang, record: common.record, with_secrets: common.with_secrets };
    let outcome = match mode {
        Mode::Screen(target) => tui::run(vec![tui::Start::Dial(target)], &setting, warning),
        Mode::Open(file) => tui::run(vec![tui::Start::Open(file)], &setting, warning),
        Mode::Plain(target) => headless::plain::run(&target, &setting),
        Mode::Run(run) => headless::run::run(&run, &setting),
        Mode::Show { file, full, json } => headless::show::run(&file, full, json, &setting),
        Mode::Serve { listen, maildir, catch_all, json } => {
            headless::serve::run(listen, maildir.as_deref(), catch_all, json)
        }
        Mode::Keys => headless::keys::run(lang),
    };
    outcome
        .unwrap_or_else(|error| {
            eprintln!("ehlo: {error:#}");
            Outcome::Usage
        })
        .into()
}
