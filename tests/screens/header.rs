//! The header of a message with what is odd about it, and the way that it took.

use ehlo::journal::Ending;
use ehlo::knowledge::Lang;
use ehlo::tui::model::{ContentView, Pane};

use super::checks::{compare, everywhere, golden, row};
use super::scene::{DOT, ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, SMALL, Scene};

/// A message that came over three servers before, the first of which nobody can vouch for, with
/// faults of all kinds.
const TRAVELLED: &str = "C: DATA
S: 354 Begin; a line with a dot alone ends the message
C: Return-Path: <alice@example.org>
C: Received: from mx.example.net (localhost [127.0.0.1])
C:  by store.example.net (Dovecot) with LMTP id 3
C:  for <bob@example.net>; Mon, 23 Nov 2026 07:54:45 +0000
C: Authentication-Results: mx.example.net; dkim=pass header.d=example.org
C: ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.net
C: ARC-Message-Signature: i=1; a=rsa-sha256; d=example.net
C: Received: from submit.example.org (submit.example.org [192.0.2.25])
C:  (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
C:  by mx.example.net (Postfix) with ESMTPS id 4Xk9;
C:  Mon, 23 Nov 2026 07:54:43 +0000
C: Received: from pc.example.org (host.isp.example [10.0.0.7])
C:  by submit.example.org with ESMTPSA id 1tEq;
C:  Mon, 23 Nov 2026 08:54:50 +0100
C: Date: Tue, 23 Nov 2026 07:54:40 GMT
C: From: Alice <alice@example.org>, Carol <carol@example.net>
C: To: =?utf-8?q?J=C3=B8rn?= <jorn@example.net>
C: Subject : =?utf-8?Q?Caf=C3=A9_am_Montag?=
C: this line has no colon
C: Content-Type: text/plain
C:
C: Hello.";

/// A screen on which that message was sent.
fn travelled(size: (u16, u16), lang: Lang, view: ContentView) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, TRAVELLED, DOT]);
    scene.model.session.view = view;
    scene.model.focus = Pane::Content;
    scene.model.zoomed = size == SMALL;
    scene
}

#[test]
fn the_header_of_a_message_that_travelled() {
    everywhere("header", |size, lang| travelled(size, lang, ContentView::Header));
}

#[test]
fn the_way_of_a_message_that_travelled() {
    everywhere("trace", |size, lang| {
        let mut scene = travelled(size, lang, ContentView::Trace);
        scene.model.zoomed = true;
        scene
    });
    // In the narrow pane, and where there is nothing but ASCII.
    let mut scene = travelled(LARGE, Lang::En, ContentView::Trace);
    golden("trace-pane", &scene);
    scene.model.ascii = true;
    let (buffer, _) = scene.drawn();
    let rows: Vec<String> = (0..buffer.area.height).map(|y| row(&buffer, y)).collect();
    compare("trace-ascii", &rows.join("\n"));
}

#[test]
fn the_line_of_this_session_is_written_by_a_server_that_takes_the_message() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.model.session.view = ContentView::Trace;
    scene.model.focus = Pane::Content;
    scene.model.zoomed = true;
    assert!(scene.shows("if it takes the"), "{}", scene.grid());
    let mut lost = scene.clone();
    lost.closed(Ending::Reset);
    assert!(lost.shows("did not take the message"), "{}", lost.grid());
    let (dot, taken) = DOT.split_once('\n').unwrap();
    scene.play(dot);
    assert!(scene.shows("if it takes the"), "{}", scene.grid());
    // All of the content was read before: only what the server says is new.
    let mut lost = scene.clone();
    lost.closed(Ending::Reset);
    assert!(lost.shows("ended before the answer"), "{}", lost.grid());
    scene.play(taken);
    assert!(scene.shows("the server took the message"), "{}", scene.grid());
}

#[test]
fn a_line_of_the_way_is_explained_and_is_its_bytes() {
    let mut scene = travelled(LARGE, Lang::En, ContentView::Trace);
    // Whoever points at the protocol reads what its letters mean.
    let (_, y) = scene.find("with ESMTPSA:");
    let area = scene.model.panes().content.unwrap();
    for _ in area.y..y {
        scene.press("down");
    }
    assert!(scene.shows("ESMTPSA: "), "{}", scene.grid());
    golden("trace-explained", &scene);
}
