/**
 * What a seal is made of, by name: to load a library's module by its own name is to take all of it, into what every
 * page begins with, since other code there shares a part.
 */
export { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
export { hkdf } from "@noble/hashes/hkdf.js";
export { sha256 } from "@noble/hashes/sha2.js";
