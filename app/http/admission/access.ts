import { createHash, scryptSync, timingSafeEqual } from "node:crypto";
import { createCookie } from "@remix-run/node";
import { ExpectedError } from "~/conversation/expected-error";
import { isOverTls } from "~/http/is-over-tls";

/** Access to this server: for all clients, or only for browsers that have presented an access code. */
export type Access = {
  isOpen: boolean;
  /** Whether the request has a valid access cookie that has not expired. Always true on an open server. */
  admits(request: Request): Promise<boolean>;
  isCode(text: string): boolean;
  /** The `Set-Cookie` that gives a browser access after it has presented a code. */
  cookie(request: Request): Promise<string>;
  /** The `Set-Cookie` that removes a browser's access cookie. */
  goneCookie(request: Request): Promise<string>;
};

export type AccessOptions = {
  /** Without codes the server is open. */
  codes: readonly string[];
  /** Lifetime of the cookie, in days. */
  days: number;
  /** Milliseconds since 1970. */
  clock: () => number;
};

const DAY_S = 86_400;

/**
 * Access by code. The cookie is signed with a key derived from the codes alone, so that each node verifies the cookies
 * of all others without shared state. Cookies become invalid when the codes change.
 */
export function createAccess({ codes, days, clock }: AccessOptions): Access {
  const isOpen = codes.length === 0;
  const cookie = createCookie("holdfast_access", {
    httpOnly: true,
    sameSite: "strict",
    path: "/",
    maxAge: days * DAY_S,
    secrets: isOpen ? [] : [keyFrom(codes)],
  });
  const digests = codes.map(digest);
  const isSecure = (request: Request) => isOverTls((name) => request.headers.get(name));

  return {
    isOpen,
    async admits(request) {
      if (isOpen) return true;
      const value: unknown = await cookie.parse(request.headers.get("Cookie"));
      // The signature proves the origin; the time is checked because a browser may keep a cookie beyond its Max-Age.
      return typeof value === "number" && value > clock();
    },
    isCode(text) {
      const given = digest(text.trim());
      // Compares with all codes, so that the time does not disclose which one matched.
      return digests.reduce((found, code) => timingSafeEqual(code, given) || found, false);
    },
    cookie: (request) =>
      cookie.serialize(clock() + days * DAY_S * 1000, {
        secure: isSecure(request),
      }),
    goneCookie: (request) => cookie.serialize("", { maxAge: 0, secure: isSecure(request) }),
  };
}

export async function requireAccess(access: Access, request: Request): Promise<void> {
  if (await access.admits(request)) return;
  throw new ExpectedError("access_code_needed", "This chat requires an access code.");
}

/** Slow by design (scrypt): the owner of one cookie could otherwise test guessed codes against it offline. */
function keyFrom(codes: readonly string[]): string {
  return scryptSync([...codes].sort().join("\n"), "holdfast access cookie", 32).toString("base64");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
