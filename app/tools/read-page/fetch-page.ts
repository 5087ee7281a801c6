import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** A sentence about why a page cannot be read, for the model and the person. */
export class PageProblem extends Error {
  override readonly name = "PageProblem";
}

export type ResolvedAddress = { address: string; family: number };

export type FetchPageDependencies = {
  /** All addresses of a host. */
  resolve: (host: string) => Promise<readonly ResolvedAddress[]>;
  isPublic: (address: string) => boolean;
  isPort: (port: number) => boolean;
};

export type FetchedPage = {
  /** After redirects. */
  url: URL;
  /** Without parameters, in lower case. */
  type: string;
  charset: string | null;
  bytes: Buffer;
};

const MAX_REDIRECTS = 5;
const MAX_BYTES = 2_000_000;
/** Types that can be read as text. */
const TYPES =
  /^(?:text\/(?:html|plain|markdown|csv|xml)|application\/(?:xhtml\+xml|xml|json|(?:rss|atom)\+xml))$/;

/**
 * Fetches a page of the public internet. Each address that the host has is checked, before the first byte and after each
 * redirect, and the connection is made to a checked one: the name is not resolved a second time.
 * @param signal ends the attempt, also by time
 * @throws PageProblem
 */
export async function fetchPage(
  address: string,
  signal: AbortSignal,
  deps: FetchPageDependencies,
): Promise<FetchedPage> {
  let url = parse(address, null, deps);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await get(url, await checkedAddress(url, deps), signal);
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy();
      url = parse(headers.location, url, deps);
      continue;
    }
    if (statusCode < 200 || statusCode >= 300) {
      response.destroy();
      throw new PageProblem(`The server has answered with the status ${String(statusCode)}.`);
    }
    const [type = "", ...parameters] = (headers["content-type"] ?? "text/plain").toLowerCase().split(";");
    if (!TYPES.test(type.trim())) {
      response.destroy();
      throw new PageProblem(`It is no page: its type is ${type.trim().slice(0, 100)}.`);
    }
    const charset = /charset\s*=\s*"?([\w-]+)/.exec(parameters.join(";"))?.[1] ?? null;
    return { url, type: type.trim(), charset, bytes: await readBody(response) };
  }
  throw new PageProblem("It redirects too often.");
}

function parse(address: string, base: URL | null, { isPort }: FetchPageDependencies): URL {
  const url = URL.canParse(address, base?.href) ? new URL(address, base?.href) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new PageProblem("It has no address that begins with http:// or https://.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new PageProblem("Addresses with a name or a password are not opened.");
  }
  if (url.port !== "" && !isPort(Number(url.port))) throw new PageProblem("Its port is not one of the web.");
  return url;
}

/** @throws PageProblem where any address of the host is not public */
async function checkedAddress(
  { hostname }: URL,
  { resolve, isPublic }: FetchPageDependencies,
): Promise<ResolvedAddress> {
  const host = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  const found = family > 0 ? [{ address: host, family }] : await resolve(host).catch(() => []);
  const [first] = found;
  if (!first) throw new PageProblem("There is no server with this name.");
  // All of them: with some, an attacker could let chance decide.
  if (!found.every(({ address }) => isPublic(address))) {
    throw new PageProblem("Its address is not one of the public internet.");
  }
  return first;
}

function get(url: URL, { address, family }: ResolvedAddress, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      signal,
      // A connection of its own, to the checked address. Variables for proxies do not apply.
      agent: false,
      lookup: (_, { all }, callback) => {
        if (all) callback(null, [{ address, family }]);
        else callback(null, address, family);
      },
      headers: {
        "User-Agent": "Holdfast (reads pages for people)",
        Accept: "text/html,application/xhtml+xml,text/plain,text/markdown;q=0.9,*/*;q=0.1",
        "Accept-Encoding": "gzip, deflate, br",
      },
    });
    sent.on("response", resolve);
    sent.on("error", () =>
      reject(new PageProblem(signal.aborted ? "It took too long to answer." : "It could not be reached.")),
    );
    sent.end();
  });
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** The decompressed body, whose size is bounded as it grows. */
async function readBody(response: IncomingMessage): Promise<Buffer> {
  const decoder = DECODERS[response.headers["content-encoding"]?.toLowerCase() ?? ""]?.();
  const source = decoder ? response.pipe(decoder) : response;
  response.on("error", (error) => decoder?.emit("error", error));
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of source as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > MAX_BYTES) throw new PageProblem("It is too long.");
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof PageProblem ? error : new PageProblem("Its connection broke off.");
  } finally {
    response.destroy();
  }
  return Buffer.concat(pieces);
}
