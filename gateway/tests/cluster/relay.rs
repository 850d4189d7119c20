//! A [`Relay`] is the network between one gateway and Redis. While it is cut, nothing gets through, and neither side is told.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

pub(super) struct Relay {
    address: SocketAddr,
    is_cut: watch::Sender<bool>,
}

impl Relay {
    /// A network to that port of this machine.
    pub(super) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (is_cut, watched) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, watched.clone()));
            }
        });
        Self { address, is_cut }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Lets nothing through for that time.
    pub(super) async fn cut(&self, time: Duration) {
        self.is_cut.send_replace(true);
        sleep(time).await;
        self.is_cut.send_replace(false);
    }
}

async fn carry(near: TcpStream, port: u16, is_cut: watch::Receiver<bool>) {
    let mut waiting = is_cut.clone();
    if waiting.wait_for(|is_cut| !is_cut).await.is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    // Where one direction has ended, so has the other.
    tokio::select! {
        () = pass(near_in, far_out, is_cut.clone()) => {}
        () = pass(far_in, near_out, is_cut) => {}
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut is_cut: watch::Receiver<bool>) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let is_over = is_cut.wait_for(|is_cut| !is_cut).await.is_err();
        if is_over || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
