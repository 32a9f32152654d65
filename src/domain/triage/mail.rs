//! Takes a mail apart: what the sender wrote, what is quoted, the signature,
//! and excerpts of logs.

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Subject,
    Own,
    Evidence,
    Log,
    Quoted,
    Signature,
}

impl Part {
    /// How a reason names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Subject => "the subject",
            Self::Own => "the text",
            Self::Evidence => "the evidence",
            Self::Log => "a log excerpt",
            Self::Quoted => "the quoted mail",
            Self::Signature => "the signature",
        }
    }
}

/// Words that open a closing formula.
const SIGN_OFFS: &[&str] = &[
    "best regards",
    "kind regards",
    "warm regards",
    "regards",
    "best wishes",
    "many thanks and regards",
    "thanks and regards",
    "thanks & regards",
    "with best regards",
    "with kind regards",
    "sincerely",
    "yours sincerely",
    "yours faithfully",
    "cheers",
    "greetings",
    "br,",
    "rgds",
    "best,",
    "all the best",
    "mit freundlichen grüßen",
    "mit freundlichem gruß",
    "mit besten grüßen",
    "freundliche grüße",
    "beste grüße",
    "viele grüße",
    "liebe grüße",
    "schöne grüße",
    "grüße",
    "gruß",
    "mfg",
    "vg,",
    "lg,",
    "cordialement",
    "bien à vous",
    "bien cordialement",
    "salutations",
    "saludos",
    "un saludo",
    "atentamente",
    "cordiali saluti",
    "met vriendelijke groet",
];

/// Beginnings of lines that nobody wrote for this ticket.
const BOILERPLATE: &[&str] = &[
    "sent from my ",
    "get outlook for ",
    "von meinem iphone",
    "this e-mail may contain",
    "this email may contain",
    "this message may contain",
    "this e-mail and any",
    "this email and any",
    "this message and any",
    "this e-mail is confidential",
    "this email is confidential",
    "confidentiality notice",
    "disclaimer:",
    "the information contained in this",
    "the information in this e",
    "diese e-mail enthält",
    "diese e-mail kann",
];

/// Lines that begin an older mail below.
const OLDER_MAIL: &[&str] = &[
    "-----original message",
    "---- original message",
    "-----ursprüngliche nachricht",
    "---------- forwarded message",
    "---------- weitergeleitete nachricht",
    "begin forwarded message",
    "-----message d'origine",
    "-------- original message",
    "-------- ursprüngliche nachricht",
    "-------- forwarded message",
    "-----mensaje original",
];

/// The first and the following header lines of an older mail.
const FIRST_HEADER: &[&str] = &["from:", "von:", "de :", "de:"];
const NEXT_HEADERS: &[&str] = &[
    "sent:",
    "to:",
    "date:",
    "subject:",
    "cc:",
    "gesendet:",
    "an:",
    "betreff:",
    "datum:",
    "envoyé",
    "à :",
    "objet",
    "enviado:",
    "para:",
    "asunto:",
];

/// Cuts `body` into lines, each with what it is part of.
pub(super) fn take_apart(body: &str) -> Vec<(Part, &str)> {
    let lines: Vec<&str> = body.lines().collect();
    let lowered: Vec<String> = lines.iter().map(|line| line.trim().to_lowercase()).collect();
    let mut parts = Vec::with_capacity(lines.len());
    let mut rest = None;
    let mut fenced = false;
    for (at, line) in lines.iter().enumerate() {
        let text = lowered[at].as_str();
        let part = if text.starts_with("```") {
            fenced = !fenced;
            Part::Log
        } else if fenced {
            Part::Log
        } else if text.starts_with('>') || text.starts_with("&gt;") {
            Part::Quoted
        } else {
            if rest != Some(Part::Quoted) {
                rest = ending(&lowered, at).or(rest);
            }
            match rest {
                Some(part) => part,
                None if introduces_quote(&lowered, at) => Part::Quoted,
                None if is_log(line, text) => Part::Log,
                None => Part::Own,
            }
        };
        parts.push((part, *line));
    }
    parts
}

/// Whether from line `at` on everything is quoted or signature.
fn ending(lines: &[String], at: usize) -> Option<Part> {
    let line = lines[at].as_str();
    let older = OLDER_MAIL.iter().any(|start| line.starts_with(start))
        || (introduces_quote(lines, at) && !quote_marks_follow(lines, at))
        || is_header_block(lines, at);
    if older {
        return Some(Part::Quoted);
    }
    let signature = line == "--"
        || BOILERPLATE.iter().any(|start| line.starts_with(start))
        || (is_sign_off(line) && lines.len() - at <= 1 + lines_of_a_signature(lines, at));
    signature.then_some(Part::Signature)
}

/// Whether a line is a closing formula: short, and beginning with one.
fn is_sign_off(line: &str) -> bool {
    line.split_whitespace().count() <= 6 && SIGN_OFFS.iter().any(|start| line.starts_with(start))
}

/// How many lines after `at` may still belong to a signature: short ones, up
/// to an older mail. A long line says that the text goes on.
fn lines_of_a_signature(lines: &[String], at: usize) -> usize {
    let mut count = 0;
    for (offset, line) in lines[at + 1..].iter().enumerate() {
        let older = line.starts_with('>')
            || OLDER_MAIL.iter().any(|start| line.starts_with(start))
            || introduces_quote(lines, at + 1 + offset)
            || is_header_block(lines, at + 1 + offset);
        if older || BOILERPLATE.iter().any(|start| line.starts_with(start)) {
            return lines.len();
        }
        if line.chars().count() > 90 || offset > 15 {
            break;
        }
        count += 1;
    }
    count
}

/// "On Tuesday, A wrote:" and its sisters, also wrapped into the next line.
fn introduces_quote(lines: &[String], at: usize) -> bool {
    const OPENINGS: &[(&str, &[&str])] = &[
        ("on ", &["wrote:"]),
        ("am ", &["schrieb:", "schrieb"]),
        ("le ", &["a écrit :", "a écrit:"]),
        ("el ", &["escribió:"]),
    ];
    let line = lines[at].as_str();
    let next = lines.get(at + 1).map_or("", String::as_str);
    OPENINGS.iter().any(|(open, ends)| {
        line.starts_with(open)
            && ends.iter().any(|end| {
                let named = line.ends_with(end) || (line.contains(end) && line.ends_with(':'));
                named || (next.len() < 120 && next.ends_with(end) && line.chars().any(|c| c.is_ascii_digit()))
            })
    })
}

/// Whether the quote that `at` introduces is marked by `>`, so that an answer
/// below it is the sender's own again.
fn quote_marks_follow(lines: &[String], at: usize) -> bool {
    lines[at + 1..].iter().filter(|line| !line.is_empty()).take(2).any(|line| line.starts_with('>'))
}

/// A block of mail headers in the middle of the text.
fn is_header_block(lines: &[String], at: usize) -> bool {
    FIRST_HEADER.iter().any(|header| lines[at].trim_start_matches('*').starts_with(header))
        && lines[at + 1..]
            .iter()
            .take(3)
            .any(|line| NEXT_HEADERS.iter().any(|header| line.trim_start_matches('*').starts_with(header)))
}

/// A line of a log or stack trace.
fn is_log(line: &str, lowered: &str) -> bool {
    const STARTS: &[&str] = &[
        "caused by:",
        "traceback (most recent",
        "file \"",
        "... ",
        "[error]",
        "[warn]",
        "[info]",
        "[debug]",
        "[fatal]",
        "goroutine ",
        "panic:",
        "thread '",
    ];
    let first = lowered.split_whitespace().next().unwrap_or("");
    let frame = lowered.starts_with("at ") && lowered.contains('(') && line.starts_with(char::is_whitespace);
    let exception = (first.ends_with("exception:") || first.ends_with("error:")) && first.contains('.')
        || (first.ends_with("exception") && first.contains('.'));
    let mut digits = lowered.chars().take(10);
    let stamped = lowered.len() > 20
        && digits.by_ref().take(4).all(|c| c.is_ascii_digit())
        && digits.next() == Some('-')
        && (lowered.contains(" error ")
            || lowered.contains(" warn ")
            || lowered.contains(" info ")
            || lowered.contains(" debug ")
            || lowered.contains(" fatal "));
    frame || exception || stamped || STARTS.iter().any(|start| lowered.starts_with(start))
}
