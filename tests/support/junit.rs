//! Reads a report in `JUnit`'s XML, strictly: what is not well-formed is a failure.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests, each of which uses a part"
)]

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A report.
#[derive(Debug, Default)]
pub struct Report {
    pub suite: String,
    sums: Vec<(String, String)>,
    pub cases: Vec<Case>,
}

/// A test case of it.
#[derive(Debug, Default)]
pub struct Case {
    pub name: String,
    pub time: f64,
    /// What kind of end, its message and its text; none if it passed.
    pub end: Option<(String, String, String)>,
    pub output: String,
}

impl Report {
    pub fn read(xml: &[u8]) -> Self {
        let text = std::str::from_utf8(xml).expect("UTF-8");
        let legal = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
        assert!(text.chars().all(legal), "no control character is legal in XML");
        let mut reader = Reader::from_str(text);
        let mut report = Self::default();
        let mut open = Vec::new();
        loop {
            match reader.read_event().unwrap_or_else(|e| panic!("{e} in\n{text}")) {
                Event::Start(tag) => {
                    open.push(name(&tag));
                    report.begin(&tag);
                }
                Event::Empty(tag) => report.begin(&tag),
                Event::End(_) => drop(open.pop()),
                Event::Text(text) => report.add(open.last(), &text.xml10_content()),
                Event::GeneralRef(entity) => {
                    let name = entity.xml10_content();
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    let numbered = || entity.resolve_char_ref().unwrap().map(String::from);
                    let text = known.map(str::to_owned).or_else(numbered);
                    report.add(open.last(), &text.unwrap_or_else(|| panic!("no entity {name}")));
                }
                Event::Decl(_) => {}
                Event::Eof => break,
                other => panic!("{other:?}"),
            }
        }
        assert!(open.is_empty());
        report
    }

    /// How many tests, failures, errors and skipped ones it says there are.
    pub fn sums(&self) -> [usize; 4] {
        ["tests", "failures", "errors", "skipped"].map(|wanted| {
            let sum = self.sums.iter().find(|(name, _)| name == wanted);
            sum.unwrap_or_else(|| panic!("no {wanted}")).1.parse().unwrap()
        })
    }

    fn begin(&mut self, tag: &BytesStart<'_>) {
        let attributes: Vec<(String, String)> = tag
            .attributes()
            .map(|attribute| {
                let attribute = attribute.expect("well-formed");
                let key = attribute.key.as_ref().to_owned();
                let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
                (key, value.unwrap().into_owned())
            })
            .collect();
        let of = |wanted: &str| {
            let found = attributes.iter().find(|(key, _)| key == wanted);
            found.unwrap_or_else(|| panic!("no {wanted}")).1.clone()
        };
        match name(tag).as_str() {
            "testsuites" | "system-out" => {}
            "testsuite" => {
                self.suite = of("name");
                self.sums = attributes;
            }
            "testcase" => self.cases.push(Case {
                name: of("name"),
                time: of("time").parse().unwrap(),
                ..Case::default()
            }),
            end => {
                let case = self.cases.last_mut().expect("a case");
                case.end = Some((end.to_owned(), of("message"), String::new()));
            }
        }
    }

    fn add(&mut self, open: Option<&String>, text: &str) {
        let Some(case) = self.cases.last_mut() else { return };
        match open.map(String::as_str) {
            Some("system-out") => case.output.push_str(text),
            Some("failure" | "error" | "skipped") => {
                case.end.as_mut().expect("an end").2.push_str(text);
            }
            _ => assert!(text.trim().is_empty(), "{text:?} stands in {open:?}"),
        }
    }
}

fn name(tag: &BytesStart<'_>) -> String {
    tag.name().as_ref().to_owned()
}
