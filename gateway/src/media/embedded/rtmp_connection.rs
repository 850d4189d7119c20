//! Runs one RTMP connection on its socket: handshake, decision, then a push or a play until one side ends it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::chunk::ChunkError;
use super::context::{Context, MediaGuest};
use super::handshake;
use super::hub::PublishRight;
use super::outlet::Closed;
use super::rtmp_session::{RtmpError, RtmpEvent, RtmpSession};
use super::subscription::Subscription;
use crate::media::{Denied, GateRefusal, StopReason};

/// How a connection ended, for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum RtmpEnd {
    #[error("the peer closed the connection")]
    PeerClosed,
    #[error("the peer finished the stream")]
    Finished,
    #[error("too many bytes came before a push or play")]
    Opening,
    #[error("nothing was accepted in time")]
    TimedOut,
    #[error("refused: {0}")]
    Refused(GateRefusal),
    #[error("no media for too long")]
    Silent,
    #[error("ended by the server")]
    EndedByServer,
    #[error("closed by the server: {0:?}")]
    Closed(Closed),
    #[error("the peer does not speak RTMP")]
    Handshake,
    #[error(transparent)]
    Protocol(#[from] RtmpError),
    #[error(transparent)]
    Socket(#[from] io::Error),
}

/// What was accepted on a connection.
enum Accepted {
    Push(PublishRight),
    Play(Subscription),
}

/// Runs the connection to its end.
pub(super) async fn run(socket: TcpStream, context: &Context, guest: &MediaGuest) {
    let session = RtmpSession::new(context.limits.message_bytes, context.budget.account());
    let mut connection = RtmpConnection { socket, session, buffer: vec![0; READ_BYTES] };
    let opened = timeout(context.limits.handshake, connection.open(context, guest)).await;
    let (id, remote) = (guest.info.id, guest.info.remote);
    match opened.unwrap_or(Err(RtmpEnd::TimedOut)) {
        Ok(accepted) => {
            let end = connection.carry(accepted, context).await;
            tracing::info!(connection = %id, %remote, %end, "rtmp connection ended");
        }
        Err(end) => {
            if let Some(left_out) = context.strangers.says() {
                tracing::info!(connection = %id, %remote, %end, left_out, "rtmp connection ended before a push or play");
            }
        }
    }
}

fn stop_reason(end: &RtmpEnd) -> StopReason {
    match end {
        RtmpEnd::Finished => StopReason::Finished,
        RtmpEnd::Silent => StopReason::Silent,
        RtmpEnd::Protocol(_) => StopReason::Malformed,
        RtmpEnd::PeerClosed
        | RtmpEnd::Opening
        | RtmpEnd::TimedOut
        | RtmpEnd::Refused(_)
        | RtmpEnd::EndedByServer
        | RtmpEnd::Closed(_)
        | RtmpEnd::Handshake
        | RtmpEnd::Socket(_) => StopReason::Disconnected,
    }
}

struct RtmpConnection {
    socket: TcpStream,
    session: RtmpSession,
    buffer: Vec<u8>,
}

impl RtmpConnection {
    /// Carries media until one side ends it.
    async fn carry(&mut self, accepted: Accepted, context: &Context) -> RtmpEnd {
        match accepted {
            Accepted::Push(publication) => {
                let end = self.publish(&publication, context.limits.silence).await;
                // Frees what the publisher made the process hold; the farewell takes its time.
                publication.finish(stop_reason(&end));
                if let RtmpEnd::Protocol(error) = end { self.fail(error).await } else { end }
            }
            Accepted::Play(subscription) => self.play(&subscription, context.limits.write).await,
        }
    }

    /// Handshake and commands, up to an accepted push or play.
    async fn open(&mut self, context: &Context, guest: &MediaGuest) -> Result<Accepted, RtmpEnd> {
        self.shake_hands().await?;
        loop {
            let event = match self.session.next_event() {
                Ok(event) => event,
                Err(error) => return Err(self.fail(error).await),
            };
            match event {
                Some(RtmpEvent::Publish { name, query }) => {
                    return self.decide_publish(context, guest, &name, &query).await.map(Accepted::Push);
                }
                Some(RtmpEvent::Play { name, query }) => {
                    return self.decide_play(context, guest, &name, &query).await.map(Accepted::Play);
                }
                Some(RtmpEvent::Media(_) | RtmpEvent::Finished) => {}
                None if self.session.received() > OPENING_BYTES => return Err(RtmpEnd::Opening),
                None => {
                    self.flush().await?;
                    self.read().await?;
                }
            }
        }
    }

    async fn shake_hands(&mut self) -> Result<(), RtmpEnd> {
        let version = self.socket.read_u8().await?;
        if version != handshake::VERSION {
            return Err(RtmpEnd::Handshake);
        }
        let mut c1 = [0; handshake::BYTES];
        self.socket.read_exact(&mut c1).await?;
        let answer = handshake::answer(&c1).map_err(|_| RtmpEnd::Handshake)?;
        self.socket.write_all(&answer).await?;
        let mut c2 = [0; handshake::BYTES];
        self.socket.read_exact(&mut c2).await?;
        Ok(())
    }

    async fn decide_publish(
        &mut self,
        context: &Context,
        guest: &MediaGuest,
        name: &str,
        query: &str,
    ) -> Result<PublishRight, RtmpEnd> {
        match context.publish(name, query, guest.info).await {
            Ok(publication) => {
                guest.place.admit();
                self.session.accept_publish();
                self.flush().await?;
                Ok(publication)
            }
            Err(refusal) => Err(self.refuse(publish_status(refusal), refusal).await),
        }
    }

    async fn decide_play(
        &mut self,
        context: &Context,
        guest: &MediaGuest,
        name: &str,
        query: &str,
    ) -> Result<Subscription, RtmpEnd> {
        match context.play(name, query, guest.info).await {
            Ok(subscription) => {
                guest.place.admit();
                self.session.accept_play();
                self.flush().await?;
                Ok(subscription)
            }
            Err(refusal) => Err(self.refuse(play_status(refusal), refusal).await),
        }
    }

    /// Takes media from the peer until one side ends it.
    async fn publish(&mut self, publication: &PublishRight, silence: Duration) -> RtmpEnd {
        let mut deadline = Instant::now() + silence;
        loop {
            loop {
                match self.session.next_event() {
                    Ok(Some(RtmpEvent::Media(frame))) => {
                        deadline = Instant::now() + silence;
                        if !publication.push(frame) {
                            return RtmpEnd::EndedByServer;
                        }
                    }
                    Ok(Some(RtmpEvent::Finished)) => return RtmpEnd::Finished,
                    Ok(Some(RtmpEvent::Publish { .. } | RtmpEvent::Play { .. })) => {}
                    Ok(None) => break,
                    Err(error) => return RtmpEnd::Protocol(error),
                }
            }
            let turn = async {
                self.flush().await?;
                self.read().await
            };
            tokio::select! {
                result = timeout_at(deadline, turn) => match result {
                    Ok(Ok(())) => {}
                    Ok(Err(end)) => return end,
                    Err(_) => return RtmpEnd::Silent,
                },
                () = publication.ended() => return RtmpEnd::EndedByServer,
            }
        }
    }

    /// Gives frames to the peer until one side ends it.
    async fn play(&mut self, subscription: &Subscription, write_timeout: Duration) -> RtmpEnd {
        let outlet = Arc::clone(&subscription.outlet);
        subscription.announce().await;
        loop {
            tokio::select! {
                frame = outlet.next() => match frame {
                    Some(frame) => {
                        self.session.write_frame(frame);
                        while self.session.output_len() < BATCH_BYTES {
                            let Some(frame) = outlet.try_next() else { break };
                            self.session.write_frame(frame);
                        }
                    }
                    None => return self.end_play(outlet.closed().await).await,
                },
                result = read_some(&mut self.socket, &mut self.buffer) => match result {
                    Ok(bytes) => {
                        self.session.receive(bytes);
                        loop {
                            match self.session.next_event() {
                                Ok(Some(RtmpEvent::Finished)) => return RtmpEnd::Finished,
                                Ok(Some(RtmpEvent::Publish { .. } | RtmpEvent::Play { .. } | RtmpEvent::Media(_))) => {}
                                Ok(None) => break,
                                Err(error) => return self.fail(error).await,
                            }
                        }
                    }
                    Err(end) => return end,
                },
            }
            tokio::select! {
                result = timeout(write_timeout, self.flush()) => match result {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return RtmpEnd::Socket(error),
                    Err(_) => return RtmpEnd::Closed(Closed::Slow),
                },
                reason = outlet.closed() => return RtmpEnd::Closed(reason),
            }
        }
    }

    async fn end_play(&mut self, reason: Closed) -> RtmpEnd {
        if reason != Closed::Slow {
            self.session.finish_play();
            self.say_farewell().await;
        }
        RtmpEnd::Closed(reason)
    }

    async fn refuse(&mut self, status: &str, refusal: GateRefusal) -> RtmpEnd {
        self.session.refuse(status, refusal.code());
        self.say_farewell().await;
        RtmpEnd::Refused(refusal)
    }

    async fn fail(&mut self, error: RtmpError) -> RtmpEnd {
        self.session.stop_reading();
        let option = match error {
            RtmpError::Chunk(ChunkError::MessageTooLarge { .. }) => {
                Some("; the gateway's option media.message_bytes sets the limit")
            }
            RtmpError::Chunk(ChunkError::OverBudget(_)) => {
                Some("; the gateway's option media.held_bytes sets the limit")
            }
            RtmpError::Configuration { .. } => Some(""),
            RtmpError::Chunk(ChunkError::NoPreviousChunk | ChunkError::TooManyChunkStreams | ChunkError::ChunkSize)
            | RtmpError::Control
            | RtmpError::NoApplication
            | RtmpError::Application
            | RtmpError::NoStream
            | RtmpError::Order => None,
        };
        if let Some(option) = option {
            self.session.refuse("NetStream.Failed", &format!("{error}{option}"));
        }
        self.say_farewell().await;
        RtmpEnd::Protocol(error)
    }

    /// Writes what is to be said and gives the peer a moment to read it: closing a socket with unread input resets it,
    /// and the peer would lose the answer.
    async fn say_farewell(&mut self) {
        let farewell = async {
            self.flush().await?;
            self.socket.shutdown().await?;
            while self.socket.read(&mut self.buffer).await? > 0 {}
            io::Result::Ok(())
        };
        // The connection ends either way.
        let _ = timeout(FAREWELL, farewell).await;
    }

    async fn read(&mut self) -> Result<(), RtmpEnd> {
        let bytes = read_some(&mut self.socket, &mut self.buffer).await?;
        self.session.receive(bytes);
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        let output = self.session.take_output();
        if output.is_empty() { Ok(()) } else { self.socket.write_all(&output).await }
    }
}

/// The next bytes from a socket, in a buffer.
async fn read_some<'a>(socket: &mut TcpStream, buffer: &'a mut [u8]) -> Result<&'a [u8], RtmpEnd> {
    let count = socket.read(buffer).await?;
    buffer.get(..count).filter(|bytes| !bytes.is_empty()).ok_or(RtmpEnd::PeerClosed)
}

fn publish_status(refusal: GateRefusal) -> &'static str {
    match refusal {
        GateRefusal::Denied(Denied::Busy) => "NetStream.Publish.BadName",
        GateRefusal::Ticket(_)
        | GateRefusal::Denied(
            Denied::UnknownStream
            | Denied::StaleGeneration
            | Denied::NotPublisher
            | Denied::NotSubscribed
            | Denied::NotLive
            | Denied::Full
            | Denied::Unavailable,
        ) => "NetStream.Publish.Denied",
    }
}

fn play_status(refusal: GateRefusal) -> &'static str {
    match refusal {
        GateRefusal::Denied(Denied::NotLive | Denied::UnknownStream) => "NetStream.Play.StreamNotFound",
        GateRefusal::Ticket(_)
        | GateRefusal::Denied(
            Denied::StaleGeneration
            | Denied::NotPublisher
            | Denied::NotSubscribed
            | Denied::Busy
            | Denied::Full
            | Denied::Unavailable,
        ) => "NetStream.Play.Failed",
    }
}

const READ_BYTES: usize = 16 << 10;
/// What a client may send before it pushes or plays, handshake apart: its commands have less than 4 KiB.
const OPENING_BYTES: u64 = 64 << 10;
/// Frames that wait are written together up to this size.
const BATCH_BYTES: usize = 64 << 10;
/// How long a refused client has to read why.
const FAREWELL: Duration = Duration::from_millis(200);
