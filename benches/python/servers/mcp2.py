"""`MCPServer` of `mcp` 2.x."""

from mcp.server.mcpserver import MCPServer

from tool import guarded, text

server = MCPServer("bench")
server.tool()(text)
guarded(server).run()
