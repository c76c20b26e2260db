//! A socket that waits only so long for a client: for one that does not read, and at the end for one that still sends.
//!
//! Without the first a client that asks for much and reads nothing would hold the answer and the connection for ever. Without
//! the second a client that is refused before it has sent everything would lose the answer: a system that closes a socket
//! with something unread in it resets the connection. Upstream: `net/http/server.go` of Go (`closeWriteAndWait`).

use std::cell::Cell;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long, after the last byte for a client, what it still sends is taken in and forgotten.
const LINGER: Duration = Duration::from_secs(1);
/// How much of it at a time, in bytes.
const FORGOTTEN_BYTES: usize = 4_096;

/// How long a thread looks for the next request of the only client that it serves before it sleeps. A client that sends one
/// request after the other needs about half of that; to wake a thread on a processor that sleeps too takes as long again.
const LIVELY: Duration = Duration::from_micros(100);

thread_local! {
    /// To which streams the last two writes of this thread went.
    static WRITTEN: Cell<[u64; 2]> = const { Cell::new([0; 2]) };
}

/// Numbers streams, so that a thread can tell them apart.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A stream whose writes fail when nothing can be written for `limit`. Reads wait as long as they like.
pub(super) struct Patient<S> {
    stream: S,
    limit: Duration,
    /// When the write that waits is given up; `None` while none waits.
    late: Option<Pin<Box<Sleep>>>,
    /// When the client's end is no longer waited for; `None` until ours is said.
    linger: Option<Pin<Box<Sleep>>>,
    number: u64,
    /// Until when the thread stays awake for what the client sends next.
    lively: Option<Instant>,
}

impl<S> Patient<S> {
    /// Gives up writing after `limit` without progress.
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { stream, limit, late: None, linger: None, number, lively: None }
    }

    /// Something was written: if nobody else was written to, the client may be the thread's only one.
    fn note_written(&mut self) {
        let [last, _] = WRITTEN.get();
        WRITTEN.set([self.number, last]);
        self.lively = (last == self.number).then(|| Instant::now() + LIVELY);
    }

    /// Nothing was there to be read: while the stream is lively, the thread looks again when it has nothing else to do.
    fn look_again(&mut self, context: &mut Context<'_>) {
        if self.lively.is_some_and(|until| WRITTEN.get() == [self.number; 2] && Instant::now() < until) {
            // Polled once, it has the task run again after the thread has looked for what has happened meanwhile.
            let yielded = std::pin::pin!(tokio::task::yield_now()).poll(context);
            debug_assert!(yielded.is_pending());
        } else {
            self.lively = None;
        }
    }

    /// What a write came to, or that it took too long.
    fn judge<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.late = None;
            return written;
        }
        let limit = self.limit;
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(limit)));
        late.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> Patient<S> {
    /// Reads until the client has ended too, or the time is over.
    fn forget_the_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Asked first: whoever never stops sending would keep the rest from being reached.
        if self.linger.as_mut().is_none_or(|linger| linger.as_mut().poll(context).is_ready()) {
            return Poll::Ready(());
        }
        let mut scratch = [0; FORGOTTEN_BYTES];
        loop {
            let mut rest = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.stream).poll_read(context, &mut rest) {
                Poll::Ready(Ok(())) if !rest.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if read.is_pending() {
            self.look_again(context);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_written();
        self.judge(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.judge(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            let shut = Pin::new(&mut self.stream).poll_shutdown(context);
            ready!(self.judge(context, shut))?;
            self.linger = Some(Box::pin(sleep(LINGER)));
        }
        self.forget_the_rest(context).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.note_written();
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stalls_is_given_up() {
        let (ours, _theirs) = tokio::io::duplex(4);
        let mut ours = Patient::new(ours, Duration::from_mins(1));
        assert_eq!(ours.write_all(b"more than fits").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_waited_for() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let mut ours = Patient::new(ours, Duration::from_mins(1));
        let reader = tokio::spawn(async move {
            let mut read = 0;
            while read < 12 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                read += theirs.read(&mut [0; 4]).await.unwrap();
            }
        });
        ours.write_all(b"twelve bytes").await.unwrap();
        reader.await.unwrap();
    }
    #[tokio::test(start_paused = true)]
    async fn what_a_client_still_sends_is_taken_in() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let mut ours = Patient::new(ours, Duration::from_mins(1));
        let client = tokio::spawn(async move {
            theirs.write_all(b"more than fits").await.unwrap();
            let mut answer = String::new();
            theirs.read_to_string(&mut answer).await.unwrap();
            answer
        });
        ours.write_all(b"413").await.unwrap();
        ours.shutdown().await.unwrap();
        drop(ours);
        assert_eq!(client.await.unwrap(), "413");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_end_is_left() {
        let (ours, _theirs) = tokio::io::duplex(4);
        Patient::new(ours, Duration::from_mins(1)).shutdown().await.unwrap();
    }
}
