//! The thread that starts the server, watches it, starts it again when it
//! ends by itself, and stops it. A thread and not a task: it must not depend
//! on any async runtime, of which each test has its own.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::{oneshot, watch};

use super::cluster;
use super::directory::Directory;
use super::discovery::{Installation, Search};
use super::error::Error;
use super::leash;
use super::leftover;
use super::postmaster::{self, Postmaster};
use super::{Condition, Settings};

/// How often a starting server is looked at.
const PERIOD: Duration = Duration::from_millis(10);

/// The pause before the second attempt to start the server again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A server that has run this long counts as sound: the pauses begin anew.
const SOUND_AFTER: Duration = Duration::from_mins(1);

/// How long a server has to end after `Signal::QUIT`, by which it kills its own children.
const QUIT_GRACE: Duration = Duration::from_secs(6);

/// Who is told that the server has stopped; `None` when nobody waits.
type Reply = Option<oneshot::Sender<Result<(), Error>>>;

/// What happens to a supervisor.
#[derive(Debug)]
pub(super) enum Event {
    /// This child process has ended.
    Ended(u32),
    /// Stop the server and end.
    Stop(Reply),
}

/// What the owner learns when the server is ready for the first time.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) url: String,
    pub(super) root: PathBuf,
    pub(super) events: Sender<Event>,
    pub(super) condition: watch::Receiver<Condition>,
}

/// How an attempt to start the server came out.
enum Attempt {
    Ready(Postmaster),
    Stop(Reply),
}

struct Supervisor {
    settings: Settings,
    directory: Directory,
    installation: Installation,
    password: String,
    events: Receiver<Event>,
    sender: Sender<Event>,
    condition: watch::Sender<Condition>,
}

/// Starts the thread. It answers once, when the server is ready or cannot be
/// started, and then lives as long as the server.
pub(super) fn begin(settings: Settings, search: Search) -> oneshot::Receiver<Result<Started, Error>> {
    let (answer, asked) = oneshot::channel();
    // If the thread cannot be made, `answer` is dropped and the caller sees that.
    let thread = thread::Builder::new().name("postgres".to_owned());
    drop(thread.spawn(move || run(settings, &search, answer)));
    asked
}

fn run(settings: Settings, search: &Search, answer: oneshot::Sender<Result<Started, Error>>) {
    let prepared = Supervisor::prepare(settings, search);
    let begun = prepared.and_then(|supervisor| {
        let limit = supervisor.settings.start_timeout;
        supervisor.attempt(Some(limit)).map(|attempt| (supervisor, attempt))
    });
    let (supervisor, attempt) = match begun {
        Ok(begun) => begun,
        // A caller who no longer waits needs no reason either.
        Err(error) => return drop(answer.send(Err(error))),
    };
    let Attempt::Ready(server) = attempt else { return };
    let started = supervisor.started();
    let (reply, outcome) = match answer.send(Ok(started)) {
        Ok(()) => supervisor.watch_over(server),
        Err(_) => (None, supervisor.shut_down(server)),
    };
    supervisor.directory.tidy();
    // The lock goes before the answer, so that whoever gets it can start anew.
    drop(supervisor);
    if let Some(reply) = reply {
        drop(reply.send(outcome));
    }
}

impl Supervisor {
    fn prepare(settings: Settings, search: &Search) -> Result<Self, Error> {
        let directory = Directory::open(settings.data_dir.as_deref())?;
        let data = directory.cluster();
        let wrote = cluster::major(&data)?;
        let installation = Installation::find(search, directory.account(), &data, wrote)?;
        leftover::clear(&directory, settings.stop_timeout)?;
        let password = cluster::prepare(&directory, &installation, settings.durable)?;
        directory.account().check_access(&data)?;
        let (sender, events) = channel();
        let (condition, _) = watch::channel(Condition { accepting: false, ends: 0 });
        Ok(Self { settings, directory, installation, password, events, sender, condition })
    }

    fn started(&self) -> Started {
        Started {
            url: cluster::url(&self.password, self.directory.sockets()),
            root: self.directory.root().to_owned(),
            events: self.sender.clone(),
            condition: self.condition.subscribe(),
        }
    }

    /// Starts the server and waits until it is ready. Without a limit it has
    /// as long as it lives: recovery after a crash may take its time.
    fn attempt(&self, limit: Option<Duration>) -> Result<Attempt, Error> {
        leftover::clear(&self.directory, self.settings.stop_timeout)?;
        let server = Postmaster::launch(&self.directory, &self.installation, &self.settings)?;
        let (pid, sender) = (server.pid(), self.sender.clone());
        thread::spawn(move || {
            leash::await_end(pid);
            // Without a supervisor there is nobody to tell.
            drop(sender.send(Event::Ended(pid)));
        });
        let mut waited = Duration::ZERO;
        while !server.is_ready() {
            match self.events.recv_timeout(PERIOD) {
                Ok(Event::Ended(ended)) if ended == pid => {
                    let (log, tail) = (self.directory.log(), server.log_tail());
                    return Err(Error::EndedEarly { status: server.finish().status, log, tail });
                }
                Ok(Event::Stop(reply)) => {
                    self.shut_down(server)?;
                    return Ok(Attempt::Stop(reply));
                }
                Ok(Event::Ended(_)) | Err(_) => waited += PERIOD,
            }
            if limit.is_some_and(|limit| waited >= limit) {
                let (log, tail) = (self.directory.log(), server.log_tail());
                self.shut_down(server)?;
                return Err(Error::NotReady { seconds: waited.as_secs(), log, tail });
            }
        }
        self.condition.send_modify(|condition| condition.accepting = true);
        tracing::info!(pid, data_dir = %self.directory.root().display(), "the embedded PostgreSQL is ready");
        Ok(Attempt::Ready(server))
    }

    /// Keeps the server running until somebody asks to stop it.
    fn watch_over(&self, mut server: Postmaster) -> (Reply, Result<(), Error>) {
        let mut pause = Duration::ZERO;
        loop {
            match self.events.recv_timeout(SOUND_AFTER) {
                Ok(Event::Stop(reply)) => return (reply, self.shut_down(server)),
                Ok(Event::Ended(pid)) if pid == server.pid() => {
                    let ending = server.finish();
                    self.note_end(&ending.status);
                    server = match self.recover(&mut pause) {
                        Attempt::Ready(server) => server,
                        Attempt::Stop(reply) => return (reply, Ok(())),
                    };
                }
                Ok(Event::Ended(_)) => {}
                Err(_) => {
                    pause = Duration::ZERO;
                    if let Err(error) = postmaster::set_aside(&self.directory.log()) {
                        tracing::warn!(%error, "the log of the embedded PostgreSQL grows");
                    }
                }
            }
        }
    }

    fn note_end(&self, status: &str) {
        self.condition.send_modify(|condition| {
            condition.accepting = false;
            condition.ends += 1;
        });
        tracing::error!(status, "the embedded PostgreSQL ended by itself; it is started again");
    }

    /// Starts the server again, with growing pauses, until it is ready.
    fn recover(&self, pause: &mut Duration) -> Attempt {
        loop {
            if !pause.is_zero()
                && let Some(reply) = self.stopped_within(*pause)
            {
                return Attempt::Stop(reply);
            }
            *pause = (*pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            match self.attempt(None) {
                Ok(attempt) => return attempt,
                Err(error) => tracing::error!(%error, "the embedded PostgreSQL could not be started again"),
            }
        }
    }

    /// Pauses; answers who asks to stop in the meantime.
    fn stopped_within(&self, pause: Duration) -> Option<Reply> {
        match self.events.recv_timeout(pause) {
            Ok(Event::Stop(reply)) => Some(reply),
            // The end of an earlier process may shorten the pause; it was already counted.
            Ok(Event::Ended(_)) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Stops the server: cleanly, then at once, then by force.
    fn shut_down(&self, server: Postmaster) -> Result<(), Error> {
        self.condition.send_modify(|condition| condition.accepting = false);
        let steps = [
            (Signal::INT, self.settings.stop_timeout),
            (Signal::QUIT, QUIT_GRACE),
            (Signal::KILL, QUIT_GRACE),
        ];
        for (signal, patience) in steps {
            server.signal(signal);
            if self.ended_within(server.pid(), patience) {
                let ending = server.finish();
                tracing::info!(status = ending.status, "the embedded PostgreSQL has stopped");
                return Ok(());
            }
            tracing::warn!(?signal, "the embedded PostgreSQL does not end");
        }
        let pid = i32::try_from(server.pid()).unwrap_or_default();
        Err(Error::LeftOver { pid, cluster: self.directory.cluster() })
    }

    fn ended_within(&self, pid: u32, patience: Duration) -> bool {
        loop {
            match self.events.recv_timeout(patience) {
                Ok(Event::Ended(ended)) if ended == pid => return true,
                // A second request to stop changes nothing.
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }
}
