import type { Socket } from "node:net";

export type ConnectionCountOptions = {
  /** Connections that one address may have at once; 0 sets no limit, and `exempt` is an address without one. */
  max: number;
  exempt: string;
  addressOf: (socket: Socket) => string;
};

/** Counts a server's open connections by address. @returns a function that counts one and says whether it is over the limit */
export function createConnectionCount({ max, exempt, addressOf }: ConnectionCountOptions) {
  const counts = new Map<string, number>();
  return (socket: Socket): boolean => {
    const address = addressOf(socket);
    if (max === 0 || address === exempt) return false;
    const count = (counts.get(address) ?? 0) + 1;
    if (count > max) return true;
    counts.set(address, count);
    socket.once("close", () => {
      const left = counts.get(address)! - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
    return false;
  };
}
