//! The mirror's judgement of effects: who is answered what, and which events may be told.

use miniapp_rtc::protocol::{Answer, Event, LeaveReason, Position, Refusal, RemoveReason, Role, StreamId, StreamIs};
use miniapp_rtc_gateway::room::{Asked, Command, Effect, MediaCommand, Moment, SocketId};
use miniapp_rtc_harness::Fault;

use super::{Announced, Cause, Kept, Member, Mirror, SessionView};
use crate::queue::Ms;
use crate::roster::{screen, user_number};

impl Mirror {
    /// News of a connection that is not the stream's change nothing.
    pub(super) fn judge_old_news(&self, effects: &[Effect]) -> Result<(), Fault> {
        if let Cause::Stopped { stream, connection } = &self.cause
            && self.live.get(stream) != Some(connection)
            && !effects.is_empty()
        {
            return Err(("old media news have no effect", format!("{stream} m{}: {effects:?}", connection.0)));
        }
        Ok(())
    }

    /// What ends in the room ends at the media server.
    pub(super) fn judge_endings(&self, effects: &[Effect]) -> Result<(), Fault> {
        let is_ordered = |wanted: &StreamId| {
            effects.iter().any(
                |effect| matches!(effect, Effect::Media { command: MediaCommand::EndStream { stream, .. }, .. } if stream == wanted),
            )
        };
        let forgotten = effects.iter().find_map(|effect| match effect {
            Effect::Broadcast { event: Event::StreamRemoved(removed), .. } if !is_ordered(&removed.stream) => {
                Some(&removed.stream)
            }
            _ => None,
        });
        if let Some(stream) = forgotten {
            return Err(("the media server is told what ends", format!("{stream}")));
        }
        let Cause::Ask { asked: Asked { command: Command::Unsubscribe(of), .. }, user: Some(user) } = &self.cause
        else {
            return Ok(());
        };
        let of_owner = |known: &&Announced| known.is.user == of.user && known.is.kind == of.kind;
        let (stream, view) = (self.streams.values().find(of_owner), self.sessions.get(user));
        let key = stream.zip(view).map(|(stream, view)| (stream.is.stream.clone(), view.session.clone()));
        let is_granted = effects.iter().any(|effect| matches!(effect, Effect::Answer { .. }));
        let is_told = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Media { command: MediaCommand::EndSubscription { .. }, .. }));
        if is_granted && !self.is_repeat && !is_told && key.is_some_and(|key| self.subscribers.contains(&key)) {
            return Err(("the media server is told what ends", format!("the subscription to {}", of.user)));
        }
        Ok(())
    }

    /// A repeated operation gets the first result and has no second effect.
    pub(super) fn judge_repeat(&mut self, effects: &[Effect], now: Moment) -> Result<(), Fault> {
        let Cause::Ask { asked: Asked { operation: Some(operation), command, .. }, user: Some(user) } = &self.cause
        else {
            return Ok(());
        };
        let looks_only = !command.method().is_done_once();
        let (Some(view), Some(digest)) = (self.sessions.get_mut(user), effects.iter().find_map(digest)) else {
            return Ok(());
        };
        if looks_only {
            return Ok(());
        }
        let key = (view.session.clone(), operation.clone());
        let kept_ms = Ms::from(self.policy.times.kept_result_ms);
        if let Some(kept) = self.results.get(&key)
            && now.ms < kept.at + kept_ms
            && view.results - kept.number < self.policy.limits.kept_results
        {
            if effects.len() != 1 || kept.digest != digest {
                return Err((
                    "a repeat has no second effect",
                    format!("{operation}: {}, then {effects:?}", kept.digest),
                ));
            }
            self.is_repeat = true;
            return Ok(());
        }
        let is_result = effects.iter().any(|effect| match effect {
            Effect::Refuse { refusal: Refusal { code, .. }, .. } => (4100..4400).contains(code),
            effect => result(effect).is_some(),
        });
        if is_result {
            view.results += 1;
            self.results.insert(key, Kept { at: now.ms, number: view.results, digest });
        }
        Ok(())
    }

    /// `rest`: the effects behind this one.
    pub(super) fn judge_effect(&mut self, effect: &Effect, rest: &[Effect], now: Moment) -> Result<(), Fault> {
        match effect {
            Effect::Detach(socket) => {
                let is_lost = matches!(self.cause, Cause::Lost(_));
                if !is_lost {
                    // Left, put out, or moved on: a resume says so below.
                    self.sessions.retain(|_, view| view.socket != Some(*socket) || is_resume(&self.cause));
                }
            }
            Effect::Answer { socket, answer, .. } => return self.judge_answer(*socket, answer, rest),
            Effect::Lease { grant, .. } => {
                let is_announced =
                    self.streams.get(&grant.stream).is_some_and(|known| known.is.generation == grant.generation);
                let Cause::Ask { user: Some(user), asked } = &self.cause else { return Ok(()) };
                if grant.role == Role::Pusher {
                    let kind = match &asked.command {
                        Command::Publish(publish) => publish.kind,
                        Command::RenewUrl(of) => of.kind,
                        _ => return Err(("leases fit requests", format!("{asked:?} got {grant:?}"))),
                    };
                    self.grants.insert((*user, screen(kind)), (grant.stream.clone(), grant.generation));
                } else if !is_announced && !self.removed.contains(&grant.stream) {
                    return Err(("no address before media", format!("{grant:?}")));
                } else if is_announced && !self.is_repeat {
                    self.subscribers.insert((grant.stream.clone(), grant.session.clone()));
                }
            }
            Effect::Broadcast { position, event } => return self.judge_event(position, event, now),
            Effect::Media { command, .. } => self.note_command(command),
            Effect::Attach(_)
            | Effect::NewAddress { .. }
            | Effect::Send { .. }
            | Effect::Refuse { .. }
            | Effect::Close { .. } => {}
        }
        Ok(())
    }

    fn judge_answer(&mut self, socket: SocketId, answer: &Answer, rest: &[Effect]) -> Result<(), Fault> {
        let Cause::Ask { asked, user } = &self.cause else { return Ok(()) };
        match (answer, &asked.command) {
            (Answer::Joined(joined), Command::Join(entry)) => {
                let user = user_number(&entry.user);
                let view = SessionView {
                    session: joined.session.clone(),
                    socket: Some(socket),
                    lost_at: 0,
                    terms: entry.terms,
                    results: 0,
                };
                self.sessions.insert(user, view);
                Ok(())
            }
            (Answer::Resumed(resumed), Command::Resume(resume)) => {
                let holder = self.sessions.iter_mut().find(|(_, view)| view.session == resume.session);
                let Some((_, view)) = holder else {
                    return Err(("only known sessions resume", format!("{}", resume.session)));
                };
                view.socket = Some(socket);
                let missed = rest.iter().filter_map(|effect| match effect {
                    Effect::Send { socket: to, position: Some(position), .. } if *to == socket => Some(position.offset),
                    _ => None,
                });
                let missed: Vec<u32> = missed.collect();
                let reach = u32::try_from(self.policy.limits.log_events).unwrap_or(u32::MAX);
                let is_kept = resume.epoch.as_str() == self.epoch
                    && resume.offset <= self.offset
                    && self.offset - resume.offset <= reach;
                let expected: Vec<u32> = if is_kept { (resume.offset + 1..=self.offset).collect() } else { Vec::new() };
                if resumed.snapshot.is_some() == is_kept || missed != expected {
                    let text = format!("from {} of {}: {missed:?}, expected {expected:?}", resume.offset, self.offset);
                    return Err(("a resume gives all or a snapshot", text));
                }
                Ok(())
            }
            (_, Command::RenewToken(renewal)) => {
                if let Some(view) = user.and_then(|user| self.sessions.get_mut(&user)) {
                    view.terms = renewal.terms;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn note_command(&mut self, command: &MediaCommand) {
        match command {
            MediaCommand::EndStream { stream, generation } => {
                self.grants.retain(|_, (granted, of)| granted != stream || *of > *generation);
            }
            MediaCommand::EndSubscription { stream, session } => {
                self.subscribers.remove(&(stream.clone(), session.clone()));
            }
            MediaCommand::SetTracks { .. } | MediaCommand::Check { .. } => {}
        }
    }

    fn judge_event(&mut self, position: &Position, event: &Event, now: Moment) -> Result<(), Fault> {
        self.offset = position.offset;
        self.apply(event, now).map_err(|(invariant, text)| (invariant, format!("{event:?}: {text}")))?;
        self.rosters.push(self.roster());
        Ok(())
    }

    fn apply(&mut self, event: &Event, now: Moment) -> Result<(), Fault> {
        const ORDER: &str = "events tell a possible story";
        let fault = |text: &str| Err((ORDER, text.to_owned()));
        let times = self.policy.times;
        match event {
            Event::MemberJoined(is) => {
                let user = user_number(&is.user);
                if self.members[user].replace(Member { suspended_since: None }).is_some() {
                    return fault("the user is there");
                }
            }
            Event::MemberSuspended(is) => {
                let user = user_number(&is.user);
                let is_lost = matches!(self.cause, Cause::Lost(Some(lost)) if lost == user);
                match &mut self.members[user] {
                    Some(member) if member.suspended_since.is_none() && is_lost => {
                        member.suspended_since = Some(now.ms)
                    }
                    _ => return fault("the user is not there, is suspended, or lost no socket"),
                }
            }
            Event::MemberResumed(is) => match &mut self.members[user_number(&is.user)] {
                Some(member) if member.suspended_since.is_some() => member.suspended_since = None,
                _ => return fault("the user was not suspended"),
            },
            Event::MemberLeft(left) => {
                let user = user_number(&left.user);
                let Some(member) = self.members[user].take() else { return fault("the user is not there") };
                if self.streams.values().any(|known| known.is.user == left.user) {
                    return fault("its streams are still there");
                }
                if left.reason == LeaveReason::TimedOut {
                    let waited = member.suspended_since.map(|since| now.ms - since);
                    if waited.is_none_or(|waited| waited < times.resume_ms.into()) {
                        return Err(("suspended for the grace time before left", format!("after {waited:?} ms")));
                    }
                } else {
                    self.judge_leaving(user, left.reason, now)?;
                }
            }
            Event::StreamAdded(stream) => {
                if !self.started.contains(&(stream.stream.clone(), stream.generation)) {
                    return Err(("no stream before its media", String::new()));
                }
                let is_taken =
                    self.streams.values().any(|known| (&known.is.user, known.is.kind) == (&stream.user, stream.kind));
                if is_taken
                    || self.removed.contains(&stream.stream)
                    || self.members[user_number(&stream.user)].is_none()
                {
                    return fault("there is one, there was one of this name, or its user is not there");
                }
                self.streams.insert(stream.stream.clone(), Announced { is: stream.clone(), stalled_since: None });
            }
            Event::StreamUpdated(stream) => match self.streams.get_mut(&stream.stream) {
                Some(known) if (known.is.audio, known.is.video) != (stream.audio, stream.video) => {
                    known.is = stream.clone()
                }
                _ => return fault("there is none, or nothing changed"),
            },
            Event::StreamStalled(is) => return self.turn(is, Some(now.ms)).or_else(|text| fault(&text)),
            Event::StreamRecovered(is) => return self.turn(is, None).or_else(|text| fault(&text)),
            Event::StreamRemoved(removed) => {
                let Some(known) = self.streams.remove(&removed.stream) else { return fault("there is none") };
                self.removed.insert(removed.stream.clone());
                self.live.remove(&removed.stream);
                self.subscribers.retain(|(stream, _)| *stream != removed.stream);
                let waited = known.stalled_since.map(|since| now.ms - since);
                let is_early = waited.is_none_or(|waited| waited < times.media_grace_ms.into());
                if removed.reason == RemoveReason::MediaLost && is_early {
                    return Err(("a stream outlives its media for the grace time", format!("after {waited:?} ms")));
                }
            }
            _ => return fault("it has no place in a history"),
        }
        Ok(())
    }

    /// A member leaves at once only where it asked to, or its token ended.
    fn judge_leaving(&self, user: usize, reason: LeaveReason, now: Moment) -> Result<(), Fault> {
        let asked = match &self.cause {
            Cause::Ask { asked, user: Some(asker) } if *asker == user => Some(&asked.command),
            _ => None,
        };
        let is_right = match reason {
            LeaveReason::Left => {
                matches!(asked, Some(Command::Leave(_)))
                    || matches!(self.cause, Cause::Expelled(Some(expelled)) if expelled == user)
            }
            LeaveReason::Hidden => matches!(asked, Some(Command::SetVisibility(_) | Command::Join(_))),
            LeaveReason::TokenExpired => {
                self.clock_jumped || self.sessions.get(&user).is_none_or(|view| view.terms.token.has_passed(now.unix()))
            }
            LeaveReason::TimedOut | LeaveReason::Kicked | LeaveReason::RoomClosed | LeaveReason::Other => false,
        };
        if is_right { Ok(()) } else { Err(("nobody leaves without a cause", format!("{reason:?}"))) }
    }

    fn turn(&mut self, is: &StreamIs, stalled_since: Option<Ms>) -> Result<(), String> {
        let Some(known) = self.streams.get_mut(&is.stream) else { return Err("there is none".into()) };
        if known.is.stalled == stalled_since.is_some() {
            return Err("it was so already".into());
        }
        known.is.stalled = stalled_since.is_some();
        known.stalled_since = stalled_since;
        Ok(())
    }
}

fn is_resume(cause: &Cause) -> bool {
    matches!(cause, Cause::Ask { asked: Asked { command: Command::Resume(_), .. }, .. })
}

/// The request that an effect settles.
fn result(effect: &Effect) -> Option<(SocketId, u32)> {
    match effect {
        Effect::Answer { socket, id, .. } | Effect::Lease { socket, id, .. } | Effect::Refuse { socket, id, .. } => {
            Some((*socket, *id))
        }
        _ => None,
    }
}

/// A result, told apart from others.
fn digest(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Answer { .. } => "granted".into(),
        Effect::Lease { grant, .. } => format!("{} {}", grant.stream, grant.generation),
        Effect::Refuse { refusal, .. } => refusal.name.clone(),
        _ => return None,
    })
}
