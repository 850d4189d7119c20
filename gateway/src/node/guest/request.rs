//! Requests become [`Command`]s of a room, once everything is proven that needs no room.

use miniapp_rtc::protocol::{ErrorCode, Refusal, Request, Secret};
use tracing::info;

use super::Guest;
use crate::node::outbox::Standing;
use crate::node::place::Place;
use crate::room::{Command, Moment};

impl Guest {
    /// Checks what can be checked without the room. `join` and `resume` name their room; all others go where the socket is.
    pub(super) fn prove(
        &self,
        request: Request,
        standing: Standing,
        now: Moment,
        draw: impl FnOnce() -> Result<Secret, Refusal>,
    ) -> Result<(Place, Command), Refusal> {
        let joined = self.joined_place(standing).cloned();
        let command = match request {
            Request::Join(join) => {
                check_free(standing)?;
                let business = join.business.clone();
                let (name, entry) = self.apps.admit(join, draw()?, now.unix())?;
                info!(socket = %self.socket, app = %name.app, room = %name.room, user = %entry.user,
                    business = business.as_ref().map(tracing::field::display), "join");
                return Ok((Place::Room(name), Command::Join(entry)));
            }
            Request::Resume(resume) => {
                check_free(standing)?;
                return Ok((Place::Session(resume.session.clone()), Command::Resume(resume)));
            }
            Request::Leave(_) => Command::Leave,
            Request::MuteLocal(mute) => Command::MuteLocal(mute),
            Request::MuteRemote(mute) => Command::MuteRemote(mute),
            Request::Ping(_) => Command::Ping,
            Request::Publish(publish) => Command::Publish(publish),
            Request::RenewToken(renew) => {
                joined.as_ref().map_err(Clone::clone)?;
                Command::RenewToken(self.apps.renew(&renew.token, now.unix())?)
            }
            Request::RenewUrl(of) => Command::RenewUrl(of),
            Request::SetVisibility(wish) => Command::SetVisibility(wish),
            Request::Subscribe(subscribe) => Command::Subscribe(subscribe),
            Request::Sync(_) => Command::Sync,
            Request::Unpublish(publish) => Command::Unpublish(publish),
            Request::Unsubscribe(of) => Command::Unsubscribe(of),
        };
        Ok((joined?, command))
    }
}

fn check_free(standing: Standing) -> Result<(), Refusal> {
    if standing.is_attached {
        let reason = "this socket already carries a session; open another one";
        return Err(Refusal::new(ErrorCode::AlreadyJoined, reason));
    }
    Ok(())
}
