//! What of a message is shown, and how.

use clap::Args;

use crate::display::content::ContentView;
use crate::display::content::save::Form;

/// A view of a message, or one of its parts.
#[derive(Args, Clone, Debug, Default)]
pub struct SeenArgs {
    /// Print one view of a message: header, parts, body, raw, hex
    #[arg(long, value_name = "NAME", value_parser = view, conflicts_with = "json")]
    pub view: Option<ContentView>,
    /// Print this part, as "--view parts" numbers them; into a pipe or file its exact bytes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "json")]
    pub part: Option<u32>,
    /// The form of the part: decoded, raw or text
    #[arg(long = "as", value_name = "FORM", value_parser = form, requires = "part")]
    pub form: Option<Form>,
    /// Which message, where there are several; the last one if not said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub message: Option<u32>,
}

impl SeenArgs {
    /// Whether anything of this was asked for.
    pub const fn is_asked(&self) -> bool {
        self.view.is_some() || self.part.is_some()
    }
}

fn view(name: &str) -> Result<ContentView, String> {
    ContentView::find(name).ok_or_else(|| format!("one of {}", ContentView::names()))
}

fn form(name: &str) -> Result<Form, String> {
    Form::find(name).ok_or_else(|| format!("one of {}", Form::ALL.map(Form::name).join(", ")))
}
