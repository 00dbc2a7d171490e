//! A name server on loopback that knows a few names, and no others.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests, each of which uses a part"
)]

use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What it says about a name.
pub enum Answer {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Mx(u16, &'static str),
    Ptr(&'static str),
    Txt(&'static str),
    Tlsa(u8, u8, u8, Vec<u8>),
    /// A response code alone.
    Code(u8),
    /// Nothing at all.
    Silence,
}

/// A name server that runs until it is dropped.
pub struct NameServer {
    /// Where it listens.
    pub address: String,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NameServer {
    /// Knows these names; a name that has only other records has none of a kind, any other name
    /// does not exist.
    pub fn start(records: Vec<(&'static str, Answer)>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let address = socket.local_addr().unwrap().to_string();
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let mut question = [0; 1500];
            while !ends.load(Ordering::Relaxed) {
                let Ok((size, from)) = socket.recv_from(&mut question) else { continue };
                if let Some(answer) = answer(&question[..size], &records) {
                    socket.send_to(&answer, from).unwrap();
                }
            }
        });
        Self { address, over, thread: Some(thread) }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn labels_of(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let label = |label: &str| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat();
    labels.flat_map(label).chain([0]).collect()
}

/// The message that answers `question`.
fn answer(question: &[u8], records: &[(&'static str, Answer)]) -> Option<Vec<u8>> {
    let mut labels = Vec::new();
    let mut at = 12;
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let name = labels.join(".");
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let asked = &question[12..at + 5];
    let known: Vec<_> = records.iter().filter(|(known, _)| *known == name).collect();
    let mut code = if known.is_empty() { 3 } else { 0 };
    let mut answers = Vec::new();
    for (_, answer) in known {
        let (of, data) = match answer {
            Answer::A(address) => (1, address.octets().to_vec()),
            Answer::Aaaa(address) => (28, address.octets().to_vec()),
            Answer::Mx(preference, host) => {
                (15, [preference.to_be_bytes().to_vec(), labels_of(host)].concat())
            }
            Answer::Ptr(name) => (12, labels_of(name)),
            Answer::Txt(text) => {
                // A text may come in pieces.
                let pieces = text.as_bytes().chunks(20);
                let piece = |piece: &[u8]| [&[u8::try_from(piece.len()).unwrap()], piece].concat();
                (16, pieces.flat_map(piece).collect())
            }
            Answer::Tlsa(usage, selector, matching, data) => {
                (52, [&[*usage, *selector, *matching], &data[..]].concat())
            }
            Answer::Code(other) => {
                code = *other;
                continue;
            }
            Answer::Silence => return None,
        };
        if of == kind {
            answers.push(data);
        }
    }
    let count = u8::try_from(answers.len()).unwrap();
    let mut out = question[..2].to_vec();
    out.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    out.extend(asked);
    for data in answers {
        // The name of the question, its kind, its class, a minute to live.
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(data);
    }
    Some(out)
}
