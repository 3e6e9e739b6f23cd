//! Somebody who was known by every way, and then erased their account: nothing of them is found in the data folder, byte by byte
//! (the database, the recordings), nor in what the server has written; and the civic log is whole.

use std::path::Path;

use serde_json::Value;

use crate::providers::Identified;
use crate::server::run;

/// The files below a folder that hold one of these texts, in UTF-8 or in UTF-16.
fn holding(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, texts));
            continue;
        }
        // A socket is no file, and the server may take a temporary one away.
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        for text in texts {
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let holds = |part: &[u8]| bytes.windows(part.len()).any(|at| at == part);
            if holds(text.as_bytes()) || holds(&wide) {
                found.push(format!("{}: {text}", path.display()));
            }
        }
    }
    found
}

#[test]
fn an_erased_person_is_found_nowhere() {
    let city = Identified::start("oidc-hostile");
    let mut ruta = city.visitor();
    let back = ruta.through_viisp("0");
    ruta.back(&back);
    let mut desk = city.visitor();
    let back = desk.through_oidc();
    desk.back(&back);
    let page = desk
        .post("/prisijungti/eticket", "back=%2Fpaskyra&susieti=taip")
        .body;
    let state = crate::providers::between(&page, "name=\"state\" value=\"", "\"").to_owned();
    let card = format!("state={state}&card=902467000001&pin=1234");
    desk.post("/prisijungti/eticket/tikrinti", &card);
    let account = ruta.account();
    assert_eq!(account, desk.account());
    let id = account["id"].as_str().unwrap().to_owned();
    let cookies: Vec<String> = ruta.cookies.values().cloned().collect();

    // What the scan looks for stands there before: it does find what is there.
    let name = ["Rūta Kazlauskaitė", "KAZLAUSKAITĖ"];
    let data = city.server.data();
    assert!(!holding(data, &[name[0], &id]).is_empty());
    assert_eq!(ruta.post("/paskyra/istrinti", "").status, 303);
    assert_eq!(ruta.account(), Value::Null);
    let mut traces = vec![name[0], name[1], &id, "33309240064", "902467000001"];
    traces.extend(cookies.iter().map(String::as_str).filter(|c| c.len() > 20));
    assert_eq!(holding(data, &traces), [""; 0], "in the data folder");
    let log = city.server.log();
    let told: Vec<_> = traces
        .iter()
        .filter(|trace| log.contains(**trace))
        .collect();
    assert_eq!(told, [&""; 0], "in the server's log");
    let verified = run(data, &["log", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    city.server.assert_no_panic();
}
