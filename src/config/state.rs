//! What the program remembers from one run to the next: the layout and the last targets.
//!
//! Reading never fails: what cannot be used is empty, and told.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::kept::{self, Loaded};
use crate::display::Reason;

use super::{Warning, file};

/// How many targets are remembered.
pub const TARGETS: usize = 20;

/// Where the borders stand that were moved: names such as `wide.content`, in thousandths.
pub type Layout = BTreeMap<String, u16>;

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Where the borders stand.
    pub layout: Layout,
    /// The last targets, the most recent first.
    pub targets: Vec<String>,
    /// What another version wrote there.
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

impl State {
    /// Moves the borders that stand elsewhere now than they did `before`; the others may have been
    /// moved by another program meanwhile.
    pub fn rearrange(&mut self, before: &Layout, now: Layout) {
        self.layout.retain(|name, _| now.contains_key(name) || !before.contains_key(name));
        self.layout.extend(now.into_iter().filter(|(name, at)| before.get(name) != Some(at)));
    }

    /// Puts a target first.
    pub fn visit(&mut self, target: &str) {
        visit(&mut self.targets, target);
    }
}

/// Puts a target before the others; the oldest is forgotten where there are too many.
pub fn visit(targets: &mut Vec<String>, target: &str) {
    targets.retain(|known| known != target);
    targets.insert(0, target.to_owned());
    targets.truncate(TARGETS);
}

/// Reads what is remembered in a file; what is wrong with it comes second.
pub fn load(path: &Path) -> Loaded<State> {
    let parsed = |text: String| {
        serde_json::from_str(&text).map_err(|e| Warning::file(path, Reason::said(e)))
    };
    match file::read(path).map(|text| text.and_then(parsed)) {
        None => (State::default(), None),
        Some(Ok(state)) => (state, None),
        Some(Err(warning)) => (State::default(), Some(warning)),
    }
}

/// Changes what is remembered in a file, which need not exist. One that cannot be used is kept
/// beside it, as `state.json.broken`.
///
/// # Errors
/// When the folder or the file cannot be written, or another program does not let go of the lock.
pub fn change(path: &Path, make: impl FnOnce(&mut State)) -> std::io::Result<State> {
    let write = |state: &State| serde_json::to_string_pretty(state).map(|text| text + "\n");
    kept::change(path, load, make, write)
}

#[cfg(test)]
mod tests {
    use super::kept::locked;
    use super::*;
    use crate::knowledge::Lang;

    #[test]
    fn what_is_remembered_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("state.json");
        assert_eq!(load(&path), (State::default(), None));
        change(&path, |state| state.layout = [("wide".to_owned(), 400)].into()).unwrap();
        let written = change(&path, |state| state.visit("practice")).unwrap();
        assert_eq!(load(&path), (written.clone(), None));
        assert_eq!(written.layout["wide"], 400);
        assert_eq!(written.targets, ["practice"]);
        #[cfg(unix)]
        for (path, mode) in [(path.parent().unwrap(), 0o700), (&path, 0o600)] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[test]
    fn only_borders_that_were_moved_here_are_moved() {
        let layout = |all: &[(&str, u16)]| -> Layout {
            all.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect()
        };
        // Here `b` was put back, `c` and `e` were moved; meanwhile `a` was moved, `d` put back.
        let before = layout(&[("a", 1), ("b", 2), ("c", 3), ("d", 4)]);
        let mut state =
            State { layout: layout(&[("a", 9), ("b", 2), ("c", 3)]), ..State::default() };
        state.rearrange(&before, layout(&[("a", 1), ("c", 7), ("d", 4), ("e", 5)]));
        assert_eq!(state.layout, layout(&[("a", 9), ("c", 7), ("e", 5)]));
    }

    #[test]
    fn the_most_recent_target_is_first_and_the_oldest_is_forgotten() {
        let mut state = State::default();
        for n in 0..TARGETS + 5 {
            state.visit(&n.to_string());
        }
        state.visit("7");
        assert_eq!(state.targets.len(), TARGETS);
        assert_eq!(state.targets[..2], ["7", "24"]);
        assert_eq!(state.targets.iter().filter(|t| *t == "7").count(), 1);
    }

    #[test]
    fn a_broken_file_is_empty_and_told_and_a_newer_one_keeps_what_it_knows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        std::fs::write(&path, "{\n\"targets\": 7}").unwrap();
        let (state, warning) = load(&path);
        assert_eq!(state, State::default());
        assert!(warning.unwrap().say(Lang::En).contains("line 2 column 12"));
        change(&path, |state| state.visit("a")).unwrap();
        let kept = std::fs::read_to_string(folder.path().join("state.json.broken")).unwrap();
        assert_eq!(kept, "{\n\"targets\": 7}");
        std::fs::write(&path, "{\"tabs\": [1], \"targets\": [\"a\"]}").unwrap();
        change(&path, |state| state.visit("b")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["tabs"], serde_json::json!([1]));
        assert_eq!(value["targets"], serde_json::json!(["b", "a"]));
    }

    #[test]
    fn a_lock_that_is_held_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let held = locked(&folder.path().join("state.lock")).unwrap();
        let refused = change(&path, |state| state.visit("a")).unwrap_err().to_string();
        assert!(refused.contains("another program holds"), "{refused}");
        assert!(!path.exists());
        drop(held);
        change(&path, |state| state.visit("a")).unwrap();
        assert_eq!(load(&path).0.targets, ["a"]);
    }

    #[test]
    fn programs_that_write_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        std::thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || change(path, |state| state.visit(&n.to_string())).unwrap());
            }
        });
        assert_eq!(load(&path).0.targets.len(), 8);
    }
}
