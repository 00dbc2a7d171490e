//! What is typed, read by a thread of its own, which can be told to leave the terminal to another
//! program for a while.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crossterm::event::Event as Input;
use tokio::sync::mpsc;

use crate::net::driver::EVENTS_WAITING;

/// Who has the terminal.
#[derive(Debug, Default)]
struct State {
    /// The thread waits for a key.
    reading: bool,
    /// Another program reads what is typed.
    lent: bool,
}

/// The gate before the terminal.
#[derive(Debug, Default)]
struct Gate(Mutex<State>, Condvar);

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) {
        let free = self.1.wait_while(self.state(), |state| state.lent);
        free.unwrap_or_else(PoisonError::into_inner).reading = true;
    }

    fn leave(&self) {
        self.state().reading = false;
        self.1.notify_all();
    }
}

/// The thread that reads keys. It ends with the program: nothing can interrupt it.
#[derive(Clone, Debug)]
pub(super) struct Keyboard(Arc<Gate>);

impl Keyboard {
    /// Begins to read.
    pub(super) fn begin() -> (Self, mpsc::Receiver<Input>) {
        let gate = Arc::<Gate>::default();
        let (typed, events) = mpsc::channel(EVENTS_WAITING);
        let keyboard = Self(Arc::clone(&gate));
        std::thread::spawn(move || {
            loop {
                gate.enter();
                let event = crossterm::event::read();
                gate.leave();
                // The terminal is gone, or nobody is there to hear it.
                if event.is_ok_and(|event| typed.blocking_send(event).is_ok()) {
                    continue;
                }
                break;
            }
        });
        (keyboard, events)
    }

    /// Does something while another program has the terminal.
    pub(super) fn lend<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
        self.0.state().lent = true;
        self.interrupt();
        let done = meanwhile();
        self.0.state().lent = false;
        self.0.1.notify_all();
        done
    }

    /// Makes the thread return from its wait: it takes this for a change of size.
    #[cfg(unix)]
    fn interrupt(&self) {
        use rustix::process::{Signal, getpid, kill_process};
        if kill_process(getpid(), Signal::WINCH).is_ok() {
            drop(self.0.1.wait_while(self.0.state(), |state| state.reading));
        }
    }

    /// Nothing can interrupt it here.
    #[cfg(not(unix))]
    fn interrupt(&self) {}
}
