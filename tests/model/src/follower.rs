//! A [`Follower`] is where a client must stand in its room's history, by docs/protocol.md §11 and the frames that reached it.

use miniapp_rtc::protocol::{Answer, ClientFrame, Request, ServerFrame, Snapshot};

/// Where a client must stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Follower {
    /// Epoch and offset.
    pub(crate) place: Option<(String, u32)>,
    /// A join or resume was answered on the present socket.
    is_entered: bool,
    /// The newest request on this socket for the room as it is.
    sync: Option<u32>,
}

impl Follower {
    pub(crate) fn new_socket(&mut self) {
        (self.is_entered, self.sync) = (false, None);
    }

    /// The client sends.
    pub(crate) fn send(&mut self, frame: &ClientFrame) {
        if let ClientFrame::Request(frame) = frame
            && matches!(frame.request, Request::Sync(_))
        {
            self.sync = Some(frame.id);
        }
    }

    /// The client hears.
    pub(crate) fn hear(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Answer { answer: Answer::Joined(joined), .. } => self.enter(Some(&joined.snapshot)),
            ServerFrame::Answer { answer: Answer::Resumed(resumed), .. } => self.enter(resumed.snapshot.as_ref()),
            ServerFrame::Answer { id, answer: Answer::Synced(snapshot), .. } if self.sync == Some(*id) => {
                self.sync = None;
                self.take(snapshot);
            }
            ServerFrame::Event { position: Some(position), .. } if self.is_entered => {
                if let Some((epoch, offset)) = &mut self.place
                    && *epoch == position.epoch.as_str()
                    && position.offset == *offset + 1
                {
                    *offset += 1;
                }
            }
            ServerFrame::Answer { .. } | ServerFrame::Event { .. } | ServerFrame::Refusal { .. } => {}
        }
    }

    fn enter(&mut self, snapshot: Option<&Snapshot>) {
        self.is_entered = true;
        if let Some(snapshot) = snapshot {
            self.take(snapshot);
        }
    }

    fn take(&mut self, snapshot: &Snapshot) {
        self.place = Some((snapshot.epoch.as_str().to_owned(), snapshot.offset));
    }
}
