//! A [`Follower`] is where a client must stand in its room's history, judged by docs/protocol.md §11.2 to §11.4 from the frames
//! that reached it. What its session says of itself is compared with that.

use std::collections::BTreeSet;

use miniapp_rtc::protocol::{Answer, Position, Request, ServerFrame, Snapshot};

/// Where a client must stand.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    /// Epoch and offset.
    pub(crate) position: Option<(String, u32)>,
    /// A join or resume was answered on the present socket.
    pub(crate) is_entered: bool,
    pub(crate) is_leaving: bool,
    /// Events are missing, and the room must be asked for as it is.
    needs_sync: bool,
    sync: Option<u32>,
    /// The gateway refused to show the room as it is: the next event or ping shows the gap again.
    sync_failed: bool,
    entries: BTreeSet<u32>,
    /// Events taken since the world began.
    pub(crate) applied: u64,
    pub(crate) snapshots: u64,
}

impl Follower {
    /// A page calls `join`.
    pub(crate) fn forget(&mut self) {
        *self = Self { applied: self.applied, snapshots: self.snapshots, ..Self::default() };
    }

    pub(crate) fn new_socket(&mut self) {
        (self.is_entered, self.needs_sync, self.sync) = (false, false, None);
        self.entries.clear();
    }

    /// The session sends a request; what is wrong with it.
    pub(crate) fn send(&mut self, id: u32, request: &Request) -> Option<String> {
        let known = self.position.as_ref();
        match request {
            Request::Join(_) => {
                self.entries.insert(id);
                None
            }
            Request::Resume(resume) => {
                self.entries.insert(id);
                let said = (resume.epoch.as_str(), resume.offset);
                let is_right = known.is_some_and(|(epoch, offset)| (epoch.as_str(), *offset) == said);
                (!is_right).then(|| format!("resumes from {said:?}, but was told {known:?}"))
            }
            Request::Ping(ping) => {
                let is_right = known.is_some_and(|(_, offset)| *offset == ping.offset);
                (!is_right).then(|| format!("pings with offset {}, but was told {known:?}", ping.offset))
            }
            Request::Sync(_) => {
                self.sync = Some(id);
                None
            }
            Request::Leave(_) => {
                self.is_leaving = true;
                None
            }
            _ => None,
        }
    }

    /// A frame reaches the session; whether the room has begun a new history.
    pub(crate) fn hear(&mut self, frame: &ServerFrame) -> bool {
        let epoch = |it: &Self| it.position.as_ref().map(|(epoch, _)| epoch.clone());
        let before = epoch(self);
        self.take_in(frame);
        before.is_some() && before != epoch(self)
    }

    fn take_in(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Answer { id, answer, .. } => match answer {
                Answer::Joined(joined) if self.entries.remove(id) => self.enter(Some(&joined.snapshot)),
                Answer::Resumed(resumed) if self.entries.remove(id) => self.enter(resumed.snapshot.as_ref()),
                Answer::Synced(snapshot) if self.sync == Some(*id) => {
                    self.sync = None;
                    self.take(snapshot);
                }
                Answer::Pong(pong) if self.is_following() && self.is_behind(pong.offset) => self.miss(),
                _ => {}
            },
            ServerFrame::Refusal { id: Some(id), .. } if self.sync == Some(*id) => {
                (self.sync, self.sync_failed) = (None, true);
            }
            ServerFrame::Event { position: Some(position), .. } => self.follow(position),
            ServerFrame::Event { .. } | ServerFrame::Refusal { .. } => {}
        }
    }

    /// Whether events are missing and nobody asks for them.
    pub(crate) fn is_careless(&self) -> bool {
        self.needs_sync && self.sync.is_none() && !self.sync_failed && self.is_following()
    }

    fn is_following(&self) -> bool {
        self.is_entered && !self.is_leaving
    }

    fn is_behind(&self, newest: u32) -> bool {
        self.position.as_ref().is_some_and(|(_, offset)| *offset < newest)
    }

    fn enter(&mut self, snapshot: Option<&Snapshot>) {
        self.is_entered = true;
        if let Some(snapshot) = snapshot {
            self.take(snapshot);
        }
    }

    fn take(&mut self, snapshot: &Snapshot) {
        self.snapshots += 1;
        self.needs_sync = false;
        self.position = Some((snapshot.epoch.as_str().to_owned(), snapshot.offset));
    }

    fn miss(&mut self) {
        (self.needs_sync, self.sync_failed) = (true, false);
    }

    fn follow(&mut self, position: &Position) {
        if !self.is_following() {
            return;
        }
        let Some((epoch, offset)) = &mut self.position else { return };
        let is_same = epoch == position.epoch.as_str();
        if is_same && position.offset <= *offset {
            return;
        }
        if is_same && position.offset == *offset + 1 {
            *offset += 1;
            self.applied += 1;
            return;
        }
        self.miss();
    }
}
