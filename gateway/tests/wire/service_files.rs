//! The files of `gateway/operations`: what they tell the program is what the program takes.

use std::collections::BTreeSet;
use std::process::Command;

use super::command_line::run;
use super::command_line_check::{APPLICATION, check};
use crate::common::process::BINARY;

const UNIT: &str = include_str!("../../operations/miniapp-rtc-gateway.service");
const DOCKERFILE: &str = include_str!("../../operations/Dockerfile");
const COMPOSE: &str = include_str!("../../operations/compose.yml");

/// The words of a text that begin so.
fn words<'a>(text: &'a str, beginning: &str) -> BTreeSet<&'a str> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
    text.split(|character| !is_word(character)).filter(|word| word.starts_with(beginning)).collect()
}

#[test]
fn every_variable_and_argument_that_they_give_is_known() {
    let help = String::from_utf8(run(&["serve", "--help"], None).stdout).expect("text");
    let (variables, arguments) = (words(&help, "MINIAPP_RTC_"), words(&help, "--"));
    for (file, contents) in [("unit", UNIT), ("Dockerfile", DOCKERFILE), ("compose file", COMPOSE)] {
        let given = words(contents, "MINIAPP_RTC_");
        assert!(!given.is_empty(), "{file}");
        let unknown: Vec<_> = given.difference(&variables).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
    let commands = UNIT.lines().filter(|line| line.starts_with("ExecStart"));
    let given: BTreeSet<&str> = commands.flat_map(|line| words(line, "--")).collect();
    assert_eq!(given, BTreeSet::from(["--check-config", "--config"]));
    assert!(given.is_subset(&arguments), "{given:?}");
}

#[test]
fn the_configuration_of_the_compose_file_is_in_order() {
    let (_, rest) = COMPOSE.split_once("  gateway:\n    content: |\n").expect("a configuration");
    let lines = rest.lines().map_while(|line| line.strip_prefix("      "));
    let toml = lines.collect::<Vec<_>>().join("\n").replace("${RTC_HOST}", "rtc.example.com");
    assert!(toml.contains("http_flv_public"), "{toml}");
    let arguments = ["--public-host", "rtc.example.com", "--web-public", "203.0.113.5"];
    let (is_good, error) = check(&toml, &arguments, &APPLICATION);
    assert!(is_good, "{error}");
}

#[test]
fn systemd_takes_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = folder.path().join("miniapp-rtc-gateway.service");
    let program = "/usr/local/bin/miniapp-rtc-gateway";
    assert_eq!(UNIT.matches(&format!("={program} ")).count(), 2);
    std::fs::write(&unit, UNIT.replace(program, BINARY)).expect("written");
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&unit).output() else {
        eprintln!("systemd-analyze is not installed: the unit was not looked at");
        return;
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let about_ours: Vec<_> = said.lines().filter(|line| line.contains("miniapp-rtc-gateway.service")).collect();
    assert!(output.status.success() && about_ours.is_empty(), "{said}");
}
