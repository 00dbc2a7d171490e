//! A server that takes everything as fast as it can: the other end of mail that is measured.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// What ends mail data; dots within it are stuffed, so that it stands nowhere else.
const END: &[u8] = b"\r\n.\r\n";

/// Starts the server; gives its port. It ends with the program.
///
/// # Errors
/// When no port can be had.
pub(crate) fn start() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(|| serve(stream));
        }
    });
    Ok(port)
}

/// One connection. Clients that send before they are answered are not expected here.
fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(b"220 sink\r\n")?;
    let mut buffer = vec![0; 1 << 20];
    let mut line = Vec::new();
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
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
                swallow(&mut stream, &mut buffer)?;
                stream.write_all(b"250 2.0.0 taken\r\n")?;
            }
            b"QUIT" => return stream.write_all(b"221 2.0.0 bye\r\n"),
            _ => stream.write_all(b"250 2.0.0 ok\r\n")?,
        }
    }
}

/// Reads to the end of mail data; only the last bytes are looked at.
fn swallow(stream: &mut TcpStream, buffer: &mut [u8]) -> std::io::Result<()> {
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
