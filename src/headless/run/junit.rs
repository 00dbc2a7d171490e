//! A run as `JUnit`'s XML, as the servers that test software read it: one test case for each script.

use std::io::Write as _;
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// A script.
pub(super) struct Case<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// How long it took.
    pub(super) time: Duration,
    /// What became of it.
    pub(super) end: End<'a>,
    /// The dialogue, with what is said about it.
    pub(super) dialogue: &'a str,
}

/// What became of a script.
pub(super) enum End<'a> {
    /// It went as expected.
    Passed,
    /// Something else than expected was seen: what, in one line, and in several.
    Failed(&'a str, &'a str),
    /// It could not be played to its end: why, in one line, and in several.
    Broken(&'a str, &'a str),
    /// It was not played: why.
    Skipped(&'a str),
}

/// The report: `suite` is the server, `started` RFC 3339.
pub(super) fn report(suite: &str, started: &str, cases: &[Case<'_>]) -> std::io::Result<Vec<u8>> {
    let count = |wanted: fn(&End<'_>) -> bool| {
        cases.iter().filter(|case| wanted(&case.end)).count().to_string()
    };
    let (tests, failures) = (cases.len().to_string(), count(|end| matches!(end, End::Failed(..))));
    let errors = count(|end| matches!(end, End::Broken(..)));
    let skipped = count(|end| matches!(end, End::Skipped(_)));
    let time = seconds(cases.iter().map(|case| case.time).sum());
    let sums = [
        ("tests", &*tests),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
        ("time", &time),
    ];
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = writer.create_element("testsuites").with_attribute(("name", "ehlo run"));
    suites.with_attributes(sums).write_inner_content(|writer| {
        let suite = writer.create_element("testsuite").with_attribute(("name", &*legal(suite)));
        let suite = suite.with_attributes(sums).with_attribute(("timestamp", started));
        suite.write_inner_content(|writer| {
            cases.iter().try_for_each(|case| write_case(writer, case))
        })?;
        Ok(())
    })?;
    let mut xml = writer.into_inner();
    xml.write_all(b"\n")?;
    Ok(xml)
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case<'_>) -> std::io::Result<()> {
    let (name, dialogue) = (legal(case.name), legal(case.dialogue));
    let element = writer.create_element("testcase").with_attribute(("name", &*name));
    let element =
        element.with_attribute(("classname", "ehlo.run")).with_attribute(("file", &*name));
    element.with_attribute(("time", &*seconds(case.time))).write_inner_content(|writer| {
        let (tag, why, told) = match case.end {
            End::Passed => ("", "", ""),
            End::Failed(why, told) => ("failure", why, told),
            End::Broken(why, told) => ("error", why, told),
            End::Skipped(why) => ("skipped", why, ""),
        };
        if !tag.is_empty() {
            let end = writer.create_element(tag).with_attribute(("message", &*legal(why)));
            if told.is_empty() {
                end.write_empty()?;
            } else {
                end.write_text_content(BytesText::new(&legal(told)))?;
            }
        }
        if !dialogue.is_empty() {
            let output = writer.create_element("system-out");
            output.write_text_content(BytesText::new(&dialogue))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// What XML 1.0 can hold; the rest is seen as an escape.
fn legal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => out.extend(c.escape_default()),
        }
    }
    out
}
