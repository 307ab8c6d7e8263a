//! What an operator sees of the connections.

use metrics_exporter_prometheus::PrometheusBuilder;
use sellonce_server::accept::{Deadlines, Settings};

use crate::shop::{LONG, Shop, eventually, within};

#[tokio::test]
async fn open_refused_and_overdue_connections_are_counted() {
    // The recorder is this thread's, and so are all tasks of this test.
    let recorder = PrometheusBuilder::new().build_recorder();
    let figures = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let sees = async |line: &str| {
        eventually(async || figures.render().lines().any(|rendered| rendered == line)).await;
    };

    let settings = Settings { connections_per_address_max: Some(1), limit_loopback: true, ..within(LONG) };
    let deadlines = Deadlines { header_ms: 200, ..LONG };
    let shop = Shop::open(Settings { deadlines, ..settings });
    let mut caller = shop.caller().await;
    sees("sellonce_connections_open 1").await;
    shop.caller().await.until_closed().await;
    sees("sellonce_connections_refused_total 1").await;
    caller.send("GET").await;
    caller.until_closed().await;
    sees("sellonce_connections_overdue_total{which=\"header\"} 1").await;
    sees("sellonce_connections_open 0").await;
}
