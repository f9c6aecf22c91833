//! What is inside, and what it needs of the system.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use object::{
    Endianness,
    elf::{self, FileHeader64},
    read::elf::{FileHeader as _, SectionHeader as _},
};
use serde_json::Value;

use crate::installed::{INSTALLED, given, site_packages};

/// All files below the folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn is_elf(path: &Path) -> bool {
    fs::read(path).unwrap().starts_with(&elf::ELFMAG)
}

/// What was compiled, in both packages and alone.
fn compiled() -> Vec<PathBuf> {
    let mut found = vec![given("KZ_PACKAGES_PROGRAM"), INSTALLED.venv.join("bin/kz")];
    found.extend(files(&site_packages(&INSTALLED.python()).join("kz")));
    found.extend(files(&INSTALLED.package()));
    found.retain(|path| is_elf(path));
    found
}

/// The versions of the GNU C library that a file asks for: `2.17` is `(2, 17)`.
fn glibc_versions(path: &Path) -> BTreeSet<(u32, u32)> {
    let data = fs::read(path).unwrap();
    let header = FileHeader64::<Endianness>::parse(&*data).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, &*data).unwrap();
    let mut versions = BTreeSet::new();
    for section in sections.iter() {
        let Some((mut needs, link)) = section.gnu_verneed(endian, &*data).unwrap() else {
            continue;
        };
        let strings = sections.strings(endian, &*data, link).unwrap();
        while let Some((_, mut names)) = needs.next().unwrap() {
            while let Some(name) = names.next().unwrap() {
                let name = std::str::from_utf8(name.name(endian, strings).unwrap()).unwrap();
                let Some(version) = name.strip_prefix("GLIBC_") else {
                    continue;
                };
                versions.insert(numbers(version));
            }
        }
    }
    versions
}

fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version
        .split(['.', '_'])
        .map(|number| number.parse().unwrap_or_else(|_| panic!("{version}")));
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn the_tag_of_the_wheel_is_true() {
    let wheel = given("KZ_PACKAGES_WHEEL");
    let name = wheel.file_stem().unwrap().to_str().unwrap();
    let mut parts = name.rsplit('-');
    let (platforms, abi, python) = (parts.next().unwrap(), parts.next(), parts.next());
    assert_eq!((python, abi), (Some("cp310"), Some("abi3")));
    // `manylinux2014_x86_64.manylinux_2_17_x86_64`: the second names the library.
    let tagged = platforms
        .split('.')
        .find_map(|platform| platform.strip_prefix("manylinux_"))
        .map(numbers)
        .unwrap_or_else(|| panic!("{name}: not for a version of the library"));
    let module = site_packages(&INSTALLED.python()).join("kz/_native.abi3.so");
    let needed = glibc_versions(&module);
    assert!(!needed.is_empty(), "it asks for no version at all");
    assert!(
        needed.iter().all(|version| *version <= tagged),
        "{needed:?}"
    );
}

#[test]
fn what_is_released_runs_on_an_old_system() {
    let compiled = compiled();
    // Alone, in the wheel's environment, in the npm package; and the two libraries.
    assert_eq!(compiled.len(), 5, "{compiled:?}");
    let Ok(oldest) = std::env::var("KZ_PACKAGES_GLIBC") else {
        // Built for this machine, for the tests: the tag of the wheel is all that it says.
        return;
    };
    for path in compiled {
        let needed = glibc_versions(&path);
        assert!(!needed.is_empty(), "{}: no version at all", path.display());
        assert!(
            needed.iter().all(|version| *version <= numbers(&oldest)),
            "{}: {needed:?}",
            path.display()
        );
    }
}

#[test]
fn what_is_released_does_not_say_where_it_was_built() {
    if std::env::var_os("KZ_PACKAGES_GLIBC").is_none() {
        return;
    }
    let workspace = testbed::tools::workspace().as_os_str().as_encoded_bytes();
    for path in compiled() {
        let data = fs::read(&path).unwrap();
        for place in [workspace, b"/registry/src/"] {
            let found = data.windows(place.len()).any(|window| window == place);
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn the_program_is_inside_as_it_is() {
    let program = fs::read(given("KZ_PACKAGES_PROGRAM")).unwrap();
    let in_wheel = fs::read(INSTALLED.venv.join("bin/kz")).unwrap();
    assert!(in_wheel == program, "bin/kz of the wheel");
    let prebuilt = INSTALLED.package().join("prebuilt");
    assert!(
        files(&prebuilt)
            .iter()
            .any(|path| fs::read(path).unwrap() == program),
        "prebuilt/ of the npm package"
    );
}

#[test]
fn the_wheel_is_typed_and_depends_on_nothing() {
    let packages = site_packages(&INSTALLED.python());
    for file in ["__init__.py", "_native.pyi", "py.typed"] {
        assert!(packages.join("kz").join(file).exists(), "{file}");
    }
    let metadata = packages.join(format!("kz_mcp-{}.dist-info/METADATA", version()));
    let metadata = fs::read_to_string(metadata).unwrap();
    assert!(!metadata.contains("Requires-Dist"), "{metadata}");
    assert!(
        metadata.contains("\nRequires-Python: >=3.10\n"),
        "{metadata}"
    );
}

#[test]
fn the_npm_package_holds_what_it_runs_on_and_runs_no_script() {
    let text = fs::read_to_string(INSTALLED.package().join("package.json")).unwrap();
    let package: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(package["version"], version());
    assert_eq!(package["os"], serde_json::json!(["linux"]));
    for key in ["dependencies", "devDependencies", "scripts", "gypfile"] {
        assert!(package.get(key).is_none(), "{key}: {text}");
    }
    let programs = package["bin"].as_object().unwrap();
    let names: Vec<_> = programs.keys().map(String::as_str).collect();
    assert_eq!(names, ["kz", "kz-mcp"]);
}

#[test]
fn the_licences_of_others_are_in_both() {
    let dist_info = format!("kz_mcp-{}.dist-info/licenses/licences", version());
    for folder in [
        site_packages(&INSTALLED.python()).join(dist_info),
        INSTALLED.package().join("licences"),
    ] {
        for own in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert!(folder.join(own).exists(), "{}", folder.display());
        }
        let others = fs::read_to_string(folder.join("THIRD-PARTY-LICENSES.txt")).unwrap();
        for name in ["ring 0", "rustls 0", "tokio 1", "napi 3", "pyo3 0"] {
            assert!(others.contains(&format!("\n{name}")), "{name}");
        }
        let rust = fs::read_to_string(folder.join("rust-standard-library.html")).unwrap();
        assert!(rust.contains("The Rust Standard Library"));
    }
}

/// One version for all: the workspace's.
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
