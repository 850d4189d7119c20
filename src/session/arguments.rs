//! Arguments: everything that JavaScript may hand to a method, each optional, and the calls and reports made of them.
//!
//! One decoder serves all methods, for the same reason as in `protocol`: the WASM module carries it once.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;

use serde::Deserialize;

use super::call::{
    Call, Init, Join, Kind, MuteLocal, MuteRemote, SetBusinessId, SetUserVisibility, Subscribe, Unsubscribe, kind_of,
};
use super::error::{ErrorNumber, RtcError};
use super::report::{NativeReport, Said};
use crate::media::NetStatus;
use crate::protocol::{AppId, BusinessId, DecodeError, Document, InvalidId, Role, RoomId, Secret, UserId};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Arguments {
    app_id: Option<String>,
    audio: Option<bool>,
    business_id: Option<String>,
    code: Option<i32>,
    enable: Option<bool>,
    gateways: Option<Vec<String>>,
    info: Option<NetStatus>,
    room_id: Option<String>,
    screen: Option<bool>,
    token: Option<String>,
    transport: Option<String>,
    uid: Option<String>,
    user_id: Option<String>,
    video: Option<bool>,
}

impl Call {
    /// Reads a call by the vendor's method name.
    ///
    /// # Errors
    /// `INVALID_PARAMS`, naming the argument.
    pub fn decode<D: Document>(method: &str, arguments: &D) -> Result<Self, RtcError> {
        let arguments = read(method, arguments)?;
        let kind = Kind { screen: arguments.screen.unwrap_or_default() };
        let screen = kind.screen;
        Ok(match method {
            "destroy" => Self::Destroy,
            "init" => Self::Init(Init {
                app_id: id(method, "appId", arguments.app_id, AppId::parse)?,
                gateways: need(method, "gateways", arguments.gateways)?,
                transport: arguments.transport,
            }),
            "join" => Self::Join(Join {
                token: Secret::new(need(method, "token", arguments.token)?),
                room_id: id(method, "roomId", arguments.room_id, RoomId::parse)?,
                user_id: id(method, "userId", arguments.user_id, UserId::parse)?,
            }),
            "leave" => Self::Leave,
            "muteLocal" => Self::MuteLocal(MuteLocal {
                audio: need(method, "audio", arguments.audio)?,
                video: need(method, "video", arguments.video)?,
                screen,
            }),
            "muteRemote" => Self::MuteRemote(MuteRemote {
                uid: id(method, "uid", arguments.uid, UserId::parse)?,
                audio: need(method, "audio", arguments.audio)?,
                video: need(method, "video", arguments.video)?,
                screen,
            }),
            "publish" => Self::Publish(kind),
            "setBusinessId" => Self::SetBusinessId(SetBusinessId {
                business_id: id(method, "businessId", arguments.business_id, BusinessId::parse)?,
            }),
            "setUserVisibility" => {
                Self::SetUserVisibility(SetUserVisibility { enable: need(method, "enable", arguments.enable)? })
            }
            "subscribe" => Self::Subscribe(Subscribe {
                uid: id(method, "uid", arguments.uid, UserId::parse)?,
                audio: arguments.audio,
                video: arguments.video,
                screen,
            }),
            "unpublish" => Self::Unpublish(kind),
            "unsubscribe" => {
                Self::Unsubscribe(Unsubscribe { uid: id(method, "uid", arguments.uid, UserId::parse)?, screen })
            }
            _ => return Err(invalid(method, "", "is not a method of the client")),
        })
    }
}

impl NativeReport {
    /// Reads a report by the vendor's method name.
    ///
    /// # Errors
    /// `INVALID_PARAMS`, naming the argument.
    pub fn decode<D: Document>(method: &str, arguments: &D) -> Result<Self, RtcError> {
        let arguments = read(method, arguments)?;
        let (role, user) = match method {
            "reportPusherStateChange" | "reportPusherNetStatusChange" => (Role::Pusher, None),
            "reportPlayerStateChange" | "reportPlayerNetStatusChange" => {
                (Role::Player, Some(id(method, "uid", arguments.uid, UserId::parse)?))
            }
            _ => return Err(invalid(method, "", "is not a report of the client")),
        };
        let what = match (arguments.code, arguments.info) {
            (Some(code), _) => Said::Code(code),
            (None, Some(info)) => Said::Net(info),
            (None, None) => return Err(invalid(method, "code or info", "is missing")),
        };
        Ok(Self { role, user, kind: kind_of(arguments.screen.unwrap_or_default()), what })
    }
}

fn read<D: Document>(method: &str, arguments: &D) -> Result<Arguments, RtcError> {
    arguments.read(method).map_err(|error| match error {
        DecodeError::Body { detail, .. } => invalid(method, "", &detail),
        DecodeError::NotJson | DecodeError::NotAFrame(_) => invalid(method, "", "takes an object"),
    })
}

fn need<T>(method: &str, argument: &str, value: Option<T>) -> Result<T, RtcError> {
    value.ok_or_else(|| invalid(method, argument, "is missing"))
}

fn id<T>(
    method: &str,
    argument: &str,
    value: Option<String>,
    parse: fn(String) -> Result<T, InvalidId>,
) -> Result<T, RtcError> {
    parse(need(method, argument, value)?).map_err(|error| invalid(method, argument, error))
}

fn invalid(method: &str, argument: &str, what: impl Display) -> RtcError {
    let what = alloc::string::ToString::to_string(&what);
    RtcError::new(ErrorNumber::InvalidParams, [method, ": ", argument, " ", &what].concat())
}
