//! What single programs are told without an option that says so.

use super::{
    super::{
        super::{
            named,
            rule::{Left, Matcher, Rule},
        },
        is_random, is_value,
    },
    COMMAND,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "tool-password",
            about: "The password in an argument of a program that has its own place for it; the manuals of \
                    Samba, NetworkManager, RabbitMQ, Poetry, Bundler, Conan, PsExec, cmdkey and the AWS CLI",
            anchors: &[
                "conan remote login",
                "net ads ",
                "net rpc ",
                "rpcclient ",
                "smbget ",
                "winexe ",
                "nmcli ",
                "rabbitmqctl ",
                "poetry config http-basic",
                "bundle config ",
                "cmdkey ",
                "psexec",
                "schtasks ",
                "evil-winrm ",
                "crackmapexec ",
                "netexec ",
                "ssm put-parameter",
            ],
            left: Left::Any,
            matcher: Matcher::Regex(concat!(
                r"(?:conan remote login\s[^\n]*?-p\s{0,2}",
                r#"|(?:net (?:ads|rpc)|rpcclient|smbget|winexe)\s(?:[^\n]*?\s)?-U\s{0,2}["']?[^\s%"']{1,64}%"#,
                r"|nmcli\s(?:[^\n]*?\s)?(?:password|psk|wifi-sec\.psk)\s{1,2}",
                r"|rabbitmqctl\s(?:[^\n]*?\s)?(?:add_user|change_password|authenticate_user)\s\S{1,64}\s",
                r"|poetry config http-basic\.\S{1,64}\s\S{1,64}\s",
                r"|bundle config\s(?:set\s)?(?:--[a-z]{1,16}\s)?\S{1,128}\s[^\s:]{1,64}:",
                r"|cmdkey\s[^\n]*?/pass:|schtasks\s[^\n]*?/(?:rp|RP)\s{1,2}",
                r"|psexec\S{0,8}\s[^\n]*?-p\s{1,2}",
                r"|(?:evil-winrm|crackmapexec|netexec)\s[^\n]*?-p\s{1,2}",
                r"|ssm put-parameter\s[^\n]*?SecureString\s(?:[^\n]*?\s)?--value[= ])",
                r#"["']?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})"#,
            )),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "conan remote login -p «Kz9!canary» center app",
                "net ads join -U administrator%«Kz9!canary»",
                "nmcli dev wifi connect Home password «lantern4821»",
                "rabbitmqctl add_user app «lantern4821»",
                "poetry config http-basic.own app «lantern4821»",
                "bundle config set --global gems.host.example app:«Kz9!canary»",
                r"cmdkey /add:host /user:app /pass:«Kz9!canary»",
                r"psexec \\host -u app -p «Kz9!canary» cmd",
                "aws ssm put-parameter --name /db --type SecureString --value «lantern4821»",
            ],
            near_misses: &[
                "nmcli connection show id-1",
                "rabbitmqctl add_user app",
                "net ads join -U administrator%$PASSWORD1",
                "aws ssm put-parameter --name /x --type String --value lantern4821",
                "bundle config set path vendor/bundle1",
                "poetry config http-basic.own app",
            ],
            ..COMMAND
        },
        Rule {
            id: "tool-key",
            about: "The key that a program of a service is told by its own command; the manuals of wandb, \
                    Snyk, Codecov, LogDNA, cloudflared, Cargo, Doppler, Infracost and npm",
            anchors: &[
                "wandb login",
                "snyk auth ",
                "codecov ",
                "logdna-agent ",
                "cloudflared service install",
                "cargo login ",
                "doppler configure set",
                "infracost configure set",
            ],
            left: Left::Any,
            matcher: Matcher::Regex(concat!(
                r"(?:wandb login(?:\s--[a-z=-]{1,32})*|snyk auth|codecov\s(?:[^\n]*?\s)?-t|logdna-agent\s(?:[^\n]*?\s)?-k",
                r"|cloudflared service install|cargo login(?:\s--[a-z=-]{1,32})*",
                r"|(?:doppler|infracost) configure set\s[a-z_.-]{1,40})",
                r#"\s{1,2}["']?([A-Za-z0-9_+/=.-]{16,512})"#,
            )),
            check: Some(|value, _| {
                is_value(value) && (is_random(value) || named::is_likely(value))
            }),
            examples: &[
                "wandb login --relogin «<hex40>»",
                "snyk auth «<hex8>-<hex4>-<hex4>-<hex4>-<hex12>»",
                "codecov -t «<hex8>-<hex4>-<hex4>-<hex4>-<hex12>» -f x",
                "logdna-agent -k «<hex32>»",
                "cargo login «<an32>»",
            ],
            near_misses: &[
                "wandb login https://wandb.host.example",
                "codecov -t $CODECOV_TOKEN1",
                "cloudflared service install --help",
                "cargo login --registry my-registry-number-1",
            ],
            ..COMMAND
        },
        Rule {
            id: "key-as-user",
            about: "A key in the place of the user's name, with an empty or no real password; curl(1), \
                    --user; the references of Freshdesk, Stripe and Chargebee",
            anchors: &["-u ", "-u\"", "-u'", "--user "],
            matcher: Matcher::Regex(
                r#"-{1,2}[a-z]{1,4}\s{0,4}["']?([A-Za-z0-9_-]{16,128}):[xX]?["']?(?:\s|$)"#,
            ),
            check: Some(|value, _| {
                is_value(value) && (is_random(value) || named::is_likely(value))
            }),
            examples: &[
                "curl -u «<an24>»:X https://host/api/v2/tickets",
                "curl -u \"«<an32>»:\" https://host/v1/charges",
            ],
            near_misses: &[
                "curl -u application-user-name-1: https://host/",
                "docker run -u 1000: image",
            ],
            ..COMMAND
        },
    ]
}
