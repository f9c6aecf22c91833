"""`FastMCP` of `fastmcp` 4.x."""

from fastmcp import FastMCP

from tool import guarded, text

server = FastMCP("bench")
server.tool()(text)
guarded(server).run(show_banner=False)
