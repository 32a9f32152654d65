//! The survey as a page: one form, readable without any script.

use std::fmt::Write as _;

use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode};
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use crate::domain::template::Words;
use crate::flow::survey::Asked;
use crate::http::layers::problems::ForPeople;
use crate::http::problem::Problem;
use crate::http::survey::typed::Refused;

/// Colours follow the system; nothing moves.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--edge:#8a929b;--mark:#0b5cad;--fault:#a4161a}\
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--paper:#16191d;--edge:#7d858f;--mark:#7cb8ff;--fault:#ff9a9a}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif}\
main{max-width:36rem;margin:0 auto;padding:2rem 1.25rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}\
fieldset{border:0;margin:1.5rem 0;padding:0}\
legend,label[for]{font-weight:600;padding:0;margin-bottom:.5rem;display:block}\
.score{display:flex;align-items:center;gap:.75rem;min-height:2.75rem;padding:.25rem .75rem;border:1px solid var(--edge);border-radius:.5rem;margin-bottom:.5rem}\
.score:has(:checked){border-color:var(--mark);box-shadow:inset 0 0 0 1px var(--mark)}\
input{width:1.25rem;height:1.25rem;accent-color:var(--mark)}\
textarea{width:100%;font:inherit;color:inherit;background:transparent;border:1px solid var(--edge);border-radius:.5rem;padding:.5rem .75rem}\
button{margin-top:1.5rem;min-height:2.75rem;padding:.5rem 1.5rem;font:inherit;font-weight:600;color:var(--paper);background:var(--mark);border:0;border-radius:.5rem;cursor:pointer}\
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}\
.fault{color:var(--fault);font-weight:600}";

/// The words of the page in one language.
struct Said {
    language: &'static str,
    title: &'static str,
    about: fn(number: i64, tenant: &str, moment: &str) -> String,
    scores: [&'static str; 5],
    legend: &'static str,
    comment: &'static str,
    send: &'static str,
    before: &'static str,
    missing: &'static str,
    thanks: &'static str,
    thanked: &'static str,
    sorry: &'static str,
    unknown: &'static str,
    late: &'static str,
    failed: &'static str,
}

const ENGLISH: Said = Said {
    language: "en",
    title: "How satisfied are you?",
    about: |number, tenant, moment| format!("{tenant} resolved your ticket {number} on {moment}."),
    scores: ["1 – not at all", "2", "3", "4", "5 – very"],
    legend: "How satisfied are you with the help you got?",
    comment: "What should we do better, or do again? (optional)",
    send: "Send",
    before: "You answered already. What you send now takes its place.",
    missing: "Please choose a number from 1 to 5; a comment may have 5,000 characters.",
    thanks: "Thank you",
    thanked: "Your answer has arrived. You can close this page.",
    sorry: "That did not work",
    unknown: "This link is unknown, or it has expired.",
    late: "This can't be answered, or changed, any more.",
    failed: "Please try again in a moment.",
};

const GERMAN: Said = Said {
    language: "de",
    title: "Wie zufrieden sind Sie?",
    about: |number, tenant, moment| format!("{tenant} hat Ihr Ticket {number} am {moment} gelöst."),
    scores: ["1 – gar nicht", "2", "3", "4", "5 – sehr"],
    legend: "Wie zufrieden sind Sie mit der Hilfe, die Sie bekommen haben?",
    comment: "Was sollen wir besser machen, oder wieder so? (freiwillig)",
    send: "Senden",
    before: "Sie haben schon geantwortet. Was Sie jetzt senden, tritt an die Stelle davon.",
    missing: "Bitte wählen Sie eine Zahl von 1 bis 5; ein Kommentar darf 5.000 Zeichen haben.",
    thanks: "Vielen Dank",
    thanked: "Ihre Antwort ist angekommen. Sie können diese Seite schließen.",
    sorry: "Das hat nicht geklappt",
    unknown: "Dieser Link ist unbekannt oder abgelaufen.",
    late: "Das kann nicht mehr beantwortet oder geändert werden.",
    failed: "Bitte versuchen Sie es gleich noch einmal.",
};

fn said(language: &str) -> &'static Said {
    if language == "de" { &GERMAN } else { &ENGLISH }
}

/// The form; with what was sent and why it was refused, if it was.
pub(super) fn form(asked: &Asked, words: &Words, refused: Option<&Refused>) -> Response {
    let said = said(&asked.language);
    let moment = words.moment(asked.resolved_at, &TimeZone::UTC);
    let about = escaped(&(said.about)(asked.number, &asked.tenant, &moment));
    let mut main = format!("<h1>{}</h1><p>{about}</p>", said.title);
    if !asked.is_open {
        let _ = write!(main, "<p>{}</p>", said.late);
        let status = refused.map_or(StatusCode::OK, |_| StatusCode::CONFLICT);
        return document(said, status, said.title, &main);
    }
    if asked.rated.is_some() {
        let _ = write!(main, "<p>{}</p>", said.before);
    }
    if refused.is_some() {
        let _ = write!(main, "<p class=\"fault\" role=\"alert\" id=\"fault\">{}</p>", said.missing);
    }
    let _ = write!(main, "<form method=\"post\"><fieldset><legend>{}</legend>", said.legend);
    let typed = refused.map(|refused| &refused.typed);
    let before = asked.rated.as_ref();
    let chosen = typed.and_then(|typed| typed.score).or(before.map(|rated| rated.score));
    for (score, word) in (1_u8..).zip(said.scores) {
        let checked = if chosen == Some(score) { " checked" } else { "" };
        let _ = write!(
            main,
            "<label class=\"score\"><input type=\"radio\" name=\"score\" value=\"{score}\" required{checked}>{word}</label>"
        );
    }
    // A browser takes away the first line break of such a field.
    let known = before.and_then(|rated| rated.comment.as_deref());
    let comment = typed.map(|typed| typed.comment.as_str()).or(known).filter(|comment| !comment.is_empty());
    let comment = comment.map_or_else(String::new, |comment| format!("\n{}", escaped(comment)));
    let _ = write!(
        main,
        "</fieldset><label for=\"comment\">{}</label><textarea id=\"comment\" name=\"comment\" rows=\"4\" maxlength=\"5000\">{comment}</textarea><button>{}</button></form>",
        said.comment, said.send
    );
    let status = refused.map_or(StatusCode::OK, |refused| refused.problem.status());
    document(said, status, said.title, &main)
}

/// What is said after an answer.
pub(super) fn thanks(language: &str) -> Response {
    let said = said(language);
    document(said, StatusCode::OK, said.thanks, &format!("<h1>{}</h1><p>{}</p>", said.thanks, said.thanked))
}

/// What is said instead of a problem.
pub(super) fn refused(problem: &Problem, language: &str) -> Response {
    let said = said(language);
    let why = match problem.status() {
        StatusCode::NOT_FOUND => said.unknown,
        StatusCode::CONFLICT => said.late,
        _ => said.failed,
    };
    document(said, problem.status(), said.sorry, &format!("<h1>{}</h1><p>{why}</p>", said.sorry))
}

fn document(said: &Said, status: StatusCode, title: &str, main: &str) -> Response {
    let language = said.language;
    let text = format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><main>{main}</main></body></html>"
    );
    let mut response = (status, Html(text)).into_response();
    response.extensions_mut().insert(ForPeople);
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert("content-security-policy", policy);
    }
    response
}

/// Text between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
