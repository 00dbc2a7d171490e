//! What the attributes of an element say of how it is seen.

use super::Attributes;

/// The rules of a `style`: property and value in lower case without blanks.
fn rules(attributes: &Attributes) -> Vec<(String, String)> {
    let Some(style) = attributes.get("style") else { return Vec::new() };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    let style = style.to_ascii_lowercase();
    let rules = style.split(';').filter_map(|rule| rule.split_once(':'));
    rules
        .map(|(property, value)| {
            let value = value.strip_suffix("!important").unwrap_or(value);
            (property.to_owned(), value.to_owned())
        })
        .collect()
}

/// A length as number and unit.
fn length(value: &str) -> Option<(f64, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    let end = value.find(|c| !is_number(c)).unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

fn is_nothing(value: &str) -> bool {
    length(value).is_some_and(|(number, _)| number <= 0.0)
}

/// Whether an element with these attributes is not to be seen.
pub(super) fn is_hidden(attributes: &Attributes) -> bool {
    attributes.contains_key("hidden")
        || rules(attributes).iter().any(|(property, value)| match property.as_str() {
            "display" => value == "none",
            "visibility" => value == "hidden",
            "mso-hide" => value == "all",
            "max-height" | "font-size" | "opacity" => is_nothing(value),
            _ => false,
        })
}

/// Whether a picture has at most one point.
pub(super) fn is_point(attributes: &Attributes) -> bool {
    let rules = rules(attributes);
    ["width", "height"].into_iter().all(|side| {
        // A style goes before an attribute.
        let styled = rules.iter().rfind(|(property, _)| property == side).map(|(_, value)| value);
        styled.or_else(|| attributes.get(side)).is_some_and(|value| {
            length(value.trim())
                .is_some_and(|(number, unit)| number <= 1.0 && matches!(unit, "" | "px" | "pt"))
        })
    })
}
