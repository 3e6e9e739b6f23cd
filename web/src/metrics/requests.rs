//! What the web server counts of itself: requests by route and outcome, and how long they took. A route is counted by
//! its template, so that no id of anything becomes a label.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds in seconds: a page should be drawn in 50 ms, and nothing should take a second.
const BOUNDS_S: [f64; 9] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    route: String,
    method: &'static str,
    /// `2xx`, `3xx`, `4xx`, `5xx`.
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Counters of the web server. Cheap to clone; there are as many labels as routes, methods and classes of status.
#[derive(Clone, Debug)]
pub struct Requests {
    answered: Family<Outcome, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BOUNDS_S)),
        }
    }
}

impl Requests {
    /// Puts them into what is shown.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Requests answered, by route template and class of status",
            self.answered.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request to the head of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
    }
}

/// The layer that counts.
pub async fn count(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let method = method_name(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    let status = class_of(response.status().as_u16());
    let took = requests.durations.get_or_create_owned(&Route {
        route: route.clone(),
    });
    took.observe(began.elapsed().as_secs_f64());
    let outcome = Outcome {
        route,
        method,
        status,
    };
    requests.answered.get_or_create_owned(&outcome).inc();
    response
}

/// A client may name a method as it likes: only those that are answered get a label.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class_of(status: u16) -> &'static str {
    match status {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}
