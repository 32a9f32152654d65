//! The KPIs of all tenants, as they were computed last. Scrapes are answered
//! from there for a while, and compute one at a time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::exposition::Sheet;
use super::{kpi, names};
use crate::clock::Clock;
use crate::domain::id::TenantId;
use crate::flow::{Desk, Error};

/// How long a scrape waits for numbers; the rest is answered without them then.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long numbers may take that nobody waits for any more.
const LONGEST: Duration = Duration::from_secs(30);

/// All tenants with their short names, in an order that stays.
pub type Roll = Pin<Box<dyn Future<Output = Result<Vec<(TenantId, String)>, Error>> + Send>>;

/// What is shown, and how often it is computed.
#[derive(Clone)]
pub struct Settings {
    /// Numbers are computed no more often, as far as time alone changes nothing
    /// that waits.
    pub lasts: Duration,
    /// Tenants that are shown, the first of all.
    pub most_tenants: usize,
    /// Asks for all tenants.
    pub roll: Arc<dyn Fn() -> Roll + Send + Sync>,
    /// Where computations run, which go on when a scrape does not wait.
    pub tasks: TaskTracker,
}

/// The board. A clone is another handle on the same one.
#[derive(Clone)]
pub struct Board {
    desk: Desk,
    settings: Settings,
    last: Arc<Mutex<Option<Attempt>>>,
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Board")
    }
}

/// What came of computing.
struct Attempt {
    began: Instant,
    /// None: nothing.
    computed: Option<Computed>,
}

struct Computed {
    text: Arc<str>,
    at: Timestamp,
    /// From then on time alone may have changed what waits.
    until: Timestamp,
}

impl Attempt {
    /// Whether it is good enough for whoever asked at `asked`, at `now`.
    fn serves(&self, asked: Instant, now: Option<Timestamp>, lasts: Duration) -> bool {
        if self.began >= asked {
            return true;
        }
        let (Some(computed), Some(now)) = (&self.computed, now) else { return false };
        let lasts_signed = SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX);
        now < computed.until
            && now.duration_since(computed.at) < lasts_signed
            && asked.duration_since(self.began) < lasts
    }

    fn text(&self) -> Option<Arc<str>> {
        self.computed.as_ref().map(|computed| Arc::clone(&computed.text))
    }
}

impl Board {
    /// A board of this desk's tenants; the desk should have connections of its
    /// own.
    #[must_use]
    pub fn new(desk: Desk, settings: Settings) -> Self {
        Self { desk, settings, last: Arc::default() }
    }

    /// The KPIs as text, or only that there are none to be had.
    pub(super) async fn text(&self) -> String {
        let (board, asked) = (self.clone(), Clock::monotonic());
        let found = self.settings.tasks.spawn(async move { board.renewed(asked).await });
        // Neither one that takes too long nor one that ended in a panic.
        let found = timeout(PATIENCE, found).await.ok().and_then(Result::ok).flatten();
        let mut sheet = Sheet::default();
        sheet.put(&names::UP, &[], if found.is_some() { 1.0 } else { 0.0 });
        let up = sheet.text(&[&names::UP]);
        found.map_or_else(|| up.clone(), |text| format!("{up}{text}"))
    }

    async fn renewed(&self, asked: Instant) -> Option<Arc<str>> {
        let mut last = self.last.lock().await;
        let now = self.desk.now().await.ok();
        if let Some(attempt) = last.as_ref().filter(|attempt| attempt.serves(asked, now, self.settings.lasts))
        {
            return attempt.text();
        }
        let began = Clock::monotonic();
        let computed = match timeout(LONGEST, self.computed()).await {
            Ok(Ok(computed)) => Some(computed),
            Ok(Err(error)) => {
                tracing::warn!(%error, "http.metrics.kpis_missing");
                None
            }
            Err(_) => {
                tracing::warn!(waited_seconds = LONGEST.as_secs(), "http.metrics.kpis_missing");
                None
            }
        };
        last.insert(Attempt { began, computed }).text()
    }

    async fn computed(&self) -> Result<Computed, Error> {
        let at = self.desk.now().await?;
        let mut tenants = (self.settings.roll)().await?;
        let all = tenants.len();
        // Those whose numbers are being made anew have none now, and hide no others.
        tenants.retain(|(tenant, _)| self.desk.expect_kpis(*tenant).is_ok());
        tenants.truncate(self.settings.most_tenants);
        let left_out = all.saturating_sub(tenants.len());
        let (mut sheet, mut until) = (Sheet::default(), Timestamp::MAX);
        sheet.put(&names::COMPUTED, &[], at.as_duration().as_secs_f64());
        sheet.put(&names::TENANTS_LEFT_OUT, &[], i64::try_from(left_out).ok().map(kpi::real));
        kpi::targets(&mut sheet, self.desk.targets());
        for (tenant, slug) in tenants {
            let scores = self.desk.scores(tenant, at).await?;
            until = until.min(scores.until);
            kpi::scores(&mut sheet, &slug, &scores);
        }
        let queues = self.desk.queues().await?;
        sheet.put(&names::TIMERS, &[], queues.late.as_secs_f64());
        sheet.put(&names::FACTS, &[], kpi::real(queues.facts));
        let shown: Vec<_> = names::ALL.iter().copied().skip(1).collect();
        Ok(Computed { text: sheet.text(&shown).into(), at, until })
    }
}
