"""The lowlevel `Server` of `mcp` 1.x."""

import anyio
import mcp.types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from tool import guarded, text

server = Server("bench")


@server.list_tools()
async def list_tools():
    return [types.Tool(name="text", inputSchema={"type": "object"})]


@server.call_tool()
async def call_tool(name, arguments):
    return [types.TextContent(type="text", text=text(**arguments))]


async def main():
    async with stdio_server() as streams:
        await guarded(server).run(*streams, server.create_initialization_options())


anyio.run(main)
