//! Decides how the rules are served to an assistant over the Model Context Protocol, on standard input and output.
//! Only carries: what is answered is decided in `answer`, without a wire.

use std::path::Path;
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
    answers: Answers,
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
        let result = match self.answers.call(&request.name, &arguments) {
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
        let resources =
            self.answers.resources().into_iter().map(|(uri, name)| Resource::new(uri, name)).collect();
        Ok(ListResourcesResult::with_all_items(resources))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match self.answers.resource(&request.uri) {
            Ok(text) => Ok(ReadResourceResult::new(vec![ResourceContents::text(text, request.uri)]).into()),
            Err(message) => Err(ErrorData::invalid_params(message, None)),
        }
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
        match self.answers.prompt(&request.name, &arguments) {
            Ok(text) => Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).into()),
            Err(message) => Err(ErrorData::invalid_params(message, None)),
        }
    }
}

/// Serves the rules of a project on standard input and output until the other side closes.
pub fn serve(root: &Path) -> Result<(), Error> {
    let server = Server { answers: Answers::load(root)? };
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
