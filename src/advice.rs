//! What to type next, and what is wrong with what is being typed.
//!
//! Four questions about a session and a line that has not been sent: which line comes next
//! ([`suggest`]), what can stand at the cursor ([`complete`]), what a server would say to the line
//! ([`judge`]), and, behind a reply, what was probably meant ([`recognise`]). One of them decides:
//! a candidate is legal, and a suggestion sensible, when the verdict on the finished line says so,
//! and a slip is the verdict on what was sent. So the list, the edge of the prompt and the
//! explanation never disagree. Nothing here sends anything, and nothing forbids anything.

pub mod completion;
pub mod fault;
pub mod habits;
pub mod remaining;
pub mod rule;
pub mod slip;
pub mod suggestion;
pub mod verdict;

mod letter;

pub use completion::{Candidate, complete};
pub use fault::{Fault, Says, Severity};
pub use habits::Habits;
pub use remaining::remaining;
pub use rule::Rule;
pub use slip::{Slip, recognise};
pub use suggestion::suggest;
pub use verdict::{judge, judge_behind, judge_octets};
