//! Web users: browsers push by WHIP (RFC 9725) and play by WHEP, through the [`Hub`](super::hub::Hub) of all streams.

mod clock;
#[cfg(test)]
mod far_end;
mod h264;
mod sound;
