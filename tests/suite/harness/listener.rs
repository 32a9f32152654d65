//! A client that listens to a stream of events (the `text/event-stream` of the
//! HTML standard).

use std::time::Duration;

use serde_json::Value;

use super::answer::Answer;

/// How long the next event is waited for before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one block of lines said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) data: String,
    /// A comment, such as a heartbeat.
    pub(crate) comment: String,
}

impl Heard {
    /// What was said, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("not JSON: {error}\n{self:?}"))
    }
}

/// An open stream; dropped, it hangs up.
#[derive(Debug)]
pub(crate) struct Listener {
    response: reqwest::Response,
    arrived: Vec<u8>,
}

impl Listener {
    /// Listens to an answer, or gives the refusal.
    pub(super) async fn open(request: String, response: reqwest::Response) -> Result<Self, Answer> {
        if response.status().as_u16() != 200 {
            return Err(Answer::read(request, response).await);
        }
        let media = response.headers()["content-type"].to_str().expect("text").to_owned();
        assert_eq!(media, "text/event-stream", "{request}");
        Ok(Self { response, arrived: Vec::new() })
    }

    /// The next block, comments included; none: the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(end) = self.arrived.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.arrived.drain(..end + 2).collect();
                return Some(read(std::str::from_utf8(&block).expect("streams are UTF-8")));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            match chunk.expect("something arrives, or the stream ends").expect("the stream holds") {
                Some(chunk) => self.arrived.extend_from_slice(&chunk),
                None => return None,
            }
        }
    }

    /// The next event, past all comments; none: the stream has ended.
    pub(crate) async fn event(&mut self) -> Option<Heard> {
        loop {
            let heard = self.next().await?;
            if !heard.data.is_empty() {
                return Some(heard);
            }
        }
    }
}

fn read(block: &str) -> Heard {
    let mut heard = Heard::default();
    for line in block.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" => heard.comment.push_str(value),
            "id" => value.clone_into(&mut heard.id),
            "event" => value.clone_into(&mut heard.event),
            "data" => heard.data.push_str(value),
            "retry" => assert!(value.parse::<u32>().is_ok(), "{line}"),
            _ => assert!(line.is_empty(), "an unknown line: {line}"),
        }
    }
    heard
}
