//! Throughput over the number of secrets and over the size of a text, as tables with
//! bars, and as `benches/target/*.svg`.

use std::{fmt::Write as _, fs, hint::black_box, path::Path, time::Duration};

use crate::{best_times, inputs, rivals};

/// One line of a plot: what it is of, and throughput in MB/s for each place on the axis.
struct Line {
    name: String,
    rates: Vec<f64>,
}

pub(crate) fn run() {
    const COUNTS: [usize; 5] = [1, 10, 100, 300, 1000];
    const SIZES: [usize; 6] = [64, 256, 1024, 4096, 16 << 10, 256 << 10];
    let clean = |bytes: usize| {
        let mut text = inputs::clean(bytes.div_ceil(1024));
        text.truncate(bytes);
        text
    };
    let text = clean(16 << 10);
    let by_count = COUNTS.map(|count| rates(count, &text)).into();
    show(
        "secrets",
        "16 KiB clean, by the number of secrets",
        &COUNTS,
        by_count,
    );
    let by_size = SIZES.map(|size| rates(100, &clean(size))).into();
    show(
        "bytes",
        "100 secrets, by the size of a clean text",
        &SIZES,
        by_size,
    );
}

/// The throughput of each way to redact known values.
fn rates(secrets: usize, text: &str) -> Vec<(String, f64)> {
    let rivals = rivals::all(&inputs::secrets(secrets));
    // A loop over a thousand values takes minutes and shows nothing new.
    let quick = |rival: &&rivals::Rival| rival.knows && !rival.name.contains("loop");
    let rivals: Vec<_> = rivals.iter().filter(quick).collect();
    let ways = rivals.iter().map(|rival| {
        let way = || drop(black_box((rival.redact)(black_box(text))));
        Box::new(way) as Box<dyn Fn() + '_>
    });
    let times = best_times(&ways.collect::<Vec<_>>(), Duration::from_millis(1));
    let rate = |time: Duration| text.len() as f64 / time.as_secs_f64() / 1e6;
    let names = rivals
        .iter()
        .map(|rival| format!("{}, {}", rival.name, rival.covers));
    names.zip(times.into_iter().map(rate)).collect()
}

fn show(axis: &str, title: &str, places: &[usize], columns: Vec<Vec<(String, f64)>>) {
    let lines: Vec<Line> = (0..columns[0].len())
        .map(|row| Line {
            name: columns[0][row].0.clone(),
            rates: columns.iter().map(|column| column[row].1).collect(),
        })
        .collect();
    println!("\n### Rust, {title}, MB/s\n");
    let heads: Vec<String> = places.iter().map(usize::to_string).collect();
    println!("| way | {} |", heads.join(" | "));
    println!("|---|{}", "---:|".repeat(places.len()));
    for line in &lines {
        let cells: Vec<String> = line.rates.iter().map(|rate| format!("{rate:.0}")).collect();
        println!("| {} | {} |", line.name, cells.join(" | "));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/by-{axis}.svg"));
    fs::write(&path, svg(axis, title, places, &lines)).expect("the plot is written");
}

/// Both axes are logarithmic; each line is labelled at its end.
fn svg(axis: &str, title: &str, places: &[usize], lines: &[Line]) -> String {
    const COLOURS: [&str; 8] = [
        "#0b6", "#064", "#c33", "#e80", "#36c", "#639", "#888", "#a52",
    ];
    let (width, height, left, right, top, bottom) = (960.0, 480.0, 70.0, 250.0, 40.0, 50.0);
    let all = || lines.iter().flat_map(|line| &line.rates);
    let least = all().copied().fold(f64::MAX, f64::min).log10().floor();
    let most = all().copied().fold(1.0, f64::max).log10().ceil();
    let first = (places[0] as f64).log10();
    let last = (places[places.len() - 1] as f64).log10();
    let x = |place: f64| left + (place.log10() - first) / (last - first) * (width - left - right);
    let y = |rate: f64| {
        height - bottom - (rate.log10() - least) / (most - least) * (height - top - bottom)
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{left}\" y=\"20\" font-size=\"15\">{title}, MB/s</text>\n"
    );
    let mut power = least;
    while power <= most {
        let (rate, place) = (10_f64.powf(power), y(10_f64.powf(power)));
        let end = width - right;
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {place:.1}H{end}\" stroke=\"#ddd\"/><text x=\"10\" y=\"{:.1}\">{rate}</text>",
            place + 4.0
        );
        power += 1.0;
    }
    for place in places {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{place}</text>",
            x(*place as f64),
            height - bottom + 20.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"{:.1}\">{axis}</text>",
        height - 10.0
    );
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> = places
            .iter()
            .zip(&line.rates)
            .map(|(place, rate)| format!("{:.1},{:.1}", x(*place as f64), y(*rate)))
            .collect();
        let end = y(line.rates[line.rates.len() - 1]) + 4.0;
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/><text x=\"{:.1}\" y=\"{end:.1}\" fill=\"{colour}\">{}</text>",
            points.join(" "),
            width - right + 8.0,
            line.name
        );
    }
    svg + "</svg>\n"
}
