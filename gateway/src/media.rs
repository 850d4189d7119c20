//! The media side of the gateway: signed URLs, the authorising gate, and the adapters of media servers behind one seam.
//!
//! The signaling side implements [`Authorise`], starts an adapter (here [`embedded::EmbeddedMedia`]), hands out the URLs
//! of [`MediaServer::issue`], listens to [`MediaEvent`]s, and says by [`MediaServer::set_tracks`] what each publication
//! gives and each subscription gets.
//!
//! | file | what it is |
//! | --- | --- |
//! | `ids` | stream and session names |
//! | `ticket` | the signed permission in a URL |
//! | `url`, `http_scheme` | leases: URLs by transport |
//! | `ice_server`, `web_address` | what an operator tells browsers of the network |
//! | `gate` | the check every push and play passes |
//! | `server` | the seam that adapters implement |
//! | `start`, `start_error` | starts the media server that the settings name |
//! | `embedded` | RTMP, HTTP-FLV, WHIP and WHEP inside this process |

#[cfg(feature = "embedded-media")]
pub mod embedded;
mod gate;
mod http_scheme;
mod ice_server;
mod ids;
mod server;
mod start;
mod start_error;
mod ticket;
mod url;
mod web_address;

pub use gate::{Admission, Gate, GateRefusal, UnixClock, system_clock};
pub use http_scheme::HttpScheme;
pub use ice_server::IceServer;
pub use ids::{SessionId, StreamId};
pub use server::{
    Authorise, ConnectionId, ConnectionInfo, Denied, LiveStream, MediaError, MediaEvent, MediaEvents, MediaHealth,
    MediaServer, StopReason, TracksSet,
};
pub use start::{MediaSurroundings, StartedMedia, check, start};
pub use start_error::MediaStartError;
pub use ticket::{KeyError, MIN_SECRET_BYTES, MediaTicket, TICKET_PARAMETER, TicketError, TicketKeys};
pub use url::{APPLICATION, PublicAddresses, Transport};
pub use web_address::{InvalidWebAddress, WebAddress};
