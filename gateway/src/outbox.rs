//! An [`Outbox`] is what one socket still has to send: bounded, filled by rooms, emptied by the socket's writer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Bye, ByeAction, ServerFrame};
use tokio::sync::Notify;

use crate::room::SocketId;

/// What one socket still has to send.
#[derive(Debug)]
pub struct Outbox {
    socket: SocketId,
    bounds: OutboxBounds,
    queue: Mutex<Queue>,
    changed: Notify,
    ended: Notify,
    attached: AtomicBool,
}

/// How much an outbox holds before its reader is too slow.
#[derive(Clone, Copy, Debug)]
pub struct OutboxBounds {
    /// Frames.
    pub frames: usize,
    /// Bytes of them.
    pub bytes: usize,
}

/// What to send next.
#[derive(Debug)]
pub enum Outgoing {
    /// These frames, in this order.
    Frames(Vec<OutgoingFrame>),
    /// Nothing any more: this farewell, then the close frame.
    Close(Option<Bye>),
}

/// A frame to be sent. Its text is shared by all sockets that send it.
#[derive(Clone, Debug)]
pub struct OutgoingFrame {
    text: Utf8Bytes,
    settles: bool,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<OutgoingFrame>,
    /// Those of the frames that count against the bounds, and their bytes.
    bounded_frames: usize,
    bounded_bytes: usize,
    unsettled: u32,
    closing: Option<Option<Bye>>,
}

impl OutgoingFrame {
    /// Writes a frame.
    pub fn new(frame: &ServerFrame) -> Self {
        // A frame holds only texts, numbers and booleans under text keys: JSON takes all of it.
        let text = serde_json::to_string(frame).unwrap_or_default();
        let settles = match frame {
            ServerFrame::Answer { .. } => true,
            ServerFrame::Refusal { id, .. } => id.is_some(),
            ServerFrame::Event { .. } => false,
        };
        Self { text: text.into(), settles }
    }

    /// Its text.
    pub fn text(&self) -> Utf8Bytes {
        self.text.clone()
    }
}

impl Outbox {
    /// An empty outbox.
    pub fn new(socket: SocketId, bounds: OutboxBounds) -> Self {
        let (changed, ended) = (Notify::new(), Notify::new());
        Self { socket, bounds, queue: Mutex::default(), changed, ended, attached: AtomicBool::new(false) }
    }

    /// Whose it is.
    pub fn socket(&self) -> SocketId {
        self.socket
    }

    /// Whether the socket carries a session.
    pub fn is_attached(&self) -> bool {
        self.attached.load(Ordering::Acquire)
    }

    /// Notes whether the socket carries a session.
    pub fn set_attached(&self, attached: bool) {
        self.attached.store(attached, Ordering::Release);
    }

    /// Adds a frame. Where it does not fit, the reader is too slow: what waits is dropped and the socket closes; the client
    /// gets it again when it resumes. Once the socket closes, nothing is added.
    pub fn push(&self, frame: OutgoingFrame) {
        let mut queue = self.lock();
        if queue.closing.is_some() {
            return;
        }
        let (count, bytes) = (queue.bounded_frames + 1, queue.bounded_bytes.saturating_add(frame.text.len()));
        if count > self.bounds.frames || (bytes > self.bounds.bytes && count > 1) {
            let reason = "the client reads too slowly; resume to get what it missed".into();
            let bye = Bye { code: close::SLOW, reason, action: ByeAction::Resume, after_ms: 0 };
            *queue = Queue { closing: Some(Some(bye)), ..Queue::default() };
            self.ended.notify_one();
        } else {
            queue.unsettled += u32::from(frame.settles);
            (queue.bounded_frames, queue.bounded_bytes) = (count, bytes);
            queue.frames.push_back(frame);
        }
        drop(queue);
        self.changed.notify_one();
    }

    /// Adds an event that the client missed. It does not count against the bounds: there are no more of them than the room's
    /// log holds, and a client that missed many could otherwise never catch up.
    pub fn push_missed(&self, frame: OutgoingFrame) {
        let mut queue = self.lock();
        if queue.closing.is_none() {
            queue.frames.push_back(frame);
        }
        drop(queue);
        self.changed.notify_one();
    }

    /// Ends the socket once all that waits is sent. The first farewell counts.
    pub fn close(&self, bye: Option<Bye>) {
        self.lock().closing.get_or_insert(bye);
        self.changed.notify_one();
        self.ended.notify_one();
    }

    /// Waits until the socket is about to close, even while its writer is held up by a reader that does not read. For one
    /// waiter.
    pub async fn ending(&self) {
        while !self.is_closing() {
            self.ended.notified().await;
        }
    }

    /// Whether the socket is about to close, and its client is told that the session is over.
    pub fn says_stop(&self) -> bool {
        matches!(&self.lock().closing, Some(Some(bye)) if bye.action == ByeAction::Stop)
    }

    /// Whether the socket is about to close.
    pub fn is_closing(&self) -> bool {
        self.lock().closing.is_some()
    }

    /// How many requests have an answer that has not left yet.
    pub fn unsettled(&self) -> u32 {
        self.lock().unsettled
    }

    /// Waits for something to send, and takes all of it.
    pub async fn take(&self) -> Outgoing {
        loop {
            let changed = self.changed.notified();
            {
                let mut queue = self.lock();
                if !queue.frames.is_empty() {
                    (queue.bounded_frames, queue.bounded_bytes) = (0, 0);
                    return Outgoing::Frames(std::mem::take(&mut queue.frames).into());
                }
                if let Some(bye) = &queue.closing {
                    return Outgoing::Close(bye.clone());
                }
            }
            changed.await;
        }
    }

    /// Notes that a frame has left.
    pub fn note_sent(&self, frame: &OutgoingFrame) {
        let mut queue = self.lock();
        queue.unsettled = queue.unsettled.saturating_sub(u32::from(frame.settles));
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use miniapp_rtc::protocol::{Answer, Empty, ErrorCode, Method, Refusal};

    use super::*;

    fn answer(id: u32) -> OutgoingFrame {
        OutgoingFrame::new(&ServerFrame::Answer { id, method: Method::Leave, answer: Answer::Done(Empty {}) })
    }

    fn outbox(frames: usize, bytes: usize) -> Outbox {
        Outbox::new(SocketId(1), OutboxBounds { frames, bytes })
    }

    async fn take_frames(outbox: &Outbox) -> usize {
        match outbox.take().await {
            Outgoing::Frames(frames) => {
                frames.iter().for_each(|frame| outbox.note_sent(frame));
                frames.len()
            }
            Outgoing::Close(bye) => panic!("closed: {bye:?}"),
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_closes_the_socket() {
        for outbox in [outbox(2, 1_000), outbox(100, answer(1).text.len() * 2)] {
            (1..=2).for_each(|id| outbox.push(answer(id)));
            assert_eq!(take_frames(&outbox).await, 2);
            (1..=3).for_each(|id| outbox.push(answer(id)));
            let Outgoing::Close(Some(bye)) = outbox.take().await else { panic!("not closed") };
            assert_eq!((bye.code, bye.action), (close::SLOW, ByeAction::Resume));
            outbox.push(answer(4));
            assert!(matches!(outbox.take().await, Outgoing::Close(_)), "nothing is added any more");
        }
    }

    #[tokio::test]
    async fn one_frame_always_fits_and_missed_events_do_not_count() {
        let outbox = outbox(2, 10);
        outbox.push(answer(1));
        assert_eq!(take_frames(&outbox).await, 1);
        (1..=50).for_each(|id| outbox.push_missed(answer(id)));
        outbox.push(answer(51));
        assert_eq!(take_frames(&outbox).await, 51);
    }

    #[tokio::test]
    async fn answers_are_in_flight_until_they_have_left() {
        let outbox = outbox(10, 1_000);
        outbox.push(answer(1));
        outbox.push(OutgoingFrame::new(&ServerFrame::Refusal {
            id: None,
            refusal: Refusal::new(ErrorCode::BadFrame, ""),
        }));
        assert_eq!(outbox.unsettled(), 1);
        take_frames(&outbox).await;
        assert_eq!(outbox.unsettled(), 0);
        outbox.push(answer(2));
        outbox.close(None);
        outbox.close(Some(Bye { code: 1, reason: String::new(), action: ByeAction::Stop, after_ms: 0 }));
        assert_eq!(take_frames(&outbox).await, 1, "what waits goes first");
        assert!(matches!(outbox.take().await, Outgoing::Close(None)), "the first farewell counts");
    }
}
