// An MCP server over PostgreSQL as people write it: the DSN in the environment,
// and whatever goes wrong told to the model in full.
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import pg from 'pg';
import { z } from 'zod';

const dsn = process.env.DATABASE_URL;
const server = new McpServer({ name: 'postgres', version: '1.0.0' });

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
