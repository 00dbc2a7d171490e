//! Drafts to begin with, good ones and broken ones.
//!
//! Their texts are data of the knowledge base, with places in braces that [`super::Facts`] fill.

/// One draft to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its name in directives, and the name of its file.
    pub name: &'static str,
    /// Key of its title.
    pub title: &'static str,
    /// Key of the sentence about it.
    pub say: &'static str,
    /// Key of the mark that it is made to show, if it is broken.
    pub broken: Option<&'static str>,
}

impl Template {
    /// The template called `name`.
    pub fn find(name: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name)
    }

    /// The data file with its text.
    pub fn file(&self) -> String {
        format!("templates/{}.eml", self.name)
    }

    const fn good(name: &'static str, title: &'static str, say: &'static str) -> Self {
        Self { name, title, say, broken: None }
    }

    const fn broken(
        name: &'static str,
        title: &'static str,
        say: &'static str,
        mark: &'static str,
    ) -> Self {
        Self { name, title, say, broken: Some(mark) }
    }
}

/// All templates, the good ones first.
#[rustfmt::skip]
pub const TEMPLATES: &[Template] = &[
    Template::good("plain", "template.plain", "template.plain.say"),
    Template::good("reply", "template.reply", "template.reply.say"),
    Template::good("html", "template.html", "template.html.say"),
    Template::good("attachment", "template.attachment", "template.attachment.say"),
    Template::good("inline-image", "template.inline-image", "template.inline-image.say"),
    Template::good("non-ascii", "template.non-ascii", "template.non-ascii.say"),
    Template::good("list", "template.list", "template.list.say"),
    Template::good("resent", "template.resent", "template.resent.say"),
    Template::good("report", "template.report", "template.report.say"),
    Template::broken("no-date", "template.no-date", "template.no-date.say", "review.missing"),
    Template::broken("two-from", "template.two-from", "template.two-from.say", "review.repeated"),
    Template::broken("naked", "template.naked", "template.naked.say", "review.naked"),
    Template::broken("open-boundary", "template.open-boundary", "template.open-boundary.say", "review.boundary-open"),
    Template::broken("long-line", "template.long-line", "template.long-line.say", "review.long"),
    Template::broken("lone-dots", "template.lone-dots", "template.lone-dots.say", "review.lone-dot"),
    Template::broken("bad-folding", "template.bad-folding", "template.bad-folding.say", "review.no-colon"),
    Template::broken("bcc", "template.bcc", "template.bcc.say", "review.bcc"),
    Template::broken("bad-base64", "template.bad-base64", "template.bad-base64.say", "review.base64"),
];
