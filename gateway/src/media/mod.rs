//! The media side of the gateway: signed URLs, the authorising gate, and the adapters of media servers behind one seam.
//!
//! The signaling side implements [`Authorise`], starts an adapter (here [`embedded::EmbeddedMedia`]), hands out the URLs
//! of [`MediaServer::issue`], listens to [`MediaEvent`]s, and turns the [`TrackFilter`] of each publication and
//! subscription.
//!
//! | file | what it is |
//! | --- | --- |
//! | `ids` | stream and session names |
//! | `ticket` | the signed permission in a URL |
//! | `url` | leases: URLs by transport |
//! | `filter` | which media a publication gives and a subscription gets |
//! | `gate` | the check every push and play passes |
//! | `server` | the seam that adapters implement |
//! | `embedded` | RTMP and HTTP-FLV inside this process |

#[cfg(feature = "embedded-media")]
pub mod embedded;
mod filter;
mod gate;
mod ids;
mod server;
mod ticket;
mod url;

pub use filter::{TrackFilter, Tracks};
pub use gate::{Admission, Gate, Refusal, UnixClock, system_clock};
pub use ids::{SessionId, StreamId};
pub use server::{
    Authorise, ConnectionId, ConnectionInfo, Denied, LiveStream, MediaError, MediaEvent, MediaEvents, MediaHealth,
    MediaServer, StopReason,
};
pub use ticket::{KeyError, MIN_SECRET_BYTES, MediaTicket, Operation, TICKET_PARAMETER, TicketError, TicketKeys};
pub use url::{APPLICATION, LeaseRequest, MediaLease, MediaUrl, PublicAddresses, SignedUrl, Transport};
