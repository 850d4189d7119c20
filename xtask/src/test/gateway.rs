//! The gateway that the core's tests in JavaScript engines join: a real one, started once, ended with the tests.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process::{self, Companion};
use crate::repository::Repository;

/// An application of these tests alone; fixed, as the tests are compiled with it.
const APP_ID: &str = "0123456789abcdef01234567";
const APP_KEY: &str = "0123456789abcdef0123456789abcdef";

const START: Duration = Duration::from_secs(30);

pub(super) struct TestGateway {
    /// Where it listens for WebSockets.
    address: String,
    _running: Companion,
}

/// The line that the gateway prints once it listens.
#[derive(Deserialize)]
struct Ready {
    ws: String,
}

impl TestGateway {
    /// Builds the gateway and starts it on free ports of the loopback.
    pub(super) fn start(repository: &Repository) -> Result<Self> {
        build()?;
        let mut command = process::command(repository.executable("miniapp-rtc-gateway"));
        command.arg("serve");
        for listener in ["--listen", "--rtmp-listen", "--http-flv-listen"] {
            command.args([listener, "127.0.0.1:0"]);
        }
        command.env("MINIAPP_RTC_APP_ID", APP_ID).env("MINIAPP_RTC_APP_KEY", APP_KEY).env("MINIAPP_RTC_LOG", "warn");
        let (running, line) = Companion::start(&mut command, START)?;
        let ready: Ready = serde_json::from_str(&line).context("the gateway's first line")?;
        Ok(Self { address: ready.ws, _running: running })
    }

    /// Tells the tests that a command compiles where the gateway is and how it is entered.
    pub(super) fn describe_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("MINIAPP_RTC_TEST_GATEWAY", &self.address)
            .env("MINIAPP_RTC_TEST_APP_ID", APP_ID)
            .env("MINIAPP_RTC_TEST_APP_KEY", APP_KEY)
    }
}

/// Compiles the gateway's program.
pub(super) fn build() -> Result<()> {
    process::run(process::cargo().args(["build", "--package", "miniapp-rtc-gateway"]))
}

/// Compiles the bot, a client in Rust that runs other programs for its media.
pub(super) fn build_bot() -> Result<()> {
    process::run(process::cargo().args(["build", "--package", "miniapp-rtc-gateway", "--example", "bot"]))
}
