//! The [`MemoryEngine`] keeps rooms in this process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use miniapp_rtc::protocol::{Epoch, ErrorCode, Method, Refusal, ServerFrame, SessionId, StreamId};
use tracing::{error, info};

use super::cell::{Cell, nowhere};
use super::desk::MediaDesk;
use super::{Counts, Engine, Place};
use crate::clock::Clock;
use crate::media::{Denied, MediaTicket, TrackFilter};
use crate::outbox::{Outbox, OutgoingFrame};
use crate::random::random_text;
use crate::room::{Command, Input, LivePublication, Room, RoomCounts, RoomName, RoomPolicy, RoomTag, Unwanted};

/// Keeps rooms in this process: each behind its own lock, with one small task that wakes it when something falls due.
pub struct MemoryEngine {
    shared: Arc<Shared>,
}

/// What an engine is made of.
pub struct EngineParts {
    /// Limits and times of the rooms.
    pub policy: RoomPolicy,
    /// The clock of the rooms.
    pub clock: Clock,
    /// The way to the media server.
    pub desk: MediaDesk,
}

struct Shared {
    parts: EngineParts,
    directory: RwLock<Directory>,
    sessions: AtomicUsize,
    streams: AtomicUsize,
}

#[derive(Default)]
struct Directory {
    by_name: HashMap<RoomName, Arc<Cell>>,
    by_tag: HashMap<RoomTag, Arc<Cell>>,
}

impl MemoryEngine {
    /// An engine without rooms. Must be called in a tokio runtime.
    pub fn new(parts: EngineParts) -> Self {
        let (directory, sessions, streams) = (RwLock::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        Self { shared: Arc::new(Shared { parts, directory, sessions, streams }) }
    }
}

#[async_trait]
impl Engine for MemoryEngine {
    async fn submit(&self, place: &Place, input: Input, from: Option<&Arc<Outbox>>) {
        let mut input = input;
        loop {
            let cell = match (place, &input) {
                (Place::Room(name), Input::Ask(asked)) if asked.command.method() == Method::Join => {
                    self.shared.find_or_make(name)
                }
                _ => self.shared.find(place).ok_or_else(|| nowhere(is_resume(&input))),
            };
            input = match cell {
                Ok(cell) => match self.shared.handle(&cell, input, from) {
                    None => return,
                    Some(input) => input,
                },
                Err(refusal) => return refuse(&input, from, refusal),
            };
        }
    }

    async fn may_push(&self, ticket: &MediaTicket) -> Result<Arc<TrackFilter>, Denied> {
        let (stream, session) = names(ticket)?;
        let cell = self.shared.find(&Place::Stream(stream.clone())).ok_or(Denied::UnknownStream)?;
        let inside = cell.lock();
        inside.room.may_push(&stream, ticket.generation, &session).map_err(denied)?;
        inside.filter(&stream, &session).ok_or(Denied::NotPublisher)
    }

    async fn may_play(&self, ticket: &MediaTicket) -> Result<Arc<TrackFilter>, Denied> {
        let (stream, session) = names(ticket)?;
        let cell = self.shared.find(&Place::Stream(stream.clone())).ok_or(Denied::UnknownStream)?;
        let inside = cell.lock();
        inside.room.may_play(&stream, ticket.generation, &session).map_err(denied)?;
        inside.filter(&stream, &session).ok_or(Denied::NotSubscribed)
    }

    async fn knows_stream(&self, stream: &StreamId, generation: u32) -> bool {
        let cell = self.shared.find(&Place::Stream(stream.clone()));
        cell.is_some_and(|cell| cell.lock().room.knows_stream(stream, generation))
    }

    async fn live_publications(&self) -> Vec<LivePublication> {
        let cells: Vec<Arc<Cell>> = self.shared.read().by_tag.values().cloned().collect();
        cells.iter().flat_map(|cell| cell.lock().room.live_publications()).collect()
    }

    async fn heed_clock(&self) {
        let cells: Vec<Arc<Cell>> = self.shared.read().by_tag.values().cloned().collect();
        for cell in cells {
            // A closed cell has nobody to look at.
            let _ = self.shared.handle(&cell, Input::Tick, None);
        }
    }

    fn counts(&self) -> Counts {
        Counts {
            rooms: self.shared.read().by_name.len(),
            sessions: self.shared.sessions.load(Ordering::Relaxed),
            streams: self.shared.streams.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn read(&self) -> std::sync::RwLockReadGuard<'_, Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Directory> {
        self.directory.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, place: &Place) -> Option<Arc<Cell>> {
        let directory = self.read();
        match place {
            Place::Room(name) => directory.by_name.get(name),
            Place::Session(session) => directory.by_tag.get(&RoomTag::of_session(session)?),
            Place::Stream(stream) => directory.by_tag.get(&RoomTag::of_stream(stream.as_str())?),
        }
        .cloned()
    }

    fn find_or_make(self: &Arc<Self>, name: &RoomName) -> Result<Arc<Cell>, Refusal> {
        if let Some(cell) = self.read().by_name.get(name) {
            return Ok(Arc::clone(cell));
        }
        let mut directory = self.write();
        if let Some(cell) = directory.by_name.get(name) {
            return Ok(Arc::clone(cell));
        }
        let (tag, epoch) = new_tag().ok_or_else(|| Refusal::new(ErrorCode::Internal, "a room could not be named"))?;
        let room = Room::new(name.clone(), tag.clone(), epoch, self.parts.policy);
        let cell = Arc::new(Cell::new(name.clone(), tag.clone(), room));
        directory.by_name.insert(name.clone(), Arc::clone(&cell));
        directory.by_tag.insert(tag, Arc::clone(&cell));
        drop(directory);
        info!(room = %name, "room opened");
        tokio::spawn(keep_time(Arc::clone(self), Arc::clone(&cell)));
        Ok(cell)
    }

    /// Gives the input back where the cell has closed.
    fn handle(&self, cell: &Arc<Cell>, input: Input, from: Option<&Arc<Outbox>>) -> Option<Input> {
        let mut inside = cell.lock();
        if inside.closed {
            return Some(input);
        }
        if matches!(input, Input::Ask(_)) && from.is_some_and(|outbox| outbox.is_closing()) {
            // Frames of a socket that was put out, and not carried out before, have no effect.
            return None;
        }
        let (due, counts) = (inside.room.next_due(), inside.room.counts());
        let effects = inside.room.handle(input, self.parts.clock.now());
        inside.carry_out(effects, from, &self.parts.desk);
        self.count(counts, inside.room.counts());
        inside.closed = inside.room.is_empty();
        let (closed, changed) = (inside.closed, inside.room.next_due() != due);
        drop(inside);
        if closed {
            self.forget(cell);
        }
        if closed || changed {
            cell.changed.notify_one();
        }
        None
    }

    fn count(&self, before: RoomCounts, after: RoomCounts) {
        for (counter, before, after) in
            [(&self.sessions, before.sessions, after.sessions), (&self.streams, before.streams, after.streams)]
        {
            // Wrapping addition of a wrapped difference: exact, whichever room is counted first.
            counter.fetch_add(after.wrapping_sub(before), Ordering::Relaxed);
        }
    }

    fn forget(&self, cell: &Arc<Cell>) {
        let mut directory = self.write();
        directory.by_tag.remove(&cell.tag);
        if directory.by_name.get(&cell.name).is_some_and(|current| Arc::ptr_eq(current, cell)) {
            directory.by_name.remove(&cell.name);
        }
        drop(directory);
        info!(room = %cell.name, "room closed");
    }
}

/// Wakes a room when something falls due, until it closes.
async fn keep_time(shared: Arc<Shared>, cell: Arc<Cell>) {
    loop {
        let due = {
            let inside = cell.lock();
            if inside.closed {
                return;
            }
            inside.room.next_due()
        };
        let changed = cell.changed.notified();
        match due {
            None => changed.await,
            Some(ms) => {
                let wake = tokio::time::Instant::from_std(shared.parts.clock.instant(ms)) + Duration::from_millis(1);
                tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(wake) => {
                        // A closed cell needs no tick; the loop sees it.
                        let _ = shared.handle(&cell, Input::Tick, None);
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

fn is_resume(input: &Input) -> bool {
    matches!(input, Input::Ask(asked) if matches!(asked.command, Command::Resume(_)))
}

fn refuse(input: &Input, from: Option<&Arc<Outbox>>, refusal: Refusal) {
    if let (Input::Ask(asked), Some(outbox)) = (input, from) {
        outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id: Some(asked.id), refusal }));
    }
}

fn names(ticket: &MediaTicket) -> Result<(StreamId, SessionId), Denied> {
    let stream = StreamId::parse(ticket.stream.as_str()).map_err(|_| Denied::UnknownStream)?;
    let session = SessionId::parse(ticket.session.as_str()).map_err(|_| Denied::NotPublisher)?;
    Ok((stream, session))
}

fn denied(unwanted: Unwanted) -> Denied {
    match unwanted {
        Unwanted::UnknownStream => Denied::UnknownStream,
        Unwanted::OtherGeneration => Denied::StaleGeneration,
        Unwanted::NotPublisher => Denied::NotPublisher,
        Unwanted::NotSubscribed => Denied::NotSubscribed,
    }
}

#[cfg(all(test, feature = "embedded-media"))]
mod tests;
