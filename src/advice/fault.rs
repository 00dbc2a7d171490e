//! Something to say about a line: what, where, and by which clause.

use crate::smtp::{Oddity, Span};

use super::rule::Rule;

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is wrong; this is what the line does.
    Note,
    /// Something is still missing that can be typed behind it.
    Unfinished,
    /// It may go wrong, or it will with some servers.
    Warn,
    /// A server that keeps to the rules refuses it.
    Error,
}

/// Which words say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Says {
    /// Those of the catalogue's oddity with this id, which also has the clauses.
    Oddity(&'static str),
    /// Those of a rule.
    Rule(Rule),
}

/// One fault of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which words say it.
    pub says: Says,
    /// How much it matters.
    pub severity: Severity,
    /// Where in the line it is, between characters.
    pub span: Span,
    /// The clause it rests on; that of an oddity stands in its entry.
    pub clause: Option<&'static str>,
    /// What fills the places of the sentence.
    pub values: Vec<(&'static str, String)>,
}

impl Fault {
    /// An oddity of a line.
    pub fn odd(odd: &Oddity) -> Self {
        let severity = match odd.id {
            // The old source route is legal, and to be ignored.
            "F25" => Severity::Note,
            // A name is what is typed next.
            "C06" => Severity::Unfinished,
            "F03" | "F07" | "G11" | "G12" | "G13" | "G16" | "G19" | "G29" | "H02" => {
                Severity::Error
            }
            _ => Severity::Warn,
        };
        let says = Says::Oddity(odd.id);
        Self { says, severity, span: odd.span, clause: None, values: Vec::new() }
    }

    /// Whether a line with this fault is worse than unfinished.
    pub fn is_wrong(&self) -> bool {
        self.severity > Severity::Unfinished
    }

    /// The same with a value for a place of the sentence.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// The same, resting on another clause.
    pub(super) const fn by(mut self, clause: &'static str) -> Self {
        self.clause = Some(clause);
        self
    }
}

impl Rule {
    /// A fault against this rule.
    pub(super) const fn at(self, span: Span) -> Fault {
        Fault {
            says: Says::Rule(self),
            severity: self.severity(),
            span,
            clause: Some(self.clause()),
            values: Vec::new(),
        }
    }
}
