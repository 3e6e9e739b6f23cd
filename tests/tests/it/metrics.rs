//! The numbers for Prometheus: who gets them, and what they say.

use crate::http::{get, request};
use crate::server::Server;

const TOKEN: &str = "0123456789abcdef";

#[test]
fn nobody_gets_the_numbers_unless_the_operator_says_so() {
    let server = Server::start_with(&[]);
    assert_eq!(get(&server.url, "/metrics").status, 404);
    drop(server);

    let server = Server::start_with(&[("AIKSTE_METRICS_TOKEN", TOKEN)]);
    assert_eq!(get(&server.url, "/metrics").status, 401);
    let with = |token: &str| {
        let bearer = format!("Bearer {token}");
        request(
            &server.url,
            "GET",
            "/metrics",
            &[("authorization", &bearer)],
            "",
        )
    };
    assert_eq!(with("0123456789abcdeX").status, 401);
    get(&server.url, "/priemimai/not-an-id");
    let answer = with(TOKEN);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    for line in [
        "# TYPE aikste_sfu_packets counter",
        "aikste_sfu_packets_total{direction=\"in\"} 0",
        "aikste_sfu_up 1",
        "aikste_call_seats 0",
        "aikste_sfu_dropped_total{queue=\"send\"} 0",
        "aikste_http_requests_total{route=\"/priemimai/{id}\",method=\"GET\",status=\"4xx\"} 1",
        "aikste_http_request_duration_seconds_bucket{le=\"+Inf\",route=\"/priemimai/{id}\"} 1",
    ] {
        assert!(
            answer.body.lines().any(|l| l == line),
            "no {line} in\n{}",
            answer.body
        );
    }
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    server.assert_no_panic();
}
