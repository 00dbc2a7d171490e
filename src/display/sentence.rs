//! Sentences that name keys: a place in braces may hold an action instead of a value, and shows the
//! key that does it now. What stands in square brackets is left out where its action has no key.

use crate::knowledge::{self, Lang};

use super::keys::{Action, Keys, Layer};

/// What joins a clause to the one before it, and has nothing to join where that is left out.
const JOINTS: [char; 5] = [' ', ',', ';', '、', '。'];

impl Keys {
    /// The sentence `key` in `lang`, filled with `values` and with keys as they are where `layers`
    /// count. A key that counts elsewhere only is named too: the sentence leads there.
    pub fn sentence(
        &self,
        lang: Lang,
        layers: &[Layer],
        key: &'static str,
        values: &[(&str, &str)],
    ) -> String {
        let text = knowledge::word(lang, key);
        let named = |name| {
            let action = *Action::ALL.iter().find(|action| action.name() == name)?;
            let key = self.key_in(layers, action).or_else(|| self.key_of(action))?;
            Some((name, key))
        };
        let keys: Vec<(&str, String)> = places(text).filter_map(named).collect();
        let keys = keys.iter().map(|(name, key)| (*name, key.as_str()));
        let values: Vec<(&str, &str)> = values.iter().copied().chain(keys).collect();
        let known = |place: &str| values.iter().any(|(name, _)| *name == place);
        let clauses = text.split(['[', ']']).enumerate();
        let said = clauses.filter(|(at, clause)| at % 2 == 0 || places(clause).all(known));
        let said: String = said.map(|(_, clause)| knowledge::filled(clause, &values)).collect();
        said.trim_start_matches(JOINTS).to_owned()
    }
}

/// The names in braces.
fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_the_key_of_today_or_leaves_its_clause_out() {
        let embedded = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let layers = [Layer::Find, Layer::Line, Layer::Any];
        let say = |own: &str, key| {
            let (keys, slips) = embedded.overridden(own, &embedded);
            assert_eq!(slips, []);
            keys.sentence(Lang::En, &layers, key, &[("n", "[{quit}]")])
        };
        assert_eq!(say("", "find.keys"), "Enter keeps, Esc ends");
        assert_eq!(
            say("[find]\nenter = \"none\"\nctrl-k = \"list.choose\"", "find.keys"),
            "Ctrl-K keeps, Esc ends"
        );
        let none = "[any]\nesc = \"none\"\n[find]\nenter = \"none\"\nctrl-g = \"none\"\n[list]\nenter = \"none\"";
        assert_eq!(say(none, "find.keys"), "");
        assert_eq!(
            say("[find]\nenter = \"none\"\n[list]\nenter = \"none\"", "find.keys"),
            "Esc ends"
        );
        // A value is not read as a sentence, and a key of another layer is named too.
        assert_eq!(say("", "transcript.folded"), "… more lines: [{quit}] (Space)");
    }
}
