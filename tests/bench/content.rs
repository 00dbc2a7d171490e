//! Reading the content of messages, in memory, beside the parser alone.
#![expect(clippy::unnecessary_wraps, reason = "every group is measured by such a function")]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use ehlo::session::content::Content;
use mail_parser::MessageParser;

use crate::corpora;
use crate::figure::{Kind, Series};
use crate::material::{self, Material};
use crate::process::since;

/// Many small messages that others have collected.
pub(crate) const SMALL: Kind = Kind::rate("content of 10,000 small messages", "messages/ms");
/// One large text.
pub(crate) const LARGE: Kind = Kind::rate("content of 50 MB of text", "MB/s");
/// One large attachment.
pub(crate) const ATTACHED: Kind = Kind::rate("content of 50 MB in base64", "MB/s");

const ROUNDS: usize = 9;
const COUNT: usize = 10_000;
const YARDSTICK: &str = "mail-parser alone";

/// The small messages.
///
/// # Errors
/// Never.
pub(crate) fn small(_: &Material) -> anyhow::Result<Vec<Series>> {
    let mails: Vec<Bytes> =
        corpora::of_the_parser().iter().map(|mail| mail.bytes().into()).collect();
    let mails: Vec<Bytes> = mails.into_iter().cycle().take(COUNT).collect();
    Ok(vec![measured(&SMALL, &mails, COUNT as f64)])
}

/// The large text.
///
/// # Errors
/// Never.
pub(crate) fn large(_: &Material) -> anyhow::Result<Vec<Series>> {
    Ok(vec![whole(&LARGE, material::message(material::LARGE))])
}

/// The large attachment.
///
/// # Errors
/// Never.
pub(crate) fn attached(_: &Material) -> anyhow::Result<Vec<Series>> {
    Ok(vec![whole(&ATTACHED, material::attachment(material::LARGE))])
}

fn whole(kind: &'static Kind, mail: Vec<u8>) -> Series {
    let work = mail.len() as f64 / 1e6 * 1e3;
    measured(kind, &[mail.into()], work)
}

/// `work` is what is done in all; divided by milliseconds it gives the unit of `kind`.
fn measured(kind: &'static Kind, mails: &[Bytes], work: f64) -> Series {
    let mut series = Series::new(kind, &[YARDSTICK]);
    for round in 0..=ROUNDS {
        let times = [read(mails), parsed(mails)];
        // The first round only warms up.
        if round > 0 {
            series.round(&times.map(|time| Some(work / time)));
        }
    }
    series
}

fn read(mails: &[Bytes]) -> f64 {
    let start = Instant::now();
    for mail in mails {
        black_box(Content::read(mail.clone()));
    }
    since(start)
}

fn parsed(mails: &[Bytes]) -> f64 {
    let start = Instant::now();
    for mail in mails {
        black_box(MessageParser::default().parse(mail));
    }
    since(start)
}
