//! What is redacted: the same bytes in every run.

/// A text, and how many secrets are in it.
pub(crate) struct Text {
    pub(crate) content: String,
    pub(crate) hits: usize,
}

/// Of the columns, in the order of [`texts`].
pub(crate) const TITLES: [&str; 4] = [
    "1 KiB clean",
    "1 KiB, a hit",
    "16 KiB clean",
    "16 KiB, a hit a KiB",
];

/// Made-up values of 32 bytes, with characters that most encodings change.
pub(crate) fn secrets(count: usize) -> Vec<String> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    (0..count)
        .map(|_| {
            let mut secret: String = (0..30)
                .map(|_| letters[random.below(letters.len())])
                .collect();
            secret.insert_str(8, "/\"");
            secret
        })
        .collect()
}

/// Log lines of a server, clean or with a secret in each KiB.
pub(crate) fn texts(secrets: &[String]) -> Vec<Text> {
    [(1, false), (1, true), (16, false), (16, true)]
        .map(|(size, hit)| text(size, hit.then_some(secrets)))
        .into()
}

/// Log lines of so many KiB, without a secret.
pub(crate) fn clean(kib: usize) -> String {
    text(kib, None).content
}

fn text(kib: usize, secrets: Option<&[String]>) -> Text {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    let mut content = String::new();
    for block in 1..=kib {
        if let Some(secrets) = secrets {
            let secret = &secrets[random.below(secrets.len())];
            content += &format!("connection refused, credential={secret} retrying\n");
        }
        while content.len() < block * 1024 {
            let line = LINES[random.below(LINES.len())];
            content += &line.replace('#', &random.below(100_000).to_string());
        }
    }
    Text {
        content,
        hits: if secrets.is_some() { kib } else { 0 },
    }
}

pub(crate) const LINES: [&str; 6] = [
    "2026-03-15T10:23:#.123Z INFO  request id=# method=GET path=/v1/items/# status=200 ms=#\n",
    "{\"level\":\"warn\",\"message\":\"slow query\",\"rows\":#,\"table\":\"orders\",\"took_ms\":#}\n",
    "  File \"/srv/app/lib/python3.11/site-packages/app/pool.py\", line #, in acquire\n",
    "    at processTicksAndRejections (node:internal/process/task_queues:#:5)\n",
    "error: relation \"customers_#\" does not exist at character # (SQLSTATE 42P01)\n",
    "The quick brown fox jumps over # lazy dogs; nobody was hurt, and 100% recovered.\n",
];

/// The generator `xorshift64*` (Vigna, 2016).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let product = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D);
        (product >> 33) as usize % limit
    }
}
