import { ExpectedError, type ErrorCode } from "~/conversation/expected-error";
import type { ErrorBody } from "~/conversation/api";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  access_code_needed: 401,
  access_code_wrong: 403,
  bad_session_id: 400,
  bad_request: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  host_not_allowed: 403,
  cross_site_request: 403,
  not_found: 404,
  method_not_allowed: 405,
  session_not_found: 404,
  session_exists: 409,
  session_busy: 503,
  session_damaged: 410,
  session_full: 413,
  session_newer_format: 503,
  file_newer_format: 400,
  attachment_too_large: 413,
  attachments_full: 413,
  attachment_not_found: 404,
  attachment_not_supported: 422,
  message_not_found: 404,
  message_conflict: 409,
  message_removed: 409,
  queue_full: 409,
  already_sent: 409,
  reply_running: 409,
  call_not_found: 404,
  already_decided: 409,
  invalid_decision: 409,
  answer_too_long: 413,
  model_not_found: 400,
  share_not_found: 404,
  share_damaged: 410,
  share_conflict: 409,
  shares_full: 409,
  handoff_gone: 404,
  handoff_conflict: 409,
  keyring_not_found: 404,
  keyring_gone: 410,
  keyring_conflict: 409,
  keyring_full: 413,
  node_draining: 503,
  volume_unavailable: 503,
  model_denied: 502,
  model_credentials: 502,
  model_throttled: 503,
  model_rejected: 502,
  model_no_credit: 502,
  model_address: 502,
  model_unavailable: 502,
  model_interrupted: 502,
  model_stalled: 504,
  too_many_messages: 429,
  daily_messages_spent: 429,
  too_many_sessions: 429,
  too_many_keyrings: 429,
  too_many_changes: 429,
  daily_bytes_spent: 429,
  too_many_replies: 429,
  node_full: 429,
  too_many_wrong_codes: 429,
  too_many_requests: 429,
  address_budget_spent: 429,
  budget_spent: 429,
  internal_error: 500,
};

export const statusOf = (code: ErrorCode): number => STATUS[code];

/** Maps every error to its response. An unexpected error discloses nothing but that the request failed. */
export function errorResponse(error: unknown, headers: Record<string, string> = {}): Response {
  const known = ExpectedError.isInstance(error)
    ? error
    : new ExpectedError("internal_error", "Something went wrong on our side. Nothing saved is lost.");
  const status = STATUS[known.code];
  const body: ErrorBody = { error: { code: known.code, message: known.message, ...known.details } };
  return Response.json(body, {
    status,
    headers: { "Cache-Control": "no-store", ...retryAfter(status, known), ...headers },
  });
}

function retryAfter(status: number, { details }: ExpectedError): Record<string, string> {
  const seconds = details.retryAfterSeconds ?? (status === 503 ? 1 : undefined);
  return seconds === undefined ? {} : { "Retry-After": String(seconds) };
}
