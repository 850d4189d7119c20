//! The server's half of the plain RTMP handshake (Adobe RTMP specification 1.0, §5.2).

/// The protocol version in C0 and S0.
pub(super) const VERSION: u8 = 3;
/// The size of C1, C2, S1 and S2.
pub(super) const BYTES: usize = 1_536;

/// S0, S1 and S2 for a C1.
pub(super) fn answer(c1: &[u8; BYTES]) -> Result<Vec<u8>, getrandom::Error> {
    // Time 0 and server version 0: a client with Adobe's digest handshake then falls back to this one.
    const ZEROS: [u8; 8] = [0; 8];
    let mut random = [0; BYTES - ZEROS.len()];
    getrandom::fill(&mut random)?;
    Ok([&[VERSION][..], &ZEROS, &random, c1].concat())
}

#[cfg(test)]
mod tests {
    use super::{BYTES, answer};

    #[test]
    fn the_answer_echoes_c1() {
        let c1 = [7; BYTES];
        let response = answer(&c1).expect("answer");
        assert_eq!((response.len(), response[0]), (1 + 2 * BYTES, 3));
        assert_eq!(response[1..9], [0; 8]);
        assert_eq!(response[1 + BYTES..], c1);
    }
}
