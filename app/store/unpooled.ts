/**
 * These bytes in memory of their own, for bytes that are kept. Small buffers share slabs of 64 KB with others (Node's
 * pool): one of a kilobyte that is kept would keep a whole slab in memory.
 */
export function unpooled(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const copy = Buffer.alloc(bytes.length);
  bytes.copy(copy);
  return copy;
}
