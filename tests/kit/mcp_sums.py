"""A small MCP server, in memory or over stdio: two tools, a resource, a prompt."""

from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("sums", log_level="CRITICAL")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def fail() -> str:
    """Do what tools do now and then."""
    raise ValueError("no such thing")


@server.tool()
def trace_of(context: Context) -> str:
    """The traceparent that came with the request."""
    return str((context.request_context.meta or {}).get("traceparent"))


@server.resource("text://hello")
def hello() -> str:
    return "hello"


@server.prompt()
def ask(topic: str) -> str:
    return f"What about {topic}?"


if __name__ == "__main__":
    server.run()
