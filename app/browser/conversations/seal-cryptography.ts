/**
 * The functions that a seal needs, re-exported by name. Importing the libraries' modules dynamically would add all of
 * them to the page's first script, since other code there uses a part of them.
 */
export { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
export { hkdf } from "@noble/hashes/hkdf.js";
export { sha256 } from "@noble/hashes/sha2.js";
