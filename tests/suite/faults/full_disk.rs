//! The disk of PostgreSQL is full.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use support_engineer::clock::Clock;

use super::load::{Acknowledged, Load, Pace};
use super::rig::Rig;
use crate::harness::Place;

/// Enough for a new database and some tickets.
const SIZE: &str = "size=192m,mode=0755";

/// A small file system of a test's own, in memory.
#[derive(Debug)]
struct Disk(PathBuf);

impl Disk {
    /// None where nothing may be mounted.
    fn mount(place: &Place) -> Option<Self> {
        let path = place.join("disk");
        fs::create_dir(&path).expect("a folder");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(&path).output();
        match mount {
            Ok(done) if done.status.success() => Some(Self(path)),
            Ok(refused) => {
                println!("nothing can be mounted: {}", String::from_utf8_lossy(&refused.stderr).trim());
                None
            }
            Err(error) => {
                println!("nothing can be mounted: {error}");
                None
            }
        }
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Takes what is free.
    fn fill(&self) {
        let mut ballast = OpenOptions::new().create(true).append(true).open(self.ballast()).expect("a file");
        for size in [1024 * 1024, 4 * 1024] {
            let block = vec![0x55; size];
            while ballast.write_all(&block).is_ok() {}
        }
    }

    /// Gives it back.
    fn free(&self) {
        fs::remove_file(self.ballast()).expect("the ballast is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: PostgreSQL may still be stopping.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_is_over_when_there_is_space() {
    let place = Place::new();
    let Some(disk) = Disk::mount(&place) else { return };
    let rig = Rig::start_in(disk.0.join("desk"), &[]).await;
    let crowd = Pace { clients: 8, pause: Duration::from_millis(5), urgent: false };
    let load = Load::begin(&rig.line(), crowd);
    load.pass(20).await;

    // First tables cannot grow; PostgreSQL lives.
    disk.fill();
    let told = |state: &Acknowledged| state.answers.get(&503).is_some_and(|times| *times > 20);
    load.until("clients that are told to come again", told).await;
    println!("without space: {:?}", load.so_far().answers);
    let began = Clock::monotonic();
    disk.free();
    println!("back after {:.1?}", load.recover(began).await);

    // Then its log cannot, and it ends.
    disk.fill();
    let mut owner = rig.owner().await;
    let mut written = Ok(());
    while written.is_ok() {
        let write = "select pg_logical_emit_message(false, 'faults', repeat('x', 1000000))";
        written = sqlx::query(write).execute(&mut owner).await.map(drop);
    }
    let unready = rig.until_readiness(503).await;
    assert_eq!(unready.text("/errors/0/pointer"), "/checks/database");
    let began = Clock::monotonic();
    disk.free();
    println!("back after {:.1?}", load.recover(began).await);
    let acknowledged = load.stop().await;
    rig.expect_whole(&acknowledged).await;
}
