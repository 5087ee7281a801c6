import type { IncomingMessage } from "node:http";

/** Whether a request's `Accept-Encoding` lists an encoding with a weight above 0. */
export function acceptsEncoding({ headers }: Pick<IncomingMessage, "headers">, encoding: "br" | "gzip") {
  return String(headers["accept-encoding"] ?? "")
    .toLowerCase()
    .split(",")
    .some((entry) => {
      const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
      return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    });
}
