//! The client for native programs: bots, load tests, and our own tests.

use std::boxed::Box;
use std::collections::HashMap;
use std::string::String;
use std::vec::Vec;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_channel::oneshot;
use futures_util::StreamExt;

use super::runner::{Host, Runner};
use crate::protocol::{AppId, BusinessId, RoomId, Secret, UserId};
use crate::session::{
    BackgroundPolicy, Call, CallId, ClientEvent, ConnectionState, ErrorNumber, InitCall, Input, JoinCall, LogLevel,
    MuteLocalCall, MuteRemoteCall, NativeReport, OwnStream, Reply, RtcError, SetBusinessIdCall, SetUserVisibilityCall,
    Signal, SubscribeCall, TransportChoice, UnsubscribeCall, UpdateTokenCall,
};

/// A client in at most one room. Clones are the same client; it ends with its last clone.
///
/// The methods are those of the JavaScript `Client` and must be called within a tokio runtime. Every method resolves
/// within the session's deadlines. Before `init` and after `destroy`, every method but these two fails with
/// `INVALID_PARAMS`. The addresses that methods return are secrets: they carry a signature.
#[derive(Clone)]
pub struct Client {
    runner: Runner<NativeHost>,
}

/// The events of a client, in order.
pub struct Events(UnboundedReceiver<ClientEvent>);

/// Where log lines go.
type LogSink = Box<dyn FnMut(LogLevel, &str) + Send>;

struct NativeHost {
    events: UnboundedSender<ClientEvent>,
    calls: HashMap<CallId, oneshot::Sender<Result<Reply, RtcError>>>,
    next_call: CallId,
    log: LogSink,
}

impl Host for NativeHost {
    fn emit(&mut self, event: ClientEvent) {
        // Nobody has to listen.
        let _ = self.events.unbounded_send(event);
    }

    fn log(&mut self, level: LogLevel, message: &str) {
        (self.log)(level, message);
    }

    fn settle(&mut self, call: CallId, outcome: Result<Reply, RtcError>) {
        if let Some(caller) = self.calls.remove(&call) {
            let _ = caller.send(outcome);
        }
    }
}

impl Events {
    /// Waits for the next event; `None` after the client's end.
    pub async fn next(&mut self) -> Option<ClientEvent> {
        self.0.next().await
    }
}

impl Client {
    /// A client before `init`. `seed` is any number: waiting times and operation ids are derived from it.
    pub fn new(seed: u32) -> (Self, Events) {
        Self::with_log(seed, |_, _| {})
    }

    /// As [`Client::new`]; `log` gets every log line with its level.
    pub fn with_log(seed: u32, log: impl FnMut(LogLevel, &str) + Send + 'static) -> (Self, Events) {
        let (events, receiver) = unbounded();
        let mailbox = NativeHost { events, calls: HashMap::new(), next_call: 0, log: Box::new(log) };
        (Self { runner: Runner::new(mailbox, seed) }, Events(receiver))
    }

    /// How far the client is connected to its room.
    pub fn state(&self) -> ConnectionState {
        self.runner.state()
    }

    /// Names the application and the gateways (`ws://…` or `wss://…`), the preferred first.
    ///
    /// # Errors
    /// `HAS_INITED` for a second call, `NO_WEBSOCLET_URL` for an empty list of gateways.
    pub async fn init(&self, app_id: AppId, gateways: Vec<String>) -> Result<(), RtcError> {
        self.call(Call::Init(InitCall {
            app_id,
            gateways,
            transport: TransportChoice::Rtmp,
            background: BackgroundPolicy::Mute,
        }))
        .await
        .map(drop)
    }

    /// Enters a room.
    ///
    /// # Errors
    /// `JOIN_ROOM_ERROR`, `ALREADY_IN_ROOM`, `CONNECTING`, `SIGNALING_TIMEOUT`, `WEBSOCKET_FAILED`.
    pub async fn join(&self, token: Secret, room_id: RoomId, user_id: UserId) -> Result<(), RtcError> {
        self.call(Call::Join(JoinCall { token, room_id, user_id })).await.map(drop)
    }

    /// Leaves the room. Outside of a room the call succeeds and does nothing.
    ///
    /// # Errors
    /// Only that of every method before `init` and after `destroy`.
    pub async fn leave(&self) -> Result<(), RtcError> {
        self.call(Call::Leave).await.map(drop)
    }

    /// Leaves the room and ends the client.
    ///
    /// # Errors
    /// The call never fails.
    pub async fn destroy(&self) -> Result<(), RtcError> {
        self.call(Call::Destroy).await.map(drop)
    }

    /// Publishes the camera or the screen. Returns the address for an RTMP publisher.
    ///
    /// # Errors
    /// `NOT_IN_ROOM`, `ALREADY_PUBLISHED`, `PUBLISH_ERROR`, `SIGNALING_TIMEOUT`, `WEBSOCKET_NOT_CONNECTED`.
    pub async fn publish(&self, screen: bool) -> Result<Secret, RtcError> {
        self.call(Call::Publish(OwnStream { screen })).await.and_then(address)
    }

    /// Ends the stream that the client publishes, of the camera or of the screen.
    ///
    /// # Errors
    /// `NOT_IN_ROOM`, `NOT_PUBLISHED`, `UNPUBLISH_ERRO`, `SIGNALING_TIMEOUT`, `WEBSOCKET_NOT_CONNECTED`.
    pub async fn unpublish(&self, screen: bool) -> Result<(), RtcError> {
        self.call(Call::Unpublish(OwnStream { screen })).await.map(drop)
    }

    /// Subscribes to a stream. Returns the address for an RTMP player.
    ///
    /// # Errors
    /// `NOT_IN_ROOM`, `UID_NOT_FOUND`, `STREAM_ID_NOT_FOUND`, `SUBSCRIBE_FAILED`, `SIGNALING_TIMEOUT`,
    /// `WEBSOCKET_NOT_CONNECTED`.
    pub async fn subscribe(&self, arguments: SubscribeCall) -> Result<Secret, RtcError> {
        self.call(Call::Subscribe(arguments)).await.and_then(address)
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// As [`Client::subscribe`], with `UNSUBSCRIBE_FAILED` in place of `SUBSCRIBE_FAILED`.
    pub async fn unsubscribe(&self, uid: UserId, screen: bool) -> Result<(), RtcError> {
        self.call(Call::Unsubscribe(UnsubscribeCall { uid, screen })).await.map(drop)
    }

    /// Turns tracks of the stream that the client publishes off (true) or on (false).
    ///
    /// # Errors
    /// `NOT_IN_ROOM`, `NOT_PUBLISHED`, `MUTE_LOCAL_ERROR`, `SIGNALING_TIMEOUT`, `WEBSOCKET_NOT_CONNECTED`.
    pub async fn mute_local(&self, arguments: MuteLocalCall) -> Result<(), RtcError> {
        self.call(Call::MuteLocal(arguments)).await.map(drop)
    }

    /// Turns tracks of a subscribed stream off (true) or on (false), for this client alone.
    ///
    /// # Errors
    /// As [`Client::subscribe`], with `MUTE_REMOTE_ERROR` in place of `SUBSCRIBE_FAILED`.
    pub async fn mute_remote(&self, arguments: MuteRemoteCall) -> Result<(), RtcError> {
        self.call(Call::MuteRemote(arguments)).await.map(drop)
    }

    /// Shows the user to the room (true) or hides the user (false).
    ///
    /// # Errors
    /// `SIGNALING_TIMEOUT`, `WEBSOCKET_NOT_CONNECTED`, `JOIN_ROOM_ERROR` where the room is full.
    pub async fn set_user_visibility(&self, enable: bool) -> Result<(), RtcError> {
        self.call(Call::SetUserVisibility(SetUserVisibilityCall { enable })).await.map(drop)
    }

    /// Tags the client for the application's accounting, from the next `join` on.
    ///
    /// # Errors
    /// Only that of every method before `init` and after `destroy`.
    pub async fn set_business_id(&self, business_id: BusinessId) -> Result<(), RtcError> {
        self.call(Call::SetBusinessId(SetBusinessIdCall { business_id })).await.map(drop)
    }

    /// Replaces the token of the present room before the token ends.
    ///
    /// # Errors
    /// `NOT_IN_ROOM`, `JOIN_ROOM_ERROR` for a token of another room or user, `CONNECTING` while another
    /// `update_token` waits, `SIGNALING_TIMEOUT`, `WEBSOCKET_NOT_CONNECTED`.
    pub async fn update_token(&self, token: Secret) -> Result<(), RtcError> {
        self.call(Call::UpdateToken(UpdateTokenCall { token })).await.map(drop)
    }

    /// Passes on what an RTMP publisher or player says, in WeChat's codes.
    pub fn report(&self, report: NativeReport) {
        self.runner.handle(Input::Report(report));
    }

    /// Passes on what the device says about itself: hidden, shown, offline and so on.
    pub fn signal(&self, signal: Signal) {
        self.runner.handle(Input::Signal(signal));
    }

    async fn call(&self, what: Call) -> Result<Reply, RtcError> {
        let (sender, outcome) = oneshot::channel();
        let call = self.runner.with_host(|mailbox| {
            mailbox.next_call = mailbox.next_call.wrapping_add(1);
            mailbox.calls.insert(mailbox.next_call, sender);
            mailbox.next_call
        });
        self.runner.handle(Input::Call { call, what });
        outcome.await.unwrap_or_else(|_| Err(RtcError::new(ErrorNumber::WebSocketFailed, "the client has ended")))
    }
}

fn address(reply: Reply) -> Result<Secret, RtcError> {
    match reply {
        Reply::Url(url) => Ok(url),
        Reply::Accepted(_) | Reply::Nothing | Reply::User(_) => {
            Err(RtcError::new(ErrorNumber::PublishError, "the gateway gave no address"))
        }
    }
}
