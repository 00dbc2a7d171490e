//! Parse the arguments, choose a front, turn the outcome into an exit code.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use ehlo::cli::{self, ConfigVerb, Mode};
use ehlo::config::{Folders, Ring, Settings, Sources};
use ehlo::display::token::own_visible;
use ehlo::headless::hand::ByHand;
use ehlo::headless::{self, Outcome, Setting};
use ehlo::tui::{self, Start};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let sources = Sources::gather(common.asked(), Folders::find());
    let (chosen, warnings) = Settings::read(&sources);
    if !matches!(mode, Mode::Config(ConfigVerb::Check)) {
        headless::tell(&warnings, chosen.lang.value);
    }
    let password = common.password.password();
    let (record, with_secrets) = (common.record, common.with_secrets);
    let route = common.reach.route();
    let outcome = headless::secure::choice(&common.tls).and_then(|tls| {
        let recent = Ring::of(sources.folders.as_ref(), &chosen);
        let setting = Setting {
            record,
            recent,
            with_secrets,
            password,
            route,
            tls,
            chosen,
            sources,
            warnings,
        };
        play(mode, &setting)
    });
    outcome
        .unwrap_or_else(|error| {
            // Names of files and what others said stand in it.
            headless::complain(own_visible(&format!("{error:#}")));
            Outcome::Usage
        })
        .into()
}

fn play(mut mode: Mode, setting: &Setting) -> anyhow::Result<Outcome> {
    for target in mode.targets() {
        let settled = headless::faults::settle(target, &setting.sources);
        *target = settled.map_err(|warning| warning.error(setting.lang()))?;
    }
    match mode {
        Mode::Screen(targets) => tui::run(targets.into_iter().map(Start::Dial), setting),
        Mode::Open(files) => {
            let files = headless::recent::recalled(files, setting)?;
            tui::run(headless::mailbox::together(files).into_iter().map(Start::Open), setting)
        }
        Mode::Recent { json } => headless::recent::run(json, setting),
        Mode::Plain(target) => headless::plain::run(&target, setting),
        Mode::Compare(compare) => headless::compare::run(&compare, setting),
        Mode::Run(run) => headless::run::run(&run, setting),
        Mode::Send(send) => headless::send::run(&send, setting),
        Mode::Show { files, seen, verify, .. } if seen.is_asked() => {
            headless::look::run(files, &seen, &verify, setting)
        }
        Mode::Show { files, full, json, verify, .. } => {
            headless::show::run(files, (full, json), &verify, setting)
        }
        Mode::Serve { args, screen } if args.by_hand => {
            let by_hand = ByHand::new(&args, setting)?;
            if screen {
                return tui::run([Start::Answer(Box::new(by_hand))], setting);
            }
            headless::hand::run(&by_hand, args.json, setting)
        }
        Mode::Serve { args, screen: true } if args.replay.is_none() => {
            tui::run([Start::Serve(args)], setting)
        }
        Mode::Serve { args, .. } => match &args.replay {
            Some(file) => headless::replay::run(&args, file.clone(), setting),
            None => headless::serve::run(&args, setting),
        },
        Mode::Explain { words, json } => headless::explain::run(&words, json, setting),
        Mode::Keys => headless::keys::run(setting),
        Mode::Keyboard => headless::keyboard::run(setting),
        Mode::Config(what) => headless::config::run(what, setting),
        Mode::Themes => headless::themes::run(setting),
        Mode::Faults { names, form } => headless::faults::run(&names, form, setting),
        Mode::Completions(shell) => headless::manual::completions(shell),
        Mode::Man => headless::manual::man(),
    }
}
