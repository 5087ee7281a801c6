import type { ServerResponse } from "node:http";

/** Calls `callback` just before a response's head is written. Headers that it sets are sent; those it reads are final. */
export function beforeHead(response: ServerResponse, callback: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    callback();
    return writeHead(...args);
  };
}
