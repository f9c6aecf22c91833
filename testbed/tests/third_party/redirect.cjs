// Leads a server's TLS connections to 127.0.0.1, whatever host it asks for.
const tls = require('node:tls');

const { connect } = tls;
const port = Number(process.env.TEST_API_PORT);
tls.connect = (options, ...rest) =>
  connect({ ...options, host: '127.0.0.1', port, servername: 'localhost' }, ...rest);
