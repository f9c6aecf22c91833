use std::collections::HashMap;

use kz_engine::{OpenOptions, Secrets};
use napi::{
    Status,
    bindgen_prelude::Buffer,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::{error, redactor::NativeRedactor};

#[napi(object)]
pub struct NativeOpenOptions {
    pub path: Option<String>,
    pub environment: Option<String>,
    pub identity: Option<String>,
}

#[napi(object)]
pub struct NativeHealth {
    pub provider: String,
    pub code: Option<String>,
    pub message: Option<String>,
}

#[napi]
pub struct NativeSecrets(Secrets);

#[napi]
pub async fn open(options: NativeOpenOptions) -> napi::Result<NativeSecrets> {
    let mut with = OpenOptions::new();
    if let Some(path) = options.path {
        with = with.path(path);
    }
    if let Some(environment) = options.environment {
        with = with.environment(environment);
    }
    if let Some(identity) = options.identity {
        with = with.identity(identity);
    }
    with.open()
        .await
        .map(NativeSecrets)
        .map_err(|e| error::engine(&e))
}

#[napi]
impl NativeSecrets {
    #[napi]
    pub fn names(&self) -> Vec<String> {
        self.0.names().iter().map(ToString::to_string).collect()
    }

    #[napi]
    pub fn summary(&self) -> HashMap<String, String> {
        self.0.summary().into_iter().collect()
    }

    /// Whether the secret has a value; throws when it is not declared.
    #[napi]
    pub fn has(&self, name: String) -> napi::Result<bool> {
        self.0
            .find(&name)
            .map(|found| found.is_some())
            .map_err(|e| error::engine(&e))
    }

    /// Throws unless the secret has a value.
    #[napi]
    pub fn require(&self, name: String) -> napi::Result<()> {
        self.0.get(&name).map(drop).map_err(|e| error::engine(&e))
    }

    #[napi]
    pub fn expose(&self, name: String) -> napi::Result<String> {
        let secret = self.0.get(&name).map_err(|e| error::engine(&e))?;
        secret
            .expose_str()
            .map(str::to_owned)
            .map_err(|e| error::engine(&e))
    }

    #[napi]
    pub fn expose_bytes(&self, name: String) -> napi::Result<Buffer> {
        let secret = self.0.get(&name).map_err(|e| error::engine(&e))?;
        Ok(secret.expose_bytes().to_vec().into())
    }

    #[napi]
    pub fn redactor(&self) -> NativeRedactor {
        NativeRedactor(self.0.redactor().clone())
    }

    #[napi]
    pub async fn refresh(&self) -> napi::Result<()> {
        self.0.refresh().await.map_err(|e| error::engine(&e))
    }

    #[napi]
    pub async fn health(&self) -> Vec<NativeHealth> {
        let answers = self.0.health().await.into_iter();
        answers
            .map(|(provider, answer)| {
                let error = answer.err();
                NativeHealth {
                    provider,
                    code: error.as_ref().map(|e| e.kind().to_string()),
                    message: error.map(|e| e.to_string()),
                }
            })
            .collect()
    }

    #[napi]
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Calls back with a NAME; the returned handle ends it.
    #[napi]
    pub fn on_rotate(
        &self,
        callback: ThreadsafeFunction<String, (), String, Status, false, true>,
    ) -> NativeSubscription {
        NativeSubscription(Some(self.0.on_rotate(move |name| {
            callback.call(name.to_owned(), ThreadsafeFunctionCallMode::NonBlocking);
        })))
    }
}

#[napi]
pub struct NativeSubscription(Option<kz_engine::Subscription>);

#[napi]
impl NativeSubscription {
    #[napi]
    pub fn unsubscribe(&mut self) {
        if let Some(subscription) = self.0.take() {
            subscription.unsubscribe();
        }
    }
}
