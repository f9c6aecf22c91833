//! Unknown values: kz's rules beside what one might search with instead.

mod rules;
mod texts;

use std::{fs, hint::black_box, path::Path, time::Duration};

use kz_redact::Redactor;
use regex::bytes::{Regex, RegexBuilder, RegexSetBuilder};
use serde::Serialize;
use termcolor::{BufferWriter, ColorChoice};

use crate::best_times;
use texts::Text;

/// One way to find what nobody registered.
struct Rival {
    name: &'static str,
    covers: String,
    /// Finds something, and says so, in a text with hits.
    finds: bool,
    search: Box<dyn Fn(&Text) -> bool>,
}

/// Prints a table, and writes what the scripts in other languages search with and in.
pub(crate) fn run() {
    let regexes = rules::regexes();
    let texts = texts::all();
    write_inputs(&regexes, &texts);
    let rivals = rivals(&regexes);
    println!("\n### Rust, unknown values\n");
    let titles: Vec<&str> = texts.iter().map(|text| text.title).collect();
    println!("| way | looks for | {} |", titles.join(" | "));
    println!("|---|---|{}", "---:|".repeat(texts.len()));
    let columns: Vec<Vec<Option<Duration>>> =
        texts.iter().map(|text| column(&rivals, text)).collect();
    for (row, rival) in rivals.iter().enumerate() {
        let cells: Vec<String> = texts
            .iter()
            .zip(&columns)
            .map(|(text, times)| match (times[row], times[0]) {
                (Some(time), Some(first)) => {
                    let rate = text.content.len() as f64 / time.as_secs_f64() / 1e6;
                    let ratio = first.as_secs_f64() / time.as_secs_f64();
                    format!("{rate:.1} MB/s ({ratio:.3} ×)")
                }
                _ => "–".to_owned(),
            })
            .collect();
        println!(
            "| {} | {} | {} |",
            rival.name,
            rival.covers,
            cells.join(" | ")
        );
    }
}

/// `None` where a rival finds nothing, but writes into a terminal what it finds.
fn column(rivals: &[Rival], text: &Text) -> Vec<Option<Duration>> {
    let takes_part = |rival: &&Rival| rival.finds || text.hits == 0;
    let ways = rivals.iter().filter(takes_part).map(|rival| {
        let found = (rival.search)(text);
        assert_eq!(
            found,
            text.hits > 0,
            "{} does what it is timed for",
            rival.name
        );
        let way = || {
            black_box((rival.search)(black_box(text)));
        };
        Box::new(way) as Box<dyn Fn() + '_>
    });
    let ways: Vec<_> = ways.collect();
    let mut times = best_times(&ways, Duration::from_millis(3)).into_iter();
    let time = |rival: &Rival| takes_part(&rival).then(|| times.next()).flatten();
    rivals.iter().map(time).collect()
}

fn rivals(regexes: &[String]) -> Vec<Rival> {
    let listed = || format!("{} formats of kz", regexes.len());
    let redactor = Redactor::builder().build().expect("the defaults are right");
    let rules = Redactor::rule_ids().len();
    #[allow(unused_mut, reason = "a feature adds some")]
    let mut rivals = vec![
        rival("kz, redacting", format!("{rules} rules"), move |text| {
            redactor.redact_str(&text.content) != text.content
        }),
        rival("RegexSet", listed(), set(regexes)),
        rival("a loop over regexes", listed(), one_by_one(regexes)),
        Rival {
            finds: false,
            ..rival(
                "ripsecrets, of a file",
                "29 formats and random strings".to_owned(),
                file(),
            )
        },
    ];
    #[cfg(feature = "vectorscan")]
    {
        use crate::vectorscan::{Report, Scanner};
        for (name, report) in [
            ("vectorscan, ends of matches", Report::Ends),
            ("vectorscan, spans", Report::Spans),
        ] {
            let (scanner, taken) = Scanner::of_most(regexes, report);
            let covers = format!("{taken} formats of kz");
            let search = move |text: &Text| scanner.count(text.content.as_bytes()) > 0;
            rivals.push(rival(name, covers, search));
        }
    }
    rivals
}

fn rival(name: &'static str, covers: String, search: impl Fn(&Text) -> bool + 'static) -> Rival {
    Rival {
        name,
        covers,
        finds: true,
        search: Box::new(search),
    }
}

fn set(regexes: &[String]) -> impl Fn(&Text) -> bool + use<> {
    let set = RegexSetBuilder::new(regexes)
        .unicode(false)
        .dot_matches_new_line(true)
        .size_limit(1 << 28)
        .dfa_size_limit(1 << 28)
        .build()
        .expect("the regexes of kz compile");
    move |text| set.matches(text.content.as_bytes()).matched_any()
}

fn one_by_one(regexes: &[String]) -> impl Fn(&Text) -> bool + use<> {
    let compile = |regex: &String| {
        let mut builder = RegexBuilder::new(regex);
        builder.unicode(false).dot_matches_new_line(true);
        builder.build().expect("the regexes of kz compile")
    };
    let regexes: Vec<Regex> = regexes.iter().map(compile).collect();
    move |text| {
        let text = text.content.as_bytes();
        regexes
            .iter()
            .fold(false, |found, regex| regex.is_match(text) | found)
    }
}

/// ripsecrets reads files; each text is written once, before it is timed.
fn file() -> impl Fn(&Text) -> bool {
    let folder = tempfile::tempdir().expect("a folder for the texts");
    move |text| {
        let path = folder.path().join(text.title.replace(' ', "-"));
        if !path.exists() {
            fs::write(&path, &text.content).expect("the text is written");
        }
        let writer = BufferWriter::stderr(ColorChoice::Never);
        let found = ripsecrets::find_secrets(&[path], &[], false, true, writer);
        found.expect("ripsecrets reads the file") > 0
    }
}

/// What `benches/python` and `benches/node` read.
#[derive(Serialize)]
struct Inputs<'i> {
    regexes: &'i [String],
    texts: &'i [Text],
}

fn write_inputs(regexes: &[String], texts: &[Text]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    fs::create_dir_all(&folder).expect("a folder for what is generated");
    let inputs = serde_json::to_vec(&Inputs { regexes, texts }).expect("texts are JSON");
    fs::write(folder.join("patterns.json"), inputs).expect("the inputs are written");
}
