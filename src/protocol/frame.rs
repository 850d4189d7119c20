//! Frames: the two envelopes that cross the socket, one for each direction.
//!
//! Both are decoded kind first and body second: the head says which body follows, so unknown kinds survive and no
//! decoder has to guess.

use alloc::string::String;

use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::document::{DecodeError, Document};
use super::error_code::{ErrorCode, Refusal};
use super::event::{Event, EventKind, Position};
use super::fields::{BadField, Fields};
use super::id::{Epoch, OperationId};
use super::methods::{Method, Request};
use super::request::Notice;

/// A frame from client to gateway.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientFrame {
    /// A one-way message.
    Notice(Notice),
    /// A request that awaits an answer.
    Request(RequestFrame),
    /// A one-way message of a later version; to be ignored.
    Unknown(String),
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestFrame {
    /// The request's number on its socket, from 1; the answer repeats the number.
    pub id: u32,
    /// The operation's name, which outlives the socket: the gateway carries out a repeated operation once and gives the
    /// first answer again. `None` where a repeat does no harm.
    pub operation: Option<OperationId>,
    /// What the client asks.
    pub request: Request,
}

/// A client frame that the gateway refuses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BadClientFrame {
    /// The frame's id; `None` where the frame has none that can be read, or 0.
    pub id: Option<u32>,
    /// The method that the frame names; `None` where it names none of version 1.
    pub method: Option<Method>,
    /// What the gateway sends back.
    pub refusal: Refusal,
}

/// A frame from gateway to client.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerFrame {
    /// A request was granted.
    Answer {
        /// The request's id.
        id: u32,
        /// The request's method.
        method: Method,
        /// What the method gave.
        answer: Answer,
    },
    /// The gateway tells something that the client did not ask for.
    Event {
        /// Where the event stands in the room's history; `None` for an event that concerns this client alone.
        position: Option<Position>,
        /// What the gateway tells.
        event: Event,
    },
    /// A request was refused, or (without an id) a frame could not be read.
    Refusal {
        /// The request's id; `None` for a frame whose id the gateway could not read.
        id: Option<u32>,
        /// Why the gateway refused.
        refusal: Refusal,
    },
}

#[derive(Deserialize)]
struct ClientHead {
    #[serde(default)]
    id: Option<u32>,
    #[serde(default)]
    op: Option<OperationId>,
    #[serde(default)]
    m: Option<String>,
}

/// What can still be answered when the rest of the head is broken.
#[derive(Deserialize)]
struct IdOnly {
    #[serde(default)]
    id: Option<u32>,
}

impl ClientFrame {
    /// Reads a frame of a client.
    ///
    /// # Errors
    /// [`BadClientFrame`] carries the refusal to send back; the socket survives.
    pub fn decode<D: Document>(text: &str) -> Result<Self, BadClientFrame> {
        let document = D::parse(text).map_err(|error| bad(None, None, ErrorCode::BadFrame, &error))?;
        let head: ClientHead = document.read("frame").map_err(|error| {
            let id = document.read("frame").ok().and_then(|IdOnly { id }| id).filter(|id| *id != 0);
            bad(id, None, ErrorCode::BadFrame, &error)
        })?;
        let Some(name) = head.m else {
            let id = head.id.filter(|id| *id != 0);
            return Err(bad(id, None, ErrorCode::BadFrame, &DecodeError::NotAFrame("it has no m")));
        };
        let Some(id) = head.id else {
            return Self::decode_notice(&document, name);
        };
        if id == 0 {
            return Err(bad(None, None, ErrorCode::BadFrame, &DecodeError::NotAFrame("id must not be 0")));
        }
        let Some(method) = Method::named(&name) else {
            let refusal =
                Refusal::new(ErrorCode::UnknownMethod, "this gateway speaks version 1, which has no such method");
            return Err(BadClientFrame { id: Some(id), method: None, refusal });
        };
        let parameters = document
            .member("p")
            .or_else(|| D::parse("{}").ok())
            .ok_or_else(|| bad(Some(id), Some(method), ErrorCode::BadFrame, &DecodeError::NotJson))?;
        let request = Request::decode(method, &parameters)
            .map_err(|error| bad(Some(id), Some(method), ErrorCode::BadRequest, &error))?;
        Ok(Self::Request(RequestFrame { id, operation: head.op, request }))
    }

    fn decode_notice<D: Document>(document: &D, name: String) -> Result<Self, BadClientFrame> {
        if name != Notice::REPORT {
            return match Method::named(&name) {
                Some(method) => {
                    Err(bad(None, Some(method), ErrorCode::BadFrame, &DecodeError::NotAFrame("a request needs an id")))
                }
                None => Ok(Self::Unknown(name)),
            };
        }
        let report = document
            .member("p")
            .ok_or(DecodeError::NotAFrame("it has no p"))
            .and_then(|parameters| parameters.read(Notice::REPORT))
            .map_err(|error| bad(None, None, ErrorCode::BadRequest, &error))?;
        Ok(Self::Notice(Notice::Report(report)))
    }
}

fn bad(id: Option<u32>, method: Option<Method>, code: ErrorCode, error: &DecodeError) -> BadClientFrame {
    use alloc::string::ToString;
    BadClientFrame { id, method, refusal: Refusal::new(code, error.to_string()) }
}

impl Serialize for RequestFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut frame = serializer.serialize_struct("Request", 4)?;
        frame.serialize_field("id", &self.id)?;
        match &self.operation {
            Some(operation) => frame.serialize_field("op", operation)?,
            None => frame.skip_field("op")?,
        }
        frame.serialize_field("m", self.request.method().name())?;
        frame.serialize_field("p", &self.request)?;
        frame.end()
    }
}

impl Serialize for ClientFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Request(frame) => frame.serialize(serializer),
            Self::Notice(notice) => {
                let mut frame = serializer.serialize_struct("Notice", 2)?;
                frame.serialize_field("m", notice.name())?;
                frame.serialize_field("p", notice)?;
                frame.end()
            }
            Self::Unknown(name) => {
                let mut frame = serializer.serialize_struct("Notice", 1)?;
                frame.serialize_field("m", name)?;
                frame.end()
            }
        }
    }
}

impl ServerFrame {
    /// Reads a frame of a gateway.
    ///
    /// # Errors
    /// [`DecodeError`] where the text is no frame of version 1. The client drops such a text. Where it was an ordered
    /// event, the client notices the gap at the next ordered event.
    pub fn decode<D: Document>(text: &str) -> Result<Self, DecodeError> {
        let document = D::parse(text)?;
        if !document.is_object() {
            return Err(DecodeError::NotAFrame("it is no object"));
        }
        let head = Fields(document);
        let of_head = |field: BadField| field.of("frame");
        if let Some(name) = head.optional_text("ev").map_err(of_head)? {
            let position = head.position()?;
            let Some(kind) = EventKind::named(&name) else {
                return Ok(Self::Event { position, event: Event::Unknown(name) });
            };
            let body = head.optional_object("d").and_then(|body| body.ok_or(BadField("d"))).map_err(of_head)?;
            let event = body.event(kind).map_err(|field| field.of(&name))?;
            return Ok(Self::Event { position, event });
        }
        let id = head.optional_number("id").map_err(of_head)?;
        if let Some(error) = head.optional_object("err").map_err(of_head)? {
            return Ok(Self::Refusal { id, refusal: error.refusal().map_err(|field| field.of("err"))? });
        }
        let name = head.optional_text("m").map_err(of_head)?;
        let body = head.optional_object("ok").map_err(of_head)?;
        let (Some(id), Some(name), Some(body)) = (id, name, body) else {
            return Err(DecodeError::NotAFrame("it has neither ev, err nor id, m and ok"));
        };
        let Some(method) = Method::named(&name) else {
            return Err(DecodeError::NotAFrame("it answers a method that was never asked"));
        };
        let answer = body.answer(method).map_err(|field| field.of(&name))?;
        Ok(Self::Answer { id, method, answer })
    }
}

impl<D: Document> Fields<D> {
    /// Where the event of this head stands in its room's history; `None` for an event without `ep` and `off`.
    fn position(&self) -> Result<Option<Position>, DecodeError> {
        let of_head = |field: BadField| field.of("frame");
        let epoch = self.optional_text("ep").map_err(of_head)?;
        match (epoch, self.optional_number("off").map_err(of_head)?) {
            (Some(epoch), Some(offset)) => match Epoch::parse(epoch) {
                Ok(epoch) => Ok(Some(Position { epoch, offset })),
                Err(_) => Err(BadField("ep").of("frame")),
            },
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => Err(DecodeError::NotAFrame("ep and off belong together")),
        }
    }
}

impl Serialize for ServerFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Answer { id, method, answer } => {
                let mut frame = serializer.serialize_struct("Answer", 3)?;
                frame.serialize_field("id", id)?;
                frame.serialize_field("m", method.name())?;
                frame.serialize_field("ok", answer)?;
                frame.end()
            }
            Self::Event { position, event } => {
                let mut frame = serializer.serialize_struct("Event", 4)?;
                frame.serialize_field("ev", event.name())?;
                match position {
                    Some(position) => {
                        frame.serialize_field("ep", &position.epoch)?;
                        frame.serialize_field("off", &position.offset)?;
                    }
                    None => {
                        frame.skip_field("ep")?;
                        frame.skip_field("off")?;
                    }
                }
                if matches!(event, Event::Unknown(_)) {
                    frame.skip_field("d")?;
                } else {
                    frame.serialize_field("d", event)?;
                }
                frame.end()
            }
            Self::Refusal { id, refusal } => {
                let mut frame = serializer.serialize_struct("Refusal", 2)?;
                match id {
                    Some(id) => frame.serialize_field("id", id)?,
                    None => frame.skip_field("id")?,
                }
                frame.serialize_field("err", refusal)?;
                frame.end()
            }
        }
    }
}
