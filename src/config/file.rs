//! A file of the user: the only place that opens one.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::display::{Reason, Slip};

use super::Warning;

/// The largest file that is read; one of a person is far from it.
const LIMIT: u64 = 1 << 20;

/// What a file says, or why it cannot be used; `None` where there is none.
pub(super) fn read(path: &Path) -> Option<Result<String, Warning>> {
    let facts = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        facts => facts.map_err(Reason::said),
    };
    let bytes = facts.and_then(|facts| bytes(path, &facts));
    let bytes = bytes.map_err(|why| Warning::file(path, why));
    Some(bytes.and_then(|bytes| text(bytes).map_err(|slip| Warning::slip(path, slip))))
}

/// The content of a file. A pipe or a device is not even opened: that may never end.
fn bytes(path: &Path, facts: &Metadata) -> Result<Vec<u8>, Reason> {
    if !facts.is_file() {
        return Err(Reason::new("message.no-file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Reason::said)?;
    // Some files of the system do not know how long they are.
    let count = file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(Reason::said)?;
    if u64::try_from(count).is_ok_and(|count| count > LIMIT) {
        return Err(Reason::new("slip.too-large"));
    }
    Ok(bytes)
}

/// Bytes as text; a slip says where they are none.
fn text(bytes: Vec<u8>) -> Result<String, Slip> {
    String::from_utf8(bytes).map_err(|error| {
        let right = error.utf8_error().valid_up_to();
        Slip::at(&String::from_utf8_lossy(error.as_bytes()), right, Reason::new("slip.utf-8"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Lang;

    fn told(path: &Path) -> String {
        let warning = read(path).unwrap().unwrap_err().say(Lang::En);
        let name = format!("{}: ", path.display());
        warning.strip_prefix(&name).unwrap_or_else(|| panic!("{warning}")).to_owned()
    }

    #[test]
    fn the_first_byte_that_is_no_utf8_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        assert_eq!(read(&path), None);
        std::fs::write(&path, b"# caf\xc3\xa9\n# \xc3\xa9\xe9 \xff\n").unwrap();
        assert_eq!(told(&path), "line 2, column 4: expected UTF-8");
    }

    #[test]
    fn a_file_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let longest = "#".repeat(1 << 20);
        std::fs::write(&path, &longest).unwrap();
        assert_eq!(read(&path), Some(Ok(longest.clone())));
        std::fs::write(&path, longest + "#").unwrap();
        assert_eq!(told(&path), "this file is larger than 1 MiB");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let zero = folder.path().join("mine.toml");
        std::os::unix::fs::symlink("/dev/zero", &zero).unwrap();
        for path in [&zero, folder.path()] {
            assert_eq!(told(path), "this is no regular file");
        }
    }
}
