//! A certificate authority that lives as long as a test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority, with a leaf certificate for `localhost` and 127.0.0.1.
#[derive(Debug)]
pub struct Authority {
    directory: tempfile::TempDir,
    pem: String,
    server: Arc<rustls::ServerConfig>,
}

impl Authority {
    /// Makes the keys and certificates.
    ///
    /// # Panics
    /// When the random source or the temporary directory fails.
    pub fn new() -> Self {
        let ca_key = KeyPair::generate().expect("a key for the authority");
        let mut ca = CertificateParams::new(Vec::new()).expect("no names are valid names");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        ca.distinguished_name
            .push(rcgen::DnType::CommonName, "kz test bed");
        let certificate = ca.self_signed(&ca_key).expect("the authority signs itself");
        let pem = certificate.pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().expect("a key for the server");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).expect("both are valid names");
        let leaf = leaf
            .signed_by(&key, &issuer)
            .expect("the authority signs the server");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let server = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring knows the default versions")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .expect("the key belongs to the certificate");

        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("ca.pem"), &pem).expect("the temporary directory");
        Self {
            directory,
            pem,
            server: Arc::new(server),
        }
    }

    /// The authority's certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A file with [`Authority::pem`], for as long as this value lives.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// The directory of that file; nothing else is in it.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// For a server that presents the leaf certificate.
    pub fn server_config(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.server)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// A client that trusts the authorities in `ca_pem` and nothing else.
///
/// # Panics
/// When that is not a PEM certificate.
pub fn client_config(ca_pem: &str) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

// Given explicitly: a test bed installs no process default either.
fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
