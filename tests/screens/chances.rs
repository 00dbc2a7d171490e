//! Whatever happens, at random.

use crossterm::event::{MouseButton, MouseEventKind};
use ehlo::journal::{Ending, Side};
use ehlo::knowledge::Lang;
use ehlo::tui::message::Message;
use proptest::prelude::*;

use super::checks::selected_is_in_sight;
use super::scene::{HOSTILE, Scene, event};

/// Something that can happen to the screen, at random.
#[derive(Clone, Debug)]
enum Chance {
    Key(usize),
    Char(char),
    Bytes(Side, Vec<u8>),
    Paste(String),
    Resize(u16, u16),
    Mouse(MouseEventKind, (u16, u16)),
    Closed,
    Opened,
    Wait(u64),
}

fn wire() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"220 hi\r\n"[..],
        b"250-a\r\n",
        b"250 ok\r\n",
        b"354 go\r\n",
        b"334 \r\n",
        b"421 bye\r\n",
        b"550 no\r\n",
        b"EHLO x\r\n",
        b"MAIL FROM:<a@b>\r\n",
        b"RCPT TO:<c@d>\r\n",
        b"DATA\r\n",
        b"AUTH LOGIN\r\n",
        b"Subject: =?utf-8?B?5pel?=\r\n",
        b"\r\n",
        b".\r\n",
        b"RSET\r\n",
        b"BDAT 5 LAST\r\n",
        b"STARTTLS\r\n",
        HOSTILE,
    ]);
    prop_oneof![
        4 => known.prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

fn mouse() -> impl Strategy<Value = MouseEventKind> {
    let left = MouseButton::Left;
    prop::sample::select(vec![
        MouseEventKind::Down(left),
        MouseEventKind::Drag(left),
        MouseEventKind::Up(left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
    ])
}

fn chance() -> impl Strategy<Value = Chance> {
    prop_oneof![
        6 => (any::<bool>(), wire()).prop_map(|(client, bytes)| {
            Chance::Bytes(if client { Side::Client } else { Side::Server }, bytes)
        }),
        6 => (0..200_usize).prop_map(Chance::Key),
        3 => any::<char>().prop_map(Chance::Char),
        1 => ".{0,30}|(EHLO x\r\n){0,3}".prop_map(Chance::Paste),
        1 => (0..200_u16, 0..60_u16).prop_map(|(w, h)| Chance::Resize(w, h)),
        6 => (mouse(), (0..140_u16, 0..50_u16)).prop_map(|(kind, at)| Chance::Mouse(kind, at)),
        1 => Just(Chance::Closed),
        1 => Just(Chance::Opened),
        1 => (0..400_u64).prop_map(Chance::Wait),
    ]
}

fn happen(scene: &mut Scene, chance: Chance) {
    match chance {
        Chance::Key(n) => {
            let rows = scene.model.keys.rows();
            let key = rows[n % rows.len()].key;
            scene.tells(Message::Key(event(key)));
        }
        Chance::Char(c) => scene.types(&c.to_string()),
        Chance::Bytes(side, bytes) => scene.bytes(side, &bytes),
        Chance::Paste(text) => drop(scene.tells(Message::Paste(text))),
        Chance::Resize(w, h) => drop(scene.tells(Message::Resize(w, h))),
        Chance::Mouse(kind, place) => drop(scene.mouse(kind, place)),
        Chance::Closed => scene.closed(Ending::Finished),
        Chance::Opened => scene.opened("127.0.0.1:25", false),
        Chance::Wait(seconds) => scene.waits(seconds),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_screen_stands(
        chances in prop::collection::vec(chance(), 0..60),
        size in (0..130_u16, 0..45_u16),
        japanese: bool,
    ) {
        let lang = if japanese { Lang::Ja } else { Lang::En };
        let mut scene = Scene::practice(size, lang);
        for (at, chance) in chances.into_iter().enumerate() {
            happen(&mut scene, chance);
            if at % 4 == 0 {
                scene.drawn();
            }
            selected_is_in_sight(&scene.model);
        }
        scene.drawn();
    }
}
