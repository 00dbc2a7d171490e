//! What every front needs to show a session: visible bytes, widths, roles, keys, pictures.

pub mod advice;
pub mod article;
pub mod colour;
pub mod compare;
pub mod content;
pub mod envelope;
pub mod fault;
pub mod gate;
pub mod hand;
pub mod hex;
pub mod html;
pub mod keys;
pub mod line;
pub mod login;
pub mod mouse;
pub mod offers;
pub mod plan;
pub mod reach;
pub mod recording;
pub mod security;
pub mod sentence;
pub mod shot;
pub mod slip;
pub mod stored;
pub mod text;
pub mod theme;
pub mod token;
pub mod transcript;
pub mod waterfall;
pub mod who;
pub mod words;

pub use colour::Depth;
pub use mouse::Mouse;
pub use shot::Shot;
pub use slip::{Reason, Slip};
pub use theme::{OwnThemes, Role, Theme};
