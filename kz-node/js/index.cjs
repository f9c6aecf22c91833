'use strict';

const { KzError, ConfigError, MissingSecretsError, UnknownSecretError } = require('./errors.cjs');
const { Redactor } = require('./redactor.cjs');
const { Secret } = require('./secret.cjs');
const { open, Secrets } = require('./secrets.cjs');

module.exports = { open, Redactor, Secret, Secrets, KzError, ConfigError, MissingSecretsError, UnknownSecretError };
