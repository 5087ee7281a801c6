import type { ServerResponse } from "node:http";

/** Calls back as the head of a response is about to be written: what it sets still goes out, and what is set is final. */
export function beforeHead(response: ServerResponse, callback: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    callback();
    return writeHead(...args);
  };
}
