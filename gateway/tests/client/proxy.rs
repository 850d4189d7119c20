//! A proxy: a TCP relay that can cut its connections, or let them go silent, as networks do.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the connections made so far suffer. Those made later are whole.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Whole,
    Cut,
    Frozen,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    fate: Arc<watch::Sender<(u32, Fate)>>,
}

impl Proxy {
    /// A proxy before the gateway at this address (`ws://HOST:PORT/…`).
    pub(crate) async fn before(ws: &str) -> Self {
        let behind = ws.trim_start_matches("ws://").split('/').next().expect("a host").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let fate = Arc::new(watch::Sender::new((0, Fate::Whole)));
        let fates = Arc::clone(&fate);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(gateway) = TcpStream::connect(&behind).await else { continue };
                let (client_in, client_out) = client.into_split();
                let (gateway_in, gateway_out) = gateway.into_split();
                tokio::spawn(relay(client_in, gateway_out, fates.subscribe()));
                tokio::spawn(relay(gateway_in, client_out, fates.subscribe()));
            }
        });
        Self { address, fate }
    }

    pub(crate) fn ws(&self) -> String {
        format!("ws://{}/v1", self.address)
    }

    /// Ends every connection.
    pub(crate) fn cut(&self) {
        self.suffer(Fate::Cut);
    }

    /// Lets every connection stand, but nothing pass any more.
    pub(crate) fn freeze(&self) {
        self.suffer(Fate::Frozen);
    }

    fn suffer(&self, fate: Fate) {
        self.fate.send_modify(|(count, current)| {
            *count += 1;
            *current = fate;
        });
    }
}

async fn relay(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut fates: watch::Receiver<(u32, Fate)>,
) {
    fates.mark_unchanged();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            changed = fates.changed() => {
                let (_, fate) = *fates.borrow();
                match fate {
                    Fate::Cut => return,
                    Fate::Frozen => std::future::pending::<()>().await,
                    Fate::Whole => {}
                }
                if changed.is_err() {
                    return;
                }
            }
            read = from.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    if to.write_all(&buffer[..count]).await.is_err() {
                        return;
                    }
                }
            },
        }
    }
}
