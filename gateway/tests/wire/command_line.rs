//! The command line: tokens, configuration, errors.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::process::BINARY;
use crate::common::{APP, KEY, SOON};

/// The golden token of that name.
pub(super) fn vector(name: &str) -> String {
    let found = vectors().into_iter().find(|vector| vector["name"].as_str().is_some_and(|full| full.starts_with(name)));
    found.expect("the vector")["token"].as_str().expect("a token").to_owned()
}

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/tokens.json")).expect("JSON");
    assert_eq!((&file["app"], &file["key"]), (&json!(APP), &json!(KEY)));
    file["vectors"].as_array().expect("a list").clone()
}

pub(super) fn run(arguments: &[&str], key: Option<&str>) -> Output {
    let key = key.map(|key| ("MINIAPP_RTC_APP_KEY", key));
    run_in(arguments, key.as_slice())
}

/// Runs to its end; a gateway that goes on serving is ended and the test with it.
pub(super) fn run_in(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_remove("MINIAPP_RTC_APP_KEY").env_remove("MINIAPP_RTC_APP_ID");
    command.envs(environment.iter().copied());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the gateway runs");
    let until = Instant::now() + SOON;
    while child.try_wait().expect("wait").is_none() {
        if Instant::now() > until {
            child.kill().expect("killed");
            panic!("it does not end: {:?}", child.wait_with_output().expect("output"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("output")
}

fn inspect(token: &str, now: u32, key: Option<&str>) -> (i32, Value) {
    let output = run(&["token", "inspect", token, "--now", &now.to_string()], key);
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().expect("a code"), report)
}

#[test]
fn inspect_shows_what_a_token_holds() {
    let (code, report) = inspect(&vector("TV1"), 1_700_000_100, Some(KEY));
    let grant = |key: u32, name: &str| json!({ "key": key, "name": name, "expires_at": 1_700_086_400 });
    let expected = json!({
        "valid": true, "version": "001", "app": APP, "room": "room-1", "user": "user-1", "nonce": 12_345_678,
        "issued_at": 1_700_000_000, "expires_at": 1_700_086_400, "signature": "valid",
        "privileges": [grant(0, "publish"), grant(1, "publish_audio"), grant(2, "publish_video"),
            grant(3, "publish_data"), grant(4, "subscribe")],
    });
    assert_eq!((code, report), (0, expected));
}

#[test]
fn inspect_judges_every_golden_token() {
    for vector in vectors() {
        let token = vector["token"].as_str().expect("a token");
        let parse = vector["parse"].as_str().expect("a result");
        if parse != "ok" {
            let (code, report) = inspect(token, 1_700_000_000, Some(KEY));
            assert_eq!((code, &report["valid"]), (1, &json!(false)), "{vector}");
            assert!(report["reason"].as_str().is_some_and(|reason| reason.contains(parse)), "{report}");
            continue;
        }
        for verify in vector["verify"].as_array().expect("a list") {
            let now = u32::try_from(verify["now"].as_u64().expect("a time")).expect("32 bits");
            let (code, report) = inspect(token, now, Some(KEY));
            let fields = &vector["fields"];
            assert_eq!((&report["room"], &report["user"]), (&fields["room"], &fields["user"]));
            assert_eq!((&report["nonce"], &report["expires_at"]), (&fields["nonce"], &fields["expiresAt"]));
            let reason = report["reason"].as_str().unwrap_or_default();
            match verify["result"].as_str().expect("a result") {
                "valid" => {
                    assert_eq!((code, &report["valid"], &report["signature"]), (0, &json!(true), &json!("valid")))
                }
                "expired" => {
                    assert!(code == 1 && reason.contains("ended at") && report["signature"] == "valid", "{report}")
                }
                "signature" => assert!(code == 1 && report["signature"] == "invalid", "{report}"),
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn inspect_without_a_key_says_that_the_signature_is_unchecked() {
    let (code, report) = inspect(&vector("N1"), 1_700_000_100, None);
    assert_eq!((code, &report["valid"], &report["signature"]), (0, &json!(true), &json!("unchecked")));
    assert!(report["reason"].as_str().is_some_and(|reason| reason.contains("unchecked")), "{report}");
    assert_eq!(inspect(&vector("TV1"), 1_700_086_401, None).0, 1, "its time is judged even so");
    assert_eq!(inspect(&vector("TV1"), 1_700_000_100, Some("another key")).0, 1);
}

#[test]
fn a_minted_token_is_valid() {
    let mint = ["token", "mint", "--app-id", APP, "--room", "r", "--user", "u"];
    let with = |more: &[&str]| run(&[&mint[..], more].concat(), Some(KEY));
    let output = with(&["--publish", "--subscribe", "--expire", "90s", "--publish-expire", "30s"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let token = String::from_utf8(output.stdout).expect("ASCII");
    let output = run(&["token", "inspect", token.trim()], Some(KEY));
    assert!(output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let issued = report["issued_at"].as_u64().expect("a time");
    assert_eq!(report["expires_at"], issued + 90);
    let ends: Vec<_> =
        report["privileges"].as_array().expect("a list").iter().map(|grant| grant["expires_at"].clone()).collect();
    assert_eq!(ends, [issued + 30, issued + 30, issued + 30, issued + 30, issued + 90].map(Value::from));

    for (more, said) in [
        (&["--expire", "24h"][..], "--publish"),
        (&["--subscribe", "--expire", "tomorrow"], "24h"),
        (&["--subscribe", "--publish-expire", "1h"], "--publish"),
    ] {
        let output = with(more);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{more:?}: {error}");
    }
    let output = run(&["token", "mint", "--app-id", "short", "--room", "r", "--user", "u", "--subscribe"], Some(KEY));
    assert!(String::from_utf8_lossy(&output.stderr).contains("24"), "the length is named");
    let output =
        run(&["token", "mint", "--app-id", APP, "--room", "two words", "--user", "u", "--subscribe"], Some(KEY));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--room"));
}

#[test]
fn errors_of_the_configuration_say_what_to_do_and_no_secret() {
    let serve = |toml: &str, more: &[&str]| {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        write!(file, "{toml}").expect("written");
        let path = file.path().to_str().expect("UTF-8").to_owned();
        let fixed =
            ["serve", "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--http-flv-listen", "127.0.0.1:0"];
        let output = run(&[&fixed[..], &["--config", &path], more].concat(), None);
        assert!(!output.status.success(), "{toml}");
        assert!(output.stdout.is_empty(), "not ready: {toml}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let app = format!("[[apps]]\nid = \"{APP}\"\n");
    assert!(serve("", &[]).contains("[[apps]]"));
    assert!(serve("", &["--app-id", APP]).contains("MINIAPP_RTC_APP_KEY"));
    assert!(serve("", &["--app-key", "hidden-key"]).contains("the id is missing"));
    assert!(serve(&app, &[]).contains("exactly one of key, key_env and key_file"));
    assert!(serve(&format!("{app}key_env = \"NO_SUCH_VARIABLE\""), &[]).contains("NO_SUCH_VARIABLE"));
    assert!(serve(&format!("{app}key_file = \"/no/such/file\""), &[]).contains("/no/such/file"));
    let twice = "key = \"k\"\nold_key = \"k\"\nold_key_env = \"NO_SUCH_VARIABLE\"";
    assert!(serve(&format!("{app}{twice}"), &[]).contains("exactly one of old_key, old_key_env and old_key_file"));
    assert!(serve(&format!("{app}key = \"\""), &[]).contains("must not be empty"));
    assert!(serve(&format!("{app}key = \"a\"\n{app}key = \"b\""), &[]).contains("twice"));
    assert!(serve("[room]\nvisible = 3", &[]).contains("unknown field"));
    assert!(serve("[times]\nping_ms = 1\n", &["--app-id", APP, "--app-key", "k"]).contains("ping_ms"));
    let keyed = format!("{app}key = \"k\"\n");
    assert!(serve(&format!("{keyed}[media]\nrtmp_public = \"a:1\""), &[]).contains("go together"));
    assert!(serve(&format!("{keyed}[media]\nhttp_flv_scheme = \"https\""), &[]).contains("http_flv_public"));
    assert!(serve(&format!("{keyed}[socket]\nin_flight = 33"), &[]).contains("in_flight"));
    assert!(serve("", &["--app-id", APP, "--app-key", "k", "--log", "=="]).contains("--log"));
    assert!(serve("", &["--app-id", APP, "--app-key", "k", "--log", "inof"]).contains("off, error, warn"));
    assert!(serve("", &["--app-id", "short", "--app-key", "hidden-key"]).contains("24"));
    assert!(serve(&format!("{keyed}[media]\nweb_public = [\"rtc.example\"]"), &[]).contains("203.0.113.5:8082"));
    let error = serve(&format!("{keyed}[media]\npublic_host = \"no-such-host.invalid\""), &[]);
    assert!(error.contains("no-such-host.invalid") && error.contains("--web-public"), "{error}");
    let turn = "[[media.ice_servers]]\nurl = \"turn:a.test\"\n";
    assert!(serve(&format!("{keyed}{turn}username = \"ann\""), &[]).contains("go together"));
    let error = serve(&format!("{keyed}{turn}credential = [\"hidden\"]"), &[]);
    assert!(error.contains("credential") && !error.contains("hidden"), "{error}");
    let error = serve(&format!("{app}key = \"hidden-key\" oops"), &[]);
    assert!(error.contains("line 3") && !error.contains("hidden-key"), "{error}");
    let error = serve(&format!("{app}key = [\"hidden-key\"]"), &[]);
    assert!(error.contains("line 3") && !error.contains("hidden-key"), "{error}");
    let error = serve(&format!("{app}key = \"k\"\n[media]\nurl_secret = \"hidden\""), &[]);
    assert!(error.contains("media.url_secret") && !error.contains("hidden"), "{error}");
}

#[test]
fn a_busy_address_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for flag in ["--listen", "--rtmp-listen", "--http-flv-listen", "--web-listen"] {
        let mut arguments = vec!["serve", "--app-id", APP];
        for other in ["--listen", "--rtmp-listen", "--http-flv-listen", "--web-listen"] {
            arguments.extend([other, if other == flag { address.as_str() } else { "127.0.0.1:0" }]);
        }
        let output = run(&arguments, Some(KEY));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(&address), "{flag}: {error}");
    }
}

#[test]
fn a_public_host_that_no_url_can_hold_is_refused() {
    for host in ["", "127.0.0.1:1935", "rtmp://media.example", "a b", "media.example/live"] {
        let arguments = ["serve", "--app-id", APP, "--listen", "127.0.0.1:0", "--public-host", host];
        let output = run(&arguments, Some(KEY));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains("--public-host"), "{host:?}: {error}");
    }
}

#[test]
fn help_names_every_command_and_hides_keys() {
    let output = run(&["--help"], None);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && help.contains("serve") && help.contains("token"), "{help}");
    for verb in [&["serve", "--help"][..], &["token", "mint", "--help"], &["token", "inspect", "--help"]] {
        let output = run(verb, Some("hidden-key"));
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && !help.contains("hidden-key"), "{help}");
        assert!(help.contains("MINIAPP_RTC_APP_KEY"), "{help}");
    }
}

#[test]
fn a_privilege_ends_with_its_token_or_before() {
    let mint = |own: &str| {
        let token = ["token", "mint", "--app-id", APP, "--room", "r", "--user", "u", "--publish", "--expire", "1h"];
        run(&[&token[..], &["--publish-expire", own]].concat(), Some(KEY))
    };
    assert!(mint("1h").status.success());
    for own in ["0s", "2h"] {
        let output = mint(own);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains("--publish-expire"), "{own}: {error}");
    }
}

#[test]
fn values_that_nothing_can_work_with_are_refused_by_the_name_of_their_key() {
    for (toml, key) in [
        ("[socket]\njoin_ms = 0", "socket.join_ms"),
        ("[times]\nresume_ms = 0", "times.resume_ms"),
        ("[socket]\nqueue_bytes = 0", "socket.queue_bytes"),
        ("[room]\npublishers = 0", "room.publishers"),
        ("[socket]\nframes_burst = 0", "socket.frames_burst"),
        ("[room]\nlog_events = 0", "room.log_events"),
        ("[media]\nrtmp_public = \"http://x/y z\"\nhttp_flv_public = \"x:1\"", "media.rtmp_public"),
    ] {
        let mut config = tempfile::NamedTempFile::new().expect("temporary file");
        writeln!(config, "{toml}").expect("configuration");
        let path = config.path().to_str().expect("a path");
        let output = run(&["serve", "--listen", "127.0.0.1:0", "--app-id", APP, "--config", path], Some(KEY));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(key), "{toml}: {error}");
    }
}

/// What `--check-config` says of a file: whether it is in order, and the errors.
fn check_config(toml: &str) -> (bool, String) {
    let mut config = tempfile::NamedTempFile::new().expect("temporary file");
    writeln!(config, "{toml}").expect("configuration");
    let path = config.path().to_str().expect("a path");
    let output = run(&["serve", "--check-config", "--app-id", APP, "--config", path], Some(KEY));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.contains("in order"), output.status.success(), "{said}");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_configuration_is_checked_without_serving() {
    assert!(check_config("listen = \"127.0.0.1:8080\"\n[socket]\njoin_ms = 5000").0);
    let (is_good, error) = check_config("[socket]\njoin_ms = 1\n[room]\npublishers = 0\n[media]\nlease_s = 1");
    assert!(!is_good);
    for key in ["socket.join_ms must be 100", "room.publishers must be 1", "media.lease_s must be 10"] {
        assert!(error.contains(key), "all of them are told: {error}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_told_with_its_key_and_what_is_allowed() {
    for (toml, key, allowed) in [
        ("[socket]\njoin_ms = -1", "line 2, socket.join_ms", "a whole number from 0 to 4294967295"),
        ("[socket]\nqueue_bytes = \"many\"", "line 2, socket.queue_bytes", "a whole number"),
        ("socket = { join_ms = 1.5 }", "line 1, socket.join_ms", "a whole number"),
        ("listen = \"8080\"", "line 1, listen", "an IP address and a port"),
        ("[[apps]]\nid = \"0123456789abcdef01234567\"\nkey = \"k\"\n[[apps]]\nid = \"x\"", "apps[1].id", "24"),
        ("[media]\nhttp_flv_scheme = \"ftp\"", "media.http_flv_scheme", "`http` or `https`"),
        ("[times]\nping = 1", "times.ping", "`ping_ms`"),
        ("[media]\nurl_secret = 1234567890123456", "media.url_secret", "expected a text"),
    ] {
        let (is_good, error) = check_config(toml);
        assert!(!is_good && error.contains(key) && error.contains(allowed), "{toml}: {error}");
        assert!(!error.contains("1234567890123456"), "{error}");
    }
}

#[test]
fn a_number_of_zero_is_refused_by_its_key_where_nothing_could_work_with_it() {
    use miniapp_rtc_gateway::lobby::LobbyLimits;
    use miniapp_rtc_gateway::node::SocketPolicy;
    use miniapp_rtc_gateway::room::{RoomLimits, RoomTimes};

    let useful = [
        "room.invisible_members",
        "room.kept_results",
        "times.kept_result_ms",
        "times.token_warning_s",
        "socket.bad_frames_per_minute",
        "socket.excess_frames_per_minute",
        "socket.drain_spread_ms",
        "media.cache_bytes",
    ];
    let media =
        ["lease_s", "reconcile_ms", "connections", "players_per_stream", "message_bytes", "cache_bytes", "held_bytes"];
    let keys = |defaults: Result<Value, _>| -> Vec<String> {
        let defaults: Result<Value, serde_json::Error> = defaults;
        defaults.expect("JSON").as_object().expect("an object").keys().cloned().collect()
    };
    for (section, keys) in [
        ("room", keys(serde_json::to_value(RoomLimits::default()))),
        ("times", keys(serde_json::to_value(RoomTimes::default()))),
        ("socket", keys(serde_json::to_value(SocketPolicy::default()))),
        ("lobby", keys(serde_json::to_value(LobbyLimits::default()))),
        ("media", media.map(String::from).to_vec()),
    ] {
        for key in keys {
            let name = format!("{section}.{key}");
            let (is_good, error) = check_config(&format!("[{section}]\n{key} = 0"));
            assert_eq!(is_good, useful.contains(&name.as_str()), "{name}: {error}");
            assert!(is_good || error.contains(&format!("{name} must be")), "{name}: {error}");
        }
    }
}
