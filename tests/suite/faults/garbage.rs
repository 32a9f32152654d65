//! Garbage, and a great deal of it.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::load::{Load, Pace};
use super::rig::{ADMIN, Rig};
use super::{PATIENCE, dice, long};
use crate::harness::Dice;

/// Bytes that each kind of garbage would have, if nobody stopped it.
const SHORT: usize = 32 * 1024 * 1024;
const LONG: usize = 1024 * 1024 * 1024;
/// Bytes that the systems on both ends take in before anybody is asked.
const IN_TRANSIT: usize = 16 * 1024 * 1024;
/// Memory in KiB that garbage may cost.
const ROOM_KIB: u64 = 160 * 1024;
/// Of each kind at once.
const AT_ONCE: usize = 8;

/// What was sent before the service hung up, and what it said.
struct Sent {
    bytes: usize,
    heard: String,
}

/// A kind of garbage: how it begins, what comes again and again, how it may be
/// answered, and how many bytes may be taken before that.
struct Kind {
    name: &'static str,
    head: String,
    piece: Vec<u8>,
    answers: &'static [u16],
    taken: usize,
}

impl Kind {
    fn new(name: &'static str, head: String, piece: &[u8], answers: &'static [u16], taken: usize) -> Self {
        Self { name, head, piece: piece.to_vec(), answers, taken }
    }
}

/// Sends a head and then pieces, up to so many bytes, until the service hangs up.
async fn pour(address: String, head: String, piece: Vec<u8>, most: usize) -> Sent {
    let stream = TcpStream::connect(&address).await.expect("the service accepts");
    let (mut ear, mut mouth) = stream.into_split();
    let hearing = tokio::spawn(async move {
        let mut bytes = Vec::new();
        // A reset after the answer is a way of hanging up.
        drop(ear.read_to_end(&mut bytes).await);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut said = mouth.write_all(head.as_bytes()).await;
    let mut bytes = 0;
    while said.is_ok() && bytes < most && !hearing.is_finished() {
        bytes += piece.len();
        said = mouth.write_all(&piece).await;
    }
    let answer = tokio::time::timeout(PATIENCE, hearing).await.expect("it hangs up").expect("no panic");
    Sent { bytes, heard: answer }
}

/// Bytes of any kind.
fn noise(dice: &mut Dice) -> Vec<u8> {
    (0..16 * 1024).map(|_| u8::try_from(dice.below(256)).expect("a byte")).collect()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_early_and_costs_little() {
    let (rig, mut dice) = (Rig::start(&[]).await, dice());
    let most = if long().is_some() { LONG } else { SHORT };
    let load = Load::begin(&rig.line(), Pace { clients: 2, pause: Duration::from_millis(20), urgent: false });
    load.pass(20).await;
    let before = rig.resident_kib();
    let host = "Host: desk\r\nContent-Type: application/json\r\n";
    let key = format!("Authorization: Bearer {ADMIN}\r\n");
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    let noise = noise(&mut dice);
    let line = [b"X-Noise: ".to_vec(), vec![b'x'; 8 * 1024], b"\r\n".to_vec()].concat();
    let empties = b"[],".repeat(5_000);
    let post = format!("POST /v1/tickets HTTP/1.1\r\n{host}");
    let batch = format!("POST /v1/tickets/batch HTTP/1.1\r\n{host}{key}{chunked}1\r\n[\r\n");
    let kinds = [
        Kind::new("announced", format!("{post}{key}Content-Length: {most}\r\n\r\n"), &noise, &[413], 0),
        Kind::new("without a key", format!("{post}{chunked}"), &chunk(&noise), &[401], 0),
        Kind::new("endless", format!("{post}{key}{chunked}"), &chunk(&noise), &[413], 1 << 20),
        // There is room for four of them in memory; others may be told to come again.
        Kind::new("a batch", batch, &chunk(&empties), &[413, 422, 503], 16 << 20),
        Kind::new("half a head", format!("GET / HTTP/1.1\r\n{host}"), &line, &[431], 1 << 20),
        Kind::new("no HTTP", String::new(), &noise, &[400], 0),
    ];
    for Kind { name, head, piece, answers, taken } in kinds {
        let pouring = (0..AT_ONCE).map(|_| {
            let (address, head, piece) = (rig.process().address().to_owned(), head.clone(), piece.clone());
            pour(address, head, piece, most)
        });
        for sent in futures_util::future::join_all(pouring).await {
            let known = |status: &u16| sent.heard.starts_with(&format!("HTTP/1.1 {status} "));
            assert!(sent.heard.is_empty() || answers.iter().any(known), "{name}: {}", sent.heard);
            assert!(sent.bytes <= taken + IN_TRANSIT, "{name}: {} bytes were taken", sent.bytes);
        }
        println!("{name}: {} KiB more", rig.resident_kib().saturating_sub(before));
    }
    let grown = rig.resident_kib().saturating_sub(before);
    assert!(grown < ROOM_KIB, "{grown} KiB");
    rig.expect_whole(&load.stop().await).await;
}
