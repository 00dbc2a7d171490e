//! Folders are listed in the background while a path is typed.

use super::super::effect::Effect;
use super::super::files::{Folder, begun_path};
use super::super::model::Model;

/// Asks for the folder of the path that is being typed, once; forgets it when no path is typed.
pub(super) fn want(model: &mut Model) -> Option<Effect> {
    let Some((path, _)) = begun_path(model) else {
        model.folder = None;
        return None;
    };
    if model.folder.as_ref().is_some_and(|folder| folder.path == path) {
        return None;
    }
    let path = path.to_owned();
    model.folder = Some(Folder { path: path.clone(), names: Vec::new() });
    Some(Effect::List(path))
}

/// A folder was read; by now another one may be wanted.
pub(super) fn listed(model: &mut Model, folder: Folder) {
    if model.folder.as_ref().is_some_and(|wanted| wanted.path == folder.path) {
        model.folder = Some(folder);
    }
}
