//! The rest of a transaction: the lines that would be suggested one behind another, if the server
//! took each of them.

use bytes::Bytes;

use crate::journal::{Event, Happening, Side};
use crate::session::{Dialogue, Phase};
use crate::smtp::command;
use crate::smtp::verb::Verb;

use super::habits::Habits;
use super::suggestion::suggest;

/// No transaction that is suggested has more lines.
const MOST: usize = 64;

/// The lines that are missing here, up to QUIT; none where nothing can be said.
pub fn remaining(seen: &Dialogue, habits: &Habits) -> Vec<String> {
    let mut seen = seen.clone();
    let mut lines = Vec::new();
    while lines.len() < MOST && seen.phase() != Phase::Closing {
        let Some(line) = suggest(&seen, habits, "") else { break };
        if lines.last() == Some(&line) && !seen.awaits_mail_data() {
            break;
        }
        take(&mut seen, &line);
        lines.push(line);
    }
    lines
}

/// The server takes a line.
fn take(seen: &mut Dialogue, line: &str) {
    let now = seen.last_heard();
    let data = seen.awaits_mail_data();
    seen.apply(&Event::bytes(now, Side::Client, Bytes::from([line, "\r\n"].concat())));
    let verb = command::read(line.as_bytes()).value.verb;
    let reply = match verb {
        _ if data && line != "." => return,
        _ if data => "250 ok\r\n",
        Verb::Data => "354 go on\r\n",
        Verb::Quit => "221 bye\r\n",
        Verb::Starttls => "220 go on\r\n",
        _ => "250 ok\r\n",
    };
    seen.apply(&Event::bytes(now, Side::Server, Bytes::from(reply)));
    if !data && verb == Verb::Starttls {
        seen.apply(&Event::new(now, Happening::Secured(Box::default())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_follows_from_where_the_session_stands() {
        let begun = |text: &str| {
            let lines = remaining(&Dialogue::standing(text), &Habits::default());
            let verbs = lines.iter().filter_map(|line| line.split([' ', ':']).next());
            verbs.map(str::to_owned).collect::<Vec<_>>()
        };
        let whole = begun("S: 220 mx\n");
        assert_eq!(whole.get(..4).unwrap(), ["EHLO", "MAIL", "RCPT", "DATA"], "{whole:?}");
        assert_eq!(whole.last().map(String::as_str), Some("QUIT"), "{whole:?}");
        assert!(whole.contains(&".".to_owned()) && whole.contains(&"From".to_owned()));
        let rest =
            begun("S: 220 mx\nC: EHLO x\nS: 250 mx\nC: MAIL FROM:<a@b.example>\nS: 250 ok\n");
        assert_eq!(rest.get(..2).unwrap(), ["RCPT", "DATA"], "{rest:?}");
        assert_eq!(begun("S: 220 mx\nC: QUIT\nS: 221 bye\n"), [""; 0]);
        assert!(remaining(&Dialogue::default(), &Habits::default()).is_empty());
    }
}
