//! What the command line finds before a gateway serves, and how it says so.

use std::io::Write;

use serde_json::Value;

use super::command_line::{run, run_in, vector};
use crate::common::{APP, KEY};

/// A check whose configuration file holds `toml`: whether it is in order, and the errors.
pub(super) fn check(toml: &str, more: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    let mut config = tempfile::NamedTempFile::new().expect("temporary file");
    writeln!(config, "{toml}").expect("configuration");
    let path = config.path().to_str().expect("a path");
    let output = run_in(&[&["serve", "--check-config", "--config", path], more].concat(), environment);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.contains("in order"), output.status.success(), "{said}");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The application of the tests, in the environment.
pub(super) const APPLICATION: [(&str, &str); 2] = [("MINIAPP_RTC_APP_ID", APP), ("MINIAPP_RTC_APP_KEY", KEY)];

#[test]
fn the_sample_of_the_documentation_is_in_order() {
    let document = include_str!("../../../docs/operations.md");
    let (_, rest) = document.split_once("## Configuration file\n\n```toml\n").expect("a sample");
    let (sample, _) = rest.split_once("```\n").expect("its end");
    let mut key = tempfile::NamedTempFile::new().expect("temporary file");
    writeln!(key, "a key of some length").expect("a key");
    assert!(sample.contains("\"SECOND_APP_KEY\""), "{sample}");
    let mut sample = sample.to_owned();
    for named in ["/run/secrets/app-key", "/run/secrets/admin-secret", "/run/secrets/webhook-secret"] {
        assert!(sample.contains(named), "{sample}");
        sample = sample.replace(named, key.path().to_str().expect("a path"));
    }
    let (is_good, error) =
        check(&sample, &[], &[("SECOND_APP_KEY", "another key"), ("SECOND_APP_OLD_KEY", "the one before")]);
    assert!(is_good, "{error}");
}

#[test]
fn a_public_host_without_an_address_is_refused_by_the_check_as_by_the_start() {
    let error = |arguments: &[&str]| {
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--http-flv-listen"];
        let output = run_in(&[&fixed[..], &["127.0.0.1:0"], arguments].concat(), &APPLICATION);
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = said.lines().find(|line| line.starts_with("error: "));
        line.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    let host = ["--public-host", "no-such-host.invalid"];
    let of_start = error(&host);
    assert!(of_start.contains("--web-public"), "{of_start}");
    assert_eq!(error(&[&host[..], &["--check-config"]].concat()), of_start);
    let (is_good, error) = check("", &[&host[..], &["--web-public", "203.0.113.5"]].concat(), &APPLICATION);
    assert!(is_good, "{error}");
}

#[test]
fn a_wrong_ice_server_is_told_by_its_place_in_the_list() {
    let good = "[[media.ice_servers]]\nurl = \"stun:a.test\"\n";
    let wrong = "[[media.ice_servers]]\nurl = \"turn:a.test\"\nusername = \"ann\"\ncredential = \"hidden words\"\n";
    let (is_good, error) = check(&[good, wrong, good, wrong].concat(), &[], &APPLICATION);
    assert!(!is_good && !error.contains("hidden"), "{error}");
    let told = |index: usize| error.contains(&format!("media.ice_servers[{index}]"));
    assert_eq!([0, 1, 2, 3].map(told), [false, true, false, true], "{error}");
}

#[test]
fn a_short_secret_of_media_urls_is_told_by_its_key_among_all_other_faults() {
    let (is_good, error) = check("[media]\nurl_secret = \"hidden\"\nlease_s = 1", &[], &APPLICATION);
    assert!(!is_good && !error.contains("hidden"), "{error}");
    assert!(error.contains("media.url_secret must be 16 bytes at least"), "{error}");
    assert!(error.contains("media.lease_s must be 10 at least"), "{error}");
    assert!(check("[media]\nurl_secret = \"0123456789abcdef\"", &[], &APPLICATION).0);
}

#[test]
fn the_admin_api_needs_an_address_and_a_long_secret_and_never_tells_it() {
    let (listen, hidden) = ("[admin]\nlisten = \"127.0.0.1:0\"\n", "hidden words of 16 bytes or more");
    let secret = format!("secret = \"{hidden}\"\n");
    let told = |toml: &str, word: &str| {
        let (is_good, error) = check(toml, &[], &APPLICATION);
        assert!(!is_good && error.contains(word) && !error.contains("hidden"), "{toml}: {error}");
    };
    assert!(check(&format!("{listen}{secret}"), &[], &APPLICATION).0);
    told(listen, "the admin API needs exactly one of secret, secret_env and secret_file");
    told(&format!("[admin]\n{secret}"), "--admin-listen");
    told(&format!("{listen}{secret}secret_env = \"NO_SUCH\""), "exactly one of secret");
    told(&format!("{listen}secret_env = \"NO_SUCH\""), "NO_SUCH");
    told(&format!("{listen}secret_file = \"/no/such\""), "/no/such");
    told(&format!("{listen}secret = \"hidden\""), "16 bytes at least");
    told(&format!("{listen}secret = [\"hidden\"]"), "admin.secret");
    let environment = [&APPLICATION[..], &[("MINIAPP_RTC_ADMIN_SECRET", hidden)]].concat();
    assert!(check(listen, &[], &environment).0);
}

#[test]
fn an_address_to_listen_on_is_an_ip_address_and_a_port() {
    let application = [&APPLICATION[..], &[("MINIAPP_RTC_ADMIN_SECRET", "16 bytes at least")]].concat();
    for flag in ["--listen", "--rtmp-listen", "--http-flv-listen", "--web-listen", "--admin-listen", "--metrics-listen"]
    {
        let more = if flag == "--admin-listen" { &[][..] } else { &["--admin-listen", "127.0.0.1:0"] };
        for address in ["localhost:8080", "8080", "0.0.0.0:80801", "0.0.0.0", ""] {
            let (is_good, error) = check("", &[&[flag, address], more].concat(), &application);
            assert!(!is_good && error.contains(flag), "{flag} {address}: {error}");
            assert!(error.contains("give an IP address and a port, as 0.0.0.0:8080"), "{flag} {address}: {error}");
        }
        for address in ["0.0.0.0:8090", "[::1]:8090"] {
            let (is_good, error) = check("", &[&[flag, address], more].concat(), &application);
            assert!(is_good, "{flag} {address}: {error}");
        }
    }
}

#[test]
fn an_empty_environment_variable_counts_as_unset() {
    let names = [
        "CONFIG",
        "LISTEN",
        "RTMP_LISTEN",
        "HTTP_FLV_LISTEN",
        "WEB",
        "WEB_LISTEN",
        "WEB_PUBLIC",
        "PUBLIC_HOST",
        "LOG",
        "ADMIN_LISTEN",
        "ADMIN_SECRET",
        "LOG_FORMAT",
        "METRICS_LISTEN",
        "TLS_CERTIFICATE",
        "TLS_KEY",
    ];
    for name in names {
        let name = format!("MINIAPP_RTC_{name}");
        let output = run_in(&["serve", "--check-config"], &[&APPLICATION[..], &[(&name, "")]].concat());
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let empty = [("MINIAPP_RTC_APP_ID", ""), ("MINIAPP_RTC_APP_KEY", "")];
    let output = run_in(&["serve", "--check-config"], &empty);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("no application is configured"), "{error}");
    let output = run_in(&["token", "mint", "--room", "r", "--user", "u", "--publish"], &empty);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("--app-id <APP_ID>") && error.contains("required"), "{error}");
}

#[test]
fn inspect_refuses_the_token_of_another_application() {
    let token = vector("TV1");
    let inspect = |id: &str, more: &[(&str, &str)]| {
        let environment = [&[("MINIAPP_RTC_APP_ID", id)], more].concat();
        let output = run_in(&["token", "inspect", &token, "--now", "1700000100"], &environment);
        let report: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        (output.status.success(), report, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for key in [&[][..], &[("MINIAPP_RTC_APP_KEY", KEY)]] {
        let (is_good, report, error) = inspect(APP, key);
        assert!(is_good, "{report:?} {error}");
        let (is_good, report, error) = inspect("abcdefabcdefabcdefabcdef", key);
        let report = report.expect(&error);
        let reason = report["reason"].as_str().unwrap_or_default();
        assert!(!is_good && report["valid"] == false && reason.contains("another application"), "{report}");
        assert_eq!(report["app"], APP);
    }
    let (is_good, _, error) = inspect("short", &[]);
    assert!(!is_good && error.contains("--app-id") && error.contains("24"), "{error}");
}

#[test]
fn a_token_of_zero_seconds_never_ends_and_the_help_says_so() {
    let output = run(&["token", "mint", "--help"], None);
    assert!(String::from_utf8_lossy(&output.stdout).contains("0s makes one that never ends"));
    let arguments = ["token", "mint", "--room", "r", "--user", "u", "--publish", "--expire", "0s"];
    let token = String::from_utf8(run_in(&arguments, &APPLICATION).stdout).expect("ASCII");
    let output = run_in(&["token", "inspect", token.trim(), "--now", "4294967295"], &APPLICATION);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(output.status.success() && report["expires_at"] == 0, "{report}");
}
