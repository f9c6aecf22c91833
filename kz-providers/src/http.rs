//! The one HTTP client: the system's roots and `SSL_CERT_FILE`, a CA file, the
//! proxies of the environment in both cases, timeouts, no redirects, and errors
//! that hold neither URL nor body.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use kz_core::{Error, ErrorKind, SecretValue};
use reqwest::{Body, Client, NoProxy, Proxy, Response, header::HeaderValue, redirect::Policy};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Environment,
    buffer::{Buffer, MAX_DOCUMENT},
};

/// Longest to wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// A client, and the proxy credentials that it was given, if any.
pub(crate) struct Http {
    pub(crate) client: Client,
    pub(crate) proxy_credentials: Vec<Zeroizing<String>>,
}

/// A client that trusts the system's roots and those of `ca_file`.
pub(crate) fn client(environment: &Environment, ca_file: Option<&Path>) -> Result<Http, Error> {
    let mut proxies = Proxies::default();
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls(environment, ca_file)?)
        .connect_timeout(CONNECT)
        // A redirect would carry the token to an address that nobody named.
        .redirect(Policy::none())
        // The resolver retries; twice is too often.
        .retry(reqwest::retry::never())
        .no_proxy();
    for proxy in proxies.read(environment)? {
        builder = builder.proxy(proxy);
    }
    let client = builder.build().map_err(|_| {
        Error::new(
            ErrorKind::Internal,
            "connect",
            "the HTTP client could not be set up",
        )
    })?;
    Ok(Http {
        client,
        proxy_credentials: proxies.credentials,
    })
}

fn tls(environment: &Environment, ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    let file = environment.text("SSL_CERT_FILE");
    let directory = environment.text("SSL_CERT_DIR");
    if let Some(path) = file {
        add_file(&mut roots, Path::new(path), "SSL_CERT_FILE")?;
    }
    if let Some(path) = directory {
        let found = rustls_native_certs::load_certs_from_paths(None, Some(Path::new(path)));
        roots.add_parsable_certificates(found.certs);
    }
    if file.is_none() && directory.is_none() {
        // A machine without roots can still use `ca_file`, or plain HTTP on loopback.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if let Some(path) = ca_file {
        add_file(&mut roots, path, "ca_file")?;
    }
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|_| {
            Error::new(
                ErrorKind::Internal,
                "connect",
                "no TLS version is supported",
            )
        })?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn add_file(roots: &mut RootCertStore, path: &Path, what: &str) -> Result<(), Error> {
    let unusable = |reason: String| {
        Error::new(ErrorKind::Config, "connect", reason)
            .with_remedy("name a PEM file of certificates")
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|_| unusable(format!("{what} cannot be read: {}", path.display())))?;
    let certificates: Vec<_> = certificates.filter_map(Result::ok).collect();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(unusable(format!(
            "{what} holds no certificate: {}",
            path.display()
        )));
    }
    Ok(())
}

/// Makes a proxy for one kind of URL.
type Make = fn(Url) -> reqwest::Result<Proxy>;

#[derive(Default)]
struct Proxies {
    credentials: Vec<Zeroizing<String>>,
}

impl Proxies {
    fn read(&mut self, environment: &Environment) -> Result<Vec<Proxy>, Error> {
        let except = environment
            .first(&["no_proxy", "NO_PROXY"])
            .and_then(NoProxy::from_string);
        let mut proxies = Vec::new();
        // `HTTP_PROXY` in capitals can be set by a request of a CGI client.
        let plain: &[&str] = match environment.get("REQUEST_METHOD") {
            Some(_) => &["http_proxy"],
            None => &["http_proxy", "HTTP_PROXY"],
        };
        let kinds: [(&[&str], Make); 3] = [
            (&["https_proxy", "HTTPS_PROXY"], Proxy::https),
            (plain, Proxy::http),
            (&["all_proxy", "ALL_PROXY"], Proxy::all),
        ];
        for (names, make) in kinds {
            if proxies.len() == 2 {
                // Both kinds of URL have their own already.
                break;
            }
            let Some(name) = names.iter().find(|name| environment.text(name).is_some()) else {
                continue;
            };
            let text = environment.text(name).unwrap_or_default();
            let proxy = self.proxy(text, make).ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    "connect",
                    format!("{name} is not the URL of a proxy"),
                )
                .with_remedy("write it as `http://host:port`; SOCKS is not supported")
            })?;
            proxies.push(proxy.no_proxy(except.clone()));
        }
        Ok(proxies)
    }

    /// The credentials leave the URL: what logs the proxy must not see them.
    fn proxy(&mut self, text: &str, make: fn(Url) -> reqwest::Result<Proxy>) -> Option<Proxy> {
        let mut url = match Url::parse(text) {
            Ok(url) if url.has_host() => url,
            _ => Url::parse(&format!("http://{text}")).ok()?,
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return None;
        }
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .ok()
                .map(std::borrow::Cow::into_owned)
        };
        let user = Zeroizing::new(decode(url.username())?);
        let password = Zeroizing::new(decode(url.password().unwrap_or_default())?);
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        let proxy = make(url).ok()?;
        if user.is_empty() && password.is_empty() {
            return Some(proxy);
        }
        let proxy = proxy.basic_auth(&user, &password);
        self.credentials.push(password);
        Some(proxy)
    }
}

/// The body, in a buffer that is wiped; at most 1 MiB.
pub(crate) async fn body(mut response: Response) -> Result<Buffer, Error> {
    let announced = response.content_length().unwrap_or_default();
    if usize::try_from(announced).map_or(true, |length| length > MAX_DOCUMENT) {
        return Err(too_large());
    }
    let mut bytes = Buffer::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| strip(&error))? {
        if bytes.len() + chunk.len() > MAX_DOCUMENT {
            return Err(too_large());
        }
        bytes.push(&chunk);
    }
    Ok(bytes)
}

/// A header that holds a secret: hidden from whoever prints headers, and a view
/// of the bytes of `secret`, so that no copy is left behind.
pub(crate) fn secret_header(secret: SecretValue) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(Shared(secret))).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// A body that is wiped once it is sent.
pub(crate) fn secret_body(bytes: Buffer) -> Body {
    Body::from(Bytes::from_owner(bytes))
}

struct Shared(SecretValue);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.expose_bytes()
    }
}

fn too_large() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "read",
        "the answer is larger than 1 MiB",
    )
    .with_remedy("see whether the address is that of the store")
}

/// What failed, in words of our own: the client's error may quote the URL.
pub(crate) fn strip(error: &reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::new(
            ErrorKind::Timeout,
            "connect",
            "the store does not answer in time",
        )
        .with_remedy("see whether it is reachable from here");
    }
    let (reason, remedy) = cause(error);
    Error::new(ErrorKind::Unavailable, "connect", reason).with_remedy(remedy)
}

fn cause(error: &reqwest::Error) -> (&'static str, &'static str) {
    use std::{error::Error as _, io::ErrorKind as Io};
    let mut source = error.source();
    while let Some(current) = source {
        if let Some(tls) = tls_error(current) {
            return tls_cause(tls);
        }
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            match io.kind() {
                Io::ConnectionRefused => {
                    return (
                        "the store refuses connections",
                        "start it, or mend its address",
                    );
                }
                Io::ConnectionReset
                | Io::ConnectionAborted
                | Io::BrokenPipe
                | Io::UnexpectedEof => {
                    return (
                        "the store ended the connection",
                        "see whether the address speaks this protocol",
                    );
                }
                Io::TimedOut => {
                    return (
                        "the store does not answer in time",
                        "see whether it is reachable from here",
                    );
                }
                _ => {}
            }
        }
        source = current.source();
    }
    if error.is_connect() {
        return (
            "the store cannot be reached",
            "mend its address, the name service or the proxy",
        );
    }
    (
        "the answer is not that of the store",
        "see whether the address is that of the store",
    )
}

/// An I/O error hides what it wraps from `source`, and may wrap another.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    tls_error(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

fn tls_cause(error: &rustls::Error) -> (&'static str, &'static str) {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(Certificate::UnknownIssuer) => (
            "its certificate comes from an unknown issuer",
            "name the issuer's certificate with `ca_file` or SSL_CERT_FILE",
        ),
        rustls::Error::InvalidCertificate(
            Certificate::Expired | Certificate::ExpiredContext { .. },
        ) => ("its certificate has expired", "renew it, or mend the clock"),
        rustls::Error::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => (
            "its certificate is for another name",
            "use the name in the certificate",
        ),
        rustls::Error::InvalidCertificate(_) => {
            ("its certificate is not valid", "mend the certificate")
        }
        _ => (
            "the TLS handshake failed",
            "see whether the address speaks TLS",
        ),
    }
}
