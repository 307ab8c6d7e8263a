//! Knocking at the shop's own door: a callback that comes in over HTTP, as a payment provider's does from afar.
//!
//! Decides at which address the door is, and how long it may take to open. Leaves what is called back about, and whether
//! it is sent again, to the provider.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// How long the shop may take to hear a callback.
const TIME: Duration = Duration::from_secs(5);

/// Where a provider calls back.
pub struct Door {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl Door {
    /// The door at an address that the server listens on, for a provider.
    pub fn new(listener: SocketAddr, provider: &str) -> Self {
        // Who listens everywhere is reached at home.
        let ip = match listener.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let address = SocketAddr::new(ip, listener.port());
        let url = format!("http://{address}/v1/payments/webhooks/{provider}");
        Self { client: Client::builder(TokioExecutor::new()).build_http(), url }
    }

    /// Calls back; says whether the shop took it.
    pub async fn call_back(&self, headers: &[(&'static str, String)], body: &[u8]) -> bool {
        let mut request = Request::post(&self.url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let Ok(request) = request.body(Full::new(Bytes::copy_from_slice(body))) else { return false };
        let answer = tokio::time::timeout(TIME, self.client.request(request)).await;
        matches!(answer, Ok(Ok(answer)) if answer.status().is_success())
    }
}
