//! Completions and the man page, made from the definition of the command line.

use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli;

use super::{Outcome, say};

/// Prints the completions for a shell.
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(shell: Shell) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::definition(), "ehlo", &mut script);
    say(&String::from_utf8(script)?)?;
    Ok(Outcome::Done)
}

/// Prints one man page for all verbs.
///
/// # Errors
/// When standard output cannot be written.
pub fn man() -> anyhow::Result<Outcome> {
    let mut command = cli::definition();
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    let mut page = String::from_utf8(page)?;
    page.push_str(&sections(&man)?);
    verbs(&command, &mut page)?;
    say(&page)?;
    Ok(Outcome::Done)
}

/// What is said about one command. Examples stand as they were written.
fn sections(man: &Man) -> anyhow::Result<String> {
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    man.render_extra_section(&mut text)?;
    let text = String::from_utf8(text)?;
    let text = text.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n");
    Ok(text + ".fi\n")
}

/// A section for every verb below `command`, its own sections one step down.
fn verbs(command: &clap::Command, page: &mut String) -> anyhow::Result<()> {
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        // The options that every verb knows stand at the top once.
        let own = verb.clone().mut_args(|arg| {
            let everywhere = arg.is_global_set() || arg.get_id() == "help";
            arg.hide(everywhere)
        });
        let name = verb.get_bin_name().unwrap_or_default().to_uppercase();
        page.extend([".SH \"", &name, "\"\n"]);
        page.push_str(&sections(&Man::new(own))?.replace(".SH ", ".SS "));
        verbs(verb, page)?;
    }
    Ok(())
}
