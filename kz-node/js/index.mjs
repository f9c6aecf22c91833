// One instance for both module systems: classes and hooks must not exist twice.
import kz from './index.cjs';

export const { open, Redactor, Secret, Secrets, KzError, ConfigError, MissingSecretsError, UnknownSecretError } = kz;
