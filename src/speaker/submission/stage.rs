//! The stages of a submission, in their order, and where it can be stopped on purpose.

/// Where a submission is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The server greets.
    Greeting,
    /// The client introduces itself before TLS.
    FirstEhlo,
    /// The client speaks for another one, before TLS.
    EarlyXclient,
    /// It introduces itself again behind that.
    EarlyXclientEhlo,
    /// STARTTLS, and the handshake behind it.
    Tls,
    /// The client introduces itself, for the last time but for XCLIENT.
    Ehlo,
    /// The client speaks for another one.
    Xclient,
    /// It introduces itself again behind that.
    XclientEhlo,
    /// The login.
    Auth,
    /// What is said of the client whose message this is.
    Xforward,
    /// The sender.
    Mail,
    /// The recipients.
    Rcpt,
    /// DATA, or the chunks before the last one.
    Data,
    /// The end of the message.
    Dot,
    /// The goodbye.
    Quit,
}

impl Stage {
    /// The points at which a submission can end, by all their names. Behind DATA a QUIT would be a
    /// line of the message.
    pub const POINTS: &'static [(&'static str, Self)] = &[
        ("connect", Self::Greeting),
        ("banner", Self::Greeting),
        ("first-ehlo", Self::FirstEhlo),
        ("first-helo", Self::FirstEhlo),
        ("first-lhlo", Self::FirstEhlo),
        ("tls", Self::Tls),
        ("starttls", Self::Tls),
        ("ehlo", Self::Ehlo),
        ("helo", Self::Ehlo),
        ("lhlo", Self::Ehlo),
        ("xclient", Self::Xclient),
        ("xclient-ehlo", Self::XclientEhlo),
        ("xclient-helo", Self::XclientEhlo),
        ("xclient-lhlo", Self::XclientEhlo),
        ("auth", Self::Auth),
        ("xforward", Self::Xforward),
        ("mail", Self::Mail),
        ("from", Self::Mail),
        ("rcpt", Self::Rcpt),
        ("to", Self::Rcpt),
        ("data", Self::Data),
        ("dot", Self::Dot),
    ];

    const fn early(self) -> Self {
        match self {
            Self::Xclient => Self::EarlyXclient,
            Self::XclientEhlo => Self::EarlyXclientEhlo,
            other => other,
        }
    }

    /// Its name in what is told of a message that goes by BDAT, or by DATA.
    pub const fn name(self, chunked: bool) -> &'static str {
        match self {
            Self::Data | Self::Dot if chunked => "BDAT",
            Self::Greeting => "220",
            Self::FirstEhlo | Self::Ehlo | Self::EarlyXclientEhlo | Self::XclientEhlo => "EHLO",
            Self::EarlyXclient | Self::Xclient => "XCLIENT",
            Self::Xforward => "XFORWARD",
            Self::Tls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Dot => ".",
            Self::Quit => "QUIT",
        }
    }
}

/// How a submission ends before its message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It says QUIT behind the stage.
    Quit(Stage),
    /// It hangs up behind the stage.
    Drop(Stage),
    /// It hangs up when the stage is said, before the reply.
    DropUnanswered(Stage),
}

impl Stop {
    /// The same where XCLIENT stands before STARTTLS.
    #[must_use]
    pub const fn early(self) -> Self {
        match self {
            Self::Quit(stage) => Self::Quit(stage.early()),
            Self::Drop(stage) => Self::Drop(stage.early()),
            Self::DropUnanswered(stage) => Self::DropUnanswered(stage.early()),
        }
    }

    /// The last stage.
    pub const fn stage(self) -> Stage {
        match self {
            Self::Quit(stage) | Self::Drop(stage) | Self::DropUnanswered(stage) => stage,
        }
    }
}
