//! Messages in files: where they lie, which one is shown, and which answers which.

use bytes::Bytes;
use ehlo::display::content::Carried;
use ehlo::display::content::parts::{AT_ONCE, Rows};
use ehlo::journal::{Event, Happening, Moment, Stored, mbox};
use ehlo::knowledge::Lang;
use ehlo::session::content::Content;
use ehlo::session::thread::Threads;
use ehlo::session::{Dialogue, Past};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::model::{ContentView, Pane, ReadContent, ReadThreads};
use ehlo::tui::view::content::message;

use super::checks::{everywhere, golden};
use super::scene::{LARGE, SMALL, Scene};

const MBOX: &str = "From alice@example.org Thu Nov 26 10:00:00 2026
Message-ID: <a@example.org>
From: Alice <alice@example.org>
Subject: =?utf-8?Q?Caf=C3=A9?= on Monday
Date: Thu, 26 Nov 2026 10:00:00 +0000

Shall we?
>From noon on.

From bob@example.net Thu Nov 26 10:05:00 2026
Message-ID: <b@example.net>
In-Reply-To: <a@example.org>
References: <a@example.org>
From: Bob <bob@example.net>
Subject: Re: =?utf-8?Q?Caf=C3=A9?= on Monday
Date: Thu, 26 Nov 2026 11:05:00 +0100

Yes.\r
\x1b[31m.

From carol@example.net Thu Nov 26 10:09:00 2026
References: <a@example.org> <b@example.net>
From: Carol <carol@example.net>
Subject: Re: =?utf-8?Q?Caf=C3=A9?= on Monday
Date: Thu, 26 Nov 2026 10:01:00 +0000

Me too.

From dave@example.net Thu Nov 26 10:10:00 2026
Message-ID: <d@example.net>
In-Reply-To: <z@example.com>
References: <x@example.com> <y@example.com> <z@example.com>
From: Dave <dave@example.net>
Subject: Re: something else
Date: Thu, 26 Nov 2026 10:10:00 +0000

No.
";

fn folded(stored: impl IntoIterator<Item = Stored>) -> Dialogue {
    let mut dialogue = Dialogue::default();
    for stored in stored {
        dialogue.apply(&Event::new(Moment(0), Happening::Stored(Box::new(stored))));
    }
    dialogue
}

/// A recording of these messages, behind some keys.
fn opened(size: (u16, u16), lang: Lang, dialogue: Dialogue, keys: &str) -> Scene {
    let mut scene = Scene::dialling(size, lang, "inbox.mbox");
    scene.model.session.dialling = false;
    scene.model.session.recorded = true;
    scene.model.session.loading = true;
    scene.tells(Message::Loaded(1, Box::new((Past::default(), dialogue)), None));
    for key in keys.split_whitespace() {
        scene.press(key);
    }
    scene
}

fn inbox(size: (u16, u16), lang: Lang, keys: &str) -> Scene {
    let file = Bytes::from_static(MBOX.as_bytes());
    opened(size, lang, folded(mbox::split("inbox.mbox", &file)), keys)
}

#[test]
fn a_message_in_a_file_is_shown_as_it_lies_there() {
    everywhere("stored", |size, lang| inbox(size, lang, "1 g"));
    let scene = inbox(LARGE, Lang::En, "");
    assert!(!scene.shows("220") && !scene.shows("354"), "{}", scene.grid());
    assert!(scene.shows("What lies in a file has no envelope"), "{}", scene.grid());
    // Only what is not the usual end is shown, unless all are wanted.
    let mut scene = inbox(LARGE, Lang::En, "1 g");
    assert!(!scene.shows("Shall we?\\n"), "{}", scene.grid());
    scene.press("shift-x");
    assert!(scene.shows("Shall we?\\n"), "{}", scene.grid());
}

#[test]
fn the_threads_of_a_mailbox() {
    everywhere("thread", |size, lang| {
        let mut scene = inbox(size, lang, "4");
        scene.model.session.view = ContentView::Thread;
        scene.press("down");
        scene.press("down");
        scene
    });
}

#[test]
fn one_goes_from_message_to_message() {
    let mut scene = inbox(LARGE, Lang::En, "4");
    let shown = |scene: &Scene, n: usize| {
        let (index, _) = message(&scene.model).unwrap();
        assert_eq!(index + 1, n, "{}", scene.grid());
    };
    shown(&scene, 1);
    for n in 2..=3 {
        scene.press(".");
        shown(&scene, n);
    }
    assert!(scene.shows("Carol <carol@example.net>"), "{}", scene.grid());
    for _ in 0..3 {
        scene.press(",");
    }
    shown(&scene, 1);
    assert!(scene.shows("this is the first message"), "{}", scene.grid());
    scene.press(".");
    shown(&scene, 2);
    // The selected row of the transcript decides, the one that says where a message lies too.
    scene.press("1");
    scene.press("g");
    shown(&scene, 1);
    assert_eq!(scene.model.session.read.of(1).map(|read| read.message), Some(1), "it is kept");
    // From the tree, Enter leads to the message.
    for key in ["4", "f9", "f9", "down", "down", "enter"] {
        scene.press(key);
    }
    assert_eq!(scene.model.session.view, ContentView::Header);
    shown(&scene, 2);
    scene.press("i");
    shown(&scene, 2);
    assert_eq!(scene.model.focus, Pane::Prompt);
}

#[test]
fn which_of_several_messages_is_shown_is_plain() {
    let mail = |at: usize| {
        let text = format!("Subject: about {at}\x1b\nMessage-ID: <{at}@x>\n\n");
        Stored::whole(format!("mail/{at}.eml"), text.into())
    };
    everywhere("several-messages", |size, lang| opened(size, lang, folded((1..4).map(mail)), "4"));
    // All panes begin with the same one, and say so.
    let mut scene = opened(SMALL, Lang::En, folded((1..41).map(mail)), "4");
    for told in ["Content 1/40:", "\u{2550} 1.eml: about 1\\x1b \u{2550}", " =message in mail/1.em"]
    {
        assert!(scene.shows(told), "{told}\n{}", scene.grid());
    }
    scene.press("G");
    scene.press("1");
    scene.press("G");
    scene.press("g");
    scene.press("4");
    for _ in 0..39 {
        scene.press(".");
    }
    for told in ["Content 40/40:", "40.eml: about 40", " >message in mail/40.e"] {
        assert!(scene.shows(told), "{told}\n{}", scene.grid());
    }
    // The tree is read in the background, and shows the message once it is there.
    scene.press("f9");
    let effects = scene.press("f9");
    let Some(Effect::ReadThreads { session: 1, of, kept }) = effects.into_iter().next() else {
        panic!("nothing is read")
    };
    let threads = Box::new(ReadThreads { of, threads: Threads::read(kept) });
    scene.tells(Message::ThreadsRead { session: 1, threads });
    assert!(scene.shows("> 40  "), "{}", scene.grid());
    // Where there is one message nothing of this is said.
    let scene = opened(SMALL, Lang::En, folded([mail(1)]), "4");
    assert!(!scene.shows("1/1") && !scene.shows(": about 1\\x1b \u{2550}"), "{}", scene.grid());
}

#[test]
fn a_stored_message_without_a_body_is_not_waited_for() {
    for (text, header, body) in [
        ("no header at all\n", "Fields: 0", "There is no body"),
        ("Subject: x\n", "Fields: 1", "There is no body"),
        ("", "Fields: 0", "There is no body"),
        ("Subject: x\n\n", "Fields: 1", "The body is empty."),
    ] {
        let stored = Stored::whole("a.eml".to_owned(), text.into());
        let mut scene = opened(SMALL, Lang::En, folded([stored]), "4");
        assert!(scene.shows(header) && !scene.shows("yet"), "{text}\n{}", scene.grid());
        scene.model.session.view = ContentView::Body;
        scene.press("up");
        assert!(scene.shows(body) && !scene.shows("to come"), "{text}\n{}", scene.grid());
        scene.model.session.view = ContentView::Parts;
        scene.press("up");
        assert_eq!(scene.shows("There is no body"), body.contains("no body"), "{}", scene.grid());
    }
}

#[test]
fn a_large_message_is_not_waited_for_where_another_one_is_wanted() {
    let large = Bytes::from(format!("Subject: large\n\n{}", "text\n".repeat(100_000)));
    let small = Bytes::from_static(b"Subject: small\n\n");
    let both = [("a.eml", small), ("b.eml", large)];
    let both = both.map(|(name, bytes)| Stored::whole(name.to_owned(), bytes));
    let mut scene = opened(SMALL, Lang::En, folded(both), "4");
    assert!(scene.shows("Subject: small"), "{}", scene.grid());
    let effects = scene.press(".");
    let [Effect::ReadContent { message: 1, of, carried, kept, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(scene.shows("reading"), "{}", scene.grid());
    scene.press(",");
    assert!(scene.shows("Subject: small") && !scene.shows("reading"), "{}", scene.grid());
    let content = Content::read(kept.clone().content());
    let read = Box::new(ReadContent::new(1, *of, content, carried));
    assert!(scene.tells(Message::ContentRead { session: 1, read }).is_empty());
    assert!(scene.shows("Subject: small"), "{}", scene.grid());
    assert!(scene.press(".").is_empty(), "it was read");
    assert!(scene.shows("Subject: large"), "{}", scene.grid());
}

/// Nobody waits for a tree of many parts: what is in sight is there at once, the rest follows.
#[test]
fn many_parts_are_laid_out_in_the_background() {
    const PARTS: usize = 3 * AT_ONCE;
    let parts = "--b\r\n\r\npart\r\n".repeat(PARTS);
    let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let bytes = Bytes::from(format!("{head}{parts}--b--\r\nthe end\r\n"));
    let stored = Stored::whole("a.eml".to_owned(), bytes.clone());
    let mut scene = opened(SMALL, Lang::En, folded([stored]), "");
    let read =
        ReadContent::new(0, (bytes.len() as u64, true), Content::read(bytes), &Carried::default());
    scene.tells(Message::ContentRead { session: 1, read: Box::new(read) });
    scene.types(":view parts");
    let effects = scene.press("enter");
    let Some(Effect::LayOut { session: 1, message: 0, content, lang, columns }) =
        effects.into_iter().next()
    else {
        panic!("nothing is laid out")
    };
    scene.model.focus = Pane::Content;
    assert!(scene.press("g").is_empty(), "one at a time");
    assert!(scene.shows("2 text/plain"), "{}", scene.grid());
    scene.press("shift-g");
    assert!(scene.shows("reading") && !scene.shows("the end"), "{}", scene.grid());
    let rows = Box::new(Rows::whole(&content, lang, columns));
    assert!(
        scene
            .tells(Message::LaidOut { session: 1, message: 0, content, lang, columns, rows })
            .is_empty()
    );
    scene.press("shift-g");
    assert!(scene.shows("the end") && !scene.shows("reading"), "{}", scene.grid());
    // The last part stands above what follows it.
    scene.model.session.pointed = Some((Pane::Content, PARTS));
    let effects = scene.press("enter");
    assert!(effects.is_empty() && scene.model.session.shown.part == Some(PARTS), "{effects:?}");
    scene.press("backspace");
    assert!(scene.shows(&format!("{} text/plain", PARTS + 1)), "{}", scene.grid());
}

#[test]
fn many_headers_are_read_in_the_background_and_reading_can_be_stopped() {
    let mail = |at: usize| Stored::whole(format!("{at}.eml"), format!("A: {at}\n\n").into());
    let mut scene = opened(SMALL, Lang::En, folded((0..100).map(mail)), "f9");
    let effects = scene.press("f9");
    assert!(scene.shows("reading the headers"), "{}", scene.grid());
    let Some(Effect::ReadThreads { session: 1, of, kept }) = effects.into_iter().next() else {
        panic!("nothing is read")
    };
    assert!(scene.press("esc").is_empty(), "they are asked for once");
    let threads = Box::new(ReadThreads { of, threads: Threads::read(kept) });
    scene.tells(Message::ThreadsRead { session: 1, threads });
    assert!(scene.shows("(no subject)"), "{}", scene.grid());

    scene.model.session.loading = true;
    scene.tells(Message::Reading { session: 1, read: 7, all: 100 });
    assert!(scene.shows("reading 7 of 100"), "{}", scene.grid());
    assert_eq!(scene.press("esc"), [Effect::StopReading(1)]);
    golden("reading-messages", &scene);
}
