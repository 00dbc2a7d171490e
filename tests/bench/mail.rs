//! Mail that is sent: `ehlo run` and `ehlo send` against curl and swaks, all to the same sink.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::figure::{Kind, Series};
use crate::material::Material;
use crate::process::{EHLO, installed, peak, timed};
use crate::sink;

/// A whole process that sends one kilobyte.
pub(crate) const SMALL: Kind = Kind::time("small message");
/// The same behind STARTTLS, with the root of a practice server.
pub(crate) const SMALL_TLS: Kind = Kind::time("small message over STARTTLS");
/// The same in one line.
pub(crate) const SENT: Kind = Kind::time("ehlo send, small message");
/// The same behind STARTTLS.
pub(crate) const SENT_TLS: Kind = Kind::time("ehlo send, small message over STARTTLS");
/// The large message behind STARTTLS, in one line.
pub(crate) const SENT_LARGE_TLS: Kind = Kind::time("ehlo send, 50 MB over STARTTLS");
/// A whole process that sends the large message.
pub(crate) const LARGE: Kind = Kind::time("50 MB message");
/// The same, recorded.
pub(crate) const LARGE_RECORDED: Kind = Kind::time("50 MB message, --record");
/// The memory that it takes.
pub(crate) const PEAK: Kind = Kind::cost("50 MB message, peak memory", "MiB", 0.1);
/// The same, recorded.
pub(crate) const PEAK_RECORDED: Kind =
    Kind::cost("50 MB message, peak memory, --record", "MiB", 0.1);

const SMALL_ROUNDS: usize = 21;
const LARGE_ROUNDS: usize = 7;
const PEAK_ROUNDS: usize = 5;
const CURL: &str = "curl -T";
const SWAKS: &str = "swaks --data";

/// One message, and where it goes.
struct Errand<'a> {
    material: &'a Material,
    message: PathBuf,
    script: PathBuf,
    port: u16,
    /// The root that is trusted where TLS begins behind STARTTLS.
    ca: Option<PathBuf>,
}

impl<'a> Errand<'a> {
    fn new(material: &'a Material, message: PathBuf) -> anyhow::Result<Self> {
        let script = material.script(&message)?;
        Ok(Self { material, message, script, port: sink::start()?, ca: None })
    }

    fn over_starttls(self) -> anyhow::Result<Self> {
        // Each sink has a root of its own.
        let ca = self.message.with_extension("ca.pem");
        Ok(Self { port: sink::start_tls(&ca)?, ca: Some(ca), ..self })
    }

    fn ehlo(&self, record: Option<&Path>) -> Command {
        let mut command = Command::new(EHLO);
        command.env("XDG_CONFIG_HOME", self.material.folder());
        command.env("XDG_STATE_HOME", self.material.folder());
        command.arg("run").arg(&self.script);
        command.args(["--server", &format!("127.0.0.1:{}", self.port)]);
        if let Some(file) = record {
            command.arg("--record").arg(file);
        }
        if let Some(ca) = &self.ca {
            command.args(["--tls", "starttls", "--tls-ca"]).arg(ca);
        }
        command
    }

    /// The same work in one line.
    fn sent(&self) -> Command {
        let mut command = Command::new(EHLO);
        command.env("XDG_CONFIG_HOME", self.material.folder());
        command.env("XDG_STATE_HOME", self.material.folder());
        command.args(["send", "--server", &format!("127.0.0.1:{}", self.port)]);
        command.args(["--from", "a@example.test", "--to", "b@example.test", "--data"]);
        command.arg(&self.message);
        if let Some(ca) = &self.ca {
            command.args(["--tls", "starttls", "--tls-ca"]).arg(ca);
        }
        command
    }

    /// swaks does the same work, if there is one.
    fn by_swaks(
        &self,
        measure: fn(&mut Command) -> anyhow::Result<f64>,
    ) -> anyhow::Result<Option<f64>> {
        let mut command = Command::new("swaks");
        command.args(["--server", &format!("127.0.0.1:{}", self.port)]);
        command.args(["--from", "a@example.test", "--to", "b@example.test", "--data"]);
        command.arg(format!("@{}", self.message.display()));
        if let Some(ca) = &self.ca {
            command.args(["--tls", "--tls-verify", "--tls-ca-path"]).arg(ca);
        }
        installed("swaks").then(|| measure(&mut command)).transpose()
    }

    /// curl does the same work, if there is one.
    fn by_curl(
        &self,
        measure: fn(&mut Command) -> anyhow::Result<f64>,
    ) -> anyhow::Result<Option<f64>> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", &format!("smtp://127.0.0.1:{}", self.port)]);
        command.args(["--mail-from", "a@example.test", "--mail-rcpt", "b@example.test", "-T"]);
        command.arg(&self.message);
        if let Some(ca) = &self.ca {
            command.args(["--ssl-reqd", "--cacert"]).arg(ca);
        }
        installed("curl").then(|| measure(&mut command)).transpose()
    }
}

/// A small message.
///
/// # Errors
/// When one of the programs fails.
pub(crate) fn small(material: &Material) -> anyhow::Result<Vec<Series>> {
    let errand = Errand::new(material, material.small()?)?;
    Ok(vec![one(&errand, &SMALL)?])
}

/// A small message over STARTTLS.
///
/// # Errors
/// When one of the programs fails.
pub(crate) fn small_tls(material: &Material) -> anyhow::Result<Vec<Series>> {
    let errand = Errand::new(material, material.small()?)?.over_starttls()?;
    Ok(vec![one(&errand, &SMALL_TLS)?])
}

/// The time that an errand takes.
fn one(errand: &Errand<'_>, kind: &'static Kind) -> anyhow::Result<Series> {
    let mut series = Series::new(kind, &[CURL]);
    for round in 0..=SMALL_ROUNDS {
        let samples = [Some(timed(&mut errand.ehlo(None))?), errand.by_curl(timed)?];
        // The first round only warms up.
        if round > 0 {
            series.round(&samples);
        }
    }
    Ok(series)
}

/// A message in one line, small in clear text, small and large over STARTTLS.
///
/// # Errors
/// When one of the programs fails.
pub(crate) fn sent(material: &Material) -> anyhow::Result<Vec<Series>> {
    let clear = Errand::new(material, material.small()?)?;
    let small = Errand::new(material, material.small()?)?.over_starttls()?;
    let large = Errand::new(material, material.large()?)?.over_starttls()?;
    Ok(vec![
        in_one_line(&clear, &SENT, SMALL_ROUNDS)?,
        in_one_line(&small, &SENT_TLS, SMALL_ROUNDS)?,
        in_one_line(&large, &SENT_LARGE_TLS, LARGE_ROUNDS)?,
    ])
}

/// The time that an errand takes in one line.
fn in_one_line(errand: &Errand<'_>, kind: &'static Kind, rounds: usize) -> anyhow::Result<Series> {
    let mut series = Series::new(kind, &[CURL, SWAKS]);
    for round in 0..=rounds {
        let ours = timed(&mut errand.sent())?;
        let samples = [Some(ours), errand.by_curl(timed)?, errand.by_swaks(timed)?];
        // The first round only warms up.
        if round > 0 {
            series.round(&samples);
        }
    }
    Ok(series)
}

/// A large message: time and memory, with and without a recording.
///
/// # Errors
/// When one of the programs fails.
pub(crate) fn large(material: &Material) -> anyhow::Result<Vec<Series>> {
    let errand = Errand::new(material, material.large()?)?;
    let times = pair(&errand, [&LARGE, &LARGE_RECORDED], LARGE_ROUNDS, timed)?;
    let peaks = pair(&errand, [&PEAK, &PEAK_RECORDED], PEAK_ROUNDS, peak)?;
    Ok(times.into_iter().chain(peaks).collect())
}

/// One figure without and with a recording, beside curl.
fn pair(
    errand: &Errand<'_>,
    kinds: [&'static Kind; 2],
    rounds: usize,
    measure: fn(&mut Command) -> anyhow::Result<f64>,
) -> anyhow::Result<[Series; 2]> {
    let record = errand.material.folder().join("recorded.jsonl");
    let mut both = kinds.map(|kind| Series::new(kind, &[CURL]));
    for round in 0..=rounds {
        let theirs = errand.by_curl(measure)?;
        let ours = [measure(&mut errand.ehlo(None))?, measure(&mut errand.ehlo(Some(&record)))?];
        // The first round only warms up.
        if round > 0 {
            for (series, sample) in both.iter_mut().zip(ours) {
                series.round(&[Some(sample), theirs]);
            }
        }
    }
    Ok(both)
}
