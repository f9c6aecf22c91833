//! What consumers write is type-checked against what is installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use testbed::tools;

use crate::installed::{INSTALLED, given, sdk, succeeds};

fn consumer() -> PathBuf {
    tools::workspace().join("xtask/tests/packages/consumer.py")
}

#[test]
fn mypy_strict() {
    let folder = tempfile::tempdir().unwrap();
    let mut mypy = Command::new(given("KZ_PACKAGES_MYPY"));
    mypy.args(["-m", "mypy", "--strict", "--python-executable"]);
    mypy.arg(INSTALLED.python());
    mypy.args(["--cache-dir", "cache"]).arg(consumer());
    succeeds(mypy.current_dir(folder.path()));
}

#[test]
fn pyright_strict() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(consumer(), folder.path().join("consumer.py")).unwrap();
    let mut pyright = Command::new("node");
    pyright.arg(given("KZ_PACKAGES_PYRIGHT"));
    pyright.arg("--pythonpath").arg(INSTALLED.python());
    succeeds(pyright.arg("consumer.py").current_dir(folder.path()));
}

#[test]
fn tsc_strict_in_both_module_systems() {
    let folder = tempfile::tempdir_in(&INSTALLED.project).unwrap();
    let source = tools::workspace().join("kz-node/test/types/consumer.ts");
    let source = fs::read_to_string(source).unwrap();
    for name in ["consumer.mts", "consumer.cts"] {
        fs::write(folder.path().join(name), &source).unwrap();
    }
    let options = r#"{
        "compilerOptions": {
            "strict": true, "noEmit": true, "module": "node16", "target": "es2022",
            "lib": ["es2022", "esnext.disposable"], "types": ["node"]
        },
        "files": ["consumer.mts", "consumer.cts"]
    }"#;
    fs::write(folder.path().join("tsconfig.json"), options).unwrap();
    let resolved = tsc(folder.path(), "--traceResolution");
    let installed = INSTALLED.package().join("index.d.ts");
    assert!(resolved.contains(installed.to_str().unwrap()), "{resolved}");
}

fn tsc(project: &Path, option: &str) -> String {
    let mut tsc = Command::new("node");
    tsc.arg(sdk().join("typescript/bin/tsc"));
    tsc.arg("--project").arg(project).arg(option);
    succeeds(&mut tsc)
}
