//! A [`StoreAddress`] says where Redis is: one server, or the Sentinels that know which server is the master.

use std::fmt;
use std::str::FromStr;

use miniapp_rtc::protocol::Secret;

/// Where Redis is. Prints without user and password.
#[derive(Clone, Eq, PartialEq)]
pub struct StoreAddress {
    /// Whether the way there is TLS, to Sentinels too.
    is_tls: bool,
    /// `user:password` of the server, as in a URL.
    login: Option<Secret>,
    /// `host:port` of the server, or of each Sentinel.
    hosts: Vec<String>,
    /// The name by which Sentinels know the master.
    master: Option<String>,
    database: u32,
}

/// A text that is no such address. Does not hold it, because of its password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "give redis://[[user]:password@]host[:port][/database], or \
     sentinel://[[user]:password@]host[:port][,host[:port]]/master[/database]; rediss:// and sentinels:// go by TLS"
)]
pub struct InvalidStoreAddress;

impl StoreAddress {
    /// The name by which Sentinels know the master; `None` where the server itself is named.
    pub fn master(&self) -> Option<&str> {
        self.master.as_deref()
    }

    /// The hosts, as `host:port`.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Whether the way to servers and Sentinels is TLS.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The URL of a server at `host:port`, with user, password and database.
    pub fn url(&self, host: &str) -> Secret {
        let login = self.login.as_ref().map_or_else(String::new, |login| format!("{}@", login.reveal()));
        Secret::new(format!("{}://{login}{host}/{}", self.scheme(), self.database))
    }

    /// The URL of a Sentinel at `host:port`.
    pub fn sentinel_url(&self, host: &str) -> Secret {
        Secret::new(format!("{}://{host}/", self.scheme()))
    }

    /// As Redis' clients name it.
    fn scheme(&self) -> &'static str {
        if self.is_tls { "rediss" } else { "redis" }
    }
}

impl FromStr for StoreAddress {
    type Err = InvalidStoreAddress;

    fn from_str(text: &str) -> Result<Self, InvalidStoreAddress> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidStoreAddress)?;
        let (port, names_master, is_tls) = match scheme {
            "redis" => (6379, false, false),
            "rediss" => (6379, false, true),
            "sentinel" => (26379, true, false),
            "sentinels" => (26379, true, true),
            _ => return Err(InvalidStoreAddress),
        };
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) if login.contains(':') => (Some(Secret::new(login)), rest),
            Some(_) => return Err(InvalidStoreAddress),
            None => (None, rest),
        };
        let mut parts = rest.split('/');
        let hosts: Option<Vec<String>> =
            parts.next().unwrap_or("").split(',').map(|host| host_port(host, port)).collect();
        let hosts = hosts.filter(|hosts| names_master || hosts.len() == 1).ok_or(InvalidStoreAddress)?;
        let master = if names_master {
            let name = parts.next().filter(|name| !name.is_empty()).ok_or(InvalidStoreAddress)?;
            Some(name.to_owned())
        } else {
            None
        };
        let database = match parts.next() {
            None | Some("") => 0,
            Some(number) => number.parse().map_err(|_| InvalidStoreAddress)?,
        };
        if parts.next().is_some() {
            Err(InvalidStoreAddress)
        } else {
            Ok(Self { is_tls, login, hosts, master, database })
        }
    }
}

fn host_port(text: &str, port: u16) -> Option<String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, number)) if !number.ends_with(']') => (host, number.parse().ok()?),
        _ => (text, port),
    };
    crate::host::is_host(host).then(|| format!("{host}:{port}"))
}

impl fmt::Display for StoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.master.is_some() { "sentinel" } else { "redis" };
        write!(formatter, "{scheme}{}://{}", if self.is_tls { "s" } else { "" }, self.hosts.join(","))?;
        self.master.as_ref().map_or(Ok(()), |master| write!(formatter, "/{master}"))?;
        if self.database > 0 { write!(formatter, "/{}", self.database) } else { Ok(()) }
    }
}

impl fmt::Debug for StoreAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> StoreAddress {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn servers_and_sentinels_are_named_and_the_password_does_not_print() {
        let server = parsed("redis://gate:s3cret%40@db.example:7000/2");
        assert_eq!(server.url("db.example:7000").reveal(), "redis://gate:s3cret%40@db.example:7000/2");
        assert_eq!(format!("{server} {server:?}"), "redis://db.example:7000/2 redis://db.example:7000/2");
        let plain = parsed("redis://127.0.0.1");
        assert_eq!((plain.hosts(), plain.master()), (&["127.0.0.1:6379".to_owned()][..], None));
        assert_eq!(plain.url("127.0.0.1:6379").reveal(), "redis://127.0.0.1:6379/0");
        let sentinels = parsed("sentinel://:pass@a.example,[::1]:5000/mymaster");
        assert_eq!(sentinels.hosts(), ["a.example:26379", "[::1]:5000"]);
        assert_eq!(sentinels.master(), Some("mymaster"));
        assert_eq!(sentinels.url("10.0.0.1:6379").reveal(), "redis://:pass@10.0.0.1:6379/0");
        assert_eq!(sentinels.to_string(), "sentinel://a.example:26379,[::1]:5000/mymaster");
        assert_eq!(sentinels.sentinel_url("a.example:26379").reveal(), "redis://a.example:26379/");
    }

    #[test]
    fn two_schemes_go_by_tls() {
        let server = parsed("rediss://:pass@db.example");
        assert_eq!(server.url("db.example:6379").reveal(), "rediss://:pass@db.example:6379/0");
        assert_eq!((server.to_string(), server.is_tls()), ("rediss://db.example:6379".to_owned(), true));
        let sentinels = parsed("sentinels://a.example/mymaster");
        assert_eq!(sentinels.sentinel_url("a.example:26379").reveal(), "rediss://a.example:26379/");
        assert_eq!(sentinels.url("10.0.0.1:6379").reveal(), "rediss://10.0.0.1:6379/0");
        assert!(!parsed("redis://a").is_tls());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "redis",
            "http://a",
            "redis://",
            "redis://a,b",
            "redis://a/x",
            "redis://a/1/2",
            "redis://user@a",
            "redis://a:b:c",
            "redis://a:99999",
            "sentinel://a",
            "sentinel://a/",
            "redis://a b",
        ] {
            assert_eq!(text.parse::<StoreAddress>(), Err(InvalidStoreAddress), "{text}");
        }
    }
}
