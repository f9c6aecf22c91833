use std::{fmt, str::FromStr};

use crate::{Error, ErrorKind};

/// The name of a declared secret: `[A-Za-z_][A-Za-z0-9_]{0,63}`, and never a
/// variable that a loader or an interpreter obeys (`LD_PRELOAD`, `NODE_OPTIONS` …).
///
/// ```
/// use kz_core::SecretName;
/// let name: SecretName = "DATABASE_URL".parse()?;
/// assert_eq!(name.as_str(), "DATABASE_URL");
/// assert!("LD_PRELOAD".parse::<SecretName>().is_err());
/// assert!("2FA".parse::<SecretName>().is_err());
/// # Ok::<(), kz_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

/// Longest name, in bytes.
const MAX_LEN: usize = 64;

/// Variables that change what code a process loads or runs, or where it sends
/// its traffic. A manifest must not be able to set one.
const OBEYED: &[&str] = &[
    "BASH_ENV",
    "BROWSER",
    "CDPATH",
    "CLASSPATH",
    "COMSPEC",
    "EDITOR",
    "ENV",
    "GCONV_PATH",
    "GEM_HOME",
    "GEM_PATH",
    "GIT_ASKPASS",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PROXY_COMMAND",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GLIBC_TUNABLES",
    "GOFLAGS",
    "HOME",
    "HOSTALIASES",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LOCALDOMAIN",
    "LOCPATH",
    "LUA_CPATH",
    "LUA_INIT",
    "LUA_PATH",
    "MALLOC_TRACE",
    "NLSPATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_REPL_EXTERNAL_MODULE",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "PAGER",
    "PATH",
    "PATHEXT",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PROMPT_COMMAND",
    "PS4",
    "PWD",
    "PYTHONBREAKPOINT",
    "PYTHONEXECUTABLE",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PYTHONWARNINGS",
    "RES_OPTIONS",
    "RESOLV_HOST_CONF",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTC_WRAPPER",
    "SHELL",
    "SHELLOPTS",
    "SYSTEMROOT",
    "TMPDIR",
    "USER",
    "VISUAL",
    "WINDIR",
    "ZDOTDIR",
    "_JAVA_OPTIONS",
];

/// Prefixes of whole families of such variables; `KZ_` and `KEYZERO_` are ours.
const OBEYED_PREFIXES: &[&str] = &[
    "BASH_FUNC_",
    "DYLD_",
    "KEYZERO_",
    "KZ_",
    "LD_",
    "NPM_CONFIG_",
    "UV_",
    "_RLD_",
];

impl SecretName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = Error;

    /// # Errors
    /// [`ErrorKind::Config`] when the text is not a name, or is one that a loader obeys.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = text.bytes();
        let starts = bytes
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        let continues = bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !starts || !continues || text.len() > MAX_LEN {
            return Err(Error::new(ErrorKind::Config, "parse", "not a secret name")
                .with_remedy("use a letter or `_`, then at most 63 letters, digits or `_`"));
        }
        let upper = text.to_ascii_uppercase();
        if OBEYED.contains(&upper.as_str())
            || OBEYED_PREFIXES
                .iter()
                .any(|prefix| upper.starts_with(prefix))
        {
            return Err(Error::new(
                ErrorKind::Config,
                "parse",
                "a loader or an interpreter obeys a variable of this name",
            )
            .with_remedy("choose another name"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for SecretName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let longest = "A".repeat(64);
        let too_long = "A".repeat(65);
        for (text, ok) in [
            ("A", true),
            ("_", true),
            ("a1", true),
            ("DATABASE_URL", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("1A", false),
            ("A-B", false),
            ("A B", false),
            ("Ä", false),
            ("LD_PRELOAD", false),
            ("ld_preload", false),
            ("NODE_OPTIONS", false),
            ("DYLD_INSERT_LIBRARIES", false),
            ("PATH", false),
            ("KZ_TOK_X", false),
            ("KEYZERO_ENV", false),
            ("LDAP_PASSWORD", true),
            ("PATHS", true),
        ] {
            assert_eq!(text.parse::<SecretName>().is_ok(), ok, "{text:?}");
        }
    }
}
