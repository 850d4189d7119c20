//! An [`Outbox`] is what one socket still has to send: bounded, filled by rooms, emptied by the socket's writer.

use std::collections::VecDeque;
use std::sync::Arc;

use miniapp_rtc::protocol::{Bye, ByeAction, ServerFrame};

use super::farewell;

/// What one socket still has to send, and whether it carries a session.
#[derive(Clone, Debug)]
pub struct Outbox {
    bounds: OutboxBounds,
    frames: VecDeque<OutgoingFrame>,
    /// Those of the frames that count against the bounds, and their bytes.
    bounded_frames: usize,
    bounded_bytes: usize,
    waiting_bytes: usize,
    unsettled: u32,
    is_attached: bool,
    closing: Option<Option<Bye>>,
}

/// How much an outbox holds before its reader is too slow.
#[derive(Clone, Copy, Debug)]
pub struct OutboxBounds {
    /// How many frames may wait.
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

/// How a socket stands, as its outbox knows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// It carries a session.
    pub is_attached: bool,
    /// It is about to close.
    pub is_closing: bool,
    /// It is about to close, and its client is told that the session is over.
    pub says_stop: bool,
    /// How many requests have an answer that has not left yet.
    pub unsettled: u32,
}

/// A frame to be sent. Its text is shared by all sockets that send it.
#[derive(Clone, Debug)]
pub struct OutgoingFrame {
    text: Arc<str>,
    settles: bool,
    refusal: Option<u16>,
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
        let refusal = match frame {
            ServerFrame::Refusal { refusal, .. } => Some(refusal.code),
            ServerFrame::Answer { .. } | ServerFrame::Event { .. } => None,
        };
        Self { text: text.into(), settles, refusal }
    }

    /// The code, where it is a refusal.
    pub fn refusal(&self) -> Option<u16> {
        self.refusal
    }

    /// Bytes of memory that it takes while it waits.
    pub fn weight(&self) -> usize {
        self.text.len() + size_of::<Self>()
    }

    /// The frame as JSON text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Outbox {
    /// An empty outbox.
    pub fn new(bounds: OutboxBounds) -> Self {
        Self {
            bounds,
            frames: VecDeque::new(),
            bounded_frames: 0,
            bounded_bytes: 0,
            waiting_bytes: 0,
            unsettled: 0,
            is_attached: false,
            closing: None,
        }
    }

    /// How the socket stands.
    pub fn standing(&self) -> Standing {
        let says_stop = matches!(&self.closing, Some(Some(bye)) if bye.action == ByeAction::Stop);
        let is_closing = self.closing.is_some();
        Standing { is_attached: self.is_attached, is_closing, says_stop, unsettled: self.unsettled }
    }

    /// Notes whether the socket carries a session.
    pub fn set_attached(&mut self, is_attached: bool) {
        self.is_attached = is_attached;
    }

    /// Adds a frame. Where it does not fit, the reader is too slow: what waits is dropped and the socket closes; the client
    /// gets it again when it resumes. Once the socket closes, nothing is added.
    pub fn push(&mut self, frame: OutgoingFrame) {
        if self.closing.is_some() {
            return;
        }
        let (count, bytes) = (self.bounded_frames + 1, self.bounded_bytes.saturating_add(frame.text.len()));
        if count > self.bounds.frames || (bytes > self.bounds.bytes && count > 1) {
            self.cut(farewell::slow());
            return;
        }
        self.unsettled += u32::from(frame.settles);
        (self.bounded_frames, self.bounded_bytes) = (count, bytes);
        self.hold(frame);
    }

    /// Adds an event that the client missed. It does not count against the bounds: there are no more of them than the room's
    /// log holds, and a client that missed many could otherwise never catch up.
    pub fn push_missed(&mut self, frame: OutgoingFrame) {
        if self.closing.is_none() {
            self.hold(frame);
        }
    }

    /// The weight of all that waits.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Drops what waits, and ends the socket.
    pub fn cut(&mut self, bye: Bye) {
        self.frames.clear();
        (self.bounded_frames, self.bounded_bytes, self.waiting_bytes, self.unsettled) = (0, 0, 0, 0);
        self.closing = Some(Some(bye));
    }

    /// Ends the socket once all that waits is sent. The first farewell counts.
    pub fn close(&mut self, bye: Option<Bye>) {
        self.closing.get_or_insert(bye);
    }

    /// Takes all there is to send; `None` where there is nothing.
    pub fn take(&mut self) -> Option<Outgoing> {
        if self.frames.is_empty() {
            return self.closing.clone().map(Outgoing::Close);
        }
        (self.bounded_frames, self.bounded_bytes, self.waiting_bytes) = (0, 0, 0);
        Some(Outgoing::Frames(std::mem::take(&mut self.frames).into()))
    }

    /// Notes that a frame has left.
    pub fn note_sent(&mut self, frame: &OutgoingFrame) {
        self.unsettled = self.unsettled.saturating_sub(u32::from(frame.settles));
    }

    fn hold(&mut self, frame: OutgoingFrame) {
        self.waiting_bytes += frame.weight();
        self.frames.push_back(frame);
    }
}

#[cfg(test)]
mod tests {
    use miniapp_rtc::protocol::limits::close;
    use miniapp_rtc::protocol::{Answer, Empty, ErrorCode, Method, Refusal};

    use super::*;

    fn answer(id: u32) -> OutgoingFrame {
        OutgoingFrame::new(&ServerFrame::Answer { id, method: Method::Leave, answer: Answer::Done(Empty {}) })
    }

    fn outbox(frames: usize, bytes: usize) -> Outbox {
        Outbox::new(OutboxBounds { frames, bytes })
    }

    fn take_frames(outbox: &mut Outbox) -> usize {
        match outbox.take() {
            Some(Outgoing::Frames(frames)) => {
                frames.iter().for_each(|frame| outbox.note_sent(frame));
                frames.len()
            }
            other => panic!("no frames: {other:?}"),
        }
    }

    #[test]
    fn what_does_not_fit_closes_the_socket() {
        for mut outbox in [outbox(2, 1_000), outbox(100, answer(1).text.len() * 2)] {
            (1..=2).for_each(|id| outbox.push(answer(id)));
            assert_eq!(take_frames(&mut outbox), 2);
            (1..=3).for_each(|id| outbox.push(answer(id)));
            let Some(Outgoing::Close(Some(bye))) = outbox.take() else { panic!("not closed") };
            assert_eq!((bye.code, bye.action), (close::SLOW, ByeAction::Resume));
            outbox.push(answer(4));
            assert!(matches!(outbox.take(), Some(Outgoing::Close(_))), "nothing is added any more");
        }
    }

    #[test]
    fn one_frame_always_fits_and_missed_events_do_not_count() {
        let mut outbox = outbox(2, 10);
        outbox.push(answer(1));
        assert_eq!(take_frames(&mut outbox), 1);
        (1..=50).for_each(|id| outbox.push_missed(answer(id)));
        outbox.push(answer(51));
        assert_eq!(take_frames(&mut outbox), 51);
        assert!(outbox.take().is_none());
    }

    #[test]
    fn all_that_waits_is_weighed() {
        let weight = answer(1).weight();
        assert_eq!(weight, answer(1).text.len() + size_of::<OutgoingFrame>());
        let mut outbox = outbox(2, 1_000);
        outbox.push(answer(1));
        outbox.push_missed(answer(2));
        assert_eq!(outbox.waiting_bytes(), 2 * weight);
        take_frames(&mut outbox);
        assert_eq!(outbox.waiting_bytes(), 0);
        outbox.push(answer(3));
        outbox.cut(farewell::crowded());
        assert_eq!((outbox.waiting_bytes(), outbox.standing().unsettled), (0, 0));
        let Some(Outgoing::Close(Some(bye))) = outbox.take() else { panic!("not closed") };
        assert_eq!((bye.code, bye.action, bye.after_ms), (close::SLOW, ByeAction::Resume, 1_000));
    }

    #[test]
    fn answers_are_in_flight_until_they_have_left() {
        let mut outbox = outbox(10, 1_000);
        outbox.push(answer(1));
        outbox.push(OutgoingFrame::new(&ServerFrame::Refusal {
            id: None,
            refusal: Refusal::new(ErrorCode::BadFrame, ""),
        }));
        assert_eq!(outbox.standing().unsettled, 1);
        take_frames(&mut outbox);
        assert_eq!(outbox.standing().unsettled, 0);
        outbox.push(answer(2));
        outbox.close(None);
        outbox.close(Some(farewell::no_join()));
        assert_eq!(take_frames(&mut outbox), 1, "what waits goes first");
        assert!(matches!(outbox.take(), Some(Outgoing::Close(None))), "the first farewell counts");
    }
}
