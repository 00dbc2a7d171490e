//! The faults that can be chosen: the program's and the person's, each by its name.

use crate::display::fault::OFF;
use crate::knowledge::{self, Word};

use super::super::directive::Directive;
use super::super::model::Model;
use super::finder::{fitting, rank};
use super::{Entry, entries, typed};

/// A fault that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultNamed {
    /// Its name.
    pub name: String,
    /// Its title, or what is wrong with its file.
    pub title: Word,
    /// The entries of the catalogue that it plays.
    pub plays: Vec<String>,
    /// The value that it takes if another is not said.
    pub value: Option<String>,
    /// Whose it is.
    pub whose: Whose,
}

/// Whose a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The program's.
    Program,
    /// The person's.
    Own,
    /// The person's, in whose file something is wrong.
    OwnWrong,
}

/// The fault that is being typed: what stands behind the last `+`.
fn last_fault(model: &Model) -> &str {
    let argument = typed(model).1.unwrap_or_default();
    argument.rsplit('+').next().unwrap_or_default().trim()
}

/// Every fault, the person's own ones first, and each name once.
fn all_faults(model: &Model) -> impl Iterator<Item = FaultNamed> {
    let of_program = knowledge::fault_titles().iter();
    let of_program = of_program.filter(|(name, _)| model.faults.iter().all(|f| f.name != **name));
    let of_program = of_program.map(|(name, said)| FaultNamed {
        name: name.clone(),
        title: said.title.clone(),
        plays: said.plays.clone(),
        value: said.value.clone(),
        whose: Whose::Program,
    });
    model.faults.iter().cloned().chain(of_program)
}

/// Every fault that fits what stands behind the last `+`.
pub(super) fn faults(model: &Model, directive: &'static Directive) -> Vec<Entry> {
    let wanted = last_fault(model);
    let all = all_faults(model).map(|fault| Entry::Fault(directive, fault));
    let mut found = fitting(model, all, wanted);
    found.sort_by_key(|entry| rank(entry, wanted));
    if found.is_empty() { vec![Entry::Directive(directive)] } else { found }
}

/// Whether what is typed is no fault by itself, but there are faults that fit it.
pub(super) fn is_part_of_a_fault(model: &Model) -> bool {
    let word = last_fault(model);
    let by_itself = word.is_empty() || word.contains(['=', '/']) || word == OFF;
    let fits =
        || matches!(entries(model).first(), Some(Entry::Fault(_, best)) if best.name != word);
    !by_itself && fits()
}
