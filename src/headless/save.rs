//! Parts of messages are kept in files.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use super::create_private;

/// Writes a file. One that is there is written over only if that is wanted.
///
/// # Errors
/// When it is there already, or cannot be written.
pub fn write(path: &Path, bytes: &[u8], replaces: bool) -> io::Result<()> {
    let mut options = File::options();
    let options =
        if replaces { options.create(true).truncate(true) } else { options.create_new(true) };
    create_private(path, options)?.write_all(bytes)
}
