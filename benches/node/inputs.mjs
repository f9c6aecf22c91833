// Made-up secrets and texts, the same in every run.

/** xorshift32 (Marsaglia, 2003). */
export function random(seed) {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const LINES = [
  '2026-03-15T10:23:#.123Z INFO  request id=# method=GET path=/v1/items/# status=200 ms=#\n',
  '{"level":"warn","message":"slow query","rows":#,"table":"orders","took_ms":#}\n',
  '  File "/srv/app/lib/python3.11/site-packages/app/pool.py", line #, in acquire\n',
  '    at processTicksAndRejections (node:internal/process/task_queues:#:5)\n',
  'error: relation "customers_#" does not exist at character # (SQLSTATE 42P01)\n',
  'The quick brown fox jumps over # lazy dogs; nobody was hurt, and 100% recovered.\n',
];

/** Values of 32 bytes, with two characters that most encodings change. */
export function makeSecrets(count) {
  const below = random(4711);
  const word = (length) => Array.from({ length }, () => LETTERS[below(LETTERS.length)]).join('');
  return Array.from({ length: count }, () => `${word(8)}/"${word(22)}`);
}

/** Log lines of a server, with a secret in each KiB unless there are none. */
export function makeText(kib, secrets = []) {
  const below = random(42);
  let text = '';
  for (let block = 1; block <= kib; block += 1) {
    if (secrets.length > 0) text += `connection refused, credential=${secrets[below(secrets.length)]} retrying\n`;
    while (text.length < block * 1024) text += LINES[below(LINES.length)].replaceAll('#', () => below(100_000));
  }
  return text;
}
