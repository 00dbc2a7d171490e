//! That a person wants to know whether the last message is what it says.

use std::net::IpAddr;
use std::sync::Arc;

use crate::journal::transcript::{Place, TranscriptError};
use crate::session::answers::Answers;
use crate::session::authenticity::Way;
use crate::smtp::target::split_port;

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// The name server that is asked; without one, that of the session or of the system.
    pub dns: Option<String>,
    /// The file with the answers, beside which nobody is asked.
    pub file: Option<String>,
    /// What stands in it, once it was read.
    pub answers: Option<Arc<Answers>>,
    /// What is said about the way of the message.
    pub way: Way,
}

/// The options and what stands behind each.
pub const OPTIONS: &str =
    "[--dns ADDR | --answers FILE] [--from-ip IP] [--helo NAME] [--mail-from ADDR]";

impl Check {
    /// The name server that is asked, and at which port, the `usual` one where none is written.
    pub fn server(&self, usual: u16) -> Option<(IpAddr, u16)> {
        server(self.dns.as_deref()?, usual)
    }

    /// Reads the options behind `:verify`; a file with blanks in its name stands between quotes.
    ///
    /// # Errors
    /// With the place of what is wrong.
    pub fn read(argument: &[u8], at: Place) -> Result<Self, TranscriptError> {
        let text = String::from_utf8_lossy(argument);
        let mut check = Self::default();
        let [mut address, mut helo, mut sender] = [None, None, None];
        let mut words = words(&text).into_iter();
        while let Some((from, option)) = words.next() {
            let wrong = |from: usize, key, text: &str| {
                let place = Place { column: at.column + from, ..at };
                let error = TranscriptError::new(place, key).with("text", text);
                error.with("option", option.clone()).with("known", OPTIONS)
            };
            let place = match option.as_str() {
                "--dns" => &mut check.dns,
                "--answers" => &mut check.file,
                "--from-ip" => &mut address,
                "--helo" => &mut helo,
                "--mail-from" => &mut sender,
                _ => return Err(wrong(from, "misread.verify", &option)),
            };
            let Some((from, value)) = words.next() else {
                return Err(wrong(text.len(), "misread.option.empty", ""));
            };
            let is_address = match option.as_str() {
                "--dns" => server(&value, 0).is_some(),
                "--from-ip" => value.parse::<IpAddr>().is_ok(),
                _ => true,
            };
            if !is_address {
                return Err(wrong(from, "misread.verify.address", &value));
            }
            *place = Some(value);
        }
        if check.dns.is_some() && check.file.is_some() {
            let error = TranscriptError::new(at, "misread.option.conflict");
            return Err(error.with("option", "--dns").with("other", "--answers"));
        }
        check.way = Way::said(address, helo, sender);
        Ok(check)
    }
}

/// An address that can be asked: one with the name of an interface cannot.
fn server(text: &str, usual: u16) -> Option<(IpAddr, u16)> {
    let (host, port) = split_port(text, usual)?;
    Some((host.parse().ok()?, port))
}

/// The words and where they begin; quotes keep one together.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let (mut quoted, mut inside) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            c if c.is_whitespace() && !quoted => inside = false,
            c => {
                if !inside {
                    out.push((at, String::new()));
                    inside = true;
                }
                if c == '"' {
                    quoted = !quoted;
                } else if let Some((_, word)) = out.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Place = Place { line: 1, column: 9 };

    #[test]
    fn options_stand_in_any_order() {
        let line =
            b"--from-ip 192.0.2.1 --answers \"my file\" --mail-from <> --helo mx.example.org";
        let check = Check::read(line, AT).unwrap();
        assert_eq!(check.file.as_deref(), Some("my file"));
        assert_eq!(check.way.sender.map(|sender| sender.value), Some(String::new()));
        assert_eq!(check.way.address.map(|address| address.value), Some("192.0.2.1".to_owned()));
        assert_eq!(Check::read(b" ", AT), Ok(Check::default()));
        let check = Check::read(b"--dns [::1]:5353", AT).unwrap();
        assert_eq!(check.server(53), Some(("::1".parse().unwrap(), 5353)));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (line, column, key) in [
            ("--fly", 9, "misread.verify"),
            ("x", 9, "misread.verify"),
            ("--helo", 15, "misread.option.empty"),
            ("--dns name", 15, "misread.verify.address"),
            ("--dns fe80::1%eth0", 15, "misread.verify.address"),
            ("--from-ip fe80::1%eth0", 19, "misread.verify.address"),
            ("--helo a --from-ip b", 28, "misread.verify.address"),
            ("--dns 127.0.0.1 --answers x", 9, "misread.option.conflict"),
        ] {
            let error = Check::read(line.as_bytes(), AT).unwrap_err();
            assert_eq!((error.at.column, error.key), (column, key), "{line}");
        }
    }
}
