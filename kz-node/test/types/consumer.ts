// What a consumer writes, in both module systems; `tsc --strict` must agree.
import { open, Redactor, Secret, Secrets, KzError, MissingSecretsError, type Finding, type RedactingStream } from 'kz-mcp';

export async function use(): Promise<void> {
  const secrets: Secrets = await open('.keyzero.toml', { environment: 'production', identity: 'ada' });
  const secret: Secret | undefined = secrets.find('DATABASE_URL');
  const value: string | undefined = secret?.expose();
  const bytes: Uint8Array = secrets.get('DATABASE_URL').exposeBytes();
  const server: { name: string } = secrets.guard({ name: 'server' });
  const stop: () => void = secrets.onRotate((name: string) => void name);
  stop();
  await secrets.refresh();
  for (const { provider, code } of await secrets.health()) void [provider, code?.length];
  await secrets.close();

  const redactor = new Redactor({ TOKEN: 'x'.repeat(20) }, { patterns: false, forms: ['base32'] });
  const findings: Finding[] = redactor.scan(redactor.redact('text'));
  const same: { a: number } = redactor.redactJson({ a: 1 });
  const stream: RedactingStream = redactor.stream();
  process.stdin.pipe(stream).pipe(process.stdout);
  const held: number = stream.held;
  void [value, bytes, server, findings, same, held];

  // @ts-expect-error it only says so
  stream.held = 0;

  // @ts-expect-error a secret is not made by hand
  new Secret();
  // @ts-expect-error there is no such form
  new Redactor({}, { forms: ['rot13'] });
  // @ts-expect-error a value is text or bytes
  redactor.add('NAME', 5);
  try {
    await open();
  } catch (error) {
    if (error instanceof MissingSecretsError) void error.names.join();
    else if (error instanceof KzError && error.code === 'config') void error.retryable;
  }
}
