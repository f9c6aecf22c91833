// The same server with kz: the DSN from the vault that `.keyzero.toml` names, and
// whatever goes wrong told to the model without it.
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import pg from 'pg';
import { open } from 'kz-mcp';
import { z } from 'zod';

const secrets = await open();
const dsn = secrets.get('DATABASE_URL').expose();
const server = secrets.guard(new McpServer({ name: 'postgres', version: '1.0.0' }));

server.registerTool(
  'query',
  { description: 'Runs one SQL query and returns its rows.', inputSchema: z.object({ sql: z.string() }) },
  async ({ sql }) => {
    try {
      const client = new pg.Client({ connectionString: dsn });
      await client.connect();
      try {
        const { rows } = await client.query(sql);
        return { content: [{ type: 'text', text: JSON.stringify(rows) }] };
      } finally {
        await client.end();
      }
    } catch (error) {
      console.error('query failed', error);
      throw new Error(`cannot query ${dsn}: ${error.message}`, { cause: error });
    }
  },
);

await server.connect(new StdioServerTransport());
