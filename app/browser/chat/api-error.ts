import type { ErrorCode } from "~/conversation/expected-error";
import { enFirst } from "~/i18n/locales/en-first";
import type { UserError } from "~/i18n/user-error";

/** A failed request, with a sentence for the person. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /**
   * `unreachable`: no answer at all. `unreadable`: an answer, but not from this application (a proxy's error page).
   * `signed_out`: a proxy's answer that the person's sign-in has expired.
   */
  readonly code: ErrorCode | "unreachable" | "unreadable" | "signed_out";
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  /** When the limit that refused the request ends, in milliseconds since 1970; null for other errors. */
  readonly retryAt: number | null;

  constructor(
    code: ApiError["code"],
    message: string,
    status: number,
    options?: { cause?: unknown; retryAt?: number | null },
  ) {
    super(message, options);
    this.retryAt = options?.retryAt ?? null;
    this.code = code;
    this.status = status;
  }

  /**
   * The same request may succeed soon: a node is draining or older than the session, a proxy has no node, or the
   * network is down.
   */
  get isPassing(): boolean {
    const stays = this.code === "session_damaged";
    return !stays && this.retryAt === null && [0, 408, 429, 500, 502, 503, 504].includes(this.status);
  }
}

/** An error found by the page itself. Its code is a key of the sentences for problems. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly code: keyof typeof enFirst.problem;

  constructor(code: PageError["code"], options?: { cause?: unknown }) {
    super(enFirst.problem[code], options);
    this.code = code;
  }
}

/** The user error for any error. An error of another class is a bug of the page. */
export function userErrorOf(error: unknown): UserError {
  if (error instanceof ApiError) {
    const { code, message, retryAt } = error;
    return { code, message, ...(retryAt !== null && { retryAt }) };
  }
  if (error instanceof PageError) {
    return { code: error.code, message: error.message };
  }
  return { code: "page", message: enFirst.problem.page };
}
