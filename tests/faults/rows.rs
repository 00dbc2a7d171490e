//! What is played against each fault, and what must be seen then.
//!
//! A script is a row of steps between bars. A name in capitals stands for what [`steps`] says, `C: `,
//! `S: ` and `:` begin a line of a transcript, and anything else is a command whose answer is awaited,
//! whatever it is.

/// What is played, and what it must show. Against the server without the fault something of it
/// must be missing.
pub(crate) struct Row {
    /// The fault, as it is chosen.
    pub(crate) fault: &'static str,
    /// What the client does.
    pub(crate) script: &'static str,
    /// What it says at once, before anything else.
    pub(crate) early: &'static [u8],
    /// In how many sessions, one after the other; the last one is looked at.
    pub(crate) sessions: u32,
    /// Patterns for each of which there is an exchange.
    pub(crate) sees: &'static [&'static str],
    /// Patterns for which there is none.
    pub(crate) misses: &'static [&'static str],
    /// What stands in one write of the server, or is one between `^` and `$`.
    pub(crate) writes: &'static [&'static str],
    /// How the server ends the connection, if that matters.
    pub(crate) ends: Option<Ends>,
    /// What was stored.
    pub(crate) stored: Option<&'static [&'static str]>,
    /// How many seconds it takes at least.
    pub(crate) takes: u64,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// By the server, in order.
    Finished,
    /// By the server, with a reset.
    Reset,
    /// By the server, without the goodbye of TLS.
    Cut,
    /// Not by the server.
    Open,
}

/// A server that is greeted, of which nothing is wanted.
pub(crate) const ROW: Row = Row {
    fault: "",
    script: "HELLO",
    early: b"",
    sessions: 1,
    sees: &[],
    misses: &[],
    writes: &[],
    ends: None,
    stored: None,
    takes: 0,
};

/// A script as a transcript.
pub(crate) fn steps(script: &str) -> String {
    let awaited = |command: &str| format!("C: {command}\nS: 250\n");
    let step = |step: &str| match step.trim() {
        "GREETING" => "S: 220\n".to_owned(),
        "HELLO" => "S: 220\nC: EHLO pc.example.org\nS: 250\n".to_owned(),
        "MAIL" => awaited("MAIL FROM:<alice@example.org>"),
        "BOB" => awaited("RCPT TO:<bob@example.net>"),
        "CAROL" => awaited("RCPT TO:<carol@example.net>"),
        "NOBODY" => awaited("RCPT TO:<nobody@example.net>"),
        "BODY" => "C: DATA\nS: 354\nC: Subject: hi\nC:\nC: hi\nC: .\nS: 250\n".to_owned(),
        "CHUNK" => "C: BDAT 4 LAST\nC: hi\nS: 250\n".to_owned(),
        "GROUP" => ":pipeline\nC: MAIL FROM:<alice@example.org>\nC: RCPT TO:<bob@example.net>\n\
                    C: NOOP\n:end\nS: 250\nS: 250\nS: 250\n"
            .to_owned(),
        "LOGIN" => {
            "C: AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=\nS: 235\n".to_owned()
        }
        "TLS" => ":starttls\nS: 250\n".to_owned(),
        "PATIENCE" => ":wait 20s\n".to_owned(),
        "QUIT" => "C: QUIT\n".to_owned(),
        "LONG-TOKEN" => format!("C: AUTH XOAUTH2 {}\nS: 500\n", "eA==".repeat(150)),
        "LONG-LINE" => format!("C: DATA\nS: 354\nC: {}\nC: .\nS: 250\n", "x".repeat(1_200)),
        line if line.starts_with(':') || line.starts_with("C:") || line.starts_with("S: ") => {
            format!("{line}\n")
        }
        command => awaited(command),
    };
    script.split('|').map(step).collect()
}

/// A01 to B26: the greeting, and how replies are written.
pub(crate) const REPLIES: &[Row] = &[
    Row {
        fault: "greeting-mixed-codes",
        sees: &["greeting 521 odd:A01", "odd:B01"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row { fault: "greeting-multiline", sees: &["greeting 220 odd:A02", "ehlo 250"], ..ROW },
    Row { fault: "greeting-delay", sees: &["greeting 220", "ehlo 250"], takes: 4, ..ROW },
    Row {
        fault: "greeting-silent",
        script: "GREETING",
        misses: &["greeting 2xx"],
        ends: Some(Ends::Open),
        ..ROW
    },
    Row {
        fault: "early-talker",
        early: b"EHLO pc.example.org\r\n",
        script: "GREETING|S: 554",
        sees: &["ehlo 554 odd:A04 \"synchronization\""],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row { fault: "greeting-masked", sees: &["greeting 220 odd:A07"], ..ROW },
    Row { fault: "greeting-without-name", sees: &["greeting 220 odd:A08"], ..ROW },
    Row {
        fault: "greeting-554-close",
        sees: &["greeting 554 odd:A09"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "greeting-521",
        sees: &["greeting 521 !odd:A09"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "greeting-421",
        sees: &["greeting 421 odd:A10"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "not-smtp",
        early: b"EHLO pc.example.org\r\n",
        script: "GREETING|PATIENCE",
        sees: &["odd:A11"],
        writes: &["^SSH-2.0-OpenSSH_9.6\r\n$"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "greeting-no-esmtp",
        sees: &["greeting 220", "ehlo 250 PIPELINING"],
        misses: &["greeting *ESMTP*"],
        ..ROW
    },
    Row { fault: "greeting-none", sees: &["odd:A13"], ends: Some(Ends::Finished), ..ROW },
    Row { fault: "greeting-reset", sees: &["odd:A13"], ends: Some(Ends::Reset), ..ROW },
    Row { fault: "own-name", sees: &["ehlo \"250-pc.example.org Hello*\""], ..ROW },
    Row {
        fault: "proxied",
        sees: &[
            "greeting \"220 smtp-gateway.isp.example*\"",
            "ehlo \"250-smtp-gateway.isp.example*\"",
        ],
        ..ROW
    },
    Row { fault: "mixed-codes", script: "HELLO|MAIL|BOB", sees: &["rcpt 550 odd:B01"], ..ROW },
    Row {
        fault: "no-final",
        script: "GREETING|C: EHLO pc.example.org|:wait 30s|:close",
        sees: &["ehlo odd:B02"],
        ..ROW
    },
    Row { fault: "no-hyphen", script: "HELLO|QUIT", sees: &["odd:B03"], ..ROW },
    Row {
        fault: "bare-code",
        script: "HELLO|MAIL|QUIT",
        sees: &["mail 250 odd:B04", "quit 221 odd:B04"],
        writes: &["^250\r\n$", "^221\r\n$"],
        ..ROW
    },
    Row { fault: "junk-line", script: "HELLO|MAIL|BOB", sees: &["rcpt 250 odd:B05"], ..ROW },
    Row {
        fault: "no-space",
        script: "HELLO|MAIL|PATIENCE|:close",
        sees: &["odd:B08"],
        writes: &["^2502.1.0 "],
        ..ROW
    },
    Row {
        fault: "out-of-range",
        script: "HELLO|MAIL",
        sees: &["mail odd:B08"],
        writes: &["^600 "],
        ..ROW
    },
    Row {
        fault: "unregistered",
        script: "HELLO|MAIL|NOBODY",
        sees: &["mail 259 odd:B07", "rcpt 558 odd:B07"],
        ..ROW
    },
    Row {
        fault: "bare-lf",
        sees: &["greeting odd:B09", "ehlo odd:B09"],
        writes: &["HELP\n"],
        ..ROW
    },
    Row {
        fault: "no-crlf",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: hi|C: .|PATIENCE|:close",
        sees: &["message odd:B10"],
        writes: &["stored$"],
        ends: Some(Ends::Open),
        ..ROW
    },
    Row {
        fault: "split",
        script: "HELLO|MAIL|QUIT",
        sees: &["mail 250", "quit 221"],
        writes: &["^2$", "^\r$", "^\n$"],
        takes: 1,
        ..ROW
    },
    Row {
        fault: "batched",
        script: "HELLO|GROUP|QUIT",
        sees: &["rcpt 250", "quit 221"],
        writes: &[
            "Sender <alice@example.org> Ok\r\n250 2.1.5 Recipient <bob@example.net> Ok\r\n250 2.0.0 Ok\r\n",
        ],
        ..ROW
    },
    Row {
        fault: "reply-8bit",
        script: "HELLO|MAIL|BOB",
        sees: &["mail 250 odd:B13", "rcpt 250"],
        ..ROW
    },
    Row {
        fault: "reply-long",
        script: "HELLO|MAIL|BOB",
        sees: &["mail 250 odd:B14", "rcpt 250 odd:B14"],
        ..ROW
    },
    Row {
        fault: "reply-control",
        script: "HELLO|MAIL|BOB",
        sees: &["mail 250 odd:B15", "rcpt 250"],
        ..ROW
    },
    Row { fault: "duplicate", script: "HELLO|MAIL|BOB|QUIT", sees: &["odd:B16"], ..ROW },
    Row {
        fault: "second-thoughts",
        script: "HELLO|MAIL|BOB|BODY|QUIT",
        sees: &["message 250", "odd:B16"],
        writes: &["\r\n554 5.7.1 "],
        ..ROW
    },
    Row {
        fault: "swallow",
        script: "HELLO|MAIL|C: RCPT TO:<bob@example.net>|:wait 5s|C: RCPT TO:<carol@example.net>|PATIENCE|C: QUIT|PATIENCE",
        misses: &["rcpt \"<bob@example.net> Ok\""],
        sees: &["odd:B17"],
        ..ROW
    },
    Row {
        fault: "delay",
        script: "HELLO|MAIL|BOB",
        sees: &["mail 250 slow>4s", "rcpt 250 slow>4s"],
        ..ROW
    },
    Row {
        fault: "wrong-order",
        script: "HELLO|GROUP",
        sees: &["mail \"2.1.5\"", "rcpt \"2.1.0\""],
        ..ROW
    },
    Row {
        fault: "async-421",
        script: "HELLO|PATIENCE",
        sees: &["unasked 421 odd:B19 \"timeout exceeded\""],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "timeout-221",
        script: "HELLO|PATIENCE",
        sees: &["unasked 221 odd:B20"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "all-502",
        script: "HELLO|XYZZY|BOB|MAIL FROM:<a..b@example.org>|MAIL FROM:<alice@example.org> COLOUR=red",
        sees: &["502 xyzzy", "rcpt 502", "mail 502 \"a..b\"", "mail 502 COLOUR"],
        ..ROW
    },
    Row {
        fault: "contradiction",
        script: "HELLO|MAIL|BOB|NOBODY",
        sees: &["rcpt 250 *unavailable*", "rcpt 550 *accepted*"],
        ..ROW
    },
    Row {
        fault: "enhanced-hash",
        script: "HELLO|MAIL|NOBODY",
        sees: &["mail 250 odd:B06", "rcpt 550 odd:B06"],
        ..ROW
    },
    Row {
        fault: "enhanced-off",
        script: "HELLO|MAIL|BOB",
        sees: &["ehlo ENHANCEDSTATUSCODES", "mail 250 odd:B23", "rcpt 250 odd:B23"],
        ..ROW
    },
    Row {
        fault: "enhanced-mismatch",
        script: "HELLO|MAIL|BOB|NOBODY",
        sees: &["rcpt 250 odd:B24", "rcpt 550 odd:B24"],
        ..ROW
    },
    Row {
        fault: "enhanced-354",
        script: "HELLO|MAIL|BOB|BODY",
        sees: &["greeting odd:B25", "data 354 odd:B25", "message 250"],
        ..ROW
    },
    Row {
        fault: "enhanced-ehlo",
        sees: &["ehlo 250 odd:B25"],
        writes: &["250-2.0.0 PIPELINING"],
        ..ROW
    },
    Row {
        fault: "enhanced-first-line",
        script: "HELLO|MAIL|BOB",
        sees: &["rcpt 250 odd:B26"],
        ..ROW
    },
];

/// C01 to D18: EHLO and STARTTLS.
pub(crate) const HELLO: &[Row] = &[
    Row {
        fault: "ehlo-500",
        script: "HELLO|HELO pc.example.org",
        sees: &["ehlo 500 odd:C01", "helo 250"],
        ..ROW
    },
    Row {
        fault: "ehlo-502",
        script: "HELLO|HELO pc.example.org",
        sees: &["ehlo 502 odd:C01", "helo 250"],
        ..ROW
    },
    Row { fault: "ehlo-drop", sees: &["ehlo odd:C02"], ends: Some(Ends::Finished), ..ROW },
    Row { fault: "ehlo-421", sees: &["ehlo 421 DNS"], ends: Some(Ends::Finished), ..ROW },
    Row {
        fault: "ehlo-name-policy",
        script: "HELLO|HELO pc.example.org|EHLO [127.0.0.1]",
        sees: &["ehlo 550 \"pc.example.org: Helo\"", "helo 550", "ehlo 250 \"EHLO [127*\""],
        ..ROW
    },
    Row {
        fault: "ehlo-name-421",
        script: "GREETING|C: EHLO localhost|S: 421",
        sees: &["ehlo 421 (EHLO)"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "ehlo-empty",
        script: "GREETING|EHLO|MAIL",
        sees: &["ehlo 250 odd:C06", "mail 250"],
        ..ROW
    },
    Row {
        fault: "ehlo-empty-close",
        script: "GREETING|C: EHLO|S: 501",
        sees: &["ehlo 501 odd:C06"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "no-second-ehlo",
        script: "HELLO|EHLO pc.example.org|TLS",
        sees: &["ehlo 250 !tls", "ehlo 503", "ehlo 250 tls"],
        ..ROW
    },
    Row {
        fault: "ehlo-keeps-mail",
        script: "HELLO|MAIL|BOB|EHLO pc.example.org|BODY",
        sees: &["data 354", "message 250"],
        ..ROW
    },
    Row {
        fault: "ehlo-drops-auth",
        script: "HELLO|LOGIN|EHLO pc.example.org|MAIL",
        sees: &["auth 235", "mail 530"],
        ..ROW
    },
    Row {
        fault: "helo-list",
        script: "GREETING|HELO pc.example.org",
        sees: &["helo 250 odd:C10"],
        ..ROW
    },
    Row {
        fault: "ehlo-lower-case",
        sees: &["ehlo 250 odd:C11"],
        writes: &["\r\n250-starttls\r\n"],
        ..ROW
    },
    Row {
        fault: "junk-keyword",
        sees: &["ehlo 250 odd:C12"],
        writes: &["\r\n250-263.net\r\n"],
        ..ROW
    },
    Row { fault: "auth-equals", sees: &["ehlo 250 odd:C13"], writes: &["AUTH=PLAIN"], ..ROW },
    Row {
        fault: "auth-empty",
        script: "HELLO|TLS",
        sees: &["ehlo 250 odd:C14 !tls", "ehlo 250 tls \"*AUTH PLAIN*\""],
        ..ROW
    },
    Row {
        fault: "list-changes",
        script: "HELLO|TLS",
        sees: &["ehlo 250 !tls !*AUTH*", "ehlo 250 tls odd:C15 \"*AUTH PLAIN*\""],
        ..ROW
    },
    Row {
        fault: "starttls-masked",
        script: "HELLO|C: STARTTLS|S: 500",
        sees: &["ehlo 250 odd:C16", "starttls 500"],
        ..ROW
    },
    Row {
        fault: "offered-502",
        script: "HELLO|EXPN friends|ETRN example.org|HELP",
        sees: &["ehlo 250 \"250-EXPN\"", "expn 502", "etrn 502", "help 502"],
        ..ROW
    },
    Row {
        fault: "hello-first",
        script: "GREETING|NOOP|RSET|EHLO pc.example.org|NOOP",
        sees: &["noop 503", "rset 503", "noop 250"],
        ..ROW
    },
    Row {
        fault: "ipv6-literal",
        script: "GREETING|EHLO [IPv6:2001:db8::1]|EHLO [2001:db8::1]",
        sees: &["ehlo 501 \"EHLO [IPv6*\"", "ehlo 250 odd:C19"],
        ..ROW
    },
    Row {
        fault: "no-hello-needed",
        script: "GREETING|MAIL|BOB|BODY",
        sees: &["mail 250 odd:C20", "rcpt 250", "message 250"],
        ..ROW
    },
    Row {
        fault: "lmtp",
        script: "GREETING|EHLO pc.example.org|LHLO pc.example.org|MAIL|BOB|CAROL|BODY|S: 250",
        sees: &["ehlo 500 odd:C21", "lhlo 250", "message 250 *bob*", "message 250 *carol*"],
        ..ROW
    },
    Row {
        fault: "xclient-250",
        script: "HELLO|XCLIENT NAME=x.example",
        sees: &["xclient 250 odd:C23"],
        ..ROW
    },
    Row {
        fault: "starttls-454",
        script: "HELLO|C: STARTTLS|S: 454",
        sees: &["starttls 454 odd:D01"],
        ..ROW
    },
    Row {
        fault: "starttls-502",
        script: "HELLO|C: STARTTLS|S: 502",
        sees: &["starttls 502 odd:D02"],
        ..ROW
    },
    Row {
        fault: "starttls-close",
        script: "HELLO|C: STARTTLS|S: 220",
        sees: &["starttls 220 odd:D03"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "no-starttls",
        script: "HELLO|C: STARTTLS|S: 502",
        sees: &["ehlo 250 !STARTTLS", "starttls 502"],
        ..ROW
    },
    Row { fault: "ehlo-single-line", writes: &["^250 mx.example.net\r\n$"], ..ROW },
    Row {
        fault: "keeps-buffer",
        script: "HELLO|:pipeline|C: STARTTLS|C: NOOP|:end|S: 220|PATIENCE|:close",
        sees: &["starttls 220", "noop odd:D19", "unasked 250 odd:D05"],
        misses: &["odd:B16"],
        ..ROW
    },
    Row {
        fault: "inject",
        script: "HELLO|C: STARTTLS|S: 220|PATIENCE",
        sees: &["starttls 220", "odd:D06"],
        ..ROW
    },
    Row {
        fault: "keeps-state",
        script: "HELLO|C: STARTTLS|S: 220|:wait 1s|MAIL|BOB|BODY",
        sees: &["mail 250 tls", "message 250"],
        ..ROW
    },
    Row { fault: "starttls-again", script: "HELLO|TLS", sees: &["ehlo 250 tls odd:D08"], ..ROW },
    Row {
        fault: "tls-cut",
        script: "HELLO|TLS|QUIT",
        sees: &["quit 221"],
        ends: Some(Ends::Cut),
        ..ROW
    },
    Row {
        fault: "starttls-required",
        script: "HELLO|MAIL|TLS|MAIL",
        sees: &["mail 530 !tls", "mail 250 tls"],
        ..ROW
    },
];

/// E01 to E16: logins.
pub(crate) const LOGINS: &[Row] = &[
    Row { fault: "auth-before-tls", writes: &["250-AUTH PLAIN LOGIN\r\n"], ..ROW },
    Row {
        fault: "login-prompts",
        script: "HELLO|C: AUTH LOGIN|S: 334|C: YWxpY2VAZXhhbXBsZS5vcmc=|S: 334|C: Y29ycmVjdCBob3JzZQ==|S: 235",
        writes: &["^334 VXNlciBOYW1l\r\n$", "^334 UGFzcyB3b3Jk\r\n$"],
        sees: &["235"],
        ..ROW
    },
    Row {
        fault: "login-prompt-text",
        script: "HELLO|C: AUTH LOGIN|S: 334|C: YWxpY2VAZXhhbXBsZS5vcmc=|S: 334|C: Y29ycmVjdCBob3JzZQ==|S: 235",
        writes: &["^334 User Name:\r\n$", "^334 Password:\r\n$"],
        sees: &["235"],
        ..ROW
    },
    Row {
        fault: "auth-bare-334",
        script: "HELLO|C: AUTH LOGIN|S: 334|C: YWxpY2VAZXhhbXBsZS5vcmc=|S: 334|C: Y29ycmVjdCBob3JzZQ==|S: 235",
        writes: &["^334\r\n$"],
        sees: &["auth 334 odd:B04", "235"],
        ..ROW
    },
    Row {
        fault: "login-no-initial",
        script: "HELLO|C: AUTH LOGIN YWxpY2VAZXhhbXBsZS5vcmc=|S: 535|C: AUTH LOGIN|S: 334",
        sees: &["auth 535", "auth 334"],
        ..ROW
    },
    Row {
        fault: "plain-needs-initial",
        script: "HELLO|C: AUTH PLAIN|S: 535|LOGIN",
        sees: &["auth 535", "auth 235"],
        ..ROW
    },
    Row {
        fault: "auth-535-for-504",
        script: "HELLO|C: AUTH GSSAPI|S: 535",
        sees: &["auth 535 odd:E05"],
        ..ROW
    },
    Row {
        fault: "auth-listed-broken",
        script: "HELLO|C: AUTH DIGEST-MD5|S: 535|LOGIN",
        sees: &["ehlo \"*AUTH DIGEST-MD5 PLAIN*\"", "auth 535", "auth 235"],
        ..ROW
    },
    Row {
        fault: "auth-close-on-fail",
        script: "HELLO|C: AUTH PLAIN AGEAYg==|S: 535|PATIENCE",
        sees: &["auth 535"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "auth-disabled",
        script: "HELLO|C: AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=|S: 535",
        sees: &["auth 535 \"5.7.139\""],
        ..ROW
    },
    Row {
        fault: "auth-required",
        script: "HELLO|MAIL|LOGIN|MAIL",
        sees: &["mail 530", "mail 250"],
        ..ROW
    },
    Row {
        fault: "auth-twice",
        script: "HELLO|LOGIN|LOGIN",
        sees: &["auth#1 235", "auth#2 235"],
        ..ROW
    },
    Row {
        fault: "auth-line-limit",
        script: "HELLO|LONG-TOKEN",
        sees: &["auth 500 \"5.5.6\""],
        ..ROW
    },
    Row {
        fault: "oauth-334",
        script: "HELLO|C: AUTH XOAUTH2 dXNlcj1hbGljZUBleGFtcGxlLm9yZwFhdXRoPUJlYXJlciB5YTI5LnRva2VuAQE=|S: 334|C:|S: 535",
        sees: &["auth 334 odd:E12", "answer 535"],
        ..ROW
    },
    Row {
        fault: "gssapi-text",
        script: "HELLO|C: AUTH GSSAPI|S: 334|C: *|S: 501",
        sees: &["ehlo \"*AUTH GSSAPI*\"", "auth 334 \"GSSAPI supported\"", "answer 501"],
        ..ROW
    },
    Row {
        fault: "authzid-refused",
        script: "HELLO|C: AUTH PLAIN YWxpY2VAZXhhbXBsZS5vcmcAYWxpY2VAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZQ==|S: 535|LOGIN",
        sees: &["auth 535", "auth 235"],
        ..ROW
    },
    Row { fault: "x-exps", sees: &["ehlo \"*X-EXPS GSSAPI NTLM*\"", "ehlo !\"*AUTH *\""], ..ROW },
    Row {
        fault: "auth-cancel-235",
        script: "HELLO|C: AUTH PLAIN|S: 334|C: *|S: 235",
        sees: &["answer 235 odd:E16"],
        ..ROW
    },
];

/// F01 to F31, without F29: the envelope.
pub(crate) const ENVELOPE: &[Row] = &[
    Row {
        fault: "lenient",
        script: "HELLO|MAIL FROM: <alice@example.org>|RCPT TO:bob@example.net|RSET\
                 |MAIL FROM:<Alice <alice@example.org>>",
        sees: &["mail 250 odd:F01", "rcpt 250 odd:F02", "mail 250 odd:F03"],
        ..ROW
    },
    Row {
        fault: "syntax-555",
        script: "HELLO|MAIL FROM:<a..b@example.org>|MAIL|RCPT TO:<>",
        sees: &["mail 555", "rcpt 555 *decode*"],
        ..ROW
    },
    Row {
        fault: "order-loose",
        script: "HELLO|BOB|MAIL|MAIL",
        sees: &["rcpt 250", "mail#1 250", "mail#2 250"],
        ..ROW
    },
    Row {
        fault: "size-refused",
        script: "HELLO|MAIL FROM:<alice@example.org> SIZE=100|MAIL",
        sees: &["ehlo 250 \"*SIZE *\"", "mail#1 501", "mail#2 250"],
        ..ROW
    },
    Row {
        fault: "dsn-refused",
        script: "HELLO|MAIL FROM:<alice@example.org> RET=HDRS|MAIL|RCPT TO:<bob@example.net> NOTIFY=NEVER|BOB",
        sees: &["ehlo 250 \"250-DSN\"", "mail 501", "mail 250", "rcpt 501", "rcpt 250"],
        ..ROW
    },
    Row {
        fault: "no-dsn",
        script: "HELLO|MAIL FROM:<alice@example.org> RET=HDRS|MAIL|RCPT TO:<bob@example.net> NOTIFY=NEVER",
        sees: &["mail 555 odd:F07", "rcpt 555 odd:F07"],
        misses: &["ehlo \"250-DSN\""],
        ..ROW
    },
    Row {
        fault: "no-null-sender",
        script: "HELLO|MAIL FROM:<>|MAIL",
        sees: &["mail 550", "mail 250"],
        ..ROW
    },
    Row {
        fault: "no-postmaster",
        script: "HELLO|MAIL|RCPT TO:<Postmaster>|RCPT TO:<postmaster@example.net>|BOB",
        sees: &["rcpt#1 550", "rcpt#2 550", "rcpt#3 250"],
        ..ROW
    },
    Row {
        fault: "accept-all",
        script: "HELLO|MAIL|NOBODY|RCPT TO:<x@elsewhere.example>",
        sees: &["rcpt#1 250", "rcpt#2 550"],
        ..ROW
    },
    Row {
        fault: "late-unknown",
        script: "HELLO|MAIL|NOBODY|BODY",
        sees: &["rcpt 250", "message 550 \"5.1.1\""],
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "greylist=5s",
        script: "HELLO|MAIL|BOB|:wait 6s|BOB|BODY",
        sees: &["rcpt#1 450 odd:F12", "rcpt#2 250", "message 250"],
        ..ROW
    },
    Row {
        fault: "greylist-422",
        script: "HELLO|MAIL|BOB|:wait 61s|BOB|BODY",
        sees: &["rcpt#1 422 odd:F13", "rcpt#2 250", "message 250"],
        ..ROW
    },
    Row {
        fault: "rcpt-552=2",
        script: "HELLO|MAIL|BOB|CAROL|BODY",
        sees: &["rcpt#1 250", "rcpt#2 552", "message 250"],
        ..ROW
    },
    Row {
        fault: "recipient-limit=3",
        script: "HELLO|MAIL|BOB|CAROL|BOB|BODY",
        sees: &["rcpt#2 250", "rcpt#3 452 \"4.5.3\"", "message 250"],
        misses: &["ehlo *LIMITS*"],
        ..ROW
    },
    Row {
        fault: "rcpt-452-then-250",
        script: "HELLO|MAIL|BOB|CAROL|CAROL",
        sees: &["rcpt#1 250", "rcpt#2 452", "rcpt#3 250"],
        ..ROW
    },
    Row {
        fault: "rcpt-251",
        script: "HELLO|MAIL|BOB|BODY",
        sees: &["rcpt 251 *forward*", "message 250"],
        ..ROW
    },
    Row { fault: "rcpt-551", script: "HELLO|MAIL|BOB", sees: &["rcpt 551 \"please try\""], ..ROW },
    Row { fault: "vrfy-250", script: "HELLO|VRFY nobody", sees: &["vrfy 250 <nobody>"], ..ROW },
    Row { fault: "vrfy-550", script: "HELLO|VRFY bob", sees: &["vrfy 550"], ..ROW },
    Row { fault: "vrfy-252", script: "HELLO|VRFY bob", sees: &["vrfy 252"], ..ROW },
    Row { fault: "vrfy-502", script: "HELLO|VRFY bob", sees: &["vrfy 502"], ..ROW },
    Row {
        fault: "expn-leaks",
        script: "HELLO|EXPN staff",
        sees: &["expn 250 alice@example.org"],
        ..ROW
    },
    Row {
        fault: "open-relay",
        script: "HELLO|MAIL|RCPT TO:<x@elsewhere.example>|NOBODY",
        sees: &["rcpt#1 250", "rcpt#2 550"],
        ..ROW
    },
    Row {
        fault: "relay-denied",
        script: "HELLO|MAIL|BOB|RSET|LOGIN|MAIL|BOB",
        sees: &["rcpt 554", "rcpt 250"],
        ..ROW
    },
    Row {
        fault: "send-as-denied",
        script: "HELLO|MAIL|BOB|BODY",
        sees: &["message 554 SendAsDenied"],
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "case-sensitive",
        script: "HELLO|MAIL|RCPT TO:<Bob@example.net>|BOB",
        sees: &["rcpt#1 550", "rcpt#2 250"],
        ..ROW
    },
    Row {
        fault: "source-route",
        script: "HELLO|MAIL|RCPT TO:<@a.example:bob@example.net>|BOB",
        sees: &["rcpt#1 501 odd:F25", "rcpt#2 250"],
        ..ROW
    },
    Row {
        fault: "quoted-refused",
        script: "HELLO|MAIL|RCPT TO:<\"bob\"@example.net>|BOB",
        sees: &["rcpt#1 501", "rcpt#2 250"],
        ..ROW
    },
    Row {
        fault: "callout",
        script: "HELLO|MAIL|BOB",
        sees: &["rcpt 550 slow>2s *Callback*"],
        ..ROW
    },
    Row {
        fault: "rset-502",
        script: "HELLO|MAIL|RSET|MAIL",
        sees: &["rset 502 odd:F28", "mail 503"],
        ..ROW
    },
    Row { fault: "noop-500", script: "HELLO|NOOP", sees: &["noop 500"], ..ROW },
    Row {
        fault: "noop-slow",
        script: "HELLO|NOOP|LOGIN|NOOP",
        sees: &["noop 250 slow>3s", "noop 250 !slow>1s"],
        ..ROW
    },
    Row {
        fault: "utf8-unasked",
        script: "HELLO|MAIL|RCPT TO:<gr\u{e5}@example.net>",
        sees: &["rcpt 250 odd:F31"],
        ..ROW
    },
];

/// F29 and G01 to G31: the message.
pub(crate) const DATA: &[Row] = &[
    Row {
        fault: "data-354-always",
        script: "HELLO|MAIL|NOBODY|BODY",
        sees: &["data 354 odd:G01", "message 554"],
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "data-554",
        script: "HELLO|MAIL|BOB|:pipeline|C: DATA|C: Subject: hi|C: To: bob|C: From: alice|C: .|:end|S: 554|S: 500|S: 500|S: 421",
        sees: &["data 554", "500 \"5.5.2 Error: bad syntax\"", "421 *errors*"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "data-250",
        script: "HELLO|MAIL|BOB|C: DATA|S: 250",
        sees: &["data 250 odd:G03"],
        ..ROW
    },
    Row {
        fault: "content-refused",
        script: "HELLO|MAIL|BOB|BODY",
        sees: &["data 354", "message 550 *content*"],
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "data-reset",
        script: "HELLO|MAIL|BOB|BODY",
        sees: &["data 354", "message odd:G05"],
        ends: Some(Ends::Reset),
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "data-close",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|PATIENCE",
        sees: &["data 354", "odd:G05"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "slow-final=30s",
        script: "HELLO|MAIL|BOB|BODY",
        sees: &["message 250 slow>29s"],
        ..ROW
    },
    Row {
        fault: "bare-lf-accepted",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a\\nb|C: .|S: 250",
        sees: &["message 250 odd:G13"],
        stored: Some(&["a\r\nb\r\n"]),
        ..ROW
    },
    Row {
        fault: "eod-lf",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a\\n.\\nNOOP|S: 250|S: 250",
        sees: &["message 250", "noop 250"],
        stored: Some(&["a\n"]),
        ..ROW
    },
    Row {
        fault: "eod-lf-crlf",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a\\n.|C: NOOP|S: 250|S: 250",
        sees: &["message 250", "noop 250"],
        stored: Some(&["a\n"]),
        ..ROW
    },
    Row {
        fault: "eod-crlf-lf",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a|C: .\\nNOOP|S: 250|S: 250",
        sees: &["message 250", "noop 250"],
        stored: Some(&["a\r\n"]),
        ..ROW
    },
    Row {
        fault: "eod-cr",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a\\r.\\rNOOP|S: 250|S: 250",
        sees: &["message 250", "noop 250"],
        ..ROW
    },
    Row {
        fault: "eod-nul",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a|C: \\0.|C: NOOP|S: 250|S: 250",
        sees: &["message 250", "noop 250"],
        ..ROW
    },
    Row {
        fault: "bare-lf-refused",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a\\nb|C: .|S: 550|MAIL|BOB|BODY",
        sees: &["message 550 odd:G13", "message 250"],
        ..ROW
    },
    Row {
        fault: "no-unstuff",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: ..a|C: .|S: 250",
        sees: &["message 250"],
        stored: Some(&["..a\r\n"]),
        ..ROW
    },
    Row {
        fault: "long-line-refused",
        script: "HELLO|MAIL|BOB|LONG-LINE|MAIL|BOB|BODY",
        sees: &["message 500 odd:G19", "message 250"],
        ..ROW
    },
    Row {
        fault: "cut-long-lines",
        script: "HELLO|MAIL|BOB|LONG-LINE",
        sees: &["message 250 odd:G19"],
        stored: Some(&["CUT"]),
        ..ROW
    },
    Row {
        fault: "strip-8bit",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: gr\\xe5|C: .|S: 250",
        sees: &["message 250 odd:G20"],
        misses: &["ehlo *8BITMIME*"],
        stored: Some(&["gre\r\n"]),
        ..ROW
    },
    Row {
        fault: "no-8bitmime",
        script: "HELLO|MAIL FROM:<alice@example.org> BODY=8BITMIME|MAIL|BOB|C: DATA|S: 354|C: gr\\xe5|C: .|S: 554|MAIL|BOB|BODY",
        sees: &["mail 555", "message 554 odd:G20", "message 250"],
        misses: &["ehlo *8BITMIME*"],
        ..ROW
    },
    Row {
        fault: "nul-refused",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a\\0b|C: .|S: 550|MAIL|BOB|BODY",
        sees: &["message 550 odd:G22", "message 250"],
        ..ROW
    },
    Row {
        fault: "header-police",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: From: a@example.org|C: Date: x|C: Subject: hi|C: subject: ho|C:|C: hi|C: .|S: 550|\
                 MAIL|BOB|C: DATA|S: 354|C: Date: x|C: Subject: hi|C:|C: From: nobody|C: .|S: 554|\
                 MAIL|BOB|C: DATA|S: 354|C: From: a@example.org|C: Date: x|C: Subject: hi|C:  Subject: folded|C:|C: Subject: hi|C: .|S: 250",
        sees: &["message 550 \"multiple Subject\"", "message 554 *compliant*", "message 250"],
        stored: Some(&[
            "From: a@example.org\r\nDate: x\r\nSubject: hi\r\n Subject: folded\r\n\r\nSubject: hi\r\n",
        ]),
        ..ROW
    },
    Row {
        fault: "silent-drop",
        script: "HELLO|MAIL|BOB|BODY",
        sees: &["message 250"],
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "dot-lost",
        script: "HELLO|MAIL|BOB|BODY|MAIL|BOB|C: DATA|S: 354|C: hi|C: .\\c|:wait 1s|C:|:wait 60s|:close",
        sees: &["greeting odd:A07", "message 250", "message !2xx"],
        misses: &["message 5xx", "message 4xx"],
        ends: Some(Ends::Open),
        stored: Some(&["Subject: hi\r\n\r\nhi\r\n"]),
        ..ROW
    },
    Row {
        fault: "upper-case-only",
        script: "GREETING|ehlo pc.example.org|EHLO pc.example.org|mail from:<alice@example.org>|MAIL|rcpt to:<bob@example.net>|BOB|noop|C: data|S: 500|BODY|C: quit|S: 500|C: QUIT",
        sees: &[
            "ehlo 500",
            "ehlo 250",
            "mail 500",
            "mail 250",
            "rcpt 500",
            "rcpt 250",
            "noop 500",
            "data 500",
            "message 250",
            "quit 500",
            "quit 221",
        ],
        ..ROW
    },
    Row { fault: "size-nonsense", sees: &["ehlo 250 odd:G27"], ..ROW },
    Row {
        fault: "size-lies",
        script: "HELLO|MAIL FROM:<alice@example.org> SIZE=100|BOB|BODY",
        sees: &["mail 250", "message 552"],
        ..ROW
    },
    Row {
        fault: "size-unchecked",
        script: "HELLO|MAIL FROM:<alice@example.org> SIZE=999999999999",
        sees: &["mail 250"],
        ..ROW
    },
    Row {
        fault: "forbidden-commands",
        script: "HELLO|XYZZY|C: Subject: hi|S: 221",
        sees: &["500", "221 odd:G29"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "too-many-hops=2",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: Received: from a|C: Subject: hi|C: Received: from b|C:  by c|C:|C: hi|C: .|S: 554|MAIL|BOB|C: DATA|S: 354|C: Received: from a|C:|C: Received: from b|C: .|S: 250",
        sees: &["message 554 *hops*", "message 250"],
        stored: Some(&["Received: from a\r\n\r\nReceived: from b\r\n"]),
        ..ROW
    },
    Row {
        fault: "close-after",
        script: "HELLO|MAIL|BOB|BODY|PATIENCE",
        sees: &["message 250"],
        ends: Some(Ends::Finished),
        stored: Some(&["Subject: hi\r\n\r\nhi\r\n"]),
        ..ROW
    },
];

/// H01 to I12: extensions, and the end.
pub(crate) const END: &[Row] = &[
    Row {
        fault: "pipelining-lossy",
        script: "HELLO|:pipeline|C: MAIL FROM:<alice@example.org>|C: RCPT TO:<bob@example.net>|C: DATA|:end|S: 250|PATIENCE|:close",
        sees: &["ehlo 250 PIPELINING", "mail 250"],
        misses: &["rcpt 250", "data 354"],
        ..ROW
    },
    Row {
        fault: "pipelining-slow",
        script: "HELLO|GROUP|MAIL",
        sees: &["mail 250", "rcpt 250", "noop 250"],
        takes: 4,
        ..ROW
    },
    Row {
        fault: "pipelining-refused",
        script: "HELLO|GROUP",
        sees: &["rcpt 554 odd:H02"],
        misses: &["ehlo PIPELINING"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "group-end-strict",
        script: "HELLO|:pipeline|C: NOOP|C: RSET|:end|S: 250|S: 503",
        sees: &["noop 250", "rset 503 odd:H03"],
        ..ROW
    },
    Row {
        fault: "bdat-hang",
        script: "HELLO|MAIL|BOB|C: BDAT 4 LAST|C: hi|PATIENCE|:close",
        sees: &["ehlo CHUNKING"],
        misses: &["message 250"],
        ends: Some(Ends::Open),
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "bdat-503",
        script: "HELLO|MAIL FROM:<alice@example.org> BODY=BINARYMIME|BOB|CHUNK|C: DATA|S: 503",
        sees: &["mail 250", "bdat 503", "data 503"],
        ..ROW
    },
    Row {
        fault: "bdat-bare-lf",
        script: "HELLO|MAIL|BOB|C: BDAT 3 LAST|C: hi\\n\\c|S: 550|MAIL|BOB|CHUNK|MAIL|BOB|BODY",
        sees: &["bdat 550 \"bare <LF>\"", "bdat message 250", "data 354"],
        stored: Some(&["hi\r\n", "Subject: hi\r\n\r\nhi\r\n"]),
        ..ROW
    },
    Row {
        fault: "bdat-double",
        script: "HELLO|MAIL|BOB|CHUNK|QUIT",
        sees: &["bdat 250", "odd:B16"],
        ..ROW
    },
    Row {
        fault: "bdat-sync",
        script: "HELLO|:pipeline|C: MAIL FROM:<alice@example.org>|C: RCPT TO:<bob@example.net>|C: BDAT 4 LAST|C: hi|:end|S: 250|S: 250|S: 503",
        sees: &["rcpt 250", "bdat 503"],
        stored: Some(&[]),
        ..ROW
    },
    Row {
        fault: "smtputf8-next-hop",
        script: "HELLO|MAIL FROM:<alice@example.org> SMTPUTF8|BOB|BODY",
        sees: &["mail 250", "message 550 *SMTPUTF8*"],
        stored: Some(&[]),
        ..ROW
    },
    Row { fault: "smtputf8-no-8bitmime", sees: &["ehlo SMTPUTF8 !8BITMIME"], ..ROW },
    Row { fault: "smtputf8-parameter", writes: &["SMTPUTF8 full\r\n"], ..ROW },
    Row {
        fault: "smtputf8-refused",
        script: "HELLO|MAIL FROM:<alice@example.org> SMTPUTF8|MAIL",
        sees: &["ehlo SMTPUTF8", "mail#1 553", "mail#2 250"],
        ..ROW
    },
    Row {
        fault: "lmtp-one-reply",
        script: "GREETING|LHLO pc.example.org|MAIL|BOB|CAROL|BODY|C: NOOP|PATIENCE|C: QUIT",
        sees: &["message 250 *bob*", "odd:H16"],
        misses: &["message *carol*"],
        ..ROW
    },
    Row {
        fault: "quit-silent",
        script: "HELLO|C: QUIT",
        sees: &["quit odd:I01"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "quit-hang",
        script: "HELLO|C: QUIT|:wait 60s|:close",
        misses: &["quit 221"],
        ends: Some(Ends::Open),
        ..ROW
    },
    Row {
        fault: "quit-open",
        script: "HELLO|C: QUIT|S: 221|:wait 60s|:close",
        sees: &["quit 221"],
        ends: Some(Ends::Open),
        ..ROW
    },
    Row {
        fault: "short-timeout=3s",
        script: "HELLO|:wait 4s",
        sees: &["unasked 421"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "close-on-unknown",
        script: "HELLO|XYZZY|PATIENCE",
        sees: &["500"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "error-limit",
        script: "HELLO|XYZZY|BOB|C: STARTTLS now|S: 501|BOB|PATIENCE",
        sees: &["500 !slow>500ms", "rcpt 503 slow>500ms", "rcpt 421"],
        ends: Some(Ends::Finished),
        ..ROW
    },
    Row {
        fault: "tarpit",
        script: "HELLO|MAIL|BOB|NOOP",
        sees: &["mail 250 slow>3s", "odd:I07"],
        takes: 16,
        ..ROW
    },
    Row {
        fault: "rate-limit",
        script: "HELLO|MAIL|RSET|MAIL",
        sees: &["mail#1 250", "mail#2 454"],
        ..ROW
    },
    Row {
        fault: "other-host",
        sessions: 2,
        sees: &["greeting \"220 mx2.example.net*\"", "ehlo \"250-mx2.example.net*\" !CHUNKING"],
        ..ROW
    },
];

/// Servers with more than one fault.
pub(crate) const COMPOSED: &[Row] = &[
    Row {
        fault: "grumpy",
        script: "HELLO|MAIL|BOB|:wait 10s|BOB|BODY|XYZZY|XYZZY|XYZZY",
        sees: &[
            "greeting odd:A02",
            "mail 250 slow>3s",
            "odd:I07",
            "rcpt#1 450 odd:F12",
            "rcpt#2 250",
            "message 250",
            "421",
        ],
        ends: Some(Ends::Finished),
        takes: 30,
        ..ROW
    },
    Row {
        fault: "firewall",
        script: "HELLO|C: STARTTLS|S: 500",
        sees: &["greeting odd:A07", "ehlo 250 odd:C16 !\"*AUTH *\"", "starttls 500"],
        ..ROW
    },
    Row {
        fault: "office-printer",
        script: "HELLO|NOOP|HELO pc.example.org|MAIL|BOB|BODY",
        sees: &[
            "greeting odd:A08 odd:B09",
            "ehlo 500 odd:C01",
            "noop 500",
            "helo 250",
            "message 250",
        ],
        ..ROW
    },
    Row {
        fault: "big-provider",
        script: "HELLO|C: AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=|S: 535|MAIL FROM:<a..b@example.org>|MAIL|BOB|BODY|MAIL|EHLO localhost",
        sees: &["auth 535 \"5.7.139\"", "mail 555", "message 550", "mail 454 odd:B06", "ehlo 421"],
        ..ROW
    },
    Row {
        fault: "smuggler",
        script: "HELLO|MAIL|BOB|C: DATA|S: 354|C: a\\nb\\n.\\nNOOP|S: 250|S: 250",
        sees: &["message 250", "noop 250"],
        stored: Some(&["a\r\nb\r\n"]),
        ..ROW
    },
    Row {
        fault: "hotel-network",
        script: "HELLO|C: STARTTLS|S: 502",
        sees: &["greeting \"220 smtp-gateway.hotel.example*\"", "ehlo \"*AUTH PLAIN LOGIN\""],
        ..ROW
    },
];

/// What depends on dice is played many times.
pub(crate) const DICE: &[&str] = &["flaky"];

/// Those of TLS itself, and of the listener: they are played over loopback.
pub(crate) const OUTSIDE: &[&str] = &[
    "implicit-tls",
    "certificate-expired",
    "certificate-not-yet",
    "certificate-wrong-name",
    "certificate-self-signed",
    "certificate-incomplete",
    "certificate-by-name",
    "certificate-intercepted",
    "old-tls",
    "certificate-weak-key",
    "one-at-a-time",
];
