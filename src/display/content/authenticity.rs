//! Whether a message is what it says: its signatures with each tag, SPF, DMARC, the ARC chain, what
//! others wrote down, and the answers that the verdicts rest on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::display::Role;
use crate::display::text::{cut, cut_behind, fit, width, wrap, wrap_behind};
use crate::display::token::{own_visible, visible};
use crate::journal::authenticity::{
    Alignment, Answer, Assumed, DmarcFlaw, Flaw, Signature as Found, Spf, Verdict, Verification,
    bytes,
};
use crate::journal::facts::NameProblem;
use crate::knowledge::{self, Kind, Lang};
use crate::session::authenticity::{Instance, Results, Signature, Stated, Tag, tags};
use crate::session::timing;

use super::{About, Line, Piece, behind};

/// Columns before what belongs to a title.
const INDENT: usize = 2;

/// Columns for the heads of rows, if they do not need more.
const HEAD: usize = 12;

/// All that is known, `columns` wide, or at least `enough` lines of it; without a verification what
/// the message says itself, and how to ask.
pub fn lines(
    stated: &Stated,
    verified: Option<&Verification>,
    columns: usize,
    lang: Lang,
    enough: usize,
) -> Vec<Line> {
    let mut page = Page {
        lang,
        columns,
        enough,
        out: Vec::new(),
        span: None,
        about: About::default(),
        meanings: HashMap::new(),
    };
    match verified {
        Some(verified) => {
            let key = "authenticity.as-of";
            page.say(0, Role::Dim, &page.fill(key, &[("at", &verified.at)]));
            let [incomplete, exhausted] = ["authenticity.incomplete", "authenticity.exhausted"];
            for (is_so, key) in [(verified.incomplete, incomplete), (verified.exhausted, exhausted)]
            {
                if is_so {
                    page.say(0, Role::Warn, page.word(key));
                }
            }
        }
        None => page.say(0, Role::Warn, page.word("authenticity.unasked")),
    }
    page.signatures(stated, verified);
    if let Some(verified) = verified.filter(|_| !page.is_enough()) {
        page.spf(verified);
        page.dmarc(verified, stated.author);
    }
    if !page.is_enough() {
        page.chain(stated, verified);
    }
    if !page.is_enough() {
        page.results(stated);
    }
    if let Some(verified) = verified.filter(|_| !page.is_enough()) {
        page.answers(&verified.answers);
    }
    page.out
}

/// The verdicts in one line.
pub fn summary(verified: &Verification, lang: Lang) -> String {
    let list = |verdicts: Vec<Verdict>| {
        let names: Vec<_> = verdicts.into_iter().map(Verdict::name).collect();
        if names.is_empty() { Verdict::None.name().to_owned() } else { names.join("/") }
    };
    let dkim = list(verified.dkim.iter().map(|found| found.verdict).collect());
    let spf = list(verified.spf.iter().map(|found| found.verdict).collect());
    let n = (verified.message + 1).to_string();
    let values = [
        ("n", n.as_str()),
        ("dkim", &dkim),
        ("spf", &spf),
        ("dmarc", verified.dmarc.verdict.name()),
        ("arc", verified.arc.verdict.name()),
    ];
    knowledge::fill(lang, "authenticity.done", &values)
}

const fn role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Pass => Role::Good,
        Verdict::Fail | Verdict::Permerror => Role::Bad,
        Verdict::Softfail | Verdict::Neutral | Verdict::Policy | Verdict::Temperror => Role::Warn,
        Verdict::None => Role::Dim,
    }
}

/// Lines as they are put together.
struct Page {
    lang: Lang,
    columns: usize,
    /// Lines behind which no more need to be made.
    enough: usize,
    out: Vec<Line>,
    /// What the next lines are about.
    span: Option<crate::smtp::Span>,
    about: About,
    /// What tags mean, broken into lines: a header can have thousands of the same.
    meanings: HashMap<&'static str, Vec<Vec<Piece>>>,
}

impl Page {
    fn word(&self, key: &'static str) -> &'static str {
        knowledge::word(self.lang, key)
    }

    fn fill(&self, key: &'static str, values: &[(&str, &str)]) -> String {
        let values: Vec<_> =
            values.iter().map(|(name, value)| (*name, visible(value.as_bytes()))).collect();
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        knowledge::fill(self.lang, key, &values)
    }

    const fn is_enough(&self) -> bool {
        self.out.len() > self.enough
    }

    /// What the next lines are about too.
    fn field_named(&mut self, name: &str) {
        Arc::make_mut(&mut self.about).push((Kind::Field, name.to_owned()));
    }

    /// The same no more.
    fn field_ends(&mut self) {
        Arc::make_mut(&mut self.about).pop();
    }

    fn push(&mut self, pieces: Vec<(Role, String)>) {
        let (about, span) = (self.about.clone(), self.span);
        self.out.push(Line { pieces, about, span, part: None });
    }

    /// Begins a section about an idea.
    fn title(&mut self, title: &str, idea: &str) {
        (self.about, self.span) = (Arc::new(vec![(Kind::Idea, idea.to_owned())]), None);
        self.push(Vec::new());
        self.push(vec![(Role::Title, title.to_owned())]);
    }

    /// A text that is safe to be shown.
    fn say(&mut self, indent: usize, role: Role, text: &str) {
        for line in wrap(text, self.columns.saturating_sub(indent)) {
            self.push(vec![(role, format!("{}{line}", " ".repeat(indent)))]);
        }
    }

    /// The same, cut anywhere: a break at a blank could not be told from one in the text.
    fn exact(&mut self, indent: usize, role: Role, text: &str) {
        for line in cut(text, self.columns.saturating_sub(indent)) {
            self.push(vec![(role, format!("{}{line}", " ".repeat(indent)))]);
        }
    }

    /// A head and, beside it, a text that is safe to be shown; digits of base64 are cut anywhere.
    fn row(&mut self, indent: usize, head: &str, role: Role, text: &str) {
        for pieces in self.broken(indent, head, role, text) {
            self.push(pieces);
        }
    }

    /// The lines of a row.
    fn broken(&self, indent: usize, head: &str, role: Role, text: &str) -> Vec<Vec<Piece>> {
        let head = fit(head, HEAD.max(width(head)));
        let begin = format!("{}{head}  ", " ".repeat(indent));
        let hang = width(&begin).min(self.columns / 2);
        let room = self.columns.saturating_sub(hang);
        let is_word = !text.contains(char::is_whitespace) && text.len() > room;
        let wrap = if is_word { cut_behind } else { wrap_behind };
        behind(&begin, (role, text), (hang, wrap), self.columns)
    }

    /// What a tag means, below it.
    fn meaning(&mut self, key: &'static str) {
        if !self.meanings.contains_key(key) {
            let lines = self.broken(2 * INDENT, "", Role::Dim, self.word(key));
            self.meanings.insert(key, lines);
        }
        for pieces in self.meanings.get(key).cloned().unwrap_or_default() {
            self.push(pieces);
        }
    }

    /// A verdict, what it means, and why.
    fn verdict(&mut self, head: &str, verdict: Verdict, means: &str, why: Option<&str>) {
        let role = role(verdict);
        self.row(INDENT, head, role, verdict.name());
        self.say(2 * INDENT, role, why.unwrap_or(means));
        if why.is_some() {
            self.say(2 * INDENT, Role::Dim, means);
        }
    }

    fn signatures(&mut self, stated: &Stated, verified: Option<&Verification>) {
        self.title("DKIM", "dkim");
        if stated.signatures.is_empty() {
            self.say(INDENT, Role::Dim, self.word("dkim.none"));
        }
        self.field_named("DKIM-Signature");
        for (at, signature) in stated.signatures.iter().enumerate() {
            if self.is_enough() {
                return;
            }
            self.span = Some(signature.span);
            let (n, domain) = ((at + 1).to_string(), signature.tag("d").unwrap_or("?"));
            let head = self.fill("dkim.signature", &[("n", &n), ("domain", domain)]);
            match verified.and_then(|verified| verified.dkim.get(at)) {
                Some(found) => {
                    let why = found.why.map(|why| self.fill(why.key(), &[("about", &found.about)]));
                    let means = signature_means(found.why, dkim_means(found.verdict.name()));
                    self.verdict(&head, found.verdict, self.word(means), why.as_deref());
                    self.body(signature, found);
                    self.key(signature, found);
                }
                None if verified.is_some() => {
                    self.row(INDENT, &head, Role::Warn, self.word("dkim.unjudged"));
                }
                None => self.row(INDENT, &head, Role::Text, ""),
            }
            self.tags(signature);
            self.covered(signature);
        }
    }

    /// The hash of the body, and how much of it is signed.
    fn body(&mut self, signature: &Signature, found: &Found) {
        let declared = signature.tag("bh").unwrap_or_default();
        if let Some(hash) = &found.body_hash {
            let same = hash == declared;
            let key = if same { "dkim.body.same" } else { "dkim.body.differs" };
            let text = self.fill(key, &[("hash", hash), ("declared", declared)]);
            let role = if same { Role::Text } else { Role::Bad };
            self.row(2 * INDENT, self.word("dkim.body"), role, &text);
        }
        let Some(all) = found.body_length else { return };
        let signed = signature.tag("l").unwrap_or_default();
        let (role, key) = match signed.parse::<u64>() {
            Ok(signed) if signed < all => (Role::Warn, "dkim.length.part"),
            Ok(signed) if signed > all => (Role::Bad, "dkim.length.short"),
            _ => (Role::Warn, "dkim.length.all"),
        };
        let text = self.fill(key, &[("l", signed), ("all", &all.to_string())]);
        self.row(2 * INDENT, self.word("dkim.length"), role, &text);
    }

    /// The key by its tags.
    fn key(&mut self, signature: &Signature, found: &Found) {
        let Some(text) = &found.key else { return };
        let [selector, domain] = ["s", "d"].map(|tag| signature.tag(tag).unwrap_or_default());
        let name = format!("{selector}._domainkey.{domain}");
        let tags = tags(&String::from_utf8_lossy(&bytes(text)));
        let tag = |name: &str| tags.iter().find(|tag| tag.name == name).map(|tag| &*tag.value);
        let kind = tag("k").unwrap_or("rsa");
        let mut said = match found.key_bits {
            Some(bits) => {
                let n = bits.to_string();
                self.fill("dkim.key.bits", &[("name", &name), ("kind", kind), ("n", &n)])
            }
            None => visible(name.as_bytes()),
        };
        let flags = tag("t").unwrap_or_default();
        for (flag, key) in [("y", "dkim.key.testing"), ("s", "dkim.key.strict")] {
            if flags.split(':').any(|one| one.trim() == flag) {
                said += self.word(key);
            }
        }
        let role = if found.why.is_some_and(Flaw::is_of_key) { Role::Bad } else { Role::Text };
        self.row(2 * INDENT, self.word("dkim.key"), role, &said);
    }

    /// Each tag with its meaning.
    fn tags(&mut self, signature: &Signature) {
        for tag in &signature.tags {
            if self.is_enough() {
                return;
            }
            let head = format!("{}=", visible(tag.name.as_bytes()));
            let role = if tag.repeated { Role::Bad } else { Role::Text };
            self.row(2 * INDENT, &head, role, &value(tag));
            let key = if tag.repeated { "dkim.tag.repeated" } else { tag_means(signature, tag) };
            self.meaning(key);
        }
    }

    /// What is signed, what is sealed, and what is not.
    fn covered(&mut self, signature: &Signature) {
        let list = |names: Vec<&str>| {
            let mut known = HashSet::new();
            let once = names.into_iter().filter(|name| known.insert(name.to_ascii_lowercase()));
            once.collect::<Vec<_>>().join(", ")
        };
        let those = |present| {
            let those = signature.signed.iter().filter(move |signed| signed.present == present);
            list(those.map(|signed| signed.name.as_str()).collect())
        };
        let (signed, sealed) = (those(true), those(false));
        let unsigned = list(signature.unsigned.iter().map(String::as_str).collect());
        if !signed.is_empty() {
            self.row(2 * INDENT, self.word("dkim.signed"), Role::Text, &visible(signed.as_bytes()));
        }
        for (names, head, key) in [
            (sealed, "dkim.sealed", "dkim.sealed.say"),
            (unsigned, "dkim.unsigned", "dkim.unsigned.say"),
        ] {
            if !names.is_empty() {
                let text = self.fill(key, &[("names", &names)]);
                self.row(2 * INDENT, self.word(head), Role::Dim, &text);
            }
        }
    }

    fn spf(&mut self, verified: &Verification) {
        self.title("SPF", "spf");
        let assumed = [
            (self.word("spf.address"), &verified.address),
            ("HELO", &verified.helo),
            ("MAIL FROM", &verified.sender),
        ];
        for (head, assumed) in assumed {
            let Some(Assumed { value, from }) = assumed else { continue };
            let value = match value.as_str() {
                "" => self.word("spf.null").to_owned(),
                value => visible(value.as_bytes()),
            };
            let text = format!("{value}  ({})", self.word(from.key()));
            self.row(INDENT, head, Role::Text, &text);
        }
        if verified.spf.is_empty() {
            let key = if verified.address.is_none() { "spf.unasked" } else { "spf.no-identity" };
            self.say(INDENT, Role::Dim, self.word(key));
        }
        for found in &verified.spf {
            self.identity(found);
        }
    }

    fn identity(&mut self, found: &Spf) {
        let of = if found.of_sender { "MAIL FROM" } else { "HELO" };
        let head = format!("{of} {}", visible(found.domain.as_bytes()));
        let why = found.why.map(|why| self.fill(why.key(), &[("about", &found.about)]));
        let means = self.word(spf_means(found.verdict.name()).unwrap_or_default());
        self.verdict(&head, found.verdict, means, why.as_deref());
        for term in &found.terms {
            let values = [("term", term.text.as_str()), ("domain", &term.domain)];
            let text = self.fill("spf.term.say", &values);
            self.row(2 * INDENT, self.word("spf.term"), Role::Text, &text);
        }
        if found.terms.is_empty() && found.why.is_none() {
            self.row(2 * INDENT, self.word("spf.term"), Role::Dim, self.word("spf.term.nothing"));
        }
        if let Some(explanation) = &found.explanation {
            let text = visible(explanation.as_bytes());
            self.row(2 * INDENT, self.word("spf.explains"), Role::Text, &text);
        }
    }

    fn dmarc(&mut self, verified: &Verification, author: Option<crate::smtp::Span>) {
        let dmarc = &verified.dmarc;
        self.title("DMARC", "dmarc");
        self.span = author;
        let head = if dmarc.domain.is_empty() {
            self.word("dmarc.author").to_owned()
        } else {
            format!("{} {}", self.word("dmarc.author"), visible(dmarc.domain.as_bytes()))
        };
        // That nothing is aligned is what failing means.
        let why = dmarc.why.filter(|why| *why != DmarcFlaw::NotAligned);
        let why = why.map(|why| self.fill(why.key(), &[("domain", &dmarc.domain)]));
        let means = match dmarc.why {
            Some(DmarcFlaw::Unchecked) => self.unchecked(verified),
            _ => self.word(dmarc_means(dmarc.verdict.name()).unwrap_or_default()).to_owned(),
        };
        self.verdict(&head, dmarc.verdict, &means, why.as_deref());
        self.span = None;
        if let (Some(at), Some(record)) = (&dmarc.at, &dmarc.record) {
            let text = self.fill("dmarc.record.say", &[("at", at), ("record", record)]);
            self.row(2 * INDENT, self.word("dmarc.record"), Role::Text, &text);
        }
        let policy = match dmarc.policy.as_deref() {
            Some("none") => Some("dmarc.policy.none"),
            Some("quarantine") => Some("dmarc.policy.quarantine"),
            Some("reject") => Some("dmarc.policy.reject"),
            _ => None,
        };
        if let Some(policy) = policy {
            // There is nothing milder than none.
            let tried = dmarc.testing && policy != "dmarc.policy.none";
            let testing = if tried { self.word("dmarc.testing") } else { "" };
            let by = dmarc.policy_by.as_deref().unwrap_or("p");
            let text = format!("{by}={}{testing}", self.word(policy));
            self.row(2 * INDENT, self.word("dmarc.policy"), Role::Text, &text);
        }
        if dmarc.record.is_some() {
            self.alignment("DKIM", &dmarc.dkim, true);
            self.alignment("SPF", &dmarc.spf, verified.is_spf_checked());
        }
    }

    /// What was not checked and could still make it pass, and what that needs.
    fn unchecked(&self, verified: &Verification) -> String {
        if verified.is_spf_checked() {
            return self.word("dmarc.unchecked.dkim").to_owned();
        }
        let value = |one: &Option<Assumed>| one.as_ref().map(|one| one.value.clone());
        let (sender, helo) = (value(&verified.sender), value(&verified.helo));
        let mut needs = Vec::new();
        if sender.is_none() {
            needs.push("--mail-from");
        }
        // The null sender stands for a name in HELO, and an address there is none.
        if sender.is_some_and(|sender| sender.is_empty())
            && helo.is_none_or(|helo| helo.is_empty() || helo.starts_with('['))
        {
            needs.push("--helo");
        }
        if verified.address.is_none() || needs.is_empty() {
            needs.insert(0, "--from-ip");
        }
        self.fill("dmarc.unchecked.spf", &[("options", &needs.join(", "))])
    }

    fn alignment(&mut self, head: &str, alignment: &Alignment, checked: bool) {
        let mode = self.word(if alignment.strict { "dmarc.strict" } else { "dmarc.relaxed" });
        let Alignment { aligned, others, .. } = alignment;
        if aligned.is_empty() && others.is_empty() {
            let key = if checked { "dmarc.nothing" } else { "dmarc.not-checked" };
            self.row(2 * INDENT, head, Role::Dim, self.word(key));
        }
        for (domains, role, key) in
            [(aligned, Role::Good, "dmarc.aligned"), (others, Role::Warn, "dmarc.not-aligned")]
        {
            if !domains.is_empty() {
                let text = self.fill(key, &[("domains", &domains.join(", ")), ("mode", mode)]);
                self.row(2 * INDENT, head, role, &text);
            }
        }
    }

    fn chain(&mut self, stated: &Stated, verified: Option<&Verification>) {
        self.title("ARC", "arc");
        if stated.instances.is_empty() {
            self.say(INDENT, Role::Dim, self.word("arc.none"));
            return;
        }
        let n = stated.instances.len().to_string();
        let head = self.fill("arc.chain", &[("n", &n)]);
        match verified.map(|verified| &verified.arc) {
            Some(arc) => {
                let why = arc.why.map(|why| self.fill(why.key(), &[("about", "")]));
                let means = signature_means(arc.why, arc_means(arc.verdict.name()));
                self.verdict(&head, arc.verdict, self.word(means), why.as_deref());
            }
            None => self.row(INDENT, &head, Role::Text, ""),
        }
        for instance in &stated.instances {
            if self.is_enough() {
                return;
            }
            self.instance(instance);
        }
    }

    fn instance(&mut self, instance: &Instance) {
        let n = instance.number.to_string();
        let head = self.fill("arc.instance", &[("n", &n)]);
        self.span = instance.seal.as_ref().map(|seal| seal.span);
        self.field_named("ARC-Seal");
        match &instance.seal {
            Some(seal) => {
                let [domain, cv] = ["d", "cv"].map(|tag| seal.tag(tag).unwrap_or("?"));
                let text = self.fill("arc.instance.say", &[("domain", domain), ("cv", cv)]);
                self.row(INDENT, &head, Role::Text, &text);
                self.tags(seal);
            }
            None => self.row(INDENT, &head, Role::Text, ""),
        }
        self.field_ends();
        let there = [
            ("ARC-Seal", instance.seal.is_some()),
            ("ARC-Message-Signature", instance.message.is_some()),
            ("ARC-Authentication-Results", instance.results.is_some()),
        ];
        for (name, there) in there {
            if !there {
                let text = self.fill("arc.missing", &[("names", name)]);
                self.say(2 * INDENT, Role::Bad, &text);
            }
        }
        if let Some(signature) = &instance.message {
            self.field("ARC-Message-Signature", signature.span);
            self.tags(signature);
            self.covered(signature);
            self.field_ends();
        }
        if let Some(results) = &instance.results {
            self.field("ARC-Authentication-Results", results.span);
            self.methods(results);
            self.field_ends();
        }
    }

    /// Begins what a field says.
    fn field(&mut self, name: &str, span: crate::smtp::Span) {
        self.span = Some(span);
        self.field_named(name);
        self.say(2 * INDENT, Role::Field, name);
    }

    fn results(&mut self, stated: &Stated) {
        self.title("Authentication-Results", "dmarc");
        let field = (Kind::Field, "Authentication-Results".to_owned());
        Arc::make_mut(&mut self.about).insert(0, field);
        if stated.results.is_empty() {
            self.say(INDENT, Role::Dim, self.word("results.none"));
            return;
        }
        self.say(INDENT, Role::Warn, self.word("results.trust"));
        for results in &stated.results {
            if self.is_enough() {
                return;
            }
            self.span = Some(results.span);
            let place = match results.on_top {
                Some(true) => self.word("results.on-top"),
                Some(false) => self.word("results.below"),
                None => "",
            };
            let server = visible(results.server.as_bytes());
            self.row(INDENT, &server, Role::Dim, place);
            self.methods(results);
        }
    }

    fn methods(&mut self, results: &Results) {
        if results.methods.is_empty() {
            self.say(2 * INDENT, Role::Dim, self.word("results.nothing"));
        }
        for method in &results.methods {
            if self.is_enough() {
                return;
            }
            let properties =
                method.properties.iter().map(|(name, value)| format!("{name}={value}"));
            let text = properties.collect::<Vec<_>>().join("  ");
            let head = format!("{}={}", method.name, method.result);
            self.row(2 * INDENT, &visible(head.as_bytes()), Role::Text, &visible(text.as_bytes()));
            let result = method.result.to_ascii_lowercase();
            let means = match method.name.to_ascii_lowercase().as_str() {
                "dkim" => dkim_means(&result),
                "spf" => spf_means(&result),
                "dmarc" => dmarc_means(&result),
                "arc" => arc_means(&result),
                _ => None,
            };
            if let Some(means) = means {
                let claims = self.fill("results.claims", &[("means", self.word(means))]);
                self.row(2 * INDENT, "", Role::Dim, &claims);
            }
        }
    }

    fn answers(&mut self, answers: &[Answer]) {
        self.title(self.word("authenticity.answers"), "dkim");
        if answers.is_empty() {
            self.say(INDENT, Role::Dim, self.word("authenticity.no-answers"));
        }
        for answer in answers {
            let name = visible(answer.name.as_bytes());
            let by = self.by(answer);
            let head = format!("{name} {}", answer.record.name());
            self.row(INDENT, &head, Role::Dim, &by);
            // What a zone file escapes is visible, and its backslashes are doubled already.
            for value in &answer.values {
                self.exact(2 * INDENT, Role::Text, &own_visible(value));
            }
            if let Some(problem) = answer.problem {
                let role = if problem.is_absence() { Role::Dim } else { Role::Warn };
                self.say(2 * INDENT, role, &self.problem(answer, problem));
            }
        }
    }

    fn by(&self, answer: &Answer) -> String {
        let by = match answer.by.as_str() {
            "" => self.word("reach.system"),
            by => by,
        };
        let took = timing::in_words(std::time::Duration::from_micros(answer.took));
        match (answer.took, answer.authentic) {
            (0, _) => visible(by.as_bytes()),
            (_, false) => self.fill("authenticity.by.took", &[("by", by), ("took", &took)]),
            (_, true) => self.fill("authenticity.by.authentic", &[("by", by), ("took", &took)]),
        }
    }

    fn problem(&self, answer: &Answer, problem: NameProblem) -> String {
        let why = match problem {
            NameProblem::NoSuchName => return self.word("authenticity.no-name").to_owned(),
            NameProblem::NoRecord => return self.word("authenticity.absent").to_owned(),
            NameProblem::ServerFailed => self.word("authenticity.failed.server-failed"),
            NameProblem::ServerRefused => self.word("authenticity.failed.server-refused"),
            NameProblem::TimedOut => self.word("authenticity.failed.timed-out"),
            NameProblem::Other => &answer.detail,
        };
        self.fill("authenticity.failed", &[("why", why)])
    }
}

/// A value, and for a time its date.
fn value(tag: &Tag) -> String {
    let shown = visible(tag.value.as_bytes());
    let shown = if tag.name == "h" { shown.replace(':', ": ") } else { shown };
    let seconds = tag.value.parse().ok().filter(|_| matches!(tag.name.as_str(), "t" | "x"));
    match seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
        Some(date) => format!("{shown}  ({date})"),
        None => shown,
    }
}

/// What a tag is for: the key of a sentence. In a chain `i=` is a number.
fn tag_means(signature: &Signature, tag: &Tag) -> &'static str {
    // Each name is asked about once, so only those two go through all tags.
    let of_chain = || signature.tag("i").is_some_and(|i| i.parse::<u32>().is_ok());
    match tag.name.as_str() {
        "v" => "dkim.tag.v",
        "a" => "dkim.tag.a",
        "b" if signature.tag("cv").is_some() => "dkim.tag.seal",
        "b" => "dkim.tag.b",
        "bh" => "dkim.tag.bh",
        "c" => "dkim.tag.c",
        "d" => "dkim.tag.d",
        "h" => "dkim.tag.h",
        "i" if of_chain() => "dkim.tag.instance",
        "i" => "dkim.tag.i",
        "l" => "dkim.tag.l",
        "q" => "dkim.tag.q",
        "s" => "dkim.tag.s",
        "t" => "dkim.tag.t",
        "x" => "dkim.tag.x",
        "z" => "dkim.tag.z",
        "cv" => "dkim.tag.cv",
        _ => "dkim.tag.other",
    }
}

fn dkim_means(result: &str) -> Option<&'static str> {
    Some(match result {
        "none" => "dkim.is.none",
        "pass" => "dkim.is.pass",
        "fail" => "dkim.is.fail",
        "policy" => "dkim.is.policy",
        "neutral" => "dkim.is.neutral",
        "temperror" => "dkim.is.temperror",
        "permerror" => "dkim.is.permerror",
        _ => return None,
    })
}

/// What the verdict on a signature or a chain means; of one that was not checked to the end no
/// later try says more, and one that is no field for who verifies can still be read here.
fn signature_means(why: Option<Flaw>, means: Option<&'static str>) -> &'static str {
    match why {
        Some(Flaw::Incomplete) => "dkim.is.incomplete",
        Some(Flaw::Behind) => "dkim.is.behind",
        _ => means.unwrap_or_default(),
    }
}

fn spf_means(result: &str) -> Option<&'static str> {
    Some(match result {
        "none" => "spf.is.none",
        "neutral" => "spf.is.neutral",
        "pass" => "spf.is.pass",
        "fail" => "spf.is.fail",
        "softfail" => "spf.is.softfail",
        "policy" => "spf.is.policy",
        "temperror" => "spf.is.temperror",
        "permerror" => "spf.is.permerror",
        _ => return None,
    })
}

fn dmarc_means(result: &str) -> Option<&'static str> {
    Some(match result {
        "none" => "dmarc.is.none",
        "pass" => "dmarc.is.pass",
        "fail" => "dmarc.is.fail",
        "temperror" => "dmarc.is.temperror",
        "permerror" => "dmarc.is.permerror",
        _ => return None,
    })
}

fn arc_means(result: &str) -> Option<&'static str> {
    Some(match result {
        "none" => "arc.is.none",
        "pass" => "arc.is.pass",
        "fail" => "arc.is.fail",
        "neutral" => "arc.is.neutral",
        "temperror" => "arc.is.temperror",
        "permerror" => "arc.is.permerror",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::authenticity::{Dmarc, Origin, Record};

    #[test]
    fn what_was_not_judged_says_so_and_no_more_is_made_than_needed() {
        let text = "DKIM-Signature: v=1; d=example.org; s=s\r\n".repeat(40);
        let stated = Stated::read(format!("{text}\r\n").as_bytes());
        let found = Found { verdict: Verdict::Pass, ..Found::default() };
        let verified = Verification { dkim: vec![found; 32], ..Verification::default() };
        let all = lines(&stated, Some(&verified), 80, Lang::En, usize::MAX);
        let said = |line: &&Line| line.text().contains("not judged");
        assert_eq!(all.iter().filter(said).count(), 8);
        let some = lines(&stated, Some(&verified), 80, Lang::En, 20);
        assert!(some.len() >= 20 && some.len() < 40 && all.starts_with(&some), "{}", some.len());
        let unasked = lines(&stated, None, 80, Lang::En, usize::MAX);
        assert_eq!(unasked.iter().filter(said).count(), 0);
    }

    #[test]
    fn the_key_is_the_one_that_was_used() {
        let stated = Stated::read(b"DKIM-Signature: v=1; d=x.example; s=s\r\n\r\n");
        let key = "v=DKIM1; k=ed25519; t=y; p=AA==".to_owned();
        let answer = Answer {
            name: "s._domainkey.x.example".to_owned(),
            record: Record::Txt,
            by: "zone".to_owned(),
            values: vec!["google-site-verification=abc".to_owned(), key.clone()],
            problem: None,
            detail: String::new(),
            authentic: false,
            took: 0,
        };
        let used = Found { key: Some(key), key_bits: Some(256), ..Found::default() };
        let verified =
            Verification { dkim: vec![used], answers: vec![answer], ..Verification::default() };
        let all = lines(&stated, Some(&verified), 200, Lang::En, usize::MAX);
        let said = |line: &Line| line.text().contains("ed25519, 256 bits; t=y:");
        assert!(all.iter().any(said));
    }

    #[test]
    fn what_was_not_checked_is_not_told_to_be_tried_again() {
        let stated =
            Stated::read(b"DKIM-Signature: v=1; d=x.example; s=s\r\nFrom: a@x.example\r\n\r\n");
        let cut =
            Found { verdict: Verdict::Temperror, why: Some(Flaw::Incomplete), ..Found::default() };
        let dmarc = Dmarc {
            domain: "x.example".to_owned(),
            verdict: Verdict::Temperror,
            why: Some(DmarcFlaw::Unchecked),
            at: Some("_dmarc.x.example".to_owned()),
            record: Some("v=DMARC1; p=none".to_owned()),
            ..Dmarc::default()
        };
        let assumed = |value: &str| Some(Assumed { value: value.to_owned(), from: Origin::Said });
        let checked = Spf {
            of_sender: true,
            domain: "x.example".to_owned(),
            verdict: Verdict::Fail,
            why: None,
            about: String::new(),
            terms: Vec::new(),
            explanation: None,
        };
        let base = Verification { dkim: vec![cut], dmarc, ..Verification::default() };
        let ip = assumed("192.0.2.1");
        for (verified, needs) in [
            (base.clone(), "with --from-ip, --mail-from it"),
            (Verification { address: ip.clone(), ..base.clone() }, "with --mail-from it"),
            (Verification { sender: assumed("a@x.example"), ..base.clone() }, "with --from-ip it"),
            (
                Verification { address: ip.clone(), sender: assumed(""), ..base.clone() },
                "with --helo it",
            ),
            (
                Verification {
                    address: ip,
                    sender: assumed("a@x.example"),
                    spf: vec![checked],
                    ..base
                },
                "a signature of that domain",
            ),
        ] {
            let spf = verified.is_spf_checked();
            let shown = lines(&stated, Some(&verified), 200, Lang::En, usize::MAX);
            let shown: String = shown.iter().map(|line| line.text() + "\n").collect();
            assert!(shown.contains(needs), "{needs}: {shown}");
            assert!(!shown.contains("later try"), "{shown}");
            let row = shown.lines().rfind(|line| line.trim_start().starts_with("SPF ")).unwrap();
            assert!(row.ends_with(if spf { "nothing passed" } else { "not checked" }), "{shown}");
        }
    }

    #[test]
    fn a_signature_behind_the_header_is_not_called_unreadable() {
        let stated = Stated::read(b"NOOP\r\nDKIM-Signature: v=1; d=x.example; s=s\r\n\r\n");
        for (why, says) in [(Flaw::Behind, "was not checked"), (Flaw::Syntax, "cannot be read")] {
            let found = Found { verdict: why.verdict(), why: Some(why), ..Found::default() };
            let verified = Verification { dkim: vec![found], ..Verification::default() };
            let shown = lines(&stated, Some(&verified), 200, Lang::En, usize::MAX);
            let shown: String = shown.iter().map(|line| line.text() + "\n").collect();
            let means = shown.lines().find(|line| line.contains("nothing follows from it"));
            assert!(means.is_some_and(|line| line.contains(says)), "{shown}");
        }
    }

    #[test]
    fn nothing_is_too_wide_for_its_head() {
        let host = "a.rather.long.name.of.a.server.that.checks.mail.example.net";
        let text =
            format!("Authentication-Results: {host}; x-{host}=pass policy.{host}={host}\r\n");
        let text =
            format!("{text}DKIM-Signature: v=1; d={host}; h=from; an-unknown-{host}=1\r\n\r\n");
        let stated = Stated::read(text.as_bytes());
        for columns in [30, 40, 80] {
            let lines = lines(&stated, None, columns, Lang::En, usize::MAX);
            let shown: String = lines.iter().map(Line::text).collect();
            for line in &lines {
                assert!(width(line.text().trim_end()) <= columns, "{columns}: {}", line.text());
            }
            assert!(shown.replace(' ', "").contains(&format!("x-{host}=passpolicy.{host}={host}")));
        }
    }
}
