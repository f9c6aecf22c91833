use std::{collections::BTreeMap, sync::Arc};

use kz_core::{Error, ErrorKind, Provider, SecretRef};

use crate::ProvidersConfig;

/// Schemes of the contract, whether their backend is built in or not.
const KNOWN: &[&str] = &[
    "age",
    "aws-sm",
    "aws-ssm",
    "azure-kv",
    "bitwarden",
    "doppler",
    "dotenv",
    "env",
    "exec",
    "file",
    "gcp-sm",
    "infisical",
    "k8s",
    "keychain",
    "keyring",
    "op",
    "pass",
    "sops",
    "vault",
];

/// Every provider that is built in, by scheme.
pub struct Registry(BTreeMap<&'static str, Arc<dyn Provider>>);

impl Registry {
    /// Sets the providers up; asks none of them anything.
    ///
    /// # Errors
    /// Kind `config` when a provider's configuration cannot be used: an address
    /// that is none, a CA file that cannot be read.
    #[cfg_attr(
        not(any(
            feature = "env",
            feature = "dotenv",
            feature = "file",
            feature = "exec",
            feature = "vault"
        )),
        expect(
            unused_mut,
            unused_variables,
            clippy::needless_pass_by_value,
            reason = "nothing is built in"
        )
    )]
    pub fn new(config: ProvidersConfig) -> Result<Self, Error> {
        let mut providers: BTreeMap<&'static str, Arc<dyn Provider>> = BTreeMap::new();
        #[cfg(feature = "env")]
        providers.insert(
            "env",
            Arc::new(crate::env::Env::new(config.environment.clone())),
        );
        #[cfg(feature = "dotenv")]
        providers.insert(
            "dotenv",
            Arc::new(crate::dotenv::Dotenv::new(config.base_directory.clone())),
        );
        #[cfg(feature = "file")]
        providers.insert(
            "file",
            Arc::new(crate::file::File::new(config.base_directory.clone())),
        );
        #[cfg(feature = "exec")]
        providers.insert(
            "exec",
            Arc::new(crate::exec::Exec::new(
                config.base_directory.clone(),
                config.environment.clone(),
                config.credential_variables(),
            )),
        );
        #[cfg(feature = "vault")]
        {
            // Its credentials come from the providers above, never from itself.
            let local = Self(providers.clone());
            providers.insert("vault", Arc::new(crate::vault::Vault::new(config, local)?));
        }
        Ok(Self(providers))
    }

    /// The provider of a reference.
    ///
    /// # Errors
    /// Kind `config` for a scheme that nobody knows, `unsupported` for one whose
    /// backend is not built in.
    pub fn provider(&self, reference: &SecretRef) -> Result<Arc<dyn Provider>, Error> {
        let scheme = reference.provider();
        if let Some(provider) = self.0.get(scheme) {
            return Ok(Arc::clone(provider));
        }
        if KNOWN.contains(&scheme) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "read",
                format!("the provider `{scheme}` is not built in"),
            )
            .with_remedy(format!("use one of {}", self.listed()))
            .with_reference(reference));
        }
        let nearest = KNOWN
            .iter()
            .map(|known| (strsim::damerau_levenshtein(known, scheme), known))
            .filter(|(distance, _)| *distance <= 2 && *distance * 2 <= scheme.len())
            .min();
        let remedy = match nearest {
            Some((_, nearest)) => format!("did you mean `{nearest}`?"),
            None => format!("use one of {}", self.listed()),
        };
        Err(Error::new(ErrorKind::Config, "read", "unknown provider")
            .with_remedy(remedy)
            .with_reference(reference))
    }

    /// The schemes that are built in.
    pub fn schemes(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    /// Every provider, by scheme.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Arc<dyn Provider>)> {
        self.0.iter().map(|(scheme, provider)| (*scheme, provider))
    }

    fn listed(&self) -> String {
        self.schemes().join(", ")
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Registry").field(&self.schemes()).finish()
    }
}
