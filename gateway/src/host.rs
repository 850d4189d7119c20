//! What a host may be called.

/// A name of RFC 1123, an IPv4 address, or an IPv6 address in brackets or without.
pub(crate) fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let is_name =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    is_name || bare.parse::<std::net::Ipv6Addr>().is_ok()
}
