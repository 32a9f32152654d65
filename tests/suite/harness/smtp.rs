//! A mail server that does as it is told and keeps what arrives.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mail_parser::{Message, MessageParser};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a mail in place of taking it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    /// Answers this to the recipient.
    Refuses(&'static str),
    /// Hangs up in the middle of the text.
    HangsUp,
    /// Takes it, and hangs up before it says so.
    TakesSilently,
    /// Takes it, and says so after a while.
    Thinks(Duration),
    /// Answers this to the sender, and hears no recipient.
    RefusesSender(&'static str),
    /// Answers this to whoever connects.
    RefusesAll(&'static str),
}

/// One mail as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// The recipient of the envelope.
    pub(crate) to: String,
    /// Header and text, dots undone.
    pub(crate) raw: String,
}

impl Arrived {
    /// The mail as a mail program reads it.
    pub(crate) fn parsed(&self) -> Message<'_> {
        MessageParser::default().parse(&self.raw).expect("a mail")
    }

    pub(crate) fn subject(&self) -> String {
        self.parsed().subject().unwrap_or_default().to_owned()
    }

    pub(crate) fn text(&self) -> String {
        self.parsed().body_text(0).expect("a text").replace("\r\n", "\n").trim_end().to_owned()
    }

    /// A header as it stands, unfolded; `""` if it is not there.
    pub(crate) fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let value = |line: &str| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        head.split("\r\n").find_map(value).unwrap_or_default()
    }

    /// The names of its headers, in order.
    pub(crate) fn headers(&self) -> Vec<String> {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default();
        let names = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        names.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
    }
}

#[derive(Debug, Default)]
struct State {
    moods: VecDeque<Mood>,
    arrived: Vec<Arrived>,
    tries: usize,
}

/// The server; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Smtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Smtp {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Self { address: listener.local_addr().expect("bound"), state: Arc::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                // Whoever hangs up has said all.
                tokio::spawn(async move { drop(server.talk(stream).await) });
            }
        });
        server
    }

    /// The settings of a desk that sends its mail here.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        [
            ("SUPPORT__MAIL__HOST", "127.0.0.1".to_owned()),
            ("SUPPORT__MAIL__PORT", self.address.port().to_string()),
            ("SUPPORT__MAIL__SECURITY", "none".to_owned()),
            ("SUPPORT__MAIL__FROM_ADDRESS", "desk@support.example".to_owned()),
            ("SUPPORT__MAIL__TICKET_URL", "https://desk.example/tickets/{number}".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// What it does with the next mails, one after the other.
    pub(crate) fn will(&self, moods: &[Mood]) {
        self.state().moods.extend(moods);
    }

    /// What has arrived, in order.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.state().arrived.clone()
    }

    /// What has arrived for this address.
    pub(crate) fn for_address(&self, address: &str) -> Vec<Arrived> {
        self.arrived().into_iter().filter(|mail| mail.to == address).collect()
    }

    /// How often a recipient was named, or a mail refused before.
    pub(crate) fn tries(&self) -> usize {
        self.state().tries
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next mood, if it is a refusal of this kind.
    fn refusal(&self, of: impl Fn(Mood) -> Option<&'static str>) -> Option<&'static str> {
        let mut state = self.state();
        let refusal = of(*state.moods.front()?)?;
        state.moods.pop_front();
        state.tries += 1;
        Some(refusal)
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        if let Some(refusal) = self.refusal(|mood| match mood {
            Mood::RefusesAll(answer) => Some(answer),
            _ => None,
        }) {
            return write.write_all(format!("{refusal}\r\n").as_bytes()).await;
        }
        write.write_all(b"220 mail.test\r\n").await?;
        let (mut to, mut mood, mut line) = (String::new(), None, String::new());
        loop {
            line.clear();
            if read.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let said = line.trim_end().to_owned();
            let answer = match said.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
                "EHLO" => "250-mail.test\r\n250 8BITMIME".to_owned(),
                "MAIL" => {
                    let refusal = self.refusal(|mood| match mood {
                        Mood::RefusesSender(answer) => Some(answer),
                        _ => None,
                    });
                    refusal.unwrap_or("250 ok").to_owned()
                }
                "RCPT" => {
                    to = said.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    let mut state = self.state();
                    state.tries += 1;
                    mood = state.moods.pop_front();
                    match mood {
                        Some(Mood::Refuses(answer)) => answer.replace("{}", &to),
                        _ => "250 ok".to_owned(),
                    }
                }
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    if matches!(mood, Some(Mood::HangsUp)) {
                        return Ok(());
                    }
                    let Some(raw) = text(&mut read).await? else { return Ok(()) };
                    self.state().arrived.push(Arrived { to: to.clone(), raw });
                    if matches!(mood, Some(Mood::TakesSilently)) {
                        return Ok(());
                    }
                    if let Some(Mood::Thinks(a_while)) = mood {
                        tokio::time::sleep(a_while).await;
                    }
                    "250 taken".to_owned()
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => "250 ok".to_owned(),
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}

/// The text up to the line of one dot; one that breaks off is none.
async fn text(read: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> std::io::Result<Option<String>> {
    let (mut text, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if read.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if line == ".\r\n" {
            return Ok(Some(text));
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
