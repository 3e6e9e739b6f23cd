//! What outsiders see: routes that are written down, pages without inline code, logs without people.

use super::*;

/// Every address in a table of routes: the string literals that begin with `/` in a `route(…)`.
fn routes() -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for file in rust_files().iter().filter(|f| !f.shipped.is_empty()) {
        for at in words(&file.shipped, "route(") {
            let call = bracketed(&file.idents, at + "route".len());
            let call = &file.shipped[at + "route".len()..at + "route".len() + call.len()];
            for literal in call
                .split('"')
                .skip(1)
                .step_by(2)
                .filter(|l| l.starts_with('/'))
            {
                let place = format!("{}:{}", file.path, line_of(&file.shipped, at));
                routes.push((place, literal.to_owned()));
            }
        }
    }
    routes
}

#[test]
fn every_route_is_written_down() {
    // JSON: a `#[utoipa::path]` puts it into the OpenAPI document; docs/API.md has what `web` answers. What is not JSON:
    // docs/PROTOCOL.md, or for pages and files the table of addresses in docs/ARCHITECTURE.md.
    let declared = |route: &str| {
        rust_files().iter().any(|f| {
            let mut described = f.shipped.match_indices("utoipa::path(");
            described.any(|(at, found)| {
                let described = bracketed(&f.shipped, at + found.len() - 1);
                described.contains(&format!("\"{route}\""))
            })
        })
    };
    let written = |route: &str, documents: &[&str]| {
        let quoted = format!("{route}`");
        documents
            .iter()
            .any(|document| text(document).contains(&quoted))
    };
    let mut faults = Vec::new();
    for (place, route) in routes() {
        let json = route.starts_with("/api/");
        let documents: &[&str] = if json {
            &["docs/API.md"]
        } else {
            &["docs/PROTOCOL.md", "docs/ARCHITECTURE.md"]
        };
        // What answers for every address that is none has no address.
        let rest = json && route.contains("{*");
        if !declared(&route) && !written(&route, documents) && !rest {
            faults.push(format!("{place}: {route}"));
        }
    }
    none(
        "every route is in the OpenAPI document or docs/API.md; if it is not JSON, in docs/PROTOCOL.md or docs/ARCHITECTURE.md",
        faults,
    );
}

#[test]
fn served_pages_carry_no_inline_style_or_script() {
    let mut faults = Vec::new();
    for file in files_ending(".html").chain(files_ending(".svelte")) {
        if !file.path.starts_with("web/") {
            continue;
        }
        let svelte = file.path.ends_with(".svelte");
        for (number, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, number + 1);
            let lower = line.to_lowercase();
            if lower.contains(" style=") || lower.contains("javascript:") {
                faults.push(format!("{place}: an inline style or script"));
            }
            if svelte {
                continue;
            }
            if lower.contains("<style") || (lower.contains("<script") && !lower.contains(" src=")) {
                faults.push(format!("{place}: an inline style sheet or script"));
            }
            let handler = words(&lower, "on").next().is_none() && lower.contains(" on") && {
                lower.split(" on").skip(1).any(|rest| {
                    rest.split(['=', ' ', '>', '"']).next().is_some_and(|n| {
                        [
                            "click", "load", "change", "input", "submit", "error", "focus",
                            "keydown",
                        ]
                        .contains(&n)
                            && rest[n.len()..].starts_with('=')
                    })
                })
            };
            if handler {
                faults.push(format!("{place}: an inline handler"));
            }
        }
    }
    none(
        "no style attribute, inline script or handler: the content security policy forbids them",
        faults,
    );
}

#[test]
fn log_lines_at_info_or_above_carry_nothing_personal() {
    let personal = [
        "name",
        "display_name",
        "email",
        "phone",
        "ip",
        "peer_addr",
        "remote_addr",
        "client_addr",
        "from_addr",
        "ticket",
        "token",
        "sdp",
        "offer",
        "answer",
        "cookie",
        "secret",
        "resume",
        "title",
        "password",
        "label",
    ];
    let mut faults = Vec::new();
    for file in rust_files() {
        for level in ["info!(", "warn!(", "error!("] {
            for (at, _) in file.shipped.match_indices(level) {
                let call = bracketed(&file.idents, at + level.len() - 1);
                let with_text =
                    &file.shipped[at + level.len() - 1..at + level.len() - 1 + call.len()];
                for word in personal {
                    let field = words(call, word).any(|w| {
                        let rest = call[w + word.len()..].trim_start();
                        let before = call[..w].trim_end();
                        rest.starts_with('=')
                            || rest.starts_with([',', ')'])
                            || before.ends_with(['%', '?', '.'])
                    });
                    let inline = [":", "}"]
                        .iter()
                        .any(|e| with_text.contains(&format!("{{{word}{e}")));
                    if field || inline {
                        faults.push(format!(
                            "{}:{}: {word}",
                            file.path,
                            line_of(&file.shipped, at)
                        ));
                    }
                }
            }
        }
    }
    none(
        "no name, address, ticket, token or SDP in a log line at info or above",
        faults,
    );
}
