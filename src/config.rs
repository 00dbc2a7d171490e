//! What the user has set: flag over environment over file over default.
//!
//! The only reader of the user's folder. It knows no behaviour. A file that is wrong is reported
//! with its place, and the program starts as if it said nothing.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use serde::Deserialize;

use crate::display::Slip;
use crate::knowledge::Lang;

/// The settings of `config.toml`, all optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `en` or `ja`.
    pub lang: Option<String>,
}

/// Where `config.toml` is looked for.
pub fn path() -> Option<PathBuf> {
    Some(etcetera::base_strategy::Xdg::new().ok()?.config_dir().join("ehlo").join("config.toml"))
}

/// Reads `config.toml`; a second value says what is wrong with it.
pub fn read() -> (Config, Option<String>) {
    let Some(path) = path() else { return (Config::default(), None) };
    match std::fs::read_to_string(&path) {
        Ok(text) => match parse(&text) {
            Ok(config) => (config, None),
            Err(problem) => (Config::default(), Some(format!("{}: {problem}", path.display()))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Config::default(), None),
        Err(error) => (Config::default(), Some(format!("{}: {error}", path.display()))),
    }
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config =
        toml::from_str(text).map_err(|error| Slip::toml(text, &error).to_string())?;
    match config.lang.as_deref().map(str::parse::<Lang>) {
        Some(Err(expected)) => Err(format!("lang: {expected}")),
        _ => Ok(config),
    }
}

/// The language: what was asked for, else the file's, else that of the locale.
pub fn lang(asked: Option<Lang>, config: &Config) -> Lang {
    let set = config.lang.as_deref().and_then(|l| l.parse().ok());
    asked.or(set).unwrap_or_else(|| {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let locale =
            variables.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        Lang::of_locale(&locale.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_have_their_place() {
        assert_eq!(parse("lang = \"ja\"\n").unwrap().lang.as_deref(), Some("ja"));
        assert!(
            parse("\nlnag = 1\n")
                .unwrap_err()
                .starts_with("line 2, column 1: unknown field `lnag`")
        );
        assert!(parse("lang = \"xx\"").unwrap_err().contains("en or ja"));
    }
}
