//! Reports: what native pushers and players say, in the shapes of the vendor's four `report…` methods.

use alloc::string::String;

use serde::{Deserialize, Deserializer};

use super::call::kind_of;
use super::error::{ErrorNumber, RtcError};
use crate::media::NetStatus;
use crate::protocol::{Document, Role, StreamKind, UserId};

/// Something a native tag said.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeReport {
    /// Which end of a stream speaks.
    pub role: Role,
    /// The stream's publisher; `None` for ourselves.
    pub user: Option<UserId>,
    /// What the stream shows.
    pub kind: StreamKind,
    /// What was said.
    pub what: Said,
}

/// What a native tag says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// `statechange`.
    Code(i32),
    /// `netstatus`.
    Net(NetStatus),
}

#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    uid: Option<UserId>,
    #[serde(default)]
    screen: Option<bool>,
    #[serde(default, deserialize_with = "lenient_code")]
    code: Option<i32>,
    #[serde(default)]
    info: Option<NetStatus>,
}

/// Phones hand codes over as numbers or as numeric texts.
fn lenient_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Number(i32),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Code::deserialize(deserializer)? {
        Code::Number(code) => Some(code),
        Code::Text(text) => text.trim().parse().ok(),
        Code::Other(_) => None,
    })
}

impl NativeReport {
    /// Reads a report by the vendor's method name.
    ///
    /// # Errors
    /// `INVALID_PARAMS`, naming the argument.
    pub fn decode<D: Document>(method: &str, arguments: &D) -> Result<Self, RtcError> {
        let invalid = |reason: &'static str| RtcError::new(ErrorNumber::InvalidParams, reason);
        let role = match method {
            "reportPusherStateChange" | "reportPusherNetStatusChange" => Role::Pusher,
            "reportPlayerStateChange" | "reportPlayerNetStatusChange" => Role::Player,
            _ => return Err(invalid("the client has no such report")),
        };
        let arguments: Arguments = arguments
            .read(method)
            .map_err(|_| invalid("a report needs the code or info of the native event, and a player's uid"))?;
        if role == Role::Player && arguments.uid.is_none() {
            return Err(invalid("a player's report needs the uid of the stream's publisher"));
        }
        let said = match (arguments.code, arguments.info) {
            (Some(code), _) => Said::Code(code),
            (None, Some(info)) => Said::Net(info),
            (None, None) => return Err(invalid("a report needs the code or info of the native event")),
        };
        Ok(Self { role, user: arguments.uid, kind: kind_of(arguments.screen.unwrap_or(false)), what: said })
    }
}
