//! The `live-pusher` table: what each code of its `statechange` and `error` events means.

use super::meaning::Advice::{Background, Interrupted, NewUrl, Nothing, Permission, PlayAgain, Remount, Wait};
use super::meaning::Severity::{Fatal, Info, Notice, Warning};
use super::meaning::{Meaning, Row, is_ascending, look_up, lost, row};
use crate::protocol::Health::{Connecting, Failed, Live, Retrying, Weak};

/// What a code of `live-pusher` means: `statechange` `detail.code`, or `error` `detail.errCode` (their numbers differ).
pub fn pusher(code: i32) -> Meaning {
    look_up(ROWS, code)
}

/// 1001 tells no health: with some clients it follows 1008, and a live stream must not seem to connect again.
const ROWS: &[Row] = &[
    row(-100_018, Fatal, Some(Failed), NewUrl),
    row(-3301, Fatal, Some(Failed), NewUrl),
    row(-1326, Fatal, Some(Failed), NewUrl),
    row(-1325, Fatal, Some(Failed), PlayAgain),
    row(-1324, Fatal, Some(Failed), NewUrl),
    row(-1319, Fatal, Some(Failed), PlayAgain),
    lost(-1317, Permission),
    row(-1316, Fatal, Some(Failed), PlayAgain),
    lost(-1314, Permission),
    row(-1313, Fatal, Some(Failed), NewUrl),
    row(-1312, Warning, None, Nothing),
    row(-1311, Warning, Some(Weak), Remount),
    row(-1310, Fatal, Some(Failed), PlayAgain),
    lost(-1309, Nothing),
    lost(-1308, Permission),
    row(-1307, Fatal, Some(Failed), NewUrl),
    lost(-1306, Nothing),
    lost(-1305, Nothing),
    row(-1304, Fatal, Some(Failed), PlayAgain),
    row(-1303, Fatal, Some(Failed), PlayAgain),
    lost(-1302, Permission),
    lost(-1301, Permission),
    row(1001, Info, None, Nothing),
    row(1002, Info, Some(Live), Nothing),
    row(1003, Info, None, Nothing),
    row(1004, Info, None, Nothing),
    row(1005, Info, None, Nothing),
    row(1006, Info, None, Nothing),
    row(1007, Info, None, Nothing),
    row(1008, Info, Some(Live), Nothing),
    row(1018, Info, None, Nothing),
    row(1019, Info, None, Nothing),
    row(1020, Info, None, Nothing),
    row(1021, Fatal, Some(Failed), PlayAgain),
    row(1022, Fatal, Some(Failed), NewUrl),
    row(1031, Info, None, Nothing),
    row(1032, Info, None, Nothing),
    row(1033, Info, None, Nothing),
    row(1034, Info, None, Nothing),
    row(1101, Warning, Some(Weak), Nothing),
    row(1102, Warning, Some(Retrying), Wait),
    row(1103, Notice, None, Nothing),
    row(1104, Warning, Some(Weak), Wait),
    row(1105, Notice, None, Nothing),
    row(1106, Notice, None, Nothing),
    row(1107, Notice, None, Nothing),
    row(2027, Info, None, Nothing),
    row(2029, Info, None, Nothing),
    row(3001, Warning, Some(Retrying), Wait),
    row(3002, Warning, Some(Retrying), Wait),
    row(3003, Warning, Some(Retrying), Wait),
    row(3004, Fatal, Some(Failed), NewUrl),
    row(3005, Warning, Some(Retrying), Wait),
    row(4998, Info, None, Nothing),
    row(4999, Info, None, Nothing),
    row(5000, Warning, Some(Connecting), Background),
    row(5001, Warning, Some(Connecting), Interrupted),
    lost(10_001, Permission),
    lost(10_002, Permission),
    row(10_003, Notice, None, Nothing),
    row(10_004, Notice, None, Nothing),
];

const _: () = assert!(is_ascending(ROWS));
