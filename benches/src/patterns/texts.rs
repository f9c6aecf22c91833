//! What is searched for unknown values.

use serde::Serialize;

use crate::inputs::{LINES, Random};

#[derive(Serialize)]
pub(crate) struct Text {
    pub(crate) title: &'static str,
    pub(crate) content: String,
    /// How many tokens are in it.
    pub(crate) hits: usize,
}

/// Clean text of three sizes, and with a token in each KiB.
pub(crate) fn all() -> Vec<Text> {
    [
        ("1 KiB clean", 1, false),
        ("16 KiB clean", 16, false),
        ("1 MiB clean", 1024, false),
        ("16 KiB, a hit a KiB", 16, true),
    ]
    .map(|(title, kib, hit)| text(title, kib, hit))
    .into()
}

/// Of about equal parts: the log lines of the other tables, source code, prose, JSON
/// with ids and dates, HTML.
fn text(title: &'static str, kib: usize, hit: bool) -> Text {
    const MORE: [&str; 12] = [
        "def connect(self, host: str, port: int = #, *, timeout: float | None = None) -> Connection:\n",
        "        return self._pool.acquire(timeout=timeout or self.settings.default_timeout)\n",
        "impl<'t> Iterator for Tokens<'t> { type Item = Token<'t>; fn next(&mut self) -> Option<Self::Item> {\n",
        "    const response = await fetch(`${baseUrl}/v1/users/${user.id}`, { method: 'GET', headers });\n",
        "In the year # the committee decided, after a long discussion, that nothing should be decided.\n",
        "A key in a map is compared by value; a token of a lexer is a word or a sign. See chapter #.\n",
        "{\"id\":#,\"uuid\":\"0f8fad5b-d9cb-469f-a165-7086#\",\"created\":\"2026-01-03T10:00:00Z\",\"active\":true}\n",
        "{\"email\": \"ada#@example.org\", \"url\": \"https://api.example.org/v1/users/#?page=2\", \"tags\": [\"a\"]}\n",
        "<li class=\"item\"><a href=\"/articles/2026/03/a-long-title-of-an-article-#\">Article #</a></li>\n",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8, author Ada Lovelace, # files changed\n",
        "  \"node_modules/left-pad\": { \"version\": \"1.#.0\", \"license\": \"WTFPL\", \"dev\": true },\n",
        "10.0.0.# - - [15/Mar/2026:10:23:59 +0000] \"GET /assets/app.js HTTP/1.1\" 304 0 \"-\" \"curl/8.5\"\n",
    ];
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut content = String::new();
    for block in 1..=kib {
        if hit {
            let mut digits = || 100_000_000_000 + random.below(800_000_000_000);
            let (team, app) = (digits(), digits());
            let secret = (0..24).map(|_| char::from(LETTERS[random.below(LETTERS.len())]));
            let token = format!("xoxb-{team}-{app}-{}", secret.collect::<String>());
            content += &format!("remote: denied, {token} has expired\n");
        }
        while content.len() < block * 1024 {
            let all = LINES.len() + MORE.len();
            let line = random.below(all);
            let line = LINES.get(line).unwrap_or_else(|| &MORE[line - LINES.len()]);
            for (number, part) in line.split('#').enumerate() {
                if number > 0 {
                    content += &random.below(100_000).to_string();
                }
                content += part;
            }
        }
    }
    let hits = if hit { kib } else { 0 };
    Text {
        title,
        content,
        hits,
    }
}
