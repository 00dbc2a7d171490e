//! The screen as it is, written to two files. No file that is there is ever written over.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::display::shot::{Ground, Shot};
use crate::headless::create_private;

/// How many pictures one second may have.
const TRIES: usize = 100;

/// Where pictures may go: the current folder (a name alone), else the state folder, else home.
pub fn folders() -> Vec<PathBuf> {
    let home = etcetera::base_strategy::Xdg::new().ok();
    let state = home.as_ref().and_then(|xdg| Some(xdg.state_dir()?.join("ehlo")));
    let home = home.as_ref().map(|xdg| xdg.home_dir().to_path_buf());
    [Some(PathBuf::new()), state, home].into_iter().flatten().collect()
}

/// The name of a picture that is made now, without its ending.
pub fn name() -> String {
    jiff::Timestamp::now().strftime("ehlo-%Y%m%d-%H%M%S").to_string()
}

/// Writes `shot` as SVG and text into the first folder that takes it; gives the SVG's name.
///
/// # Errors
/// When no folder takes it: what the first one said.
pub fn write(shot: &Shot, name: &str, folders: &[PathBuf]) -> io::Result<PathBuf> {
    let mut why = None;
    for folder in folders {
        match write_into(shot, &folder.join(name)) {
            Ok(path) => return Ok(path),
            Err(error) => why = why.or(Some(error)),
        }
    }
    Err(why.unwrap_or_else(|| ErrorKind::NotFound.into()))
}

fn write_into(shot: &Shot, path: &Path) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for at in 1..=TRIES {
        let number = if at == 1 { String::new() } else { format!("-{at}") };
        let [svg, txt] =
            ["svg", "txt"].map(|end| path.with_file_name(format!("{name}{number}.{end}")));
        if txt.exists() {
            continue;
        }
        match fill(&svg, &shot.svg(Ground::Dark)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            written => {
                written?;
                fill(&txt, &shot.text())?;
                return Ok(svg);
            }
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Makes a file that was not there.
fn fill(path: &Path, text: &str) -> io::Result<()> {
    create_private(path, OpenOptions::new().create_new(true))?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over_and_the_next_folder_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let shot = Shot::default();
        let file = folder.path().join("file");
        fill(&file, "mine").unwrap();
        let folders = [file.join("below"), folder.path().join("new")];
        for want in ["x.svg", "x-2.svg", "x-3.svg"] {
            let path = write(&shot, "x", &folders).unwrap();
            assert_eq!(path, folder.path().join("new").join(want));
            assert!(path.with_extension("txt").exists());
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        assert!(write(&shot, "x", &folders[..1]).is_err());
    }
}
