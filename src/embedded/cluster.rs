//! PostgreSQL's own data directory: made once, whole or not at all.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::Stdio;

use super::directory::{Directory, hexadecimal, remove_file};
use super::discovery::Installation;
use super::error::Error;
use super::leash::Leashed;

/// The role that owns the database; the superuser that `initdb` makes.
pub(super) const OWNER: &str = "support_owner";

/// The name of the database.
pub(super) const DATABASE: &str = "support";

/// The major version that wrote the data in a directory, `None` if there is no data.
pub(super) fn major(cluster: &Path) -> Result<Option<u32>, Error> {
    let file = cluster.join("PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => {
            text.trim().parse().map(Some).map_err(|_| Error::Foreign { directory: cluster.to_owned() })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", &file)(error)),
    }
}

/// Makes the data directory if there is none, and answers the owner's password.
/// No server may be running in it.
pub(super) fn prepare(
    directory: &Directory,
    installation: &Installation,
    durable: bool,
) -> Result<String, Error> {
    let cluster = directory.cluster();
    if major(&cluster)?.is_none() {
        return create(directory, installation, durable);
    }
    let file = directory.password();
    match fs::read_to_string(&file) {
        Ok(password) => Ok(password.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // The file was lost; whoever may start the server may set another password.
            let password = random_password()?;
            let order = format!("alter role {OWNER} password '{password}'");
            execute(directory, installation, &cluster, &order)?;
            directory.write_secret(&file, &password)?;
            Ok(password)
        }
        Err(error) => Err(Error::io("read", &file)(error)),
    }
}

fn create(directory: &Directory, installation: &Installation, durable: bool) -> Result<String, Error> {
    let (fresh, cluster) = (directory.cluster_in_the_making(), directory.cluster());
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(Error::io("remove", &fresh))?;
    }
    directory.make_private(&fresh)?;
    let password = random_password()?;
    directory.write_secret(&directory.password(), &password)?;
    initialise(directory, installation, &password, durable)?;
    execute(directory, installation, &fresh, &format!("create database {DATABASE}"))?;
    fs::rename(&fresh, &cluster).map_err(Error::io("make", &cluster))?;
    let root = File::open(directory.root()).and_then(|root| root.sync_all());
    root.map_err(Error::io("write", directory.root()))?;
    Ok(password)
}

fn initialise(
    directory: &Directory,
    installation: &Installation,
    password: &str,
    durable: bool,
) -> Result<(), Error> {
    let fresh = directory.cluster_in_the_making();
    // Not in the root of the data directory, which the account may be unable to read.
    let secret = directory.sockets().join("initdb-password");
    directory.write_secret(&secret, password)?;
    let program = installation.program("initdb");
    let outcome = Leashed::spawn(
        directory.account(),
        &program,
        |command| {
            command.args(["--encoding=UTF8", "--locale=C", "--data-checksums", "--auth=scram-sha-256"]);
            command.arg("--username").arg(OWNER).arg("--pwfile").arg(&secret).arg("--pgdata").arg(&fresh);
            if !durable {
                command.arg("--no-sync");
            }
        },
        (Stdio::piped(), Stdio::piped()),
    )
    .map(Leashed::finish);
    remove_file(&secret)?;
    let ending = outcome?;
    if ending.success {
        return Ok(());
    }
    let output = end_of(&ending.said);
    Err(Error::Program { program: "initdb".to_owned(), status: ending.status, output })
}

/// Carries out one SQL command on data that no server works on. The server's
/// single-user mode reads it from a pipe and ends with the pipe, so it cannot
/// outlive us.
fn execute(
    directory: &Directory,
    installation: &Installation,
    cluster: &Path,
    order: &str,
) -> Result<(), Error> {
    let program = installation.program("postgres");
    let mut command = directory.account().command(&program);
    command.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(cluster).arg("postgres");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(Error::io("run", &program))?;
    if let Some(mut input) = child.stdin.take() {
        // If the server ends before it has read, its status and output say why.
        drop(writeln!(input, "{order}"));
    }
    let ended = child.wait_with_output().map_err(Error::io("run", &program))?;
    if ended.status.success() {
        return Ok(());
    }
    let output = end_of(&String::from_utf8_lossy(&ended.stderr));
    Err(Error::Program { program: "postgres --single".to_owned(), status: ended.status.to_string(), output })
}

/// 256 bits from the system, in hexadecimal.
fn random_password() -> Result<String, Error> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 32];
    let read = File::open(source).and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(Error::io("read", source))?;
    Ok(hexadecimal(&bytes))
}

/// The last lines of what a program said.
pub(super) fn end_of(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// How the owner connects to the server with this socket directory.
pub(super) fn url(password: &str, sockets: &Path) -> String {
    let sockets = encode(&sockets.to_string_lossy());
    format!("postgres://{OWNER}:{password}@localhost/{DATABASE}?host={sockets}")
}

/// Percent-encodes a path for the query of a URL.
fn encode(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let byte = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(byte).collect()
}
