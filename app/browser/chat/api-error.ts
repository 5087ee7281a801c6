import type { ErrorCode } from "~/conversation/expected-error";
import { en } from "~/i18n/locales/en";
import type { UserError } from "~/i18n/user-error";

/** Why a request got no good answer, with a sentence for the person who waits for it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /**
   * `unreachable`: no answer at all. `unreadable`: an answer, but not one of ours (a proxy's error page).
   * `signed_out`: such a one, which says that whoever asks is not known to it any more.
   */
  readonly code: ErrorCode | "unreachable" | "unreadable" | "signed_out";
  /** 0 where there was no answer. */
  readonly status: number;
  /** When a limit that was reached lets go again, in milliseconds since 1970; null where none was. */
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
   * The same request may well succeed in a moment: a node is leaving, or older than the conversation, a proxy has none,
   * the network is gone.
   */
  get isPassing(): boolean {
    const stays = this.code === "session_damaged";
    return !stays && this.retryAt === null && [0, 408, 429, 500, 502, 503, 504].includes(this.status);
  }
}

/** What this page has found out without the server, by its name among the sentences for problems. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly code: keyof typeof en.problem;

  constructor(code: PageError["code"], options?: { cause?: unknown }) {
    super(en.problem[code], options);
    this.code = code;
  }
}

/** What to tell a person of an error. One of neither kind is a mistake of the page. */
export function userErrorOf(error: unknown): UserError {
  if (error instanceof ApiError) {
    const { code, message, retryAt } = error;
    return { code, message, ...(retryAt !== null && { retryAt }) };
  }
  if (error instanceof PageError) {
    return { code: error.code, message: error.message };
  }
  return { code: "page", message: en.problem.page };
}
