//! A message while it is being written: what the wire will need, what is wrong, and what helps.
//!
//! A draft is text with LF line ends, as an editor holds it. Nothing here changes it silently:
//! what leaves is the text with CRLF, byte for byte, and what is odd about it is marked and still
//! goes out. Whatever inserts, attaches or encodes gives a new text. No clock and no chance:
//! dates and names come from the caller.

pub mod attachment;
pub mod encoding;
pub mod facts;
mod field;
pub mod header;
pub mod offers;
pub mod outline;
mod param;
mod part;
pub mod review;
pub mod template;
pub mod wire;

pub use attachment::{Attachment, attach};
pub use encoding::{Encoding, encode_body};
pub use facts::{Facts, boundary, message_id};
pub use header::{decode_header, encode_header, recode_field, set_boundary, set_field};
pub use offers::Offers;
pub use outline::{Outline, Place};
pub use review::{Finding, Findings, Left, Mark, Review, Severity, received, review};
pub use template::{TEMPLATES, Template};
pub use wire::{Chunk, chunks, mail_data, wire, wire_len};
