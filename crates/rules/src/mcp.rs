//! Decides how the rules are served to an assistant over the Model Context Protocol, on standard input and output.
//! Only carries: what is answered is decided in `answer`, without a wire.

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod answer;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Implementation, ListPromptsResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, Prompt, PromptArgument, PromptMessage,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, Role,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, ServiceExt};

use crate::error::Error;
use answer::Answers;

struct Server {
    root: PathBuf,
}

impl Server {
    /// Read anew for each question: a session lives for hours, and the packs and the configuration change under it.
    fn answers(&self) -> Result<Answers, String> {
        Answers::load(&self.root).map_err(|error| error.to_string())
    }
}

fn refusal(message: String) -> ErrorData {
    ErrorData::invalid_params(message, None)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("sellonce-rules", env!("CARGO_PKG_VERSION")))
            .with_instructions(answer::INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |tool: &answer::Tool| {
            let schema = tool.schema().as_object().cloned().unwrap_or_default();
            Tool::new_with_raw(tool.name, Some(tool.description.into()), Arc::new(schema))
        };
        Ok(ListToolsResult::with_all_items(answer::TOOLS.iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        // A wrong argument is the caller's to correct: it is told in words, as the tool's answer.
        let result = match self.answers().and_then(|answers| answers.call(&request.name, &arguments)) {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
            Err(message) => CallToolResult::error(vec![ContentBlock::text(message)]),
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resources = self.answers().map_err(refusal)?.resources().into_iter();
        Ok(ListResourcesResult::with_all_items(
            resources.map(|(uri, name)| Resource::new(uri, name)).collect(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let text = self.answers().and_then(|answers| answers.resource(&request.uri)).map_err(refusal)?;
        Ok(ReadResourceResult::new(vec![ResourceContents::text(text, request.uri)]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = |(name, description, argument): &(&str, &str, &str)| {
            let argument = PromptArgument::new(*argument).with_required(false);
            Prompt::new(*name, Some(*description), Some(vec![argument]))
        };
        Ok(ListPromptsResult::with_all_items(answer::PROMPTS.iter().map(prompt).collect()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let text =
            self.answers().and_then(|answers| answers.prompt(&request.name, &arguments)).map_err(refusal)?;
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).into())
    }
}

/// Serves the rules of a project on standard input and output until the other side closes.
pub fn serve(root: &Path) -> Result<(), Error> {
    // What is wrong from the start is told at the start.
    Answers::load(root)?;
    let server = Server { root: root.to_path_buf() };
    let wire = |error: std::io::Error| Error::io(Path::new("standard input"), error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(wire)?;
    runtime.block_on(async {
        // A client that goes away before it has said hello is no failure of ours.
        if let Ok(service) = server.serve(rmcp::transport::stdio()).await {
            let _ = service.waiting().await;
        }
        Ok(())
    })
}
