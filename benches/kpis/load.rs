//! Requests: one by one, and as many as are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use support_engineer::clock::Clock;

/// How long it is asked as fast as it answers.
const LASTS: Duration = Duration::from_secs(8);
/// Connections over which it is asked.
const CONNECTIONS: usize = 16;

pub(crate) fn client() -> Client {
    Client::builder().tls_certs_only([]).no_proxy().build().expect("a client")
}

/// Asks once.
pub(crate) async fn get(client: &Client, address: &str, path: &str, key: &str) {
    let answer = client.get(format!("http://{address}{path}")).bearer_auth(key).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.bytes().await.expect("a whole answer");
}

/// The tag of an answer.
pub(crate) async fn tag(client: &Client, address: &str, path: &str, key: &str) -> String {
    let answer = client.get(format!("http://{address}{path}")).bearer_auth(key).send().await;
    let answer = answer.expect("an answer");
    answer.headers()["etag"].to_str().expect("text").to_owned()
}

/// Answers a second, over several connections at once. `known`: a key, and the
/// tag that is known.
pub(crate) async fn rate(address: &str, path: &str, known: Option<(&str, &str)>, status: u16) -> f64 {
    let url = format!("http://{address}{path}");
    let count = Arc::new(AtomicU32::new(0));
    let began = Clock::monotonic();
    let asking = (0..CONNECTIONS).map(|_| {
        let (client, url, count) = (client(), url.clone(), Arc::clone(&count));
        let known = known.map(|(key, tag)| (key.to_owned(), tag.to_owned()));
        tokio::spawn(async move {
            while began.elapsed() < LASTS {
                let mut request = client.get(&url);
                if let Some((key, tag)) = &known {
                    request = request.bearer_auth(key).header("if-none-match", tag);
                }
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.status().as_u16(), status);
                answer.bytes().await.expect("a whole answer");
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for one in asking.collect::<Vec<_>>() {
        one.await.expect("nothing failed");
    }
    f64::from(count.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64()
}
