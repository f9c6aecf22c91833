//! One installation of both packages, that all tests share.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use testbed::tools;

/// Installed on first use.
pub(crate) static INSTALLED: LazyLock<Installed> = LazyLock::new(Installed::new);

/// Where what was installed lies.
pub(crate) struct Installed {
    /// The wheel's environment.
    pub(crate) venv: PathBuf,
    /// The project that has the npm package.
    pub(crate) project: PathBuf,
    /// A cache of npm that nothing was ever downloaded into.
    pub(crate) cache: PathBuf,
}

/// A path that the xtask hands over.
pub(crate) fn given(name: &str) -> PathBuf {
    env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set: `cargo xtask test` runs these tests"))
        .into()
}

/// What the command prints; it must succeed.
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{text}\n{errors}",
        output.status
    );
    text
}

impl Installed {
    fn new() -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
        if place.exists() {
            fs::remove_dir_all(&place).unwrap();
        }
        fs::create_dir_all(&place).unwrap();
        let installed = Self {
            venv: place.join("venv"),
            project: place.join("project"),
            cache: place.join("npm-cache"),
        };
        installed.install_wheel();
        installed.install_tarball();
        installed
    }

    fn install_wheel(&self) {
        let mut make = Command::new("python3");
        succeeds(make.args(["-m", "venv", "--without-pip"]).arg(&self.venv));
        let mut pip = Command::new(given("KZ_PACKAGES_MYPY"));
        pip.args(["-m", "pip", "--python"]).arg(self.python());
        pip.args([
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--no-cache-dir",
        ]);
        pip.arg("--disable-pip-version-check");
        succeeds(pip.arg(given("KZ_PACKAGES_WHEEL")));
        // Before anything else can be imported there.
        let mut import = Command::new(self.python());
        import.args(["-I", "-c", "import kz; kz.Redactor({})"]);
        succeeds(&mut import);
        // The SDK that a server brings along, from where it is pinned.
        let others = site_packages(&given("KZ_PACKAGES_PYTHON"));
        let link = site_packages(&self.python()).join("others.pth");
        fs::write(link, others.to_str().unwrap()).unwrap();
    }

    fn install_tarball(&self) {
        fs::create_dir_all(&self.project).unwrap();
        let package = r#"{ "name": "consumer", "version": "1.0.0", "private": true }"#;
        fs::write(self.project.join("package.json"), package).unwrap();
        let mut install = self.npm("npm");
        install.args(["install", "--offline", "--no-audit", "--no-fund"]);
        succeeds(install.arg(given("KZ_PACKAGES_TARBALL")));
        let modules = self.project.join("node_modules");
        let mut names: Vec<_> = fs::read_dir(&modules)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| !name.as_encoded_bytes().starts_with(b"."))
            .collect();
        assert_eq!(names.pop().unwrap(), "kz-mcp");
        assert!(names.is_empty(), "it depends on something: {names:?}");
        // The SDK that a server brings along, from where it is pinned.
        for name in ["@modelcontextprotocol", "@types", "zod"] {
            symlink(sdk().join(name), modules.join(name)).unwrap();
        }
    }

    /// The interpreter of the wheel's environment.
    pub(crate) fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    /// The folder of the installed npm package.
    pub(crate) fn package(&self) -> PathBuf {
        self.project.join("node_modules/kz-mcp")
    }

    /// `npm` or `npx` in the project, with an empty cache.
    pub(crate) fn npm(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.project)
            .env("npm_config_cache", &self.cache)
            .env("npm_config_update_notifier", "false");
        command
    }
}

/// What kz-node is tested with.
pub(crate) fn sdk() -> PathBuf {
    tools::workspace().join("kz-node/node_modules")
}

/// Where the interpreter's packages lie.
pub(crate) fn site_packages(python: &Path) -> PathBuf {
    let ask = "import sysconfig; print(sysconfig.get_path('platlib'))";
    let text = succeeds(Command::new(python).args(["-I", "-c", ask]));
    PathBuf::from(text.trim_end())
}
