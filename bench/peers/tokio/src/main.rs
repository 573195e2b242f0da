//! netserver - the peer of the network rows: examples/echo and examples/httpd on
//! tokio, http on hyper.
//!
//!     netserver echo|http PORT WORKERS
//!
//! One worker is tokio's current_thread runtime, more are its multi_thread one.

use std::convert::Infallible;
use std::process::exit;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

async fn echo(mut c: TcpStream) {
    let mut room = vec![0u8; 2 << 10];
    while let Ok(n) = c.read(&mut room).await {
        if n == 0 || c.write_all(&room[..n]).await.is_err() {
            return;
        }
    }
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut r = Response::new(Full::new(Bytes::from_static(b"Hello, World!")));
    r.headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(r)
}

async fn http(c: TcpStream) {
    // A connection that fails has nobody to tell.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(c), service_fn(hello))
        .await;
}

async fn serve(mode: String, port: u16) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (c, _) = listener.accept().await?;
        c.set_nodelay(true)?;
        if mode == "echo" {
            tokio::spawn(echo(c));
        } else {
            tokio::spawn(http(c));
        }
    }
}

fn runtime(workers: usize) -> std::io::Result<Runtime> {
    if workers == 1 {
        return Builder::new_current_thread().enable_io().build();
    }
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_io()
        .build()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let parsed = match args.as_slice() {
        [_, mode, port, workers] if mode == "echo" || mode == "http" => port
            .parse()
            .ok()
            .zip(workers.parse().ok().filter(|n| *n > 0))
            .map(|(port, workers)| (mode.clone(), port, workers)),
        _ => None,
    };
    let Some((mode, port, workers)) = parsed else {
        eprintln!("usage: netserver echo|http PORT WORKERS");
        exit(2);
    };
    let ended = runtime(workers).and_then(|r| r.block_on(serve(mode, port)));
    if let Err(e) = ended {
        eprintln!("netserver: {e}");
        exit(1);
    }
}
