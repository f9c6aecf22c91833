'use strict';

// Text crosses into the addon as UTF-8, which cannot say a lone surrogate. A text that has one
// goes as WTF-8, with the three bytes that it would have, so that it survives.

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Passes `text` to `filter` as bytes; null when the filter gives null. */
function throughWtf8(text, filter) {
  const filtered = filter(encodeWtf8(text));
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

module.exports = { throughWtf8 };
