//! Turns `rules/*.toml` into a table of constants, so that nothing is parsed
//! when a program starts. A mistake in a rule is a build error that names it.

use std::{env, fs, path::Path};

#[path = "build/format.rs"]
mod format;
#[path = "build/rule.rs"]
mod rule;
#[path = "build/run.rs"]
mod run;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=build");
    let mut paths: Vec<_> = fs::read_dir("rules")
        .expect("the package holds the folder of rules")
        .map(|entry| entry.expect("the folder of rules can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    paths.sort();
    let mut table = String::from("&[\n");
    let mut providers = Vec::new();
    for path in paths {
        let family = path.file_stem().and_then(|stem| stem.to_str());
        let text = fs::read_to_string(&path).expect("a file of rules is UTF-8");
        let file: rule::File =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        providers.extend(file.providers.into_iter().map(|name| (name, false)));
        providers.extend(file.common.into_iter().map(|name| (name, true)));
        for rule in file.rule {
            let id = rule.id.clone();
            let code = rule
                .code(family.unwrap_or_default())
                .unwrap_or_else(|why| panic!("{}: rule {id}: {why}", path.display()));
            table.push_str(&code);
            table.push('\n');
        }
    }
    table.push(']');
    providers.sort();
    providers.dedup();
    let target = env::var_os("OUT_DIR").expect("cargo sets it for build scripts");
    fs::write(Path::new(&target).join("rules.rs"), table).expect("OUT_DIR can be written to");
    let providers = format!("&{providers:?}");
    fs::write(Path::new(&target).join("providers.rs"), providers)
        .expect("OUT_DIR can be written to");
}
