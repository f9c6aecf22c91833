// An MCP server with one tool, `query`, over PostgreSQL. Its DSN is in the environment.
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import pg from 'pg';
import { z } from 'zod';

const server = new McpServer({ name: 'postgres', version: '1.0.0' });

const description = 'Runs one SQL statement and returns its rows.';
server.registerTool('query', { description, inputSchema: z.object({ sql: z.string() }) }, async ({ sql }) => {
  const dsn = process.env.DATABASE_URL;
  let client;
  try {
    client = new pg.Client({ connectionString: dsn, connectionTimeoutMillis: 5000 });
    await client.connect();
    const { rows } = await client.query(sql);
    return { content: [{ type: 'text', text: JSON.stringify(rows) }] };
  } catch (error) {
    console.error(`query failed on ${dsn}`, error);
    throw new Error(`query failed on ${dsn}: ${error.message}`, { cause: error });
  } finally {
    await client?.end();
  }
});

await server.connect(new StdioServerTransport());
