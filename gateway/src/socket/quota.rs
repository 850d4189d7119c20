//! A [`Quota`] is how much a socket may still send before it has joined; [`Metered`] is the connection that heeds it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

const UNLIMITED: usize = usize::MAX;

/// How many bytes may still be read. Clones are one quota; a new one has no limit.
#[derive(Clone, Debug)]
pub(crate) struct Quota(Arc<QuotaState>);

#[derive(Debug)]
struct QuotaState {
    left: AtomicUsize,
    used_up: CancellationToken,
}

impl Default for Quota {
    fn default() -> Self {
        Self(Arc::new(QuotaState { left: AtomicUsize::new(UNLIMITED), used_up: CancellationToken::new() }))
    }
}

impl Quota {
    /// Allows so many bytes from now on.
    pub(super) fn allow(&self, bytes: usize) {
        self.0.left.store(bytes, Ordering::Relaxed);
    }

    /// Allows any number of bytes from now on.
    pub(super) fn lift(&self) {
        self.allow(UNLIMITED);
    }

    /// Returns when more came than was allowed. Nothing is read any more then.
    pub(super) async fn used_up(&self) {
        self.0.used_up.cancelled().await;
    }
}

/// A connection of which no more is read than its quota allows.
pub(crate) struct Metered<S> {
    connection: S,
    quota: Quota,
}

impl<S> Metered<S> {
    pub(crate) fn new(connection: S, quota: Quota) -> Self {
        Self { connection, quota }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let state = Arc::clone(&self.quota.0);
        let left = state.left.load(Ordering::Relaxed);
        if left == UNLIMITED {
            return Pin::new(&mut self.connection).poll_read(context, buffer);
        }
        if left == 0 {
            // Nobody wakes this reader: its socket ends.
            state.used_up.cancel();
            return Poll::Pending;
        }
        let room = buffer.remaining().min(left);
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
        std::task::ready!(Pin::new(&mut self.connection).poll_read(context, &mut part))?;
        let count = part.filled().len();
        buffer.advance(count);
        state.left.store(left - count, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}
