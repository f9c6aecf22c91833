// A server with one tool, on one SDK: node server.mjs sdk1|sdk2 bare|idle|guarded
// Idle is guarded with nothing to look for: what the guard costs beside the engine.
import { createRequire } from 'node:module';
import { z } from 'zod';
import { makeText } from './inputs.mjs';

const [generation, kind] = process.argv.slice(2);
const [{ McpServer }, { StdioServerTransport }] =
  generation === 'sdk1'
    ? await Promise.all([import('@modelcontextprotocol/sdk/server/mcp.js'), import('@modelcontextprotocol/sdk/server/stdio.js')])
    : await Promise.all([import('@modelcontextprotocol/server'), import('@modelcontextprotocol/server/stdio')]);
const server = new McpServer({ name: 'bench', version: '1.0.0' });
const text = makeText(16);
const inputSchema = z.object({ bytes: z.number() });
server.registerTool('read', { inputSchema: generation === 'sdk1' ? inputSchema.shape : inputSchema }, ({ bytes }) => ({
  content: [{ type: 'text', text: text.slice(0, bytes) }],
}));
if (kind !== 'bare') {
  const { open, Redactor } = await import('kz-mcp');
  const { guard } = createRequire(import.meta.url)('../../kz-node/js/guard/index.cjs');
  if (kind === 'idle') guard(server, new Redactor({}, { patterns: false }));
  else (await open()).guard(server);
}
// Not killed: an addon that counts what runs, for the compiler, writes that down at the end.
process.once('SIGTERM', () => process.exit(0));
await server.connect(new StdioServerTransport());
