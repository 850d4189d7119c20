//! What a gateway tells Prometheus.

use super::Gateway;

/// What `GET /metrics` answers.
pub fn scrape(gateway: &Gateway) -> String {
    let url = gateway.metrics.as_deref().expect("metrics");
    let (authority, path) = url.strip_prefix("http://").expect("http").split_once('/').expect("a path");
    let (status, text) = super::process::get(authority, &format!("/{path}"));
    assert_eq!(status, 200);
    assert!(text.ends_with("# EOF\n"), "{text}");
    text
}

/// The value of a series; `None` where it is not told.
pub fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.split_once(' ').is_some_and(|(name, _)| name == series))?;
    line.rsplit_once(' ').expect("a value").1.parse().ok()
}
