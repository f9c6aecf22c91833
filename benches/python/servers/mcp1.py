"""`FastMCP` of `mcp` 1.x."""

from mcp.server.fastmcp import FastMCP

from tool import guarded, text

server = FastMCP("bench")
server.tool()(text)
guarded(server).run()
