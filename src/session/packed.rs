//! The events of a session that is over, in one piece of memory.
//!
//! What was said lies there as it is, which is nearly all of it; the other events are as in a
//! recording. So many sessions that are kept take little place, and, what is worth more, few places:
//! what lies scattered is slow to write and to give back.

use bytes::{Buf as _, BufMut as _, Bytes};

use crate::journal::{Event, Happening, Leg, Moment, Side, file};

use super::dialogue::{Dialogue, Keep};
use super::past::{Step, begun};

/// What stands before each step.
const CLIENT: u8 = b'C';
const SERVER: u8 = b'S';
const EVENT: u8 = b'E';
const HIDDEN: u8 = b'H';
const KEPT: u8 = b'K';

/// What a step takes beside what was said, at most, where it says anything.
const HEAD: usize = 1 + size_of::<u64>() * 2;

/// The events of a session that is over.
#[derive(Clone, Debug)]
pub struct Packed {
    /// How much the fold keeps at first.
    kept: Keep,
    /// The fold over events that are not there any more.
    begin: Option<Box<Dialogue>>,
    steps: Bytes,
}

impl Packed {
    pub(super) fn new(kept: Keep, begin: Option<Box<Dialogue>>, steps: &[Step]) -> Self {
        let said = steps.iter().filter_map(|step| Some(said(step)?.2.len()));
        let mut packed = Vec::with_capacity(said.sum::<usize>() + steps.len() * HEAD);
        for step in steps {
            put(step, &mut packed);
        }
        Self { kept, begin, steps: packed.into_boxed_slice().into() }
    }

    /// About how many bytes of memory it takes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.steps.len() + self.begin.as_ref().map_or(0, |seen| seen.weight())
    }

    /// The fold over all events. It is made anew, which takes its time.
    pub fn seen(&self) -> Dialogue {
        let mut seen = begun(self.begin.as_deref(), self.kept);
        let mut steps = self.steps.clone();
        while let Some(step) = take(&mut steps) {
            step.do_with(&mut seen);
        }
        debug_assert!(steps.is_empty(), "a step cannot be read");
        seen
    }
}

/// When something was said, by whom, and what, where no more is known of it.
fn said(step: &Step) -> Option<(Moment, Side, &Bytes)> {
    match step {
        Step::Happened(Event {
            at,
            leg: Leg(0),
            cause: None,
            what: Happening::Bytes { from, data, veiled },
        }) if veiled.is_empty() => Some((*at, *from, data)),
        _ => None,
    }
}

fn put(step: &Step, packed: &mut Vec<u8>) {
    if let Some((at, from, data)) = said(step) {
        packed.put_u8(if from == Side::Client { CLIENT } else { SERVER });
        packed.put_u64_ne(at.0);
        return put_bytes(data, packed);
    }
    match step {
        Step::Happened(event) => {
            packed.put_u8(EVENT);
            put_bytes(&file::line(event), packed);
        }
        Step::Hidden(secret) => {
            packed.put_u8(HIDDEN);
            put_bytes(secret, packed);
        }
        Step::Kept(Keep { message, messages, talk }) => {
            packed.put_u8(KEPT);
            for bytes in [message, messages, talk] {
                packed.put_u64_ne(*bytes as u64);
            }
        }
    }
}

fn put_bytes(bytes: &[u8], packed: &mut Vec<u8>) {
    packed.put_u64_ne(bytes.len() as u64);
    packed.extend_from_slice(bytes);
}

/// Takes the next step away; what was said is not copied.
fn take(steps: &mut Bytes) -> Option<Step> {
    Some(match steps.try_get_u8().ok()? {
        from @ (CLIENT | SERVER) => {
            let at = Moment(steps.try_get_u64_ne().ok()?);
            let from = if from == CLIENT { Side::Client } else { Side::Server };
            Step::Happened(Event::bytes(at, from, take_bytes(steps)?))
        }
        EVENT => Step::Happened(file::event(&take_bytes(steps)?, 1).ok()?),
        HIDDEN => Step::Hidden(take_bytes(steps)?),
        KEPT => {
            let (message, messages) = (take_size(steps)?, take_size(steps)?);
            Step::Kept(Keep { message, messages, talk: take_size(steps)? })
        }
        _ => return None,
    })
}

fn take_bytes(steps: &mut Bytes) -> Option<Bytes> {
    let size = take_size(steps)?;
    (size <= steps.len()).then(|| steps.split_to(size))
}

fn take_size(steps: &mut Bytes) -> Option<usize> {
    usize::try_from(steps.try_get_u64_ne().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::facts::TlsReason;
    use crate::journal::file::tests::sample;
    use crate::journal::{Played, TlsFacts, TlsFailure};
    use crate::smtp::Span;

    #[test]
    fn every_step_comes_back_as_it_was() {
        let failure = TlsFailure {
            reason: TlsReason::Alert,
            detail: "bad certificate".into(),
            facts: TlsFacts::default(),
        };
        let more = [
            Happening::Secured(Box::default()),
            Happening::NotSecured(Box::new(failure)),
            Happening::Played(Box::new(Played { fault: "greylist".into(), ..Played::default() })),
            Happening::Bytes {
                from: Side::Client,
                data: Bytes::from_static(b"AUTH PLAIN ****\r\n"),
                veiled: vec![Span::new(11, 15)],
            },
        ];
        let more = more.map(|what| Event::new(Moment(5), what));
        let mut steps: Vec<_> = sample().into_iter().chain(more).map(Step::Happened).collect();
        steps.push(Step::Hidden(Bytes::from_static(b"secret\r\n")));
        steps.push(Step::Kept(Keep { message: 1, messages: 2, talk: usize::MAX }));
        steps.push(Step::Happened(Event::bytes(Moment(6), Side::Server, Bytes::new())));
        let mut packed = Packed::new(Keep::ALL, None, &steps).steps;
        for step in steps {
            assert_eq!(format!("{:?}", take(&mut packed)), format!("{:?}", Some(step)));
        }
        assert!(packed.is_empty());
    }
}
