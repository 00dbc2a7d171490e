//! `cargo bench` prints one Markdown table: figures of `ehlo` beside those of a yardstick.
//!
//! Milliseconds of one machine say little, so each figure is a ratio to a yardstick that was
//! measured in the same run, round by round in turn. `cargo bench -- NAME` prints the rows whose
//! figure contains NAME. Nothing is judged: a slow row is a row, not a failure.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]

mod catch;
mod content;
#[path = "../support/corpora.rs"]
mod corpora;
mod figure;
mod floor;
mod fold;
#[path = "../support/killed.rs"]
mod kill;
mod killed;
mod mail;
mod material;
mod process;
mod pty;
mod screen;
mod sink;

use std::io::Write as _;

use figure::{Kind, Series};
use material::Material;

/// Figures that are measured together.
struct Group {
    kinds: &'static [&'static Kind],
    measure: fn(&Material) -> anyhow::Result<Vec<Series>>,
}

const GROUPS: &[Group] = &[
    Group { kinds: &[&screen::START], measure: screen::start },
    Group { kinds: &[&screen::START_LOADED], measure: screen::start_loaded },
    Group { kinds: &[&screen::TYPED], measure: screen::typed },
    Group { kinds: &[&screen::TYPED_LOADED], measure: screen::typed_loaded },
    Group { kinds: &[&screen::PAGE_UP], measure: screen::page_up },
    Group { kinds: screen::TRAVELS, measure: screen::travel },
    Group { kinds: &[&mail::SMALL], measure: mail::small },
    Group { kinds: &[&mail::SMALL_TLS], measure: mail::small_tls },
    Group { kinds: &[&mail::SENT, &mail::SENT_TLS, &mail::SENT_LARGE_TLS], measure: mail::sent },
    Group {
        kinds: &[&mail::LARGE, &mail::LARGE_RECORDED, &mail::PEAK, &mail::PEAK_RECORDED],
        measure: mail::large,
    },
    Group {
        kinds: &[&catch::CAUGHT, &catch::CROWDED, &catch::IN_A_ROW, &catch::STORED],
        measure: catch::caught,
    },
    Group { kinds: &[&catch::IDLE], measure: catch::idle },
    Group { kinds: &[&killed::KILLED], measure: killed::killed },
    Group { kinds: &[&fold::MAIL_DATA], measure: fold::mail_data },
    Group { kinds: &[&fold::EXCHANGES], measure: fold::exchanges },
    Group { kinds: &[&content::SMALL], measure: content::small },
    Group { kinds: &[&content::LARGE], measure: content::large },
    Group { kinds: &[&content::ATTACHED], measure: content::attached },
    Group {
        kinds: &[&screen::IDLE_CPU, &screen::IDLE_MEMORY, &screen::IDLE_OUTPUT],
        measure: screen::idle,
    },
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if std::env::var_os(floor::MARK).is_some() {
        return Ok(floor::run(arguments.first().map(String::as_str))?);
    }
    let has = |flag| arguments.iter().any(|a| a == flag);
    // `cargo test --benches` runs this program too; only `cargo bench` says `--bench`.
    if has("--test") || !has("--bench") {
        return Ok(());
    }
    let name = arguments.iter().find(|a| !a.starts_with('-')).map_or("", String::as_str);
    let material = Material::new()?;
    println!("{}", figure::HEAD);
    for group in GROUPS.iter().filter(|g| g.kinds.iter().any(|k| k.name.contains(name))) {
        let measured = (group.measure)(&material)?;
        for row in measured.iter().filter(|s| s.kind.name.contains(name)).flat_map(Series::rows) {
            println!("{row}");
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}
