//! Asynchronous streams: equal to the whole for every chunking, and no faster
//! than their readers.
#![cfg(feature = "async")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io;

use futures_util::{StreamExt as _, stream};
use kz_redact::Redactor;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn redactor() -> Redactor {
    Redactor::builder()
        .secret("A", "kz-canary-1")
        .secret("DB", "postgres://app:kz\"canary%2F2@db:5432/app")
        .build()
        .unwrap()
}

/// Runs a future on a runtime of its own.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().unwrap().block_on(future)
}

/// Text of secrets in several forms, their beginnings, and what is none.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"kz-canary-1"[..]),
        Just(&b"a3otY2FuYXJ5LTE="[..]),
        Just(&b"kz\\u002dcanary-1"[..]),
        Just(&b"%6bz-canary-1"[..]),
        Just(&b"postgres://app:kz\"canary%2F2@db:5432/app"[..]),
        Just(&b"kz\\\"canary/2"[..]),
        Just(&b"kz-cana"[..]),
        Just(&b"\\"[..]),
        Just(&b" plain words\n"[..]),
        Just(&b"\xff\xc3\x00"[..]),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// `text` cut at `cuts`, which wrap around.
fn chunks(text: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let (mut chunks, mut rest) = (Vec::new(), text);
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        chunks.push(chunk.to_vec());
        rest = after;
    }
    chunks
}

proptest! {
    #[test]
    fn equal_to_the_whole(
        text in text(),
        sizes in prop::collection::vec(1_usize..9, 1..5),
        buffer in 1_usize..40,
    ) {
        let redactor = redactor();
        let whole = redactor.redact_bytes(&text).into_owned();
        let chunks = chunks(&text, &sizes);

        let items = stream::iter(chunks.clone()).map(Ok::<_, io::Error>);
        let read = run(redactor.bytes_stream(items).map(Result::unwrap).collect::<Vec<_>>());
        prop_assert_eq!(read.concat(), &whole[..]);

        // A reader that takes little at a time.
        let written = run(async {
            let (near, mut far) = tokio::io::duplex(buffer);
            let mut writer = redactor.async_writer(near);
            let write = async {
                for chunk in &chunks {
                    writer.write_all(chunk).await.unwrap();
                }
                writer.shutdown().await.unwrap();
                drop(writer);
            };
            let mut output = Vec::new();
            let read = far.read_to_end(&mut output);
            let ((), read) = tokio::join!(write, read);
            read.unwrap();
            output
        });
        prop_assert_eq!(written, whole);
    }
}

#[test]
fn a_slow_reader_holds_the_writer_back() {
    run(async {
        let (near, mut far) = tokio::io::duplex(64);
        let mut writer = redactor().async_writer(near);
        let line = b"a line of kz-canary-1\n".repeat(20);
        let mut accepted = 0_usize;
        // Until a write would wait: nobody reads yet.
        loop {
            let write = writer.write(&line);
            tokio::select! {
                biased;
                written = write => accepted += written.unwrap(),
                () = std::future::ready(()) => break,
            }
            assert!(accepted < 100 * line.len(), "it takes whatever comes");
        }
        let read = tokio::spawn(async move {
            let mut output = String::new();
            far.read_to_string(&mut output).await.unwrap();
            output
        });
        writer.shutdown().await.unwrap();
        drop(writer);
        let expected = "a line of [REDACTED:A]\n".repeat(accepted / 22);
        assert_eq!(read.await.unwrap(), expected);
    });
}

#[test]
fn after_the_end_and_errors() {
    run(async {
        let mut writer = redactor().async_writer(Vec::new());
        writer.write_all(b"kz-can").await.unwrap();
        writer.shutdown().await.unwrap();
        let error = writer.write_all(b"ary-1").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(writer.into_inner(), b"kz-can");

        // An error in the middle of a value passes, and the value is masked.
        let items = [Ok("x kz-can"), Err("broken"), Ok("ary-1")];
        let items: Vec<_> = redactor().bytes_stream(stream::iter(items)).collect().await;
        let errors = items.iter().filter(|item| item.is_err()).count();
        let bytes: Vec<_> = items.into_iter().flatten().collect();
        assert_eq!((errors, &bytes.concat()[..]), (1, &b"x [REDACTED:A]"[..]));
    });
}

#[test]
fn they_cross_threads() {
    fn check<T: Send>() {}
    check::<kz_redact::AsyncWriter<Vec<u8>>>();
    check::<kz_redact::BytesStream<stream::Empty<Result<Vec<u8>, io::Error>>>>();
}
