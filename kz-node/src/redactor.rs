use std::borrow::Cow;

use kz_redact::{PatternLevel, Redactor, Stream};
use napi::{
    Env,
    bindgen_prelude::{Buffer, Either, FnArgs, Function, Uint8Array},
};
use napi_derive::napi;

use crate::{error, text};

/// A value as JavaScript hands it over.
type Value = Either<String, Uint8Array>;

fn bytes(value: &Value) -> &[u8] {
    match value {
        Either::A(text) => text.as_bytes(),
        Either::B(bytes) => bytes,
    }
}

#[napi(object)]
pub struct NativeFinding {
    pub rule: String,
    pub name: Option<String>,
    /// Byte offsets; JavaScript turns them into UTF-16 units.
    pub start: u32,
    pub end: u32,
}

#[napi(object)]
pub struct NativeStats {
    pub names: u32,
    pub parts: u32,
    pub bytes: f64,
    pub limit: u32,
    pub findings: f64,
}

#[napi]
pub struct NativeRedactor(pub(crate) Redactor);

#[napi]
impl NativeRedactor {
    #[napi(constructor)]
    pub fn new(
        secrets: Vec<(String, Value)>,
        patterns: bool,
        forms: Vec<String>,
    ) -> napi::Result<Self> {
        let level = if patterns {
            PatternLevel::Default
        } else {
            PatternLevel::Off
        };
        let mut builder = Redactor::builder().patterns(level);
        for form in forms {
            builder = builder.form(form.parse().map_err(|e| error::redact(&e))?);
        }
        for (name, value) in &secrets {
            builder = builder.secret(name.as_str(), bytes(value));
        }
        builder.build().map(Self).map_err(|e| error::redact(&e))
    }

    /// A function of a text, which gives null when nothing was found; one of a class takes half
    /// a microsecond more.
    #[napi]
    pub fn redact_text<'env>(
        &self,
        env: &'env Env,
    ) -> napi::Result<Function<'env, FnArgs<(String,)>, Option<String>>> {
        let redactor = self.0.clone();
        env.create_function_from_closure("redact", move |context| {
            text::read(&context, 0, |text| match redactor.redact_bytes(text) {
                Cow::Borrowed(_) => None,
                Cow::Owned(redacted) => Some(String::from_utf8_lossy(&redacted).into_owned()),
            })
        })
    }

    /// `null` when nothing was found.
    #[napi]
    pub fn redact_utf8(&self, text: &[u8]) -> Option<Buffer> {
        match self.0.redact_bytes(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(redacted) => Some(redacted.into()),
        }
    }

    /// `null` when nothing was found.
    #[napi]
    pub fn redact_json(&self, text: String) -> napi::Result<Option<String>> {
        match self
            .0
            .redact_json_str(&text)
            .map_err(|e| error::redact(&e))?
        {
            Cow::Borrowed(_) => Ok(None),
            Cow::Owned(redacted) => Ok(Some(redacted)),
        }
    }

    #[napi]
    pub fn scan(&self, text: String) -> Vec<NativeFinding> {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        let findings = self.0.scan(&text).into_iter();
        findings
            .map(|finding| NativeFinding {
                start: offset(finding.start),
                end: offset(finding.end),
                rule: finding.rule.into_owned(),
                name: finding.name,
            })
            .collect()
    }

    #[napi]
    pub fn add(&self, name: String, value: Value) -> napi::Result<()> {
        self.0
            .add(&name, bytes(&value))
            .map_err(|e| error::redact(&e))
    }

    #[napi]
    #[allow(clippy::cast_precision_loss, reason = "JavaScript has no wider number")]
    pub fn stats(&self) -> NativeStats {
        let stats = self.0.stats();
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        NativeStats {
            names: count(stats.names),
            parts: count(stats.parts),
            bytes: stats.bytes as f64,
            limit: count(stats.limit),
            findings: stats.findings as f64,
        }
    }

    #[napi]
    pub fn stream(&self) -> NativeStream {
        NativeStream(Some(self.0.stream()))
    }
}

#[napi]
pub struct NativeStream(Option<Stream>);

#[napi]
impl NativeStream {
    #[napi]
    pub fn write(&mut self, bytes: &[u8]) -> Buffer {
        self.0
            .as_mut()
            .map(|stream| stream.write(bytes))
            .unwrap_or_default()
            .into()
    }

    /// Gives out what is held back, at the end of a line.
    #[napi]
    pub fn flush(&mut self) -> Buffer {
        self.0
            .as_mut()
            .map(Stream::flush)
            .unwrap_or_default()
            .into()
    }

    /// How many bytes are held back.
    #[napi(getter)]
    pub fn held(&self) -> u32 {
        let held = self.0.as_ref().map_or(0, Stream::held);
        u32::try_from(held).unwrap_or(u32::MAX)
    }

    #[napi]
    pub fn finish(&mut self) -> Buffer {
        self.0.take().map(Stream::finish).unwrap_or_default().into()
    }
}
