//! A page as HTML that stands alone: no script, nothing fetched, light and dark
//! as the reader has it, and made to be printed too.

use std::fmt::Write as _;

use super::page::{Block, Page, Span, Table, clean};

/// How the page looks.
pub const STYLE: &str = ":root{color-scheme:light dark;--ink:#1b1f24;--dim:#57606a;--line:#d0d7de;--paper:#fff;--band:#f6f8fa;--link:#0550ae;--good:#116329;--warn:#7d4e00;--bad:#a40e26}\
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9da7b3;--line:#3d444d;--paper:#0d1117;--band:#161b22;--link:#79c0ff;--good:#56d364;--warn:#e3b341;--bad:#ff8f87}}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}\
main{max-width:64rem;margin:0 auto;padding:1.5rem}h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}\
h2{font-size:1.2rem;margin:2rem 0 .5rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:1.25rem 0 .25rem}\
p{margin:.5rem 0}ul{margin:.5rem 0;padding-left:1.25rem}a{color:var(--link)}p,li,h1,h2,h3{overflow-wrap:anywhere}\
.wide{overflow-x:auto;margin:.75rem 0}.wide:focus-visible{outline:2px solid var(--link);outline-offset:2px}\
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;font-weight:600;padding:.25rem 0}\
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line);min-width:5rem;max-width:24rem;overflow-wrap:break-word}\
thead th{background:var(--band)}tbody th{font-weight:500}svg{display:block;width:7rem;height:1.6rem}\
polyline{fill:none;stroke:var(--link);stroke-width:1.5;vector-effect:non-scaling-stroke}circle{fill:var(--link)}\
.healthy strong{color:var(--good)}.at_risk strong{color:var(--warn)}.failing strong{color:var(--bad)}\
footer{margin-top:2rem;padding-top:.5rem;border-top:1px solid var(--line);color:var(--dim);font-size:.85rem}\
@media print{:root{color-scheme:light;--ink:#000;--dim:#444;--line:#999;--paper:#fff;--band:#eee;--link:#000}main{max-width:none;padding:0}\
.wide{overflow:visible}h2,h3,caption{break-after:avoid}tr{break-inside:avoid}a{text-decoration:none}}";

/// What a browser may do with the page: show it, by the hash of its style.
pub const POLICY: &str = "default-src 'none'; style-src 'sha256-+lcpyJthQJv+I015tXmgAx3L3GymVtlJU2xXem2GG6Q='; base-uri 'none'; form-action 'none'";

/// The page as HTML.
#[must_use]
pub fn render(page: &Page) -> String {
    let title = escape(&page.title);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main class=\"{}\">\n<h1>{title}</h1>\n",
        page.mood
    );
    for block in &page.blocks {
        let _infallible = match block {
            Block::Heading(heading) => writeln!(text, "<h2>{}</h2>", escape(heading)),
            Block::Subheading(heading) => writeln!(text, "<h3>{}</h3>", escape(heading)),
            Block::Text(spans) => writeln!(text, "<p>{}</p>", line(spans)),
            Block::Items(items) => {
                text.push_str("<ul>\n");
                let item = |item: &Vec<Span>| writeln!(text, "<li>{}</li>", line(item));
                items.iter().try_for_each(item).and_then(|()| writeln!(text, "</ul>"))
            }
            Block::Table(table) => writeln!(text, "{}", of_table(table)),
        };
    }
    let _infallible =
        write!(text, "<footer>\n<p>{}</p>\n</footer>\n</main>\n</body>\n</html>\n", escape(&page.end));
    let _infallible = writeln!(text, "<!-- {} -->", comment(&page.end));
    text
}

/// A table that is wider than the page is moved within a region that can be
/// reached by keyboard.
fn of_table(table: &Table) -> String {
    let caption = escape(&table.caption);
    let mut text =
        format!("<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n<table>\n");
    let _infallible = write!(text, "<caption>{caption}</caption>\n<thead>\n<tr>");
    for name in &table.head {
        let _infallible = write!(text, "<th scope=\"col\">{}</th>", escape(name));
    }
    text.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &table.rows {
        text.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let _infallible = match place {
                0 => write!(text, "<th scope=\"row\">{}</th>", line(cell)),
                _ => write!(text, "<td>{}</td>", line(cell)),
            };
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody>\n</table>\n</div>");
    text
}

fn line(spans: &[Span]) -> String {
    let span = |span: &Span| match span {
        Span::Plain(text) => escape(text),
        Span::Strong(text) => format!("<strong>{}</strong>", escape(text)),
        Span::Link(title, href) => format!("<a href=\"{}\">{}</a>", escape(href), escape(title)),
        Span::Spark(values, label) => spark(values, label),
    };
    spans.iter().map(span).collect()
}

/// Text as text, in elements and in attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text that cannot end a comment.
fn comment(text: &str) -> String {
    clean(text).chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '.').collect()
}

/// A number over time as a line; gaps where nothing was counted, and a dot for
/// what stands alone.
fn spark(values: &[Option<f64>], label: &str) -> String {
    const WIDE: f64 = 100.0;
    const HIGH: f64 = 20.0;
    let known = || values.iter().copied().flatten();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let steps = f64::from(u32::try_from(values.len().saturating_sub(1).max(1)).unwrap_or(u32::MAX));
    let point = |place: usize, value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        let place = f64::from(u32::try_from(place).unwrap_or(u32::MAX));
        (2.0 + place / steps * (WIDE - 4.0), HIGH - 3.0 - share * (HIGH - 6.0))
    };
    let mut drawn = String::new();
    let mut run: Vec<(f64, f64)> = Vec::new();
    let mut draw = |run: &mut Vec<(f64, f64)>| {
        let _infallible = match run[..] {
            [] => Ok(()),
            [(x, y)] => write!(drawn, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.8\"/>"),
            _ => {
                let points: Vec<String> = run.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
                write!(drawn, "<polyline points=\"{}\"/>", points.join(" "))
            }
        };
        run.clear();
    };
    for (place, value) in values.iter().enumerate() {
        match value {
            Some(value) => run.push(point(place, *value)),
            None => draw(&mut run),
        }
    }
    draw(&mut run);
    format!("<svg viewBox=\"0 0 100 20\" role=\"img\" aria-label=\"{}\">{drawn}</svg>", escape(label))
}
