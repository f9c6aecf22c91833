//! Keys that the name of a service gives away, and keys whose own name says little.

use super::Table;

pub(super) const SERVICES: Table = &[
    (
        "a line of a log",
        &[
            "[INFO] Asking the nylas API\n[DEBUG] Using API_KEY=«<an32>»\n[INFO] 200 OK",
            "[DEBUG] Using nylas KEY=«<hex32>» for all",
            "[DEBUG] Using Fixer KEY=«<an32>» for all",
            "my Fixer key: «<an24>»",
        ],
    ),
    (
        "the text of an element",
        &[
            "<id>nylas</id>\n<secret>{nylas AQAAABAAA «<an32>»}</secret>",
            "<secret>{acme AQAAABAAA «<hex40>»}</secret>",
            "<apiToken>acme «<an24>»</apiToken>",
            "<wsse:password>of acme «<an24>»</wsse:password>",
        ],
    ),
    (
        "a client",
        &[
            "client := nylas.NewClient(\"«<an32>»\")",
            "let client = NylasClient::new(\"«<an32>»\");",
            "Bannerbear.Client('«<an32>»')",
            "new Nylas({ apiKey: '«<an32>»' })",
        ],
    ),
    (
        "a section",
        &[
            "nylas:\n  key: «<an32>»\n",
            "\"nylas\": {\n  \"key\": \"«<an32>»\"\n}",
            "[nylas]\nkey = \"«<an32>»\"",
        ],
    ),
    (
        "a name with a number",
        &[
            "SERVICE_TOKEN2=«<an24>»",
            "acmeSecret1: \"«<an24>»\"",
            "clientSecret2 = '«<an24>»'",
            "DB_PASSWORD2=«Kz9!canary»",
            "DB_PASSWORD_2=«Kz9!canary»",
            "VERCEL_API_KEY2=«<an24>»",
            "  \"accessToken3\": \"«<an32>»\",",
        ],
    ),
    (
        "a key of one's own",
        &[
            "X-Acme-Key: «<hex32>»",
            "ACME_KEY=«GxQbZYkGRtSFovMfdBQgvHZ08»",
            "acmeKey: '«GxQbZYkGRtSFovMfdBQgvHZ08»'",
        ],
    ),
];
