import type { ErrorCode } from "~/conversation/expected-error";

/** Why a request got no good answer, with a sentence for the person who waits for it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** `unreachable`: no answer at all. `unreadable`: an answer, but not one of ours (a proxy's error page). */
  readonly code: ErrorCode | "unreachable" | "unreadable";
  /** 0 where there was no answer. */
  readonly status: number;

  constructor(code: ApiError["code"], message: string, status: number, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = status;
  }

  /** The same request may well succeed in a moment: a node is leaving, a proxy has none, the network is gone. */
  get isPassing(): boolean {
    const stays = this.code === "session_damaged" || this.code === "session_newer_format";
    return !stays && [0, 408, 429, 500, 502, 503, 504].includes(this.status);
  }
}

export function sentenceOf(error: unknown): string {
  return error instanceof ApiError
    ? error.message
    : "Something went wrong in this page. Reload it and try again.";
}
