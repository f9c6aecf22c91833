//! Keys that their issuer made recognisable.
//!
//! Each row cites in words the document that describes the format. In examples
//! `<an36>` stands for 36 letters and digits and so on (`tests::expand`), so
//! that nothing in the repository looks like a live key.

use super::rule::{
    Check,
    Left::{self, Any, Is, WordStart},
    Matcher, Reach, Rule,
    Strictness::Default,
};

/// What most rows have in common.
const KEY: Rule = Rule {
    id: "",
    about: "",
    strictness: Default,
    anchors: &[],
    fold: false,
    left: Any,
    reach: Reach::TOKEN,
    matcher: Matcher::Regex(""),
    check: None,
    examples: &[],
    near_misses: &[],
};

const MIXED: Option<Check> = Some(|value, _| is_mixed(value));

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = source_hosts();
    rules.extend(clouds());
    rules.extend(messaging());
    rules.extend(models());
    rules.extend(services());
    rules
}

fn source_hosts() -> Vec<Rule> {
    vec![
        Rule {
            id: "github-token",
            about: "GitHub personal, OAuth, user, server and refresh tokens; GitHub docs, \
                    'About authentication to GitHub', token formats",
            anchors: &["gh[pousr]_"],
            matcher: Matcher::Regex(r"gh[pousr]_[A-Za-z0-9]{36,}"),
            examples: &[
                "«ghp_<an36>»",
                "token=«ghs_<an36>»&x",
                r#""\n«gho_<an36>»\n""#,
            ],
            near_misses: &["ghp_<an20>", "ghp_token_for_the_build_server_of_the_team"],
            ..KEY
        },
        Rule {
            id: "github-fine-grained-token",
            about: "GitHub fine-grained personal access token; GitHub docs, as above",
            anchors: &["github_pat_"],
            matcher: Matcher::Regex(r"github_pat_[A-Za-z0-9_]{36,}"),
            check: MIXED,
            examples: &["«github_pat_<an22>_<an59>»"],
            near_misses: &["github_pat_of_the_deployment_user_in_the_vault_of_the_team"],
            ..KEY
        },
        Rule {
            id: "gitlab-token",
            about: "GitLab personal, project, runner, trigger and other tokens; GitLab docs, \
                    'GitLab token overview', token prefixes; routable ones have a checksum part",
            anchors: &[
                "glpat-",
                "gloas-",
                "gldt-",
                "glrt-",
                "glrtr-",
                "glcbt-",
                "glptt-",
                "glft-",
                "glimt-",
                "glagent-",
                "glsoat-",
                "glffct-",
                "glwt-",
                "GR1348941",
            ],
            matcher: Matcher::Regex(concat!(
                r"(?:gl[a-z]{2,5}-|GR1348941)[A-Za-z0-9_-]{20,}",
                r"(?:\.[A-Za-z0-9]{2})?(?:\.[A-Za-z0-9]{9})?",
            )),
            check: MIXED,
            examples: &[
                "«glpat-<an20>»",
                "«glcbt-1_<an20>»",
                "«glrt-t1_<an27>.01.<an9>»",
            ],
            near_misses: &["glpat-<an12>", "glft-template-of-the-release-notes"],
            ..KEY
        },
        Rule {
            id: "npm-token",
            about: "npm access token; GitHub blog, 'Announcing npm's new access token format'",
            anchors: &["npm_"],
            left: WordStart,
            matcher: Matcher::Regex(r"npm_[A-Za-z0-9]{36,}"),
            examples: &["//registry/:_authToken=«npm_<an36>»"],
            near_misses: &[
                "npm_config_registry_of_the_company_mirror_in_use",
                "npm_<an20>",
            ],
            ..KEY
        },
        Rule {
            id: "pypi-token",
            about: "PyPI upload token, a macaroon; PyPI help, 'API tokens'",
            anchors: &["pypi-Ag"],
            matcher: Matcher::Regex(r"pypi-Ag[A-Za-z0-9_-]{50,}"),
            examples: &["password = «pypi-AgEIcHlwaS5vcmc<url80>»"],
            near_misses: &["pypi-Agent <an50>"],
            ..KEY
        },
        Rule {
            id: "postman-api-key",
            about: "Postman API key; Postman docs, 'Postman API authentication'",
            anchors: &["PMAK-"],
            matcher: Matcher::Regex(r"PMAK-[A-Za-z0-9]{24}-[A-Za-z0-9]{34}"),
            examples: &["«PMAK-<hex24>-<hex34>»"],
            near_misses: &["PMAK-<hex24>"],
            ..KEY
        },
    ]
}

fn clouds() -> Vec<Rule> {
    vec![
        Rule {
            id: "aws-access-key-id",
            about: "AWS access key id; IAM user guide, 'IAM identifiers', unique id prefixes",
            anchors: &["AKIA", "ASIA", "ABIA", "ACCA", "A3T[A-Z0-9]"],
            left: WordStart,
            matcher: Matcher::Regex(r"((?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\b"),
            examples: &[
                "«AKIA<up16>»",
                "aws_access_key_id=«ASIA<up16>»",
                "%20«AKIA<up16>»",
            ],
            near_misses: &["AKIA<up16>ABCD", "XAKIA<up16>", "AKIA<up12>"],
            ..KEY
        },
        Rule {
            id: "aws-secret-access-key",
            about: "AWS secret access key beside its name; IAM user guide, 'Managing access keys'",
            anchors: &[
                "secret_access_key",
                "secretaccesskey",
                "secret_key",
                "secretkey",
                "secret access key",
            ],
            fold: true,
            reach: Reach::LINE,
            matcher: Matcher::Regex(concat!(
                r"(?i:secret[_ ]?(?:access[_ ]?)?key)",
                r#"[\s"'\\:=>,(\[]{1,16}([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|$)"#,
            )),
            examples: &[
                "AWS_SECRET_ACCESS_KEY=«<b40>»",
                r#"{"SecretAccessKey": "«<b40>»"}"#,
                r"aws_secret_access_key = '«<b40>»'",
                r#"\"secretAccessKey\":\"«<b40>»\""#,
            ],
            near_misses: &["secret_access_key=<b39>", "secret_key=<hex64>"],
            ..KEY
        },
        Rule {
            id: "aws-session-token",
            about: "AWS STS session token; STS API reference, 'Credentials'",
            anchors: &["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"],
            matcher: Matcher::Regex(r"[A-Za-z0-9+/=]{100,}"),
            examples: &["AWS_SESSION_TOKEN=«IQoJb3JpZ2luX2Vj<b200>»"],
            near_misses: &["IQoJb3JpZ2lu<b20>"],
            ..KEY
        },
        Rule {
            id: "aws-bedrock-key",
            about: "Amazon Bedrock API key; Bedrock user guide, 'API keys'",
            anchors: &["ABSKQmVkcm9ja0FQSUtleS", "bedrock-api-key-"],
            matcher: Matcher::Regex(
                r"(?:ABSKQmVkcm9ja0FQSUtleS|bedrock-api-key-)[A-Za-z0-9+/]{20,}={0,2}",
            ),
            examples: &[
                "«ABSKQmVkcm9ja0FQSUtleS1<b110>=»",
                "«bedrock-api-key-<b60>»",
            ],
            near_misses: &["bedrock-api-key-of-mine"],
            ..KEY
        },
        Rule {
            id: "google-api-key",
            about: "Google API key; Google Cloud docs, 'Authenticate by using API keys'",
            anchors: &["AIza"],
            matcher: Matcher::Regex(r"(AIza[A-Za-z0-9_-]{35})(?:[^A-Za-z0-9_-]|$)"),
            examples: &["?key=«AIza<url35>»&q=1", "«AIza<an35>»."],
            near_misses: &["AIza<an30>", "AIza<an60>"],
            ..KEY
        },
        Rule {
            id: "google-oauth-token",
            about: "Google OAuth access token; Google Identity docs, 'Using OAuth 2.0'",
            anchors: &["ya29."],
            matcher: Matcher::Regex(r"ya29\.[A-Za-z0-9_.-]{20,}"),
            examples: &["Bearer «ya29.<url120>»"],
            near_misses: &["ya29.x"],
            ..KEY
        },
        Rule {
            id: "google-oauth-client-secret",
            about: "Google OAuth client secret; Google Identity docs, 'Using OAuth 2.0'",
            anchors: &["GOCSPX-"],
            matcher: Matcher::Regex(r"GOCSPX-[A-Za-z0-9_-]{28}"),
            examples: &["«GOCSPX-<url28>»"],
            near_misses: &["GOCSPX-<an10>"],
            ..KEY
        },
        Rule {
            id: "azure-storage-key",
            about: "Azure storage, Service Bus and App Configuration keys in a connection string; \
                    Azure docs, 'Configure Azure Storage connection strings'",
            anchors: &["accountkey=", "sharedaccesskey=", ";secret="],
            fold: true,
            matcher: Matcher::Regex(
                r"(?i:accountkey|sharedaccesskey|;secret)=([A-Za-z0-9+/]{43,}={0,2})",
            ),
            examples: &[
                "AccountName=kz;AccountKey=«<b86>==»;EndpointSuffix=core",
                "SharedAccessKeyName=Root;SharedAccessKey=«<b43>=»",
            ],
            near_misses: &[
                "AccountKey=<b20>",
                "AccountKey=[REDACTED:azure-storage-key];",
            ],
            ..KEY
        },
        Rule {
            id: "digitalocean-token",
            about: "DigitalOcean personal, OAuth and refresh tokens; DigitalOcean docs, \
                    'How to create a personal access token'",
            anchors: &["do[opr]_v1_"],
            matcher: Matcher::Regex(r"do[opr]_v1_[a-f0-9]{64}"),
            examples: &["«dop_v1_<hex64>»"],
            near_misses: &["dop_v1_<hex32>"],
            ..KEY
        },
        Rule {
            id: "vault-token",
            about: "Vault and OpenBao service, batch and recovery tokens; Vault docs, 'Tokens', \
                    token prefixes",
            anchors: &["hv[sbr].", "[sbr].[A-Za-z0-9]"],
            left: Is(before_a_vault_token),
            matcher: Matcher::Regex(concat!(
                r"(?:hv[sbr]\.[A-Za-z0-9_-]{20,}",
                r"|[sbr]\.[A-Za-z0-9_-]{24,}(?:\.[A-Za-z0-9]{5})?)",
            )),
            check: Some(|value, _| is_vault(value)),
            examples: &[
                "X-Vault-Token: «hvs.<url90>»",
                "«s.<an24>»",
                r#"{"id":"«hvb.<url130>»"}"#,
            ],
            near_misses: &[
                "s.<an12>",
                "this.<an24>",
                "s.getElementsByClassName()",
                "hvs.short",
            ],
            ..KEY
        },
    ]
}

fn messaging() -> Vec<Rule> {
    vec![
        Rule {
            id: "slack-token",
            about: "Slack bot, user, app, configuration and refresh tokens; Slack docs, \
                    'Token types'",
            anchors: &["xox[abceoprs]-", "xox[abceoprs].", "xapp-"],
            matcher: Matcher::Regex(
                r"(?:xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}|xapp-[0-9]+-[A-Za-z0-9/+-]{20,})",
            ),
            check: Some(|value, _| has_digit(value)),
            examples: &[
                "«xoxb-<dig12>-<dig13>-<an24>»",
                "«xoxe.xoxp-1-<an60>»",
                "«xapp-1-A<up10>-<dig13>-<hex64>»",
            ],
            near_misses: &["xoxb-your-token", "xoxb-<dig4>"],
            ..KEY
        },
        Rule {
            id: "slack-webhook",
            about: "Path of a Slack incoming webhook or workflow trigger; Slack docs, \
                    'Sending messages using incoming webhooks'",
            anchors: &["hooks.slack.com/", "hooks.slack-gov.com/"],
            matcher: Matcher::Regex(
                r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]{16,})",
            ),
            examples: &["https://hooks.slack.com/services/«T<up8>/B<up8>/<an24>»"],
            near_misses: &[
                "https://hooks.slack.com/services/",
                "https://hooks.slack.com/docs/x",
            ],
            ..KEY
        },
        Rule {
            id: "discord-webhook",
            about: "Token of a Discord webhook; Discord developer docs, 'Webhook Resource'",
            anchors: &["/api/webhooks/"],
            matcher: Matcher::Regex(r"/api/webhooks/[0-9]{17,20}/([A-Za-z0-9_-]{40,})"),
            examples: &["https://discord.com/api/webhooks/<dig18>/«<url68>»"],
            near_misses: &["https://host/api/webhooks/<dig4>/test"],
            ..KEY
        },
        Rule {
            id: "discord-bot-token",
            about: "Discord bot token: base64url of the user id, time, HMAC; Discord developer \
                    docs, 'Authentication'",
            anchors: &["[MN][DTjz][AEIMQUYcgk]", "O[DT][AEIMQUYcgk]"],
            left: WordStart,
            matcher: Matcher::Regex(
                r"([MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,45})(?:[^A-Za-z0-9_-]|$)",
            ),
            check: Some(|value, _| is_discord(value)),
            examples: &["DISCORD_TOKEN=«MTA<snow21>.<url6>.<url38>»"],
            near_misses: &[
                "MTA<snow21>.<url6>",
                "MTAtestModuleNameOfSomeSort.module.<an27>",
            ],
            ..KEY
        },
        Rule {
            id: "telegram-bot-token",
            about: "Telegram bot token, without the bot's public id before the colon; Telegram \
                    Bot API, 'Authorizing your bot'",
            anchors: &[":A[A-Z]"],
            left: Is(ends_with_bot_id),
            matcher: Matcher::Regex(r":(A[A-Z][A-Za-z0-9_-]{32,33})(?:[^A-Za-z0-9_-]|$)"),
            examples: &["bot<dig10>:«AA<url33>»/getMe", "<dig9>:«AA<an33>»"],
            near_misses: &["<dig4>:AA<url33>", "<dig9>:AA<url20>", "<dig15>:AA<url33>"],
            ..KEY
        },
        Rule {
            id: "twilio-key",
            about: "Twilio API key and account SIDs; Twilio docs, 'What is a String Identifier'",
            anchors: &["SK[0-9a-f]", "AC[0-9a-f]"],
            left: WordStart,
            matcher: Matcher::Regex(r"((?:SK|AC)[0-9a-f]{32})(?:[^0-9A-Za-z]|$)"),
            check: MIXED,
            examples: &["«SK<hex32>»", "/Accounts/«AC<hex32>»/Messages"],
            near_misses: &["SK<hex31>", "SK<hex40>", "TASK<hex32>"],
            ..KEY
        },
        Rule {
            id: "sendgrid-key",
            about: "SendGrid API key; SendGrid docs, 'API keys'",
            anchors: &["SG."],
            left: WordStart,
            matcher: Matcher::Regex(r"SG\.[A-Za-z0-9_=-]{16,64}\.?[A-Za-z0-9_=-]{16,64}"),
            check: MIXED,
            examples: &["Bearer «SG.<url22>.<url43>»"],
            near_misses: &["SG.<url22>", "MSG.<an22>.<an43>"],
            ..KEY
        },
        Rule {
            id: "mailgun-key",
            about: "Mailgun API key; Mailgun docs, 'Authentication'",
            anchors: &["key-[0-9a-f]"],
            left: WordStart,
            matcher: Matcher::Regex(r"(key-[0-9a-f]{32})(?:[^0-9A-Za-z-]|$)"),
            check: Some(|value, _| has_digit(value)),
            examples: &["api:«key-<hex32>»"],
            near_misses: &["key-<hex31>", "monkey-<hex32>", "key-<hex40>"],
            ..KEY
        },
    ]
}

fn models() -> Vec<Rule> {
    vec![
        Rule {
            id: "anthropic-key",
            about: "Anthropic API, admin and OAuth keys; Anthropic docs, 'API overview'",
            anchors: &["sk-ant-"],
            matcher: Matcher::Regex(r"sk-ant-[A-Za-z0-9_-]{20,}"),
            check: MIXED,
            examples: &[
                "x-api-key: «sk-ant-api03-<url93>AA»",
                "«sk-ant-admin01-<an93>»",
            ],
            near_misses: &["sk-ant-your-key", "sk-ant-colony-simulation-parameters"],
            ..KEY
        },
        Rule {
            id: "openai-key",
            about: "OpenAI (and, by the same form, OpenRouter, DeepSeek) API keys; OpenAI docs, \
                    'API reference', authentication",
            anchors: &["sk-[A-Za-z0-9]"],
            left: WordStart,
            matcher: Matcher::Regex(concat!(
                r"sk-(?:(?:proj|svcacct|admin|None|or-v1)-[A-Za-z0-9_-]{20,}",
                r"|[A-Za-z0-9_-]{20}T3BlbkFJ[A-Za-z0-9_-]{20,}",
                r"|[A-Za-z0-9]{32,})",
            )),
            check: MIXED,
            examples: &[
                "Incorrect API key provided: «sk-proj-<url60>T3BlbkFJ<url60>».",
                "«sk-<an20>T3BlbkFJ<an20>»",
                "«sk-<an48>»",
            ],
            near_misses: &[
                "task-<an48>",
                "sk-folding-cube-and-other-spinner-classes",
                "sk-<an12>",
            ],
            ..KEY
        },
        Rule {
            id: "hugging-face-token",
            about: "Hugging Face user and organisation tokens; Hugging Face docs, \
                    'User access tokens'",
            anchors: &["hf_", "api_org_"],
            left: WordStart,
            matcher: Matcher::Regex(r"(?:hf|api_org)_[A-Za-z0-9]{34,}"),
            examples: &["«hf_<an34>»", "HF_TOKEN=«hf_<an37>»", "«api_org_<an34>»"],
            near_misses: &[
                "shelf_<an34>",
                "hf_<an20>",
                "hf_hub_download_of_a_very_long_name_here",
            ],
            ..KEY
        },
    ]
}

fn services() -> Vec<Rule> {
    vec![
        Rule {
            id: "stripe-key",
            about: "Stripe secret and restricted keys and webhook secrets; Stripe docs, 'API keys'",
            anchors: &["[rs]k_live_", "[rs]k_test_", "[rs]k_prod_", "whsec_"],
            matcher: Matcher::Regex(
                r"(?:[rs]k_(?:live|test|prod)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{24,})",
            ),
            check: Some(|value, _| has_digit(value)),
            examples: &["«sk_live_<an24>»", "\"«rk_test_<an99>»\"", "«whsec_<an32>»"],
            near_misses: &["pk_live_<an24>", "sk_live_short", "sk_test_placeholder"],
            ..KEY
        },
        Rule {
            id: "shopify-token",
            about: "Shopify access tokens and shared secrets; Shopify docs, 'Authentication and \
                    authorization'",
            anchors: &["shpat_", "shpca_", "shppa_", "shpss_", "shpua_"],
            matcher: Matcher::Regex(r"shp(?:at|ca|pa|ss|ua)_[A-Fa-f0-9]{32}"),
            examples: &["«shpat_<hex32>»"],
            near_misses: &["shpat_<hex20>"],
            ..KEY
        },
        Rule {
            id: "linear-key",
            about: "Linear API key and OAuth token; Linear docs, 'API and webhooks'",
            anchors: &["lin_api_", "lin_oauth_"],
            matcher: Matcher::Regex(r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
            examples: &["«lin_api_<an40>»"],
            near_misses: &["lin_api_<an12>"],
            ..KEY
        },
        Rule {
            id: "notion-token",
            about: "Notion integration token; Notion docs, 'Authorization'",
            anchors: &["ntn_", "secret_[A-Za-z0-9]"],
            left: WordStart,
            matcher: Matcher::Regex(
                r"(ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})(?:[^A-Za-z0-9_]|$)",
            ),
            check: MIXED,
            examples: &["«ntn_<dig11><an35>»"],
            near_misses: &[
                "secret_<an20>",
                "secret_key_of_the_application_that_is_used_here",
            ],
            ..KEY
        },
        Rule {
            id: "age-secret-key",
            about: "age identity, native or post-quantum; the age file encryption format \
                    specification (C2SP), 'X25519 identity'",
            anchors: &["age-secret-key-"],
            fold: true,
            matcher: Matcher::Regex(
                r"(?i:age-secret-key-(?:pq-)?1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{58,})",
            ),
            examples: &["«AGE-SECRET-KEY-1<bech58>»"],
            near_misses: &["AGE-SECRET-KEY-1<bech20>", "age1<bech58>"],
            ..KEY
        },
    ]
}

/// A value with a digit and a letter. Prose joined by dashes has no digits.
fn is_mixed(value: &[u8]) -> bool {
    let body = value.iter().skip(8);
    has_digit(value)
        && body.clone().any(u8::is_ascii_digit)
        && body.clone().any(u8::is_ascii_alphabetic)
}

fn has_digit(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit)
}

/// `hvs.…` as it is; the older form has digits and letters of both cases.
fn is_vault(value: &[u8]) -> bool {
    let cases =
        value.iter().any(u8::is_ascii_uppercase) && value[2..].iter().any(u8::is_ascii_lowercase);
    is_mixed(value) && (cases || value.starts_with(b"hv"))
}

/// The first part of a Discord token is the base64url of a decimal number.
fn is_discord(value: &[u8]) -> bool {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let head = value.split(|byte| *byte == b'.').next().unwrap_or(value);
    URL_SAFE_NO_PAD
        .decode(head)
        .is_ok_and(|id| id.len() >= 16 && id.iter().all(u8::is_ascii_digit))
}

/// `hvs.` may follow anything that does not make a longer word of it, `s.` may
/// not follow a path or a member access either.
fn before_a_vault_token(before: &[u8]) -> bool {
    Left::at_word_start(before) && !before.ends_with(b".")
}

fn ends_with_bot_id(before: &[u8]) -> bool {
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit());
    (8..=11).contains(&digits.count())
}
