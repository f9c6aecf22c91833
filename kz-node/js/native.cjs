'use strict';

// Finds the addon: beside this package (built from source, or shipped inside
// it), else in the package of this platform.

const { existsSync } = require('node:fs');
const { join } = require('node:path');

function platform() {
  if (process.platform !== 'linux') return `${process.platform}-${process.arch}`;
  const glibc = process.report?.getReport?.()?.header?.glibcVersionRuntime;
  return `linux-${process.arch}-${glibc ? 'gnu' : 'musl'}`;
}

function load() {
  const name = platform();
  const inside = join(__dirname, '..', 'prebuilt', `kz.${name}.node`);
  if (existsSync(inside)) return require(inside);
  try {
    return require(`kz-mcp-${name}`);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(`kz-mcp has no addon for ${name}: install the package kz-mcp-${name}, or build it`);
  }
}

module.exports = load();
