//! It answers with a token that cannot stand in a header, and with whatever the API says.

use serde_json::{Value, json};
use testbed::canary::{Canary, made_up};
use testbed::upstream::{Reply, Request, Upstream};

use super::{Arrives, Setup, call, fixture};

const TOKEN: &str = "GITHUB_PERSONAL_ACCESS_TOKEN";

/// A real HTTPS server where the server looks for GitHub; the answers are made up. The
/// server itself is unmodified: `redirect.cjs` leads its connections here.
pub(crate) struct Api(Upstream);

impl Api {
    pub(crate) fn start() -> Self {
        Self(Upstream::start_tls_with(answer).unwrap())
    }
}

fn answer(request: &Request) -> Reply {
    let path = request.target.split('?').next().unwrap_or_default();
    match path {
        "/search/repositories" => Reply::json(
            200,
            r#"{"total_count":0,"incomplete_results":false,"items":[]}"#,
        ),
        "/repos/a/b/commits" => Reply::json(
            200,
            r#"[{"sha":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b","commit":{"message":"é \ud83d\ude00"}}]"#,
        ),
        // An API, or a proxy before it, that quotes the request.
        "/repos/a/reflects/commits" => Reply::json(200, request.echo()),
        "/repos/a/refuses/commits" => Reply::json(422, request.echo()),
        "/repos/a/b/issues" => {
            let sent = request.header("authorization").unwrap_or("none");
            Reply::json(
                401,
                json!({ "message": format!("Bad credentials: {sent}") }).to_string(),
            )
        }
        _ => Reply::json(404, r#"{"message":"Not Found"}"#),
    }
}

pub(crate) fn setups(api: &Api) -> Vec<Setup> {
    let (first, second) = (made_up("token"), made_up("token"));
    let broken = format!("{first}\n{second}");
    let token = made_up("token");
    let marker = format!("[REDACTED:{TOKEN}]");
    vec![
        Setup {
            canaries: vec![
                Canary::new("token", &broken),
                Canary::new("first line of the token", &first),
                Canary::new("second line of the token", &second),
            ],
            arrives: Arrives::ON_BOTH,
            becomes: vec![
                (format!("{first}\\n{second}"), marker.clone()),
                (broken.clone(), marker.clone()),
            ],
            secret: Some((TOKEN, broken)),
            requests: session(),
            ..setup("token with a newline", api)
        },
        Setup {
            canaries: vec![Canary::new("token", &token)],
            arrives: Arrives::ON_BOTH,
            becomes: vec![(token.clone(), marker)],
            secret: Some((TOKEN, token)),
            requests: session(),
            ..setup("works", api)
        },
        Setup {
            requests: session(),
            ..setup("nothing to hide", api)
        },
    ]
}

fn setup(name: &'static str, Api(api): &Api) -> Setup {
    Setup {
        node_options: vec![
            "--require".to_owned(),
            fixture("redirect.cjs").display().to_string(),
        ],
        variables: vec![
            ("TEST_API_PORT", api.address().port().to_string()),
            (
                "NODE_EXTRA_CA_CERTS",
                api.authority().path().display().to_string(),
            ),
        ],
        ready: Some("GitHub MCP Server running on stdio"),
        ..Setup::new("github", name)
    }
}

fn session() -> Vec<(&'static str, Value)> {
    let commits = |repo: &str| call("list_commits", json!({ "owner": "a", "repo": repo }));
    vec![
        ("tools/list", json!({})),
        call("search_repositories", json!({ "query": "kz" })),
        commits("b"),
        commits("reflects"),
        commits("refuses"),
        commits("absent"),
        call(
            "create_issue",
            json!({ "owner": "a", "repo": "b", "title": "t", "labels": ["x"] }),
        ),
        call("create_issue", json!({ "owner": 1 })),
        call("no-such-tool", json!({})),
        ("no/such/method", json!({})),
        ("ping", json!({})),
    ]
}
