//! Configuration: sources, faults, secrets.

use std::path::PathBuf;
use std::time::Duration;

use support_engineer::config::{Config, Faults, LogFormat, Pooler};

const KEY: &str = "0123456789012345678901234567890123456789";

/// A file of its own for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("support-engineer-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("the temporary folder can be written");
        Self(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().expect("a path of plain characters")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A file that stays behind harms nobody.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn resolve(variables: &[(&str, &str)]) -> Result<Config, Faults> {
    Config::resolve(None, variables.iter().copied())
}

fn faults(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let faults = resolve(variables).expect_err("the test gives a fault");
    faults.iter().map(|fault| (fault.key.clone(), fault.detail.clone())).collect()
}

fn keys(variables: &[(&str, &str)]) -> Vec<String> {
    faults(variables).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let config = resolve(&[]).expect("the defaults are usable");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.metrics.listen.to_string(), "127.0.0.1:9464");
    assert_eq!(config.http.body_limit_bytes, 1_048_576);
    assert_eq!(config.http.batch_limit_bytes, 16_777_216);
    assert_eq!(config.bootstrap.tenant, "default");
    assert!(config.bootstrap.admin_key.is_none());
    assert!(config.database.url.is_none());
    assert!(config.database.data_dir.is_none());
    assert!(config.limits.enabled);
    assert!(!config.test.clock);
    assert_eq!(config.logging.format, LogFormat::Json);
    assert!(config.rules.triage.is_none());
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = Scratch::new(
        "layers.toml",
        "[http]\nlisten = '127.0.0.1:1'\ndrain_seconds = 7\n[rules]\ntriage = 'a.toml'\n",
    );
    let variables = [("SUPPORT__HTTP__LISTEN", "127.0.0.1:2"), ("PATH", "/bin"), ("SUPPORT", "no")];
    let config = Config::resolve(Some(&file.0), variables).expect("usable");
    assert_eq!(config.http.listen.port(), 2);
    assert_eq!(config.http.drain, Duration::from_secs(7));
    assert_eq!(config.rules.triage, Some(PathBuf::from("a.toml")));
    assert_eq!(config.http.max_connections, 1_000);

    let named = resolve(&[("SUPPORT__CONFIG", file.text())]).expect("usable");
    assert_eq!(named.http.listen.port(), 1, "SUPPORT__CONFIG names the file as --config does");
}

#[test]
fn every_key_can_be_set_by_file_and_by_environment_and_is_read() {
    let rendered = resolve(&[]).expect("usable").render();
    let shown: toml::Table = rendered.parse().expect("what is rendered is TOML");
    let defaults: toml::Table = include_str!("../../../config/default.toml").parse().expect("TOML");
    assert_eq!(shown, defaults, "a key without effect would be in one of them only");

    let round_trip = Scratch::new("all.toml", include_str!("../../../config/default.toml"));
    Config::resolve(Some(&round_trip.0), [("X", "")]).expect("the defaults are a usable file");
    for (section, keys) in &defaults {
        for (key, value) in keys.as_table().expect("a section") {
            let name = format!("SUPPORT__{}__{}", section.to_uppercase(), key.to_uppercase());
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            resolve(&[(&name, &text)]).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        }
    }
}

#[test]
fn each_default_has_one_comment() {
    let lines: Vec<_> = include_str!("../../../config/default.toml").lines().collect();
    let missing: Vec<_> = lines
        .windows(3)
        .filter(|trio| trio[2].contains(" = ") && !trio[2].starts_with('#'))
        .filter(|trio| !trio[1].starts_with("# ") || trio[0].starts_with('#'))
        .map(|trio| trio[2])
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_fault_is_reported_at_once_with_its_key() {
    let file = Scratch::new(
        "faults.toml",
        "colour = 1\nlogging = 3\n[http]\nlistn = ''\ndrain_seconds = 'soon'\n[nonsense]\nx = 1\n",
    );
    let variables = [
        ("SUPPORT__CONFIG", file.text()),
        ("SUPPORT__HTTP__LISTEN", "everywhere"),
        ("SUPPORT__HTTP__BODY_LIMIT_BYTES", "-1"),
        ("SUPPORT__DATABASE__MAX_CONNECTIONS", "0"),
        ("SUPPORT__LIMITS__ENABLED", "perhaps"),
        ("SUPPORT__BOOTSTRAP__ADMIN_KEY", "short"),
        ("SUPPORT__HTTP_LISTEN", "127.0.0.1:1"),
        ("SUPPORT__BOOTSTRAP__TENANT", "No Slug"),
    ];
    let expected = [
        "SUPPORT__HTTP_LISTEN",
        "colour",
        "http.listn",
        "logging",
        "nonsense",
        "http.listen",
        "http.body_limit_bytes",
        "http.drain_seconds",
        "database.max_connections",
        "bootstrap.tenant",
        "bootstrap.admin_key",
        "limits.enabled",
    ];
    assert_eq!(keys(&variables), expected);
    let text = resolve(&variables).expect_err("faults").to_string();
    assert!(
        text.contains("http.body_limit_bytes: must be a whole number from 1024 to 2097152, not -1 (from environment variable SUPPORT__HTTP__BODY_LIMIT_BYTES)"),
        "{text}"
    );
    assert!(
        text.contains(&format!("http.listn: there is no such key (from file {})", file.text())),
        "{text}"
    );
}

#[test]
fn targets_that_nothing_can_meet_are_faults() {
    for (key, value, detail) in [
        ("FIRST_RESPONSE_TARGET_SECONDS", "0", "must be a whole number from 1 to 31622400, not 0"),
        ("FIRST_RESPONSE_TARGET_SECONDS", "12.5", "must be a whole number from 1 to 31622400, not \"12.5\""),
        ("FIRST_RESPONSE_STATISTIC", "p42", "\"p42\" is not one of mean, p50, p90, p95, p99"),
        ("FIRST_LEVEL_RESOLUTION_TARGET", "1", "must be a number from 0, and less than 1, not 1.0"),
        ("FIRST_LEVEL_RESOLUTION_TARGET", "80", "must be a number from 0, and less than 1, not 80.0"),
        ("SATISFACTION_TARGET", "5.0", "must be a number from 1, and less than 5, not 5.0"),
        ("SATISFACTION_TARGET", "good", "must be a number from 1, and less than 5, not \"good\""),
        ("UPTIME_TARGET", "-0.5", "must be a number from 0, and less than 1, not -0.5"),
    ] {
        let variable = format!("SUPPORT__KPI__{key}");
        let found = faults(&[(variable.as_str(), value)]);
        assert_eq!(found, [(format!("kpi.{}", key.to_lowercase()), detail.to_owned())]);
    }
    let kpi = resolve(&[]).expect("the defaults are usable").kpi;
    assert_eq!((kpi.first_response_target_seconds, kpi.first_response_statistic.as_str()), (1_800, "p50"));
    assert_eq!((kpi.first_level_resolution_target, kpi.satisfaction_target), (0.8, 4.0));
    assert!((kpi.uptime_target - 0.995).abs() < f64::EPSILON);
}

#[test]
fn a_file_that_is_missing_or_broken_is_a_fault_without_its_text() {
    assert_eq!(keys(&[("SUPPORT__CONFIG", "/nowhere/at/all.toml")]), ["file /nowhere/at/all.toml"]);

    let broken = Scratch::new("broken.toml", "[bootstrap]\nadmin_key = 'hunter2hunter2\n");
    let text = resolve(&[("SUPPORT__CONFIG", broken.text())]).expect_err("broken").to_string();
    assert!(text.contains("is not TOML at line 2"), "{text}");
    assert!(!text.contains("hunter2"), "a broken line may hold a secret: {text}");

    let twice = Scratch::new("twice.toml", "[http]\nlisten = ''\nlisten = ''\n");
    let text = resolve(&[("SUPPORT__CONFIG", twice.text())]).expect_err("a key twice").to_string();
    assert!(text.contains("is not TOML at line 3"), "{text}");
    let odd = Scratch::new("odd.toml", "[http]\ndrain_seconds = 2024-01-01\nlisten = [1]\n");
    assert_eq!(keys(&[("SUPPORT__CONFIG", odd.text())]), ["http.listen", "http.drain_seconds"]);
}

#[test]
fn secrets_are_never_shown() {
    let url = "postgres://owner:hunter2@db.example/support";
    let config = resolve(&[("SUPPORT__BOOTSTRAP__ADMIN_KEY", KEY), ("SUPPORT__DATABASE__URL", url)])
        .expect("a key of digits alone stays text");
    let key = config.bootstrap.admin_key.as_ref().expect("set");
    assert_eq!(key.expose(), KEY);
    assert_eq!(serde_json::to_string(key).expect("serializes"), "\"[redacted]\"");
    let shown = format!("{config:?}\n{}", config.render());
    assert!(!shown.contains(KEY) && !shown.contains("hunter2"), "{shown}");
    let line = "admin_key = \"[redacted]\" # environment variable SUPPORT__BOOTSTRAP__ADMIN_KEY";
    assert!(config.render().lines().any(|shown| shown == line), "{}", config.render());

    for (name, secret) in [
        ("SUPPORT__BOOTSTRAP__ADMIN_KEY", "hunter2"),
        ("SUPPORT__DATABASE__URL", "mysql://a:hunter2@b/c"),
        ("SUPPORT__DATABASE__APP_URL", "hunter2"),
    ] {
        let text = resolve(&[(name, secret)]).expect_err("refused").to_string();
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_secret_may_be_in_a_file() {
    let file = Scratch::new("key", &format!("{KEY}\n"));
    let empty = Scratch::new("empty", "\n");
    let name = "SUPPORT__BOOTSTRAP__ADMIN_KEY_FILE";
    let config = resolve(&[(name, file.text())]).expect("usable");
    assert_eq!(config.bootstrap.admin_key.expect("set").expose(), KEY, "without the end of the line");

    let both = [(name, file.text()), ("SUPPORT__BOOTSTRAP__ADMIN_KEY", KEY)];
    assert_eq!(keys(&both), ["bootstrap.admin_key_file"]);
    assert_eq!(keys(&[(name, empty.text())]), ["bootstrap.admin_key_file"]);
    assert_eq!(keys(&[(name, "/nowhere/key")]), ["bootstrap.admin_key_file"]);
}

#[test]
fn an_admin_key_has_at_least_32_characters_that_fit_a_header() {
    let key = "SUPPORT__BOOTSTRAP__ADMIN_KEY";
    assert!(resolve(&[(key, &"a".repeat(32))]).is_ok());
    for refused in ["a".repeat(31), "a".repeat(513), format!("{} b", "a".repeat(32)), "ä".repeat(40)] {
        assert_eq!(keys(&[(key, &refused)]), ["bootstrap.admin_key"]);
    }
}

#[test]
fn shared_sessions_need_a_way_past_their_pooler() {
    let shared = ("SUPPORT__DATABASE__POOLER", "transaction");
    let direct = ("SUPPORT__DATABASE__URL", "postgres://desk@127.0.0.1/support");
    assert_eq!(keys(&[shared, direct]), ["database.pooler"]);
    assert_eq!(keys(&[("SUPPORT__DATABASE__POOLER", "statement")]), ["database.pooler"]);
    let pooled = ("SUPPORT__DATABASE__APP_URL", "postgres://app@127.0.0.1:6432/support");
    let config = resolve(&[shared, direct, pooled]).expect("usable settings");
    assert_eq!(config.database.pooler, Pooler::Transaction);
}

#[test]
fn the_role_that_serves_needs_the_one_that_migrates() {
    let app = ("SUPPORT__DATABASE__APP_URL", "postgres://app@db/support");
    assert_eq!(keys(&[app]), ["database.app_url"]);
    assert!(resolve(&[app, ("SUPPORT__DATABASE__URL", "postgresql://owner@db/support")]).is_ok());
}

#[test]
fn the_test_clock_is_refused_where_others_could_reach_it() {
    let clock = ("SUPPORT__TEST__CLOCK", "true");
    for loopback in ["127.0.0.1:0", "127.8.8.8:80", "[::1]:8080", "[::ffff:127.0.0.1]:1"] {
        let config = resolve(&[clock, ("SUPPORT__HTTP__LISTEN", loopback)]).expect(loopback);
        assert!(config.test.clock);
    }
    for open in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"] {
        for listener in ["SUPPORT__HTTP__LISTEN", "SUPPORT__METRICS__LISTEN"] {
            let allowed = ("SUPPORT__TEST__ALLOW_DATABASE", "true");
            assert_eq!(keys(&[clock, allowed, (listener, open)]), ["test.clock"]);
            assert!(resolve(&[(listener, open)]).is_ok(), "without the test clock it is allowed");
        }
    }
    let database = ("SUPPORT__DATABASE__URL", "postgres://owner@db/support");
    assert_eq!(keys(&[clock, database]), ["test.clock"]);
    assert!(resolve(&[clock, database, ("SUPPORT__TEST__ALLOW_DATABASE", "true")]).is_ok());
}

#[test]
fn a_log_filter_that_cannot_be_read_is_refused() {
    assert_eq!(keys(&[("SUPPORT__LOGGING__FILTER", "a=b=c=d")]), ["logging.filter"]);
    assert_eq!(keys(&[("SUPPORT__LOGGING__FORMAT", "xml")]), ["logging.format"]);
    assert!(resolve(&[("SUPPORT__LOGGING__FILTER", "info,support_engineer=debug")]).is_ok());
}

#[test]
fn deliveries_are_kept_for_longer_than_they_are_tried() {
    let for_days = |days| [("SUPPORT__WEBHOOKS__RETENTION_DAYS", days)];
    assert_eq!(keys(&for_days("1")), ["webhooks.retention_days"]);
    resolve(&for_days("2")).expect("the usual 28 hours are shorter");
}
