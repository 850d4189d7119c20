//! Arguments: what JavaScript hands to a method, read field by field into calls and reports.

use alloc::string::String;
use core::fmt::Display;

use super::background::BackgroundPolicy;
use super::call::{
    Call, InitCall, JoinCall, MuteLocalCall, MuteRemoteCall, OwnStream, SetBusinessIdCall, SetUserVisibilityCall,
    SubscribeCall, UnsubscribeCall, UpdateTokenCall, kind_of,
};
use super::error::{ErrorNumber, RtcError};
use super::report::{NativeReport, Said};
use super::transport::TransportChoice;
use crate::media::NetStatus;
use crate::protocol::fields::{BadField, Fields};
use crate::protocol::{AppId, BusinessId, Document, InvalidId, Role, RoomId, Secret, Tracks, UserId};

impl Call {
    /// Reads a call by the vendor's method name.
    ///
    /// # Errors
    /// `INVALID_PARAMS`, naming the argument.
    pub fn decode<D: Document>(method: &str, arguments: D) -> Result<Self, RtcError> {
        let arguments = Arguments { method, fields: Fields(arguments) };
        Ok(match method {
            "destroy" => Self::Destroy,
            "init" => Self::Init(InitCall {
                app_id: arguments.id("appId", AppId::parse)?,
                gateways: arguments
                    .told(arguments.fields.need("gateways", texts), "must be a string or an array of strings")?,
                transport: arguments.transport()?,
                background: arguments.background()?,
            }),
            "join" => Self::Join(JoinCall {
                token: arguments.token()?,
                room_id: arguments.id("roomId", RoomId::parse)?,
                user_id: arguments.id("userId", UserId::parse)?,
            }),
            "leave" => Self::Leave,
            "muteLocal" => Self::MuteLocal(MuteLocalCall { on: arguments.unmuted()?, screen: arguments.screen()? }),
            "muteRemote" => Self::MuteRemote(MuteRemoteCall {
                uid: arguments.uid()?,
                on: arguments.unmuted()?,
                screen: arguments.screen()?,
            }),
            "publish" => Self::Publish(OwnStream { screen: arguments.screen()? }),
            "setBusinessId" => {
                Self::SetBusinessId(SetBusinessIdCall { business_id: arguments.id("businessId", BusinessId::parse)? })
            }
            "setUserVisibility" => {
                Self::SetUserVisibility(SetUserVisibilityCall { enable: arguments.truth("enable")? })
            }
            "subscribe" => Self::Subscribe(SubscribeCall {
                uid: arguments.uid()?,
                tracks: arguments.wanted()?,
                screen: arguments.screen()?,
            }),
            "unpublish" => Self::Unpublish(OwnStream { screen: arguments.screen()? }),
            "unsubscribe" => Self::Unsubscribe(UnsubscribeCall { uid: arguments.uid()?, screen: arguments.screen()? }),
            "updateToken" => Self::UpdateToken(UpdateTokenCall { token: arguments.token()? }),
            _ => return Err(invalid(method, "it", "is not a method of the client")),
        })
    }
}

impl NativeReport {
    /// Reads a report by the vendor's method name.
    ///
    /// # Errors
    /// `INVALID_PARAMS`, naming the argument.
    pub fn decode<D: Document>(method: &str, arguments: D) -> Result<Self, RtcError> {
        let arguments = Arguments { method, fields: Fields(arguments) };
        let (role, user) = match method {
            "reportPusherStateChange" | "reportPusherNetStatusChange" => (Role::Pusher, None),
            "reportPlayerStateChange" | "reportPlayerNetStatusChange" => (Role::Player, Some(arguments.uid()?)),
            _ => return Err(invalid(method, "it", "is not a report of the client")),
        };
        let code = arguments.told(arguments.fields.optional("code", code), "must be a whole number")?;
        let what = match (code, arguments.fields.0.member("info")) {
            (Some(code), _) => Said::Code(code),
            (None, Some(info)) => Said::Net(NetStatus::read(&info)),
            (None, None) => return Err(invalid(method, "code or info", "is missing")),
        };
        Ok(Self { role, user, kind: kind_of(arguments.screen()?), what })
    }
}

/// The arguments of one method.
struct Arguments<'a, D> {
    method: &'a str,
    fields: Fields<D>,
}

impl<D: Document> Arguments<'_, D> {
    fn told<T>(&self, read: Result<T, BadField>, wanted: &'static str) -> Result<T, RtcError> {
        read.map_err(|BadField(argument)| invalid(self.method, argument, wanted))
    }

    fn token(&self) -> Result<Secret, RtcError> {
        self.told(self.fields.text("token"), TEXT).map(Secret::new)
    }

    fn id<T>(&self, argument: &'static str, parse: fn(String) -> Result<T, InvalidId>) -> Result<T, RtcError> {
        let text = self.told(self.fields.text(argument), TEXT)?;
        parse(text).map_err(|error| invalid(self.method, argument, error))
    }

    fn uid(&self) -> Result<UserId, RtcError> {
        self.id("uid", UserId::parse)
    }

    fn background(&self) -> Result<BackgroundPolicy, RtcError> {
        match self.told(self.fields.optional_text("background"), TEXT)? {
            None => Ok(BackgroundPolicy::Mute),
            Some(word) => BackgroundPolicy::named(&word).ok_or_else(|| {
                invalid(self.method, "background", one_of(BackgroundPolicy::ALL, BackgroundPolicy::name))
            }),
        }
    }

    fn transport(&self) -> Result<TransportChoice, RtcError> {
        match self.told(self.fields.optional_text("transport"), TEXT)? {
            None => Ok(TransportChoice::default()),
            Some(word) => TransportChoice::named(&word)
                .ok_or_else(|| invalid(self.method, "transport", one_of(TransportChoice::ALL, TransportChoice::name))),
        }
    }

    /// The tracks that a mute leaves on. In the vendor's methods, since SDK 3.1.0, true turns a track **off**.
    fn unmuted(&self) -> Result<Tracks, RtcError> {
        let off = Tracks { audio: self.truth("audio")?, video: self.truth("video")? };
        Ok(Tracks::BOTH.without(off))
    }

    /// The tracks that a subscription names: true, or absent, where the page wants one.
    fn wanted(&self) -> Result<Tracks, RtcError> {
        let is_wanted = |track| Ok(self.told(self.fields.optional_truth(track), TRUTH)?.unwrap_or(true));
        Ok(Tracks { audio: is_wanted("audio")?, video: is_wanted("video")? })
    }

    fn truth(&self, argument: &'static str) -> Result<bool, RtcError> {
        self.told(self.fields.truth(argument), TRUTH)
    }

    fn screen(&self) -> Result<bool, RtcError> {
        self.told(self.fields.optional_truth("screen"), TRUTH).map(Option::unwrap_or_default)
    }
}

const TEXT: &str = "must be a string";
const TRUTH: &str = "must be true or false";

fn texts<D: Document>(value: &D) -> Option<alloc::vec::Vec<String>> {
    value.elements()?.iter().map(D::text).collect()
}

fn code<D: Document>(value: &D) -> Option<i32> {
    let number = value.number()?;
    let code = number as i32;
    (f64::from(code) == number).then_some(code)
}

/// What an argument must be that is one of these words: "must be a, b or c".
fn one_of<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> String {
    let mut said = String::from("must be ");
    for (index, word) in all.iter().enumerate() {
        said.push_str(match index {
            0 => "",
            _ if index + 1 == all.len() => " or ",
            _ => ", ",
        });
        said.push_str(name(*word));
    }
    said
}

fn invalid(method: &str, argument: &str, what: impl Display) -> RtcError {
    let what = alloc::string::ToString::to_string(&what);
    RtcError::new(ErrorNumber::InvalidParams, [method, ": ", argument, " ", &what].concat())
}
