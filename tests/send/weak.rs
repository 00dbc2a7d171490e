//! Where swaks is measured to be wrong, ehlo is right. Each row names the test that shows it; those
//! without a file are here.
//!
//! | case | test |
//! |---|---|
//! | RCPT answered 251 | `send.rs`, `any_code_that_begins_with_2_accepts_a_recipient` |
//! | EHLO keywords in lower case | `send.rs`, `keywords_have_no_case` |
//! | LMTP, one 250 and one 550 behind the dot | `send.rs`, `two_answers_to_one_lmtp_message_do_not_end_with_0`; `lmtp.rs` with Dovecot |
//! | PROXY v2 LOCAL | `proxy_v2_local_is_16_bytes` |
//! | PROXY to a server that does not expect it | `a_server_that_does_not_know_proxy_is_noticed_and_does_not_end_with_0` |
//! | XCLIENT answered 250 | `posing.rs`, `a_250_to_xclient_is_off_the_convention_and_the_session_goes_on` |
//! | no name in the handshake | `send.rs`, `the_name_of_the_server_is_sent_in_the_handshake` |
//! | secrets beside PLAIN and LOGIN | `send.rs`, `nothing_that_follows_from_the_password_is_printed` |
//! | optional TLS behind a failed handshake | `send.rs`, `after_a_failed_handshake_nothing_more_is_said` |
//! | QUIT answered oddly behind a wanted stop | `send.rs`, `the_goodbye_is_listened_to_even_after_a_wanted_stop` |
//! | no answer in time | `send.rs`, `a_local_time_out_is_not_put_into_the_servers_mouth` |
//! | XCLIENT with bytes that are no xtext | `posing.rs`, `what_xtext_does_not_hold_is_encoded` |
//! | a mechanism that is not offered | `send.rs`, `a_mechanism_that_is_not_offered_is_tried_only_if_one_insists_whichever_it_is` |
//! | a blank behind the comma of recipients | `send.rs`, `a_list_of_recipients_is_trimmed` |
//! | a second MX host | `the_second_mail_host_of_a_domain_is_tried` |
//! | one transaction, no other commands | `several_transactions_and_every_other_command_in_one_session` |

use std::net::Ipv4Addr;

use crate::names::{Answer, NameServer};
use crate::peer::{Client, Peer};
use crate::program::Home;
use crate::proven::proven;
use crate::{greeted, send, take_message, verbs};

#[test]
fn proxy_v2_local_is_16_bytes() {
    let peer = Peer::start(|mut client: Client| {
        // The signature has two line ends in it.
        let mut header: Vec<u8> = (0..2).flat_map(|_| client.raw_line()).collect();
        header.extend(client.raw_line());
        header.extend(client.bytes(16 - header.len()));
        greeted(&mut client, &[]);
        client.answer("QUIT", "221 bye");
        header
    });
    let options = ["--proxy-protocol", "v2-local", "--quit-after", "ehlo"];
    send(&peer.address, &options).with(0);
    assert_eq!(peer.end(), b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
    proven("swaks does not", "PROXY v2 LOCAL", "16 bytes, command 0x20");
}

/// Answers every line, one reply each, as a server does that has never heard of PROXY.
fn unaware(mut client: Client) {
    client.say("220 fake.example\r\n");
    loop {
        let line = client.line();
        let reply = match line.split([' ', '\r']).next().unwrap_or_default() {
            "" => return,
            "EHLO" | "HELO" | "MAIL" | "RCPT" => "250 ok",
            "DATA" => {
                take_rest(&mut client);
                "250 ok"
            }
            "QUIT" => "221 bye",
            _ => "500 5.5.2 what",
        };
        if !client.say(format!("{reply}\r\n")) || reply.starts_with("221") {
            return;
        }
    }
}

fn take_rest(client: &mut Client) {
    client.say("354 go on\r\n");
    while !matches!(client.line().as_str(), ".\r\n" | "") {}
}

#[test]
fn a_server_that_does_not_know_proxy_is_noticed_and_does_not_end_with_0() {
    for stage_codes in [&[][..], &["--stage-codes"]] {
        let peer = Peer::start(unaware);
        let options = [&["--proxy-protocol", "v1"], stage_codes].concat();
        let ended = send(&peer.address, &options);
        peer.end();
        assert_ne!(ended.code, Some(0), "{}", ended.out);
        assert!(ended.out.contains("# A16 error: "), "{}", ended.out);
        assert!(!ended.out.contains("C: MAIL"), "nothing is sent into the drift: {}", ended.out);
    }
    proven("swaks does not", "PROXY to a server that does not know it", "noticed, and not 0");
}

#[test]
fn the_second_mail_host_of_a_domain_is_tried() {
    let names = NameServer::start(vec![
        ("example.net", Answer::Mx(10, "first.example.net")),
        ("example.net", Answer::Mx(20, "second.example.net")),
        // Nobody listens there.
        ("first.example.net", Answer::A(Ipv4Addr::new(127, 0, 0, 9))),
        ("second.example.net", Answer::A(Ipv4Addr::LOCALHOST)),
    ]);
    let taker = || {
        Peer::start(|mut client: Client| {
            greeted(&mut client, &[]);
            client.answer("MAIL", "250 ok");
            client.answer("RCPT", "250 ok");
            take_message(&mut client, "250 ok");
            client.answer("QUIT", "221 bye");
        })
    };
    for number in ["", "#2"] {
        let peer = taker();
        let port = peer.address.rsplit(':').next().unwrap();
        let target = format!("mx:example.net:{port}{number}");
        let ended = send(&target, &["--dns", &names.address]).with(0);
        peer.end();
        let walked = ended.out.contains("connection refused after");
        assert_eq!(walked, number.is_empty(), "{}", ended.out);
        let there = "# connected to second.example.net for mx:example.net:";
        assert!(ended.out.contains(there), "{}", ended.out);
    }
    proven("swaks does not", "the second MX host", "walked to, and chosen");
}

#[test]
fn several_transactions_and_every_other_command_in_one_session() {
    let mail = "C: MAIL FROM:<alice@example.org>\nS: 250\nC: RCPT TO:<bob@example.net>\nS: 250\n";
    let message = "C: DATA\nS: 354\nC: Subject: x\nC:\nC: .\nS: 250\n";
    let script = format!(
        "C: EHLO pc.example.org\nS: 250\n{mail}{message}C: NOOP\nS: 250\nC: HELP\nS: 214\n\
         C: VRFY bob\nS: 250\n{mail}C: RSET\nS: 250\n{mail}{message}C: QUIT\nS: 221\n"
    );
    let ended = Home::new().run_with(["run", "-", "--server", "practice"], script).with(0);
    assert_eq!(verbs(&ended.out).iter().filter(|verb| *verb == "MAIL").count(), 3);
    proven("swaks does not", "several transactions, RSET, NOOP, VRFY, HELP", "in one session");
}

#[test]
fn every_row_above_names_a_test() {
    let rows: Vec<_> = include_str!("weak.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "))
        .filter(|row| row.contains('`'))
        .collect();
    assert_eq!(rows.len(), 16);
    let sources = [include_str!("../send.rs"), include_str!("posing.rs"), include_str!("weak.rs")];
    for row in rows {
        let name = row.split('`').find(|word| word.contains('_')).unwrap();
        let test = format!("#[test]\nfn {name}()");
        assert!(sources.iter().any(|source| source.contains(&test)), "no test {name}: {row}");
    }
}
