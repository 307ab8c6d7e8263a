//! The MCP server of the current folder on its own, for a client to be tried against it: see tests/mcp_client.mjs.

fn main() -> Result<(), sellonce_rules::error::Error> {
    sellonce_rules::mcp::serve(std::path::Path::new("."))
}
