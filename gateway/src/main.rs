//! The gateway of miniapp-rtc.

use std::process::ExitCode;

fn main() -> ExitCode {
    miniapp_rtc_gateway::cli::run()
}
