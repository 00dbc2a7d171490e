//! LMTP in one line: the target alone says it.

use crate::program::Home;
use crate::proven::proven;
use crate::says_of;
use crate::servers::Server;

#[test]
fn dovecot_answers_for_each_recipient_at_its_port_and_at_its_socket() {
    let Some(dovecot) = Server::start("dovecot", &["lmtp"]) else { return };
    let socket = format!("lmtp:unix:{}", dovecot.file("lmtp.sock").display());
    for target in [format!("lmtp://{}", dovecot.at("lmtp")), socket] {
        let call = |to: &str, code: i32| {
            let call = ["send", "-s", &target, "-f", "a@example.test", "-t", to, "--stage-codes"];
            let message = ["--body", "long enough to be over the quota of full"];
            Home::new().run(call.iter().chain(&message)).with(code).out
        };
        let told = call("inbox@example.test", 0);
        assert!(told.contains("C: LHLO ") && !told.contains("C: EHLO"), "{told}");
        let told = call("inbox@example.test, full@example.test", 26);
        assert!(says_of(&told, "inbox@example.test", "250 accepted"), "{told}");
        assert!(told.contains("# refused at .: 552 "), "{told}");
        call("inbox@example.test, nosuch@example.test", 24);
        let door = if target.contains("unix") { "unix socket" } else { "TCP" };
        proven("Dovecot", &format!("ehlo send, LMTP over {door}"), "0, 24, and 26 for one of two");
    }
}

#[test]
fn aiosmtpd_answers_once_for_two_and_that_does_not_end_with_0() {
    let Some(aiosmtpd) = Server::start("aiosmtpd", &["lmtp"]) else { return };
    let target = format!("lmtp://{}", aiosmtpd.at("lmtp"));
    let call = |to: &str, code: i32| {
        let call = ["send", "-s", &target, "-f", "a@example.test", "-t", to, "--timeout", "3"];
        Home::new().run(call).with(code).out
    };
    call("bob@example.test", 0);
    let told = call("bob@example.test, carol@example.test", 2);
    assert!(says_of(&told, "carol@example.test", "no answer"), "{told}");
    assert!(told.contains("# no reply in time"), "{told}");
    proven("aiosmtpd", "ehlo send, LMTP", "one answer for two is noticed, and not 0");
}
