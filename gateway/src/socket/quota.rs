//! A [`Quota`] is how much a socket may still send until a message is complete; [`Metered`] is the connection that heeds it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

use crate::budget::Account;

const UNLIMITED: usize = usize::MAX;

/// How many bytes may be read until a message is complete; they are counted in the socket's account meanwhile. Clones are
/// one quota; a new one has no limit and counts nothing.
#[derive(Clone, Debug)]
pub(crate) struct Quota(Arc<QuotaState>);

#[derive(Debug)]
struct QuotaState {
    left: AtomicUsize,
    /// What was read since a message was complete.
    unfinished: AtomicUsize,
    account: Account,
    exceeded: CancellationToken,
    is_over_budget: AtomicBool,
}

/// What was exceeded. What comes then is dropped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Excess {
    /// More came than was allowed.
    Quota,
    /// The process holds too much, and more than an even share for this socket.
    Budget,
}

impl Quota {
    pub(crate) fn new(account: Account) -> Self {
        Self(Arc::new(QuotaState {
            left: AtomicUsize::new(UNLIMITED),
            unfinished: AtomicUsize::new(0),
            account,
            exceeded: CancellationToken::new(),
            is_over_budget: AtomicBool::new(false),
        }))
    }

    /// Where all is counted that is held for the socket.
    pub(super) fn account(&self) -> &Account {
        &self.0.account
    }

    /// Allows so many bytes for another message; the one before is complete.
    pub(super) fn allow(&self, bytes: usize) {
        self.0.left.store(bytes, Ordering::Relaxed);
        self.0.account.give(self.0.unfinished.swap(0, Ordering::Relaxed));
    }

    /// Takes back what a control frame has used, which may come amid a message and is not kept.
    pub(super) fn forgive(&self, bytes: usize) {
        let QuotaState { left, unfinished, account, .. } = &*self.0;
        let forgiven = bytes.min(unfinished.load(Ordering::Relaxed));
        unfinished.fetch_sub(forgiven, Ordering::Relaxed);
        left.fetch_add(forgiven, Ordering::Relaxed);
        account.give(forgiven);
    }

    /// Returns when too much has come.
    pub(super) async fn exceeded(&self) -> Excess {
        self.0.exceeded.cancelled().await;
        if self.0.is_over_budget.load(Ordering::Relaxed) { Excess::Budget } else { Excess::Quota }
    }

    fn spend(&self, bytes: usize) {
        let QuotaState { left, unfinished, account, exceeded, is_over_budget } = &*self.0;
        left.fetch_sub(bytes, Ordering::Relaxed);
        if account.take(bytes).is_ok() {
            unfinished.fetch_add(bytes, Ordering::Relaxed);
        } else {
            is_over_budget.store(true, Ordering::Relaxed);
            exceeded.cancel();
        }
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

impl<S: AsyncRead + Unpin> Metered<S> {
    /// Drops what comes until the other end closes: unread bytes would reset the connection, and the farewell would be lost.
    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        let mut buffer = ReadBuf::new(&mut bytes);
        std::task::ready!(Pin::new(&mut self.connection).poll_read(context, &mut buffer))?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
        // More may be there; others come first.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let quota = self.quota.clone();
        let left = quota.0.left.load(Ordering::Relaxed);
        if left == UNLIMITED {
            return Pin::new(&mut self.connection).poll_read(context, buffer);
        }
        if left == 0 || quota.0.exceeded.is_cancelled() {
            quota.0.exceeded.cancel();
            return self.poll_discard(context);
        }
        let room = buffer.remaining().min(left);
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
        std::task::ready!(Pin::new(&mut self.connection).poll_read(context, &mut part))?;
        let count = part.filled().len();
        buffer.advance(count);
        quota.spend(count);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::time::timeout;

    use super::{Excess, Metered, Quota};
    use crate::budget::Budget;

    fn connection(budget: &Budget) -> (DuplexStream, Metered<DuplexStream>, Quota) {
        let (client, server) = tokio::io::duplex(10_000);
        let account = budget.account();
        account.share();
        let quota = Quota::new(account);
        (client, Metered::new(server, quota.clone()), quota)
    }

    async fn receive(client: &mut DuplexStream, server: &mut Metered<DuplexStream>, bytes: usize) {
        client.write_all(&vec![0; bytes]).await.expect("written");
        server.read_exact(&mut vec![0; bytes]).await.expect("read");
    }

    #[tokio::test]
    async fn what_is_read_is_counted_until_the_message_is_complete() {
        let budget = Budget::new(1_000);
        let (mut client, mut server, quota) = connection(&budget);
        receive(&mut client, &mut server, 500).await;
        assert_eq!(budget.held(), 0, "what comes before the socket");
        quota.allow(300);
        receive(&mut client, &mut server, 200).await;
        quota.forgive(50);
        assert_eq!(budget.held(), 150);
        receive(&mut client, &mut server, 150).await;
        assert_eq!(budget.held(), 300);
        quota.allow(300);
        assert_eq!(budget.held(), 0);
        quota.forgive(50);
        assert_eq!(budget.held(), 0, "a ping that came with the message");
        receive(&mut client, &mut server, 300).await;
        drop((server, quota));
        assert_eq!(budget.held(), 0);
    }

    #[tokio::test]
    async fn more_than_allowed_is_not_read() {
        let (mut client, mut server, quota) = connection(&Budget::new(1_000));
        quota.allow(300);
        client.write_all(&[0; 301]).await.expect("written");
        let mut taken = vec![0; 301];
        let read = timeout(Duration::from_millis(50), server.read_exact(&mut taken)).await;
        assert!(read.is_err(), "{read:?}");
        assert_eq!(quota.exceeded().await, Excess::Quota);
    }

    #[tokio::test]
    async fn who_takes_more_than_a_share_of_what_is_used_up_is_read_no_further() {
        let budget = Budget::new(1_000);
        let (mut greedy, mut held, greedy_quota) = connection(&budget);
        let (mut modest, mut server, modest_quota) = connection(&budget);
        greedy_quota.allow(5_000);
        modest_quota.allow(5_000);
        receive(&mut greedy, &mut held, 900).await;
        receive(&mut modest, &mut server, 500).await;
        let waited = timeout(Duration::from_millis(50), modest_quota.exceeded()).await;
        assert!(waited.is_err(), "an even share is for everybody");
        receive(&mut greedy, &mut held, 1).await;
        assert_eq!(greedy_quota.exceeded().await, Excess::Budget);
        let more = tokio::spawn(async move {
            // More than the connection itself holds.
            greedy.write_all(&[0; 30_000]).await.expect("it is taken");
        });
        assert_eq!(held.read(&mut [0; 100]).await.expect("its end"), 0, "and dropped");
        more.await.expect("all of it");
    }
}
