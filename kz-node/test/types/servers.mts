// What the author of a server writes, as an ES module; a guarded server keeps its type.
import { McpServer as FirstMcpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Server as FirstServer } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer, Server } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { open, type ErrorCode, KzError } from 'kz-mcp';

const info = { name: 'notes', version: '1.0.0' };
await using secrets = await open();
const server: McpServer = secrets.guard(new McpServer(info));
const low: Server = secrets.guard(new Server(info));
const first: FirstMcpServer = secrets.guard(new FirstMcpServer(info));
const lowest: FirstServer = secrets.guard(new FirstServer(info));
server.registerTool('connect', {}, () => ({
  content: [{ type: 'text', text: `would connect with ${secrets.get('DATABASE_URL')}` }],
}));
await server.connect(new StdioServerTransport());
void [low, first, lowest];

const code = (error: unknown): ErrorCode | undefined => (error instanceof KzError ? error.code : undefined);
void code;

// @ts-expect-error a server is an object
secrets.guard('server');
// @ts-expect-error a misspelt option
await open(undefined, { enviroment: 'production' });
