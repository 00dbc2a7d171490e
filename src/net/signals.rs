//! What the system tells the program: to end, or that its window has another size.
//!
//! Where there are no signals (Windows), Ctrl-C is the only one.

/// A signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The terminal is gone.
    HangUp,
    /// Ctrl-C outside raw mode.
    Interrupt,
    /// Ctrl-\ outside raw mode.
    Quit,
    /// Somebody wants it to end.
    Terminate,
    /// Ctrl-Z outside raw mode.
    Stop,
    /// The window has another size.
    Window,
}

impl Signal {
    /// Those that end a program.
    pub const ENDING: [Self; 4] = [Self::HangUp, Self::Interrupt, Self::Quit, Self::Terminate];

    /// Those by which a server is told to stop. Whoever wants it to outlive its terminal (`nohup`) has
    /// seen to it that the end of that does nothing; where this cannot be known, it does what it does.
    pub fn stopping() -> Vec<Self> {
        let hang_up = Some(Self::HangUp).filter(|signal| signal.is_ignored() == Some(false));
        [Self::Terminate, Self::Interrupt].into_iter().chain(hang_up).collect()
    }

    /// Whether it does nothing to this program as it was started.
    fn is_ignored(self) -> Option<bool> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask >> (self.number() - 1) & 1 == 1)
    }

    /// Its number in Linux, which is part of the exit code of what it ends.
    pub const fn number(self) -> i32 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::Terminate => 15,
            Self::Stop => 20,
            Self::Window => 28,
        }
    }
}

pub use system::{Signals, survive_full_files};

#[cfg(unix)]
mod system {
    use std::task::Poll;

    use tokio::signal::unix::{self, SignalKind};

    use super::Signal;

    /// Signals that are listened to.
    #[derive(Debug)]
    pub struct Signals(Vec<(Signal, unix::Signal)>);

    /// A file that may not grow any more makes a write fail, as a full disk does, and does not end the
    /// program.
    pub fn survive_full_files() {
        // Where that cannot be had, it is as it was.
        let _ = unix::signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
    }

    impl Signals {
        /// Listens to `signals`: from now on they do nothing else.
        ///
        /// # Errors
        /// When the system refuses.
        pub fn of(signals: &[Signal]) -> std::io::Result<Self> {
            let listen = |signal: &Signal| {
                let kind = match signal {
                    Signal::HangUp => SignalKind::hangup(),
                    Signal::Interrupt => SignalKind::interrupt(),
                    Signal::Quit => SignalKind::quit(),
                    Signal::Terminate => SignalKind::terminate(),
                    Signal::Stop => SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()),
                    Signal::Window => SignalKind::window_change(),
                };
                Ok((*signal, unix::signal(kind)?))
            };
            Ok(Self(signals.iter().map(listen).collect::<std::io::Result<_>>()?))
        }

        /// Waits for the next one; cancel-safe.
        pub async fn next(&mut self) -> Signal {
            std::future::poll_fn(|context| {
                let mut all = self.0.iter_mut();
                let come = all.find_map(|(signal, listened)| {
                    listened.poll_recv(context).is_ready().then_some(*signal)
                });
                come.map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::Signal;

    /// There is no such signal.
    pub const fn survive_full_files() {}

    /// Ctrl-C, if it is listened to.
    #[derive(Debug)]
    pub struct Signals(bool);

    impl Signals {
        /// Listens to `signals`, as far as there are such.
        ///
        /// # Errors
        /// Never.
        pub fn of(signals: &[Signal]) -> std::io::Result<Self> {
            Ok(Self(signals.contains(&Signal::Interrupt)))
        }

        /// Waits for the next one; cancel-safe.
        pub async fn next(&mut self) -> Signal {
            if self.0 && tokio::signal::ctrl_c().await.is_ok() {
                return Signal::Interrupt;
            }
            std::future::pending().await
        }
    }
}
