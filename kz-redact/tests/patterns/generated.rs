//! Clean text that no machine need have: lists of UUIDs, digests, replies of services.

use std::fmt::Write as _;

use crate::clean::{Clean, Kind};

/// Twenty thousand lines.
pub(crate) fn lines(name: &'static str, line: fn(&mut dyn FnMut() -> u64) -> String) -> Kind {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        // xorshift64*, Vigna 2016.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    };
    let text = (0..20_000).map(|_| line(&mut next) + "\n").collect();
    Kind {
        name,
        strict: true,
        files: vec![Clean {
            path: "generated".to_owned(),
            text,
        }],
    }
}

/// UUIDs as they stand in lists, tables and replies.
pub(crate) fn uuid(next: &mut dyn FnMut() -> u64) -> String {
    let (high, low) = (next(), next());
    let uuid = format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    );
    match next() % 6 {
        0 => format!("{{\"id\": \"{uuid}\", \"parent_id\": null}},"),
        1 => format!("| {uuid} | running |"),
        2 => format!("request_id={} trace={uuid}", uuid.to_uppercase()),
        3 => format!("GET /v1/items/{uuid}?cursor={:x}", next()),
        4 => format!("/dev/disk/by-uuid/{uuid}"),
        _ => uuid,
    }
}

/// Digests as tools print them.
pub(crate) fn digest(next: &mut dyn FnMut() -> u64) -> String {
    let mut hex = String::new();
    for _ in 0..8 {
        write!(hex, "{:016x}", next()).unwrap();
    }
    match next() % 9 {
        0 => format!("{}  src/main.rs", &hex[..64]),
        1 => format!("sha256:{}", &hex[..64]),
        2 => format!("etag: \"{}\"", &hex[..32]),
        3 => format!("commit {}", &hex[..40]),
        4 => format!("    --hash=sha256:{} \\", &hex[..64]),
        5 => format!("checksum = \"{}\"", &hex[..64]),
        6 => format!(
            "{{\"sha512\": \"{hex}\", \"next_page_token\": \"{}\"}}",
            &hex[..24]
        ),
        7 => format!("ETag: W/\"{}-{}\"", &hex[..4], &hex[4..31]),
        _ => format!("docker.example/app@sha256:{}", &hex[..64]),
    }
}

/// Replies of services: ids, links, cursors, times, signed nothing.
pub(crate) fn reply(next: &mut dyn FnMut() -> u64) -> String {
    let (a, b, c) = (next(), next(), next());
    let base64 = |mut bits: u64, length: usize| -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut letters = String::new();
        for _ in 0..length {
            letters.push(char::from(LETTERS[usize::try_from(bits & 63).unwrap()]));
            bits = bits.rotate_right(6).wrapping_mul(0x2545_F491_4F6C_DD1D) ^ a;
        }
        letters
    };
    match next() % 10 {
        0 => format!(
            r#"{{"id":{},"node_id":"{}","full_name":"app/app","sha":"{b:016x}{c:016x}{:08x}","pushed_at":"2026-01-02T03:04:05Z"}}"#,
            a % 1_000_000_000,
            base64(b, 20),
            a & 0xffff_ffff
        ),
        1 => format!(
            r#"{{"Contents":[{{"Key":"logs/2026/01/{a:x}.gz","ETag":"\"{b:016x}{c:016x}\"","Size":{}}}],"NextContinuationToken":"{}"}}"#,
            b % 100_000,
            base64(c, 48)
        ),
        2 => format!(
            r#"{{"object":"list","data":[{{"id":"evt_{}","type":"charge.succeeded","livemode":false}}],"has_more":true,"url":"/v1/events"}}"#,
            base64(b, 24).replace(['-', '_'], "x")
        ),
        3 => format!(
            r#"{{"items":[{{"kind":"drive#file","id":"{}","md5Checksum":"{b:016x}{c:016x}"}}],"nextPageToken":"{}"}}"#,
            base64(b, 33),
            base64(c, 60)
        ),
        4 => format!(
            r#"{{"data":{{"repository":{{"issues":{{"pageInfo":{{"endCursor":"{}==","hasNextPage":true}}}}}}}}}}"#,
            base64(b, 22)
        ),
        5 => format!(
            r#"{{"ok":true,"ts":"{}.{:06}","channel":"C0{:08X}","response_metadata":{{"next_cursor":"{}="}}}}"#,
            a % 2_000_000_000,
            b % 1_000_000,
            c & 0xffff_ffff,
            base64(b, 19)
        ),
        6 => format!(
            r#"{{"ResponseMetadata":{{"RequestId":"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}","HTTPStatusCode":200,"HTTPHeaders":{{"x-amz-id-2":"{}="}}}}}}"#,
            a >> 32,
            a & 0xffff,
            b & 0xfff,
            b >> 52,
            c >> 16,
            base64(c, 75)
        ),
        7 => format!(
            r#"{{"usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}},"model":"m-4","id":"chatcmpl-{}","system_fingerprint":"fp_{:010x}"}}"#,
            a % 9_000,
            b % 9_000,
            c % 18_000,
            base64(b, 29).replace(['-', '_'], "x"),
            c & 0xff_ffff_ffff
        ),
        8 => format!(
            "HTTP/1.1 200 OK\r\ndate: Fri, 02 Jan 2026 03:04:05 GMT\r\nx-request-id: {b:016x}{c:016x}\r\ncf-ray: {a:016x}-FRA\r\nage: {}\r",
            a % 1000
        ),
        _ => format!(
            r#"{{"metadata":{{"uid":"{:08x}-{:04x}-4{:03x}-b{:03x}-{:012x}","resourceVersion":"{}","continue":"{}"}}}}"#,
            b >> 32,
            b & 0xffff,
            a & 0xfff,
            a >> 52,
            c >> 16,
            a % 100_000_000,
            base64(a, 80)
        ),
    }
}
