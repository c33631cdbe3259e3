// The phone's own key: P-256, made here, never exportable. Whoever copies the storage cannot sign.
/** @import { Receipt } from "../types" */
import { base64 } from "./statements.js";

const KIND = { name: "ECDSA", namedCurve: "P-256" };

export const makeKeys = () => crypto.subtle.generateKey(KIND, false, ["sign", "verify"]);

/**
 * SubjectPublicKeyInfo, base64.
 * @param {CryptoKeyPair} keys
 */
export async function publicKey(keys) {
  return base64(await crypto.subtle.exportKey("spki", keys.publicKey));
}

/**
 * r and s, base64.
 * @param {CryptoKeyPair} keys
 * @param {string} text
 */
export async function sign(keys, text) {
  const bytes = new TextEncoder().encode(text);
  return base64(
    await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, bytes),
  );
}

/** @type {(encoded: string) => Uint8Array<ArrayBuffer>} */
const raw = (encoded) => Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));

// The server's key as read, by its text: reading it takes longer than checking.
const known = new Map();
/**
 * @param {string} key
 * @returns {Promise<CryptoKey>}
 */
function reading(key) {
  if (!known.has(key))
    known.set(
      key,
      crypto.subtle.importKey("raw", raw(key), { name: "Ed25519" }, false, ["verify"]),
    );
  return known.get(key);
}

/**
 * Whether the server signed this receipt (Ed25519); null where the browser cannot tell.
 * @param {string | undefined} key
 * @param {string} id
 * @param {Receipt} receipt
 * @returns {Promise<boolean | null>}
 */
export async function receiptFits(key, id, receipt) {
  if (!key || !receipt.signature) return null;
  const { hash, item_seq: seq, recorded_at: at } = receipt;
  const text = `kittrail-receipt-v1\n${id}\n${hash}\n${seq}\n${at}\n`;
  try {
    return await crypto.subtle.verify(
      "Ed25519",
      await reading(key),
      raw(receipt.signature),
      new TextEncoder().encode(text),
    );
  } catch {
    return null;
  }
}
