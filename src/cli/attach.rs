//! `--attach FILE`, and the options that say something of the files behind them.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::send::AttachedFile;

const FILE: &str = "attach";
const KIND: &str = "attach_type";
const NAME: &str = "attach_name";

/// Files to attach, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments(pub Vec<AttachedFile>);

impl FromArgMatches for Attachments {
    /// A type holds for all files behind it, a name for the next one.
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let values = |id: &'static str| {
            let values = matches.get_many::<String>(id).into_iter().flatten();
            matches.indices_of(id).into_iter().flatten().zip(values).map(move |(at, v)| (at, id, v))
        };
        let mut said: Vec<_> = [FILE, KIND, NAME].into_iter().flat_map(values).collect();
        said.sort_unstable_by_key(|(at, ..)| *at);
        if let Some((.., id, _)) = said.last().filter(|(_, id, _)| *id != FILE) {
            let option = if *id == NAME { "--attach-name" } else { "--attach-type" };
            let why = format!("no --attach stands behind {option}, which is for files behind it\n");
            return Err(Error::raw(ErrorKind::MissingRequiredArgument, why));
        }
        let (mut all, mut kind, mut name) = (Vec::new(), None, None);
        for (_, id, value) in said {
            match id {
                KIND => kind = Some(value.clone()),
                NAME => name = Some(value.clone()),
                _ => {
                    let file = PathBuf::from(value.strip_prefix('@').unwrap_or(value));
                    all.push(AttachedFile { file, kind: kind.clone(), name: name.take() });
                }
            }
        }
        Ok(Self(all))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Attachments {
    fn augment_args(command: Command) -> Command {
        let arg = |id: &'static str, long: &'static str, value: &'static str| {
            Arg::new(id).long(long).value_name(value).action(ArgAction::Append)
        };
        command.next_help_heading("Attachments").args([
            arg(FILE, "attach", "FILE").help("Attach a file; @FILE is the same"),
            arg(KIND, "attach-type", "TYPE").help("The media type of the files behind it"),
            arg(NAME, "attach-name", "NAME").help("The name of the file behind it"),
        ])
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
