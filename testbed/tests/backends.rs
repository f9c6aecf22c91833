//! The backends start, do what the helper calls say, and stop.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use testbed::openbao::OpenBao;
use testbed::postgres::Postgres;
use testbed::redis::Redis;
use testbed::require;

#[test]
fn openbao_serves_secrets_to_an_app_role() {
    let Some(vault) = require("OpenBao", OpenBao::start()) else {
        return;
    };
    assert_eq!(vault.write_secret("dev/postgres", &[("url", "made-up")]), 1);
    let role = vault.app_role("reader", "dev/*");
    let login = json!({ "role_id": role.role_id, "secret_id": role.secret_id });
    let login = vault
        .call_as("", None, "POST", "auth/approle/login", &login)
        .unwrap()
        .json();
    let token = login["auth"]["client_token"].as_str().unwrap().to_owned();
    assert!(vault.minted_tokens().contains(&token));

    let read = |token: &str, path: &str| {
        vault
            .call_as(token, None, "GET", path, &Value::Null)
            .unwrap()
    };
    let answer = read(&token, "secret/data/dev/postgres").json();
    assert_eq!(answer["data"]["data"]["url"], "made-up");
    assert_eq!(read(&token, "secret/data/prod/postgres").status, 403);

    vault.delete_secret("dev/postgres");
    let deleted = read(&token, "secret/data/dev/postgres");
    assert_eq!(
        (deleted.status, deleted.json()["data"]["data"].is_null()),
        (404, true)
    );

    let other = vault.token(&["reader"], "10m");
    assert_eq!(read(&other, "auth/token/lookup-self").status, 200);
    vault.revoke(&other);
    assert_eq!(read(&other, "auth/token/lookup-self").status, 403);

    vault.mount_kv("kv1", 1);
    vault.write_v1("kv1", "app", &[("key", "made-up")]);
    let root = vault.root_token();
    assert_eq!(read(root, "kv1/app").json()["data"]["key"], "made-up");

    vault.namespace("team");
    vault.must_in(
        Some("team"),
        "POST",
        "sys/mounts/kv",
        &json!({ "type": "kv" }),
    );

    vault.seal();
    assert_eq!(read(root, "secret/data/dev/postgres").status, 503);
}

#[test]
fn openbao_serves_tls_and_stops() {
    let Some(mut vault) = require("OpenBao", OpenBao::start_tls()) else {
        return;
    };
    assert!(vault.address().starts_with("https://") && vault.ca_path().exists());
    vault.write_secret("a", &[("b", "c")]);
    vault.stop();
    assert!(vault.call("GET", "sys/health", &Value::Null).is_err());
}

#[test]
fn postgres_wants_its_password() {
    let Some(mut database) = require("PostgreSQL", Postgres::start()) else {
        return;
    };
    assert_eq!(
        database.query("show password_encryption").unwrap(),
        "scram-sha-256"
    );
    assert!(database.dsn().contains(database.password()));
    let rules = database
        .query("select distinct auth_method from pg_hba_file_rules")
        .unwrap();
    assert_eq!(rules, "scram-sha-256");
    database.stop();
    assert!(database.query("select 1").is_err());
}

#[test]
fn redis_wants_its_password_if_it_has_one() {
    let Some(closed) = require("Redis", Redis::start()) else {
        return;
    };
    let Some(open) = require("Redis", Redis::start_open()) else {
        return;
    };
    assert!(closed.dsn().contains(closed.password().unwrap()));
    assert_eq!(open.password(), None);
    for (server, greeting) in [(&closed, "-NOAUTH"), (&open, "+PONG")] {
        let address = server.dsn();
        let place = address.rsplit(['@', '/']).nth(1).unwrap();
        let mut stream = TcpStream::connect(place).unwrap();
        stream.write_all(b"PING\r\n").unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, &greeting.as_bytes()[..5], "{place}");
    }
}
