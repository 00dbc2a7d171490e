//! What of a message is shown, and how.

use clap::{ArgGroup, Args};

use crate::display::content::save::Form;
use crate::display::content::{ContentView, View};

/// A view of a message, or one of its parts.
#[derive(Args, Clone, Debug, Default)]
#[command(group = ArgGroup::new("of-message").args(["view", "part"]).multiple(true))]
pub struct SeenArgs {
    /// The view.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = view,
        conflicts_with_all = ["json", "full"],
        help = format!("Print one view of a message: one of {}", View::names())
    )]
    pub view: Option<View>,
    /// Print this part, as "--view parts" numbers them; into a pipe or file its exact bytes
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        conflicts_with_all = ["json", "full"]
    )]
    pub part: Option<u32>,
    /// The form of the part: decoded, raw or text
    #[arg(long = "as", value_name = "FORM", value_parser = form, requires = "part", conflicts_with = "view")]
    pub form: Option<Form>,
    /// With --view or --part: which message, where there are several; the first one if not said,
    /// of envelopes all
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        requires = "of-message",
        conflicts_with = "json"
    )]
    pub message: Option<u32>,
}

impl SeenArgs {
    /// Whether anything of this was asked for.
    pub const fn is_asked(&self) -> bool {
        self.view.is_some() || self.part.is_some()
    }

    /// Why what was asked for does not go together.
    pub fn conflict(&self) -> Option<&'static str> {
        let view = self.view.filter(|view| *view != View::Content(ContentView::Body));
        let why = "of the views, --view body alone shows one --part";
        view.filter(|_| self.part.is_some()).map(|_| why)
    }
}

fn view(name: &str) -> Result<View, String> {
    View::find(name).ok_or_else(|| format!("one of {}", View::names()))
}

fn form(name: &str) -> Result<Form, String> {
    Form::find(name).ok_or_else(|| format!("one of {}", Form::ALL.map(Form::name).join(", ")))
}
