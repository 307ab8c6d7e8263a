//! Logs and metrics of the process.
//!
//! Decides their form: logs on stderr, readable on a terminal and JSON elsewhere; metrics in Prometheus' text form.

use std::io::IsTerminal;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::EnvFilter;

/// Starts logging. `SELLONCE_LOG` chooses what is logged, as `info` or `sellonce_server=debug`.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("SELLONCE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.with_target(false).init();
    } else {
        logs.json().init();
    }
}

/// Starts counting; the returned function writes down what was counted.
pub(crate) fn metrics() -> anyhow::Result<Arc<dyn Fn() -> String + Send + Sync>> {
    let handle = PrometheusBuilder::new().install_recorder()?;
    Ok(Arc::new(move || {
        handle.run_upkeep();
        handle.render()
    }))
}
