//! Requests become [`Command`]s of a room, once everything is proven that needs no room.

use miniapp_rtc::protocol::{ErrorCode, Join, Refusal, Request, Secret};
use tracing::info;

use super::Guest;
use crate::node::outbox::Standing;
use crate::node::place::Place;
use crate::room::{Command, Moment, RoomName};

impl Guest {
    /// Checks what can be checked without the room. `join` and `resume` name their room; all others go where the socket is.
    pub(super) fn prove(
        &self,
        request: Request,
        standing: Standing,
        now: Moment,
        draw: impl FnOnce() -> Result<Secret, Refusal>,
    ) -> Result<(Place, Command), Refusal> {
        let place = if let Request::Join(join) = &request {
            check_free(standing)?;
            Place::Room(RoomName { app: join.app.clone(), room: join.room.clone() })
        } else if let Request::Resume(resume) = &request {
            check_free(standing)?;
            Place::Session(resume.session.clone())
        } else {
            self.joined_place(standing)?.clone()
        };
        let admit = |join: Join| {
            let business = join.business.clone();
            let (name, entry) = self.apps.admit(join, draw()?, now.unix())?;
            info!(socket = %self.socket, app = %name.app, room = %name.room, user = %entry.user,
                business = business.as_ref().map(tracing::field::display), "join");
            Ok(entry)
        };
        let command = request.prove(admit, |renew| self.apps.renew(&renew.token, now.unix()))?;
        Ok((place, command))
    }
}

fn check_free(standing: Standing) -> Result<(), Refusal> {
    if standing.is_attached {
        let reason = "this socket already carries a session; open another one";
        return Err(Refusal::new(ErrorCode::AlreadyJoined, reason));
    }
    Ok(())
}
