//! STUN, as far as it tells for which peer a packet is (RFC 8489; RFC 8445, §7.2.2).

/// The name of one of our peers that a binding request is addressed to: USERNAME before its colon. `None` for everything
/// else. Nothing is proven by it: the peer's own ICE checks the signature.
pub(in crate::media::embedded) fn addressee(packet: &[u8]) -> Option<&str> {
    let mut rest = packet;
    let header = rest.split_off(..HEADER_BYTES)?;
    if !header.starts_with(&BINDING_REQUEST) || header.get(4..8)? != MAGIC_COOKIE {
        return None;
    }
    while let Some(attribute) = rest.split_off(..4) {
        let [kind @ .., high, low] = attribute.first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let value = rest.split_off(..length)?;
        if *kind == USERNAME {
            return std::str::from_utf8(value).ok()?.split_once(':').map(|(name, _)| name);
        }
        // Attributes begin at multiples of four bytes.
        rest.split_off(..length.next_multiple_of(4) - length)?;
    }
    None
}

const HEADER_BYTES: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0, 1];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: [u8; 2] = [0, 6];

#[cfg(test)]
pub(super) mod tests {
    use super::{BINDING_REQUEST, MAGIC_COOKIE, addressee};

    /// A binding request with a PRIORITY and this USERNAME.
    pub(crate) fn request(username: &str) -> Vec<u8> {
        let mut packet = [&BINDING_REQUEST[..], &[0, 0], &MAGIC_COOKIE, &[7; 12]].concat();
        packet.extend([0, 0x24, 0, 4, 1, 2, 3, 4]);
        packet.extend([0, 6]);
        packet.extend(u16::try_from(username.len()).expect("short").to_be_bytes());
        packet.extend(username.bytes());
        packet.resize(packet.len().next_multiple_of(4), 0);
        packet
    }

    #[test]
    fn a_binding_request_names_the_peer_it_is_for() {
        assert_eq!(addressee(&request("ours:theirs")), Some("ours"));
        assert_eq!(addressee(&request("a:b")), Some("a"));
    }

    #[test]
    fn what_is_no_binding_request_names_nobody() {
        let good = request("ours:theirs");
        for cut in 0..good.len() - 1 {
            assert_eq!(addressee(&good[..cut]), None, "cut to {cut} bytes");
        }
        let mut answer = good.clone();
        answer[0] = 1;
        assert_eq!(addressee(&answer), None, "an answer");
        let mut foreign = good.clone();
        foreign[4] = 0;
        assert_eq!(addressee(&foreign), None, "another magic");
        let mut long = good;
        long[22] = 0xff;
        assert_eq!(addressee(&long), None, "an attribute longer than the packet");
        assert_eq!(addressee(&request("no colon")), None);
    }
}
