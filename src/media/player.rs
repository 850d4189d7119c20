//! The `live-player` table: what each code of its `statechange` event means.

use super::meaning::Advice::{NewUrl, Nothing, PlayAgain, Wait};
use super::meaning::Severity::{Fatal, Info, Notice, Warning};
use super::meaning::{Meaning, Row, is_ascending, look_up, row};
use crate::protocol::Health::{Connecting, Failed, Live, Retrying, Weak};

/// What a code of `live-player` means: `statechange` `detail.code`.
pub fn player(code: i32) -> Meaning {
    look_up(ROWS, code)
}

/// 2001, 2002 and 2008 tell no health: a stream without a publisher gives them too.
const ROWS: &[Row] = &[
    row(-2308, Fatal, Some(Failed), NewUrl),
    row(-2302, Warning, Some(Weak), Nothing),
    row(-2301, Fatal, Some(Failed), NewUrl),
    row(2001, Info, None, Nothing),
    row(2002, Info, None, Nothing),
    row(2003, Info, Some(Live), Nothing),
    row(2004, Info, Some(Live), Nothing),
    row(2005, Info, None, Nothing),
    row(2006, Fatal, Some(Failed), PlayAgain),
    row(2007, Notice, Some(Connecting), Wait),
    row(2008, Info, None, Nothing),
    row(2009, Info, None, Nothing),
    row(2026, Info, Some(Live), Nothing),
    row(2027, Info, None, Nothing),
    row(2032, Notice, None, Nothing),
    row(2101, Warning, Some(Weak), Nothing),
    row(2102, Warning, Some(Weak), Nothing),
    row(2103, Warning, Some(Retrying), Wait),
    row(2104, Warning, Some(Weak), Nothing),
    row(2105, Warning, Some(Weak), Nothing),
    row(2106, Notice, None, Nothing),
    row(2107, Warning, Some(Weak), Nothing),
    row(2108, Notice, None, Nothing),
    row(3001, Warning, Some(Retrying), Wait),
    row(3002, Warning, Some(Retrying), Wait),
    row(3003, Warning, Some(Retrying), Wait),
    row(3004, Fatal, Some(Failed), NewUrl),
    row(3005, Warning, Some(Retrying), Wait),
];

const _: () = assert!(is_ascending(ROWS));
