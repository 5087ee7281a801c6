/** Codes of the failures that a person or a client can act on. They are part of the HTTP contract. */
export type ErrorCode =
  | "access_code_needed"
  | "access_code_wrong"
  | "bad_session_id"
  | "bad_request"
  | "body_too_large"
  | "unsupported_media_type"
  | "host_not_allowed"
  | "cross_site_request"
  | "not_found"
  | "method_not_allowed"
  | "session_not_found"
  | "session_exists"
  | "session_busy"
  | "session_damaged"
  | "session_full"
  | "session_newer_format"
  | "file_newer_format"
  | "attachment_too_large"
  | "attachments_full"
  | "attachment_not_found"
  | "attachment_not_supported"
  | "message_not_found"
  | "message_conflict"
  | "message_removed"
  | "queue_full"
  | "already_sent"
  | "reply_running"
  | "answer_too_long"
  | "call_not_found"
  | "already_decided"
  | "invalid_decision"
  | "model_not_found"
  | "share_not_found"
  | "share_damaged"
  | "share_conflict"
  | "shares_full"
  | "handoff_gone"
  | "handoff_conflict"
  | "keyring_not_found"
  | "keyring_gone"
  | "keyring_conflict"
  | "keyring_full"
  | "too_many_keyrings"
  | "node_draining"
  | "volume_unavailable"
  | "model_denied"
  | "model_credentials"
  | "model_throttled"
  | "model_rejected"
  | "model_no_credit"
  | "model_address"
  | "model_unavailable"
  | "model_interrupted"
  | "model_stalled"
  | "too_many_messages"
  | "daily_messages_spent"
  | "too_many_sessions"
  | "too_many_changes"
  | "daily_bytes_spent"
  | "too_many_replies"
  | "node_full"
  | "too_many_wrong_codes"
  | "too_many_requests"
  | "address_budget_spent"
  | "budget_spent"
  | "internal_error";

/** `message` is a sentence for people. It never contains a session id, a secret or a stack. */
export class ExpectedError extends Error {
  override readonly name = "ExpectedError";
  readonly code: ErrorCode;
  /** Values that a client may act on, such as the id of the running reply. Sent with the error. */
  readonly details: Readonly<Record<string, string | number>>;

  /** What the model's server said of its failure, without secrets (model/failures/provider-message.ts); null without it. */
  readonly providerMessage: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown;
      details?: Readonly<Record<string, string | number>>;
      providerMessage?: string | null;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.providerMessage = options.providerMessage ?? null;
  }

  static isInstance(error: unknown): error is ExpectedError {
    return error instanceof ExpectedError;
  }
}
