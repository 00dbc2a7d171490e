//! One value from the first source that says it well; what others say wrongly is told.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::display::slip::unknown;
use crate::display::{Reason, Slip};

use super::setting::{ROWS, Row, Set, Source};
use super::value::{AUTO, Value};
use super::{Sources, Warning, Written};

/// `config.toml` on its way to settings.
pub(super) struct Reading<'a> {
    sources: &'a Sources,
    /// `None` if there is a file that cannot be used at all.
    table: Option<DeTable<'a>>,
    warnings: Vec<Warning>,
}

impl<'a> Reading<'a> {
    /// Reads the file, as far as it can be read.
    pub(super) fn begin(sources: &'a Sources) -> Self {
        let mut reading = Self { sources, table: Some(DeTable::new()), warnings: Vec::new() };
        if let Some(Written { text: Err(warning), .. }) = sources.own_themes.get(AUTO) {
            reading.warnings.push(warning.clone());
        }
        let Some(Written { path, text }) = &sources.file else { return reading };
        let table = match text {
            Err(warning) => Err(warning.clone()),
            Ok(text) => DeTable::parse(text).map_err(|e| Warning::slip(path, Slip::toml(text, &e))),
        };
        match table {
            Ok(table) => reading.table = Some(table.into_inner()),
            Err(warning) => {
                reading.table = None;
                reading.warnings.push(warning);
            }
        }
        reading.tell_unknown_names();
        reading
    }

    /// What was wrong, in the order of the file.
    pub(super) fn end(mut self) -> Vec<Warning> {
        self.warnings.sort_by_key(|warning| warning.place);
        self.warnings
    }

    fn tell_unknown_names(&mut self) {
        let is_section = |name: &str| ROWS.iter().any(|row| row.place().0 == Some(name));
        for (name, value) in self.table.iter().flatten() {
            let known = match value.get_ref() {
                DeValue::Table(inner) if is_section(name.get_ref()) => {
                    let section = Some(&**name.get_ref());
                    let wrong = inner.keys().filter_map(|name| stray(self.sources, section, name));
                    self.warnings.extend(wrong);
                    continue;
                }
                _ => !is_section(name.get_ref()),
            };
            let warning = if known {
                stray(self.sources, None, name)
            } else {
                let what =
                    Reason::new("slip.expected").with("values", format!("[{}]", name.get_ref()));
                slip(self.sources, value, what).map(|(warning, _)| warning)
            };
            self.warnings.extend(warning);
        }
    }

    /// A setting from the first source that says it well.
    pub(super) fn find<T: Value>(
        &mut self,
        name: &str,
        variable: &'static str,
        last: Option<&Set<T>>,
        default: impl Fn(&Sources) -> Set<T>,
    ) -> Set<T> {
        let from_file = self.in_file(name, last);
        let from_environment = self.in_environment(variable);
        let asked = self.sources.asked.iter().find(|asked| asked.name == name).and_then(|asked| {
            let value = T::read(&asked.value, self.sources)?;
            Some(Set { value, source: Source::Flag(asked.flag) })
        });
        asked.or(from_environment).or(from_file).unwrap_or_else(|| default(self.sources))
    }

    fn in_environment<T: Value>(&mut self, variable: &'static str) -> Option<Set<T>> {
        let text = self.sources.environment.get(variable)?;
        let value = T::read(text, self.sources);
        if value.is_none() {
            self.warnings.push(Warning::new(variable, expected::<T>(self.sources)));
        }
        Some(Set { value: value?, source: Source::Variable(variable) })
    }

    fn in_file<T: Value>(&mut self, name: &str, last: Option<&Set<T>>) -> Option<Set<T>> {
        let last = || last.filter(|set| matches!(set.source, Source::File { .. })).cloned();
        let Some(table) = &self.table else { return last() };
        let place = match name.split_once('.') {
            None => table.get(name)?,
            Some((section, name)) => match table.get(section)?.get_ref() {
                DeValue::Table(inner) => inner.get(name)?,
                _ => return last(),
            },
        };
        let (warning, source) = slip(self.sources, place, expected::<T>(self.sources))?;
        let value = plain::<T>(place.get_ref()).and_then(|text| T::read(text, self.sources));
        if value.is_none() {
            self.warnings.push(warning);
        }
        value.map_or_else(last, |value| Some(Set { value, source }))
    }
}

/// A name that no setting has, in a section of the file or outside of them.
fn stray(
    sources: &Sources,
    section: Option<&str>,
    name: &Spanned<Cow<'_, str>>,
) -> Option<Warning> {
    let names = ROWS.iter().map(Row::place).filter(|(other, _)| *other == section);
    let names: Vec<_> = names.map(|(_, name)| name).collect();
    if names.iter().any(|known| *known == name.get_ref()) {
        return None;
    }
    let what = unknown("slip.setting", name.get_ref(), names);
    slip(sources, name, what).map(|(warning, _)| warning)
}

/// What was expected in place of a value.
fn expected<T: Value>(sources: &Sources) -> Reason {
    Reason::new("slip.expected").with("values", T::allowed(sources).join(", "))
}

/// The text of a value of the right type.
fn plain<'v, T: Value>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::String(text) if T::QUOTED => Some(text),
        DeValue::Integer(number) if !T::QUOTED && number.radix() == 10 => Some(number.as_str()),
        DeValue::Boolean(true) if !T::QUOTED => Some("true"),
        DeValue::Boolean(false) if !T::QUOTED => Some("false"),
        _ => None,
    }
}

/// A place of the file: as a warning about it, and as a source.
fn slip<T>(sources: &Sources, place: &Spanned<T>, what: Reason) -> Option<(Warning, Source)> {
    let Some(Written { path, text: Ok(text) }) = &sources.file else { return None };
    let slip = Slip::of(text, place, what);
    let source = Source::File { path: path.clone(), line: slip.line };
    Some((Warning::slip(path, slip), source))
}
