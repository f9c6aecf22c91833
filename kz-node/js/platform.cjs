'use strict';

// Finds what was compiled for this platform, the addon and the program: beside this package
// (shipped inside it, or built from source), else in the package of this platform.

const { existsSync } = require('node:fs');
const { join } = require('node:path');

/** `linux-x64-gnu`, `darwin-arm64` …: part of a file's or a package's name. */
function platform() {
  if (process.platform !== 'linux') return `${process.platform}-${process.arch}`;
  // The report looks up the names of the peers of open sockets, unless told otherwise.
  if (process.report) process.report.excludeNetwork = true;
  const glibc = process.report?.getReport?.()?.header?.glibcVersionRuntime;
  return `linux-${process.arch}-${glibc ? 'gnu' : 'musl'}`;
}

/** The path of `kz.PLATFORM` followed by `suffix`. `what` names it in the error. */
function find(what, suffix) {
  const name = platform();
  const file = `kz.${name}${suffix}`;
  const inside = join(__dirname, '..', 'prebuilt', file);
  if (existsSync(inside)) return inside;
  try {
    return require.resolve(`kz-mcp-${name}/${file}`);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(`kz-mcp has no ${what} for ${name}: install the package kz-mcp-${name}, or build it`);
  }
}

module.exports = {
  addon: () => find('addon', '.node'),
  program: () => find('program', process.platform === 'win32' ? '.exe' : ''),
};
