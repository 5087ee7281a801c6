import { createHash, scryptSync, timingSafeEqual } from "node:crypto";
import { createCookie } from "@remix-run/node";
import { ExpectedError } from "~/conversation/expected-error";
import { isOverTls } from "~/http/is-over-tls";

/** Who may use this server: everybody, or whoever has once said one of its codes. */
export type Access = {
  isOpen: boolean;
  /** Whether the request brings a cookie that is ours and has not expired. True for everybody where it is open. */
  admits(request: Request): Promise<boolean>;
  isCode(text: string): boolean;
  /** The `Set-Cookie` that remembers, in this browser, that a code was said. */
  cookie(request: Request): Promise<string>;
  /** The `Set-Cookie` that makes this browser forget it. */
  goneCookie(request: Request): Promise<string>;
};

export type AccessOptions = {
  /** None leaves the server open. */
  codes: readonly string[];
  /** How long a browser is remembered, in days. */
  days: number;
  /** Milliseconds since 1970. */
  clock: () => number;
};

const DAY_S = 86_400;

/**
 * Admission by a code. The cookie is signed with a key that comes from the codes alone, so that every node
 * verifies what any other has given out, without asking it; with other codes it is worth nothing.
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
      // Nobody but us can have signed it; the browser may have kept it for longer than it was told to.
      return typeof value === "number" && value > clock();
    },
    isCode(text) {
      const given = digest(text.trim());
      // All of them, whichever fits: the time tells nothing.
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
  throw new ExpectedError("access_code_needed", "This chat asks for an access code.");
}

/** Slow on purpose: whoever has a cookie of ours could otherwise try codes against it at home. */
function keyFrom(codes: readonly string[]): string {
  return scryptSync([...codes].sort().join("\n"), "holdfast access cookie", 32).toString("base64");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
