//! Connections: how many, how slow, and how they end.
//!
//! A client that sends its request's head too slowly, idles, or takes an answer too slowly is cut off, so
//! that neither places nor memory are held by those who do not use them.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::Sleep,
};
use tower::ServiceExt;

use crate::state::Drain;

/// Connections of one server, unless the system allows it fewer files.
const MOST: u64 = 8_192;
/// A request's head, and the idle time before it.
const HEAD: Duration = Duration::from_secs(60);
/// An answer that waits for its reader must get rid of [`READ_BYTES`] in this time.
const READ: Duration = Duration::from_secs(30);
const READ_BYTES: usize = 32 * 1024;
/// What a connection may buffer, in either direction.
const BUFFER: usize = 128 * 1024;
/// After the system refused a connection, before asking it again.
const REFUSED: Duration = Duration::from_millis(200);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Serves until the server drains and its grace is over; then finishes what is under way.
pub async fn serve(listener: TcpListener, app: Router, drain: &Drain, grace: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(connections()));
    let connections = GracefulShutdown::new();
    let mut over = Box::pin(async {
        drain.wait().await;
        grace.await;
    });
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Of one connection, or out of files: neither ends the server.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(REFUSED).await;
                    continue;
                }
            },
            () = &mut over => break,
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            metrics::counter!("guanhu_connections_shed_total").increment(1);
            let _ = stream.try_write(FULL);
            continue;
        };
        // Without it streamed pages wait 40 ms for an acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        let service = TowerToHyperService::new(app.clone().map_request(move |mut request: http::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            request.map(axum::body::Body::new)
        }));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(Paced::new(stream, READ)), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// As many as the system allows this process files for, half of them for everything else.
fn connections() -> usize {
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(1_024, |(soft, hard)| {
        let wanted = hard.min(MOST * 2);
        match soft >= wanted || setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() {
            true => soft.max(wanted),
            false => soft,
        }
    });
    usize::try_from((files / 2).clamp(64, MOST)).unwrap_or(64)
}

/// A stream whose reader is cut off when it takes too little of what waits for it.
struct Paced {
    stream: TcpStream,
    patience: Duration,
    /// Since a write had to wait: until when, and how much went out meanwhile.
    waiting: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Paced {
    fn new(stream: TcpStream, patience: Duration) -> Paced {
        Paced { stream, patience, waiting: None }
    }

    fn wrote(&mut self, result: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Ready(Ok(bytes)) => {
                if let Some((_, gone)) = &mut self.waiting {
                    *gone += bytes;
                    if *gone >= READ_BYTES {
                        self.waiting = None;
                    }
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                let patience = self.patience;
                let (late, _) = self.waiting.get_or_insert_with(|| (Box::pin(tokio::time::sleep(patience)), 0));
                match late.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                    Poll::Pending => Poll::Pending,
                }
            }
            failed => failed,
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(result, context)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.wrote(result, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called once everything was handed over: whoever got here was quick enough.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.waiting = None;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn pair(patience: Duration) -> (Paced, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let reader = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Paced::new(listener.accept().await.unwrap().0, patience), reader)
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_cut_off() {
        let (mut paced, _reader) = pair(Duration::from_millis(20)).await;
        let sent = paced.write_all(&vec![0; 64 << 20]).await;
        assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_reader_that_reads_gets_everything() {
        let (mut paced, mut reader) = pair(READ).await;
        let sending = tokio::spawn(async move { paced.write_all(&vec![7; 16 << 20]).await });
        let mut got = Vec::new();
        reader.read_to_end(&mut got).await.unwrap();
        sending.await.unwrap().unwrap();
        assert_eq!(got.len(), 16 << 20);
    }
}
