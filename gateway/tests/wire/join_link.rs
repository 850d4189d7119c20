//! `token mint --qr`: a link, and a QR code that holds the same.

use serde_json::Value;

use super::command_line::run;
use crate::common::{APP, KEY};

const GATEWAY: &str = "wss://rtc.example.com:8443/v1?zone=a&b";
const PAGE: &str = "https://example.com/call/";

fn mint(more: &[&str]) -> std::process::Output {
    run(&[&["token", "mint", "--app-id", APP, "--publish", "--subscribe"], more].concat(), Some(KEY))
}

#[test]
fn the_code_holds_the_link_and_the_link_holds_a_valid_token() {
    // The longest names make the largest code.
    let longest = "R".repeat(128);
    for (room, user) in [("room-1", "a@b.c_d"), (longest.as_str(), longest.as_str())] {
        let output = mint(&["--room", room, "--user", user, "--qr", "--gateway", GATEWAY, "--page", PAGE]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let (code, link) = printed.trim_end_matches('\n').rsplit_once('\n').expect("a code above the link");
        assert_eq!(scanned(code), link);

        let (page, values) = link.split_once('#').expect("values that no server sees");
        assert_eq!(page, PAGE);
        let values: Vec<_> = values.split('&').map(|value| value.split_once('=').expect("a value")).collect();
        let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["gateway", "appId", "room", "user", "token"]);
        // `+` is a space to the page that reads them.
        assert!(values.iter().all(|(_, value)| !value.contains(['+', '=', '?'])), "{link}");
        let values: Vec<_> = values.iter().map(|(_, value)| unescaped(value)).collect();
        assert_eq!(&values[..4], [GATEWAY, APP, room, user]);

        let output = run(&["token", "inspect", &values[4]], Some(KEY));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(output.status.success(), "{report}");
        assert_eq!((&report["room"], &report["user"]), (&Value::from(room), &Value::from(user)));
    }
}

#[test]
fn an_address_that_no_link_can_hold_is_refused_by_its_name() {
    let links = |room: &str, gateway: &str, page: &str| {
        let output = mint(&["--room", room, "--user", "u", "--qr", "--gateway", gateway, "--page", page]);
        assert!(!output.status.success() && output.stdout.is_empty(), "{room} {gateway} {page}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for page in ["example.com", "https://", "https:///call", "https://example.com/#a=b", "https://a b/", "javascript:1"]
    {
        assert!(links("r", GATEWAY, page).contains("--page"), "{page}");
    }
    for gateway in ["https://example.com", "wss://", "example.com:8080", "wss://a b"] {
        assert!(links("r", gateway, PAGE).contains("--gateway"), "{gateway}");
    }
    assert!(links("*", GATEWAY, PAGE).contains("--room"));
    for lacking in [&["--qr"][..], &["--qr", "--page", PAGE], &["--page", PAGE, "--gateway", GATEWAY]] {
        let output = mint(&[&["--room", "r", "--user", "u"], lacking].concat());
        assert!(!output.status.success() && output.stdout.is_empty(), "{lacking:?}");
    }
}

/// What a decoder of its own reads from the printed code, photographed so that a module is 4 pixels wide.
fn scanned(code: &str) -> String {
    const PIXELS: usize = 4;
    let rows: Vec<Vec<char>> = code.lines().map(|line| line.chars().collect()).collect();
    let is_dark = |x: usize, y: usize| {
        let drawn = rows.get(y / 2).and_then(|row| row.get(x)).copied().unwrap_or(' ');
        drawn == '█' || drawn == if y.is_multiple_of(2) { '▀' } else { '▄' }
    };
    let width = rows[0].len() * PIXELS;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, rows.len() * 2 * PIXELS, |x, y| {
        if is_dark(x / PIXELS, y / PIXELS) { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code:\n{code}");
    grids[0].decode().expect("a readable code").1
}

fn unescaped(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        if let (b'%', Some(hex)) = (first, tail.get(..2)) {
            let hex = std::str::from_utf8(hex).expect("ASCII");
            bytes.push(u8::from_str_radix(hex, 16).expect("two digits"));
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
