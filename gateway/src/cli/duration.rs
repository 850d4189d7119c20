//! A [`DurationArgument`] is a span of time as people write it: `90s`, `15m`, `24h`, `7d`.

use std::str::FromStr;

/// A span of time in seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DurationArgument {
    /// The duration in whole seconds.
    pub seconds: u32,
}

/// Not a span of time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidDuration {
    /// Not a number with a unit.
    #[error("write a whole number and a unit, for instance 90s, 15m, 24h or 7d")]
    Form,
    /// More seconds than a token's 32 bits hold.
    #[error("that is longer than 136 years")]
    TooLong,
}

impl FromStr for DurationArgument {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        let unit = text.chars().next_back().ok_or(InvalidDuration::Form)?;
        let number = text.strip_suffix(unit).ok_or(InvalidDuration::Form)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidDuration::Form);
        }
        let factor: u32 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(InvalidDuration::Form),
        };
        let number: u32 = number.parse().map_err(|_| InvalidDuration::TooLong)?;
        number.checked_mul(factor).map(|seconds| Self { seconds }).ok_or(InvalidDuration::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::{DurationArgument, InvalidDuration};

    #[test]
    fn durations_have_a_number_and_a_unit() {
        let seconds = |text: &str| text.parse::<DurationArgument>().map(|duration| duration.seconds);
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("15m"), Ok(900));
        assert_eq!(seconds("24h"), Ok(86_400));
        assert_eq!(seconds("7d"), Ok(604_800));
        for text in ["", "h", "24", "-1h", "1.5h", "24H", "2 h", "24时", "+1s"] {
            assert_eq!(seconds(text), Err(InvalidDuration::Form), "{text}");
        }
        assert_eq!(seconds("99999d"), Err(InvalidDuration::TooLong));
        assert_eq!(seconds("99999999999s"), Err(InvalidDuration::TooLong));
    }
}
