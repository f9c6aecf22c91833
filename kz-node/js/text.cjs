'use strict';

// Text crosses into the addon as UTF-8 in one reused buffer, and comes back
// only when something was found. A lone surrogate, which UTF-8 cannot say, goes
// as the three bytes that it would have (WTF-8), so that it survives.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
let scratch = new Uint8Array(64 * 1024);
const LARGEST_KEPT = 1024 * 1024;

/** Passes `text` to `filter` as the first bytes of a buffer and their number; null when the filter gives null. */
function through(text, filter) {
  if (!text.isWellFormed()) return throughWtf8(text, filter);
  const most = text.length * 3;
  const buffer = most <= scratch.length ? scratch : grow(most);
  const { written } = encoder.encodeInto(text, buffer);
  try {
    const filtered = filter(buffer, written);
    return filtered === null ? null : decoder.decode(filtered);
  } finally {
    buffer.fill(0, 0, written);
  }
}

function grow(most) {
  const buffer = new Uint8Array(most);
  if (most <= LARGEST_KEPT) scratch = buffer;
  return buffer;
}

function throughWtf8(text, filter) {
  const bytes = encodeWtf8(text);
  const filtered = filter(bytes, bytes.length);
  return filtered === null ? null : decodeWtf8(filtered);
}

function encodeWtf8(text) {
  const parts = [];
  for (const character of text) {
    const code = character.codePointAt(0);
    const lone = code >= 0xd800 && code <= 0xdfff;
    parts.push(lone ? Buffer.from([0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

function decodeWtf8(bytes) {
  let text = '';
  let from = 0;
  for (let at = 0; at + 2 < bytes.length; at += 1) {
    if (bytes[at] !== 0xed || bytes[at + 1] < 0xa0) continue;
    text += decoder.decode(bytes.subarray(from, at));
    text += String.fromCharCode(0xd000 | ((bytes[at + 1] & 0x3f) << 6) | (bytes[at + 2] & 0x3f));
    from = at + 3;
    at += 2;
  }
  return text + decoder.decode(bytes.subarray(from));
}

module.exports = { through };
