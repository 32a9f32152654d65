//! Asks the service on this machine whether it answers.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::failure::Failure;

/// How long each step may take; container runtimes give a few seconds for all.
const PATIENCE: Duration = Duration::from_secs(2);
/// Enough for the status line.
const HEAD_BYTES: u64 = 64;

/// Succeeds if `GET /healthz` answers 200 on the address that is listened to.
pub(super) fn ask(listen: SocketAddr) -> Result<(), Failure> {
    let address = reachable(listen);
    match status(address) {
        Ok(line) if line.split(' ').nth(1) == Some("200") => Ok(()),
        Ok(line) => Err(Failure::failed(format!("http://{address}/healthz answers {line:?}"))),
        Err(error) => Err(Failure::failed(format!("http://{address}/healthz does not answer: {error}"))),
    }
}

/// Who listens on every address is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn status(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut head = Vec::new();
    stream.take(HEAD_BYTES).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head);
    Ok(head.lines().next().unwrap_or_default().to_owned())
}
