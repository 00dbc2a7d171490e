//! What a server takes and what MAIL has declared, as far as a draft is concerned.

use crate::session::{Dialogue, Phase};
use crate::smtp::ehlo::Capabilities;
use crate::smtp::param::Param;

/// What is known of the session into which a draft would be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// What the server announced; nothing is known before its reply to EHLO.
    pub capabilities: Option<Capabilities>,
    /// The parameters of MAIL, if a transaction is open.
    pub declared: Option<Vec<Param>>,
}

impl Offers {
    /// What `dialogue` knows. A server that was greeted with HELO offers nothing.
    pub fn of(dialogue: &Dialogue) -> Self {
        let greeted = dialogue.phase().in_transaction() || dialogue.phase() == Phase::Ready;
        let announced = dialogue.capabilities().cloned();
        let open = dialogue.envelope().open();
        Self {
            capabilities: announced.or_else(|| greeted.then(Capabilities::default)),
            declared: open.map(|t| t.params.iter().map(|p| p.value.clone()).collect()),
        }
    }

    /// What was known when message number `message` of `dialogue` was sent; nothing without MAIL.
    pub fn of_message(dialogue: &Dialogue, message: usize) -> Self {
        let Some(transaction) = dialogue.envelope().carrying(message) else {
            return Self::default();
        };
        let declared = transaction.params.iter().map(|param| param.value.clone()).collect();
        Self { capabilities: dialogue.offers_at(transaction.exchange), declared: Some(declared) }
    }

    /// Whether the server takes `keyword`, once that is known.
    pub fn has(&self, keyword: &str) -> Option<bool> {
        Some(self.capabilities.as_ref()?.has(keyword))
    }

    /// The largest message that the server takes (RFC 1870 §3).
    pub fn size_limit(&self) -> Option<u64> {
        self.capabilities.as_ref()?.size_limit()
    }

    /// The size that MAIL declared.
    pub fn declared_size(&self) -> Option<u64> {
        self.declared("SIZE")?.value.as_deref()?.parse().ok()
    }

    /// The parameter `name` of MAIL.
    pub fn declared(&self, name: &str) -> Option<&Param> {
        self.declared.as_ref()?.iter().find(|param| param.name == name)
    }

    /// The value of MAIL's BODY parameter in capitals (RFC 6152 §2).
    pub fn declared_body(&self) -> Option<String> {
        Some(self.declared("BODY")?.value.as_deref()?.to_ascii_uppercase())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::journal::{Event, Happening, Moment, Side};
    use crate::smtp::ehlo::Keyword;
    use bytes::Bytes;

    /// A server that announces `keywords`, such as `SIZE 1000`.
    pub(in crate::draft) fn offering(keywords: &[&str]) -> Offers {
        let keyword = |text: &&str| {
            let mut words = text.split(' ').map(str::to_owned);
            let name = words.next().unwrap();
            Keyword { written: name.clone(), name, params: words.collect(), line: 1 }
        };
        let keywords = keywords.iter().map(keyword).collect();
        let capabilities = Capabilities { keywords, ..Capabilities::default() };
        Offers { capabilities: Some(capabilities), declared: None }
    }

    /// A server that takes everything a draft may need.
    pub(in crate::draft) fn everything() -> Offers {
        offering(&["SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME"])
    }

    fn after(steps: &[(Side, &str)]) -> Offers {
        let mut dialogue = Dialogue::default();
        dialogue.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        for (from, text) in steps {
            let data = Bytes::copy_from_slice(text.as_bytes());
            let what = Happening::Bytes { from: *from, data, veiled: Vec::new() };
            dialogue.apply(&Event::new(Moment(0), what));
        }
        Offers::of(&dialogue)
    }

    #[test]
    fn offers_follow_the_dialogue() {
        use Side::{Client, Server};
        let mut steps = vec![(Server, "220 mx.example.net\r\n")];
        assert_eq!(after(&steps).has("SIZE"), None);
        let helo = [(Client, "HELO a.example\r\n"), (Server, "250 hello\r\n")];
        assert_eq!(after(&[&steps[..], &helo[..]].concat()).has("SIZE"), Some(false));
        steps.extend([(Client, "EHLO a.example\r\n"), (Server, "250-mx\r\n250 SIZE 900\r\n")]);
        let offers = after(&steps);
        assert_eq!((offers.size_limit(), offers.has("8BITMIME")), (Some(900), Some(false)));
        assert_eq!(offers.declared, None);
        steps.extend([(Client, "MAIL FROM:<> SIZE=7 BODY=8bitmime\r\n"), (Server, "250 ok\r\n")]);
        let offers = after(&steps);
        assert_eq!(offers.declared_size(), Some(7));
        assert_eq!(offers.declared_body().as_deref(), Some("8BITMIME"));
        assert_eq!(offers.declared("SMTPUTF8"), None);
    }
}
