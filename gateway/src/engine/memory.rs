//! The [`MemoryEngine`] keeps rooms in this process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use async_trait::async_trait;
use miniapp_rtc::protocol::{Epoch, ErrorCode, Refusal, ServerFrame, StreamId, Tracks};
use tokio::sync::Notify;
use tracing::{error, info};

use super::{Counts, Engine, EngineParts, Unavailable, denied};
use crate::media::{Denied, MediaTicket};
use crate::node::{Cell, Deed, Directory, OutgoingFrame, Place, Sought};
use crate::random::random_text;
use crate::room::{Asked, Input, LivePublication, Room, RoomCounts, RoomName, RoomSummary, RoomTag, RoomView};

/// Keeps rooms in this process: each behind its own lock, with one small task that wakes it when something falls due.
pub struct MemoryEngine {
    shared: Arc<EngineState>,
}

struct EngineState {
    parts: EngineParts,
    directory: RwLock<Directory<Live>>,
    sessions: AtomicUsize,
    streams: AtomicUsize,
}

/// A room that lives in this process. Clones are the same room.
#[derive(Clone)]
struct Live(Arc<Inside>);

struct Inside {
    name: RoomName,
    tag: RoomTag,
    cell: Mutex<Cell>,
    /// Told when the room's next due time may have changed, or the cell has closed.
    changed: Notify,
}

impl PartialEq for Live {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, Cell> {
        self.0.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryEngine {
    /// An engine without rooms. Must be called in a tokio runtime.
    pub fn new(parts: EngineParts) -> Self {
        let (directory, sessions, streams) = (RwLock::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        Self { shared: Arc::new(EngineState { parts, directory, sessions, streams }) }
    }
}

#[async_trait]
impl Engine for MemoryEngine {
    async fn submit(&self, place: &Place, input: Input) -> Result<(), Unavailable> {
        let mut input = input;
        loop {
            let sought = self.shared.read().seek(place, &input);
            let room = match sought {
                Sought::Room(room) => Ok(room),
                Sought::Unmade(name) => self.shared.make(name),
                Sought::Nowhere(refusal) => Err(refusal),
            };
            input = match room {
                Ok(room) => match self.shared.handle(&room, input) {
                    Ok(()) => return Ok(()),
                    Err(input) => *input,
                },
                Err(refusal) => {
                    self.shared.refuse(&input, refusal);
                    return Ok(());
                }
            };
        }
    }

    async fn may_push(&self, ticket: &MediaTicket) -> Result<Tracks, Denied> {
        let room = self.shared.find_stream(&ticket.stream).ok_or(Denied::UnknownStream)?;
        let cell = room.lock();
        cell.room().may_push(&ticket.stream, ticket.generation, &ticket.session).map_err(denied)
    }

    async fn may_play(&self, ticket: &MediaTicket) -> Result<Tracks, Denied> {
        let room = self.shared.find_stream(&ticket.stream).ok_or(Denied::UnknownStream)?;
        let cell = room.lock();
        cell.room().may_play(&ticket.stream, ticket.generation, &ticket.session).map_err(denied)
    }

    async fn knows_stream(&self, stream: &StreamId, generation: u32) -> Result<bool, Unavailable> {
        let room = self.shared.find_stream(stream);
        Ok(room.is_some_and(|room| room.lock().room().knows_stream(stream, generation)))
    }

    async fn live_publications(&self) -> Result<Vec<LivePublication>, Unavailable> {
        let (rooms, node) = (self.shared.read().all(), self.shared.parts.sockets.node());
        Ok(rooms.iter().flat_map(|room| room.lock().room().live_publications(node)).collect())
    }

    async fn heed_clock(&self) {
        let rooms = self.shared.read().all();
        for room in rooms {
            // A closed room has nobody to look at.
            let _ = self.shared.handle(&room, Input::Tick);
        }
    }

    async fn rooms(&self) -> Result<Vec<RoomSummary>, Unavailable> {
        let rooms = self.shared.read().all();
        let cells = rooms.iter().map(Live::lock).filter(|cell| !cell.is_closed());
        Ok(cells.map(|cell| cell.room().summary()).collect())
    }

    async fn view(&self, name: &RoomName) -> Result<Option<RoomView>, Unavailable> {
        let room = self.shared.read().find(&Place::Room(name.clone()));
        Ok(room.and_then(|room| {
            let cell = room.lock();
            (!cell.is_closed()).then(|| cell.room().view(self.shared.parts.clock.now()))
        }))
    }

    fn counts(&self) -> Counts {
        Counts {
            rooms: self.shared.read().len(),
            sessions: self.shared.sessions.load(Ordering::Relaxed),
            streams: self.shared.streams.load(Ordering::Relaxed),
        }
    }
}

impl EngineState {
    fn read(&self) -> RwLockReadGuard<'_, Directory<Live>> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Directory<Live>> {
        self.directory.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_stream(&self, stream: &StreamId) -> Option<Live> {
        self.read().find(&Place::Stream(stream.clone()))
    }

    fn make(self: &Arc<Self>, name: RoomName) -> Result<Live, Refusal> {
        let (tag, epoch) = new_tag().ok_or_else(|| Refusal::new(ErrorCode::Internal, "a room could not be named"))?;
        let room = Room::new(name.clone(), tag.clone(), epoch, self.parts.policy);
        let (cell, changed) = (Mutex::new(Cell::new(room)), Notify::new());
        let live = Live(Arc::new(Inside { name: name.clone(), tag: tag.clone(), cell, changed }));
        if let Err(made_meanwhile) = self.write().list(name.clone(), tag, live.clone()) {
            return Ok(made_meanwhile);
        }
        info!(room = %name, "room opened");
        self.parts.watch.run_to_end("clock of a room", keep_time(Arc::clone(self), live.clone()));
        Ok(live)
    }

    /// Gives the input back where the room has closed.
    fn handle(&self, room: &Live, input: Input) -> Result<(), Box<Input>> {
        let mut cell = room.lock();
        let asker = match &input {
            Input::Ask(asked) => self.parts.sockets.standing(asked.socket),
            Input::Report { .. }
            | Input::LoseSocket(_)
            | Input::Expel(_)
            | Input::Media { .. }
            | Input::Order(_)
            | Input::Tick => None,
        };
        let is_closing = asker.is_some_and(|standing| standing.is_closing);
        let (due, counts, now) = (cell.room().next_due(), cell.room().counts(), self.parts.clock.now());
        let effects = cell.take(input, is_closing, now)?;
        self.parts.webhooks.hear(&room.0.name, &effects, now);
        for deed in cell.carry_out(effects, |grant| self.parts.desk.sign(None, grant)) {
            if let Some(command) = self.parts.sockets.perform(deed) {
                self.parts.desk.command(command);
            }
        }
        self.count(counts, cell.room().counts());
        let (closed, changed) = (cell.is_closed(), cell.room().next_due() != due);
        drop(cell);
        if closed {
            self.write().strike_out(&room.0.name, &room.0.tag);
            info!(room = %room.0.name, "room closed");
        }
        if closed || changed {
            room.0.changed.notify_one();
        }
        Ok(())
    }

    fn refuse(&self, input: &Input, refusal: Refusal) {
        if let Input::Ask(Asked { socket, id, .. }) = input {
            let frame = OutgoingFrame::new(&ServerFrame::Refusal { id: Some(*id), refusal });
            let _no_command = self.parts.sockets.perform(Deed::Push { socket: *socket, frame });
        }
    }

    fn count(&self, before: RoomCounts, after: RoomCounts) {
        for (counter, before, after) in
            [(&self.sessions, before.sessions, after.sessions), (&self.streams, before.streams, after.streams)]
        {
            // Wrapping addition of a wrapped difference: exact, whichever room is counted first.
            counter.fetch_add(after.wrapping_sub(before), Ordering::Relaxed);
        }
    }
}

/// Wakes a room when something falls due, until it closes.
async fn keep_time(shared: Arc<EngineState>, room: Live) {
    loop {
        let due = {
            let cell = room.lock();
            if cell.is_closed() {
                return;
            }
            cell.room().next_due()
        };
        let changed = room.0.changed.notified();
        match due {
            None => changed.await,
            Some(ms) => {
                let wake = tokio::time::Instant::from_std(shared.parts.clock.instant(ms)) + Duration::from_millis(1);
                tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(wake) => {
                        // A closed room needs no tick; the loop sees it.
                        let _ = shared.handle(&room, Input::Tick);
                    }
                }
            }
        }
    }
}

fn new_tag() -> Option<(RoomTag, Epoch)> {
    let text = match random_text::<16>() {
        Ok(text) => text,
        Err(cause) => {
            error!(%cause, "no room can be named");
            return None;
        }
    };
    Some((RoomTag::parse(&text)?, Epoch::parse(text).ok()?))
}

#[cfg(all(test, feature = "embedded-media"))]
mod tests;
