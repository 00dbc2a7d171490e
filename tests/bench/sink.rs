//! A server that takes everything as fast as it can: the other end of mail that is measured.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use ehlo::net::certificate::{Authority, Kind};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, Stream};

/// What ends mail data; dots within it are stuffed, so that it stands nowhere else.
const END: &[u8] = b"\r\n.\r\n";

/// Starts the server; gives its port. It ends with the program.
///
/// # Errors
/// When no port can be had.
pub(crate) fn start() -> std::io::Result<u16> {
    listen(|mut stream| {
        stream.write_all(b"220 sink.bench.test ESMTP\r\n")?;
        converse(&mut stream, b"250 sink.bench.test\r\n").map(|_| ())
    })
}

/// Starts a server with STARTTLS; the root of its certificate is written to `ca`.
///
/// # Errors
/// When no port can be had, or no certificate can be made.
pub(crate) fn start_tls(ca: &Path) -> anyhow::Result<u16> {
    let authority = Authority::new()?;
    std::fs::write(ca, authority.root_pem())?;
    let identity = authority.identity(Kind::Good)?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)?;
    let config = Arc::new(config);
    Ok(listen(move |mut stream| {
        stream.write_all(b"220 sink.bench.test ESMTP\r\n")?;
        if converse(&mut stream, b"250-sink.bench.test\r\n250 STARTTLS\r\n")? {
            stream.write_all(b"220 2.0.0 go ahead\r\n")?;
            let layer = ServerConnection::new(Arc::clone(&config));
            let mut layer = layer.map_err(std::io::Error::other)?;
            converse(&mut Stream::new(&mut layer, &mut stream), b"250 sink.bench.test\r\n")?;
        }
        Ok(())
    })?)
}

fn listen(
    serve: impl Fn(TcpStream) -> std::io::Result<()> + Clone + Send + 'static,
) -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || stream.set_nodelay(true).and_then(|()| serve(stream)));
        }
    });
    Ok(port)
}

/// One conversation; says whether it ends with STARTTLS. Clients that send before they are answered
/// are not expected here.
fn converse(stream: &mut (impl Read + Write), ehlo: &[u8]) -> std::io::Result<bool> {
    let mut buffer = vec![0; 1 << 20];
    let mut line = Vec::new();
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(false);
        }
        line.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if !line.ends_with(b"\r\n") {
            continue;
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        line.clear();
        match &verb[..] {
            b"DATA" => {
                stream.write_all(b"354 go ahead\r\n")?;
                swallow(stream, &mut buffer)?;
                stream.write_all(b"250 2.0.0 taken\r\n")?;
            }
            b"STAR" => return Ok(true),
            b"QUIT" => return stream.write_all(b"221 2.0.0 bye\r\n").map(|()| false),
            b"EHLO" => stream.write_all(ehlo)?,
            _ => stream.write_all(b"250 2.0.0 ok\r\n")?,
        }
    }
}

/// Reads to the end of mail data; only the last bytes are looked at.
fn swallow(stream: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<()> {
    let mut tail = Vec::new();
    while !tail.ends_with(END) {
        let count = stream.read(buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let from = count.saturating_sub(END.len());
        tail.extend_from_slice(buffer.get(from..count).unwrap_or_default());
        tail.drain(..tail.len().saturating_sub(END.len()));
    }
    Ok(())
}
