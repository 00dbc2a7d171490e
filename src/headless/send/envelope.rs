//! The options about sender and recipients → paths with their parameters.

use crate::cli::{SendArgs, WayArgs};
use crate::smtp::xtext;
use crate::speaker::submission::Address;

/// Who writes to whom: as a header says it, and as the envelope does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    /// For the header: From.
    pub(super) from: String,
    /// For the header: To.
    pub(super) to: Vec<String>,
    /// For the header: Cc.
    pub(super) cc: Vec<String>,
    /// The reverse-path.
    pub(super) sender: Address,
    /// The forward-paths.
    pub(super) recipients: Vec<Address>,
}

impl Envelope {
    /// Reads it; without a sender it is `user` at `host`.
    pub(super) fn read(args: &SendArgs, user: &str, host: &str) -> Self {
        let from = args.from.clone().unwrap_or_else(|| format!("{user}@{host}"));
        let from = from.trim();
        let all = |lists: &[String]| lists.iter().flat_map(|l| split(l)).collect::<Vec<_>>();
        let (to, cc, bcc) = (all(&args.to), all(&args.cc), all(&args.bcc));
        let recipient = |written: &String| {
            let path = path(written);
            Address { params: of_rcpt(&args.way, &path), path }
        };
        let recipients = to.iter().chain(&cc).chain(&bcc).map(recipient).collect();
        let sender = Address { path: path(from), params: of_mail(&args.way) };
        // Nobody writes a message himself (RFC 5322 §3.6.2).
        let from =
            if sender.path.is_empty() { format!("MAILER-DAEMON@{host}") } else { from.to_owned() };
        Self { from, to, cc, sender, recipients }
    }
}

/// The addresses of a list by comma, trimmed; a comma in quotes or brackets is part of one.
fn split(list: &str) -> Vec<String> {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    let ends = |c: char| {
        match c {
            '"' if !escaped => quoted = !quoted,
            '<' if !quoted => depth += 1,
            '>' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        c == ',' && !quoted && depth == 0
    };
    list.split(ends).map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect()
}

/// What stands in the envelope for an address with or without a name.
fn path(written: &str) -> String {
    let inner = written.strip_suffix('>').and_then(|rest| Some(rest.rsplit_once('<')?.1));
    inner.unwrap_or(written).trim().to_owned()
}

fn of_mail(way: &WayArgs) -> Vec<String> {
    let ret = way.ret.as_ref().map(|what| format!("RET={}", what.to_ascii_uppercase()));
    let envid = way.envid.as_ref().map(|text| format!("ENVID={}", xtext::encode(text)));
    ret.into_iter().chain(envid).chain(way.mail_param.iter().cloned()).collect()
}

fn of_rcpt(way: &WayArgs, path: &str) -> Vec<String> {
    let notify = way.notify.as_ref().map(|when| format!("NOTIFY={}", when.to_ascii_uppercase()));
    let original = way.orcpt.as_ref().map(|asked| {
        let asked = if asked.is_empty() { path } else { asked };
        let (kind, address) = asked.split_once(';').unwrap_or(("rfc822", asked));
        format!("ORCPT={kind};{}", xtext::encode(address))
    });
    notify.into_iter().chain(original).chain(way.rcpt_param.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_list_is_trimmed_and_commas_in_names_stay() {
        let list = " bob@example.net ,\"Carol, the second\" <carol@example.net>,, <dave@x>";
        let all = split(list);
        assert_eq!(
            all,
            ["bob@example.net", "\"Carol, the second\" <carol@example.net>", "<dave@x>"]
        );
        let paths: Vec<_> = all.iter().map(|a| path(a)).collect();
        assert_eq!(paths, ["bob@example.net", "carol@example.net", "dave@x"]);
        assert_eq!(path("<>"), "");
        assert_eq!(path("\"a b\"@example.net"), "\"a b\"@example.net");
    }

    #[test]
    fn notifications_are_asked_for_in_xtext() {
        let way = WayArgs {
            notify: Some("success,failure".to_owned()),
            orcpt: Some(String::new()),
            envid: Some("a b+c".to_owned()),
            ret: Some("hdrs".to_owned()),
            ..WayArgs::default()
        };
        assert_eq!(of_mail(&way), ["RET=HDRS", "ENVID=a+20b+2Bc"]);
        assert_eq!(
            of_rcpt(&way, "bob=x@example.net"),
            ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;bob+3Dx@example.net"]
        );
    }
}
