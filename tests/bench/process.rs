//! Child processes: how long they take, and what `/proc` says of them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;

/// How often the memory of a process is looked at.
const GLANCE: Duration = Duration::from_micros(300);

/// Milliseconds since `start`.
pub(crate) fn since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}

/// The program that is measured.
pub(crate) const EHLO: &str = env!("CARGO_BIN_EXE_ehlo");

/// Whether `name` stands somewhere in `PATH`.
pub(crate) fn installed(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Milliseconds from the start of a program to its end; it has to succeed.
///
/// # Errors
/// When it cannot be started, or fails.
pub(crate) fn timed(command: &mut Command) -> anyhow::Result<f64> {
    let start = Instant::now();
    let status = silent(command).status()?;
    let time = since(start);
    ensure!(status.success(), "{command:?}: {status}");
    Ok(time)
}

/// The most memory that a program used, in MiB, as far as short glances can tell.
///
/// # Errors
/// As [`timed`].
pub(crate) fn peak(command: &mut Command) -> anyhow::Result<f64> {
    let mut child = silent(command).spawn()?;
    let mut peak = 0.0_f64;
    let status = loop {
        peak = peak.max(memory(child.id(), "VmHWM"));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(GLANCE);
    };
    ensure!(status.success(), "{command:?}: {status}");
    Ok(peak)
}

fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// A line such as `VmRSS` of the status of a process, in MiB; 0 if there is none.
pub(crate) fn memory(pid: u32, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let rest = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
    let kilobytes = rest.and_then(|r| r.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1_024.0
}

/// Milliseconds that all threads of a process have run.
pub(crate) fn running(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1_000_000.0
}
