import { keyringAppendBody, keyringBody, MAX_KEYRING_BODY_BYTES } from "~/conversation/api";
import type { KeyringAnswer, KeyringConflict, KeyringEvent, KeyringWritten } from "~/conversation/api";
import { ExpectedError } from "~/conversation/expected-error";
import { askerAddress } from "~/http/admission/client-address";
import { currentRequest } from "~/http/admission/request-context";
import { isKnown, revisionIn } from "~/http/etag";
import { eventStream, type ServerSentEvent } from "~/http/event-stream";
import { readJson, requireSecretKey } from "~/http/request-input";
import { wholeJson } from "~/http/whole-json";
import { appendedSince, keyringNotFound, type KeyringContent } from "~/store/keyrings/change-keyring";
import { watchKeyring } from "~/use-cases/watch-keyring";
import { writeKeyring } from "~/use-cases/write-keyring";
import { api, onStreamFailure } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET(request) {
    const keyringHash = requireSecretKey(request, "X-Keyring-Id");
    const { searchParams } = new URL(request.url);
    if (searchParams.has("watch")) return watch(keyringHash);
    const since = parseSince(searchParams.get("since"));
    const known = request.headers.get("If-None-Match");
    // Without reading the keyring: most devices have the newest revision already.
    const rev = known === null ? null : await services.keyrings.knownVersion(keyringHash);
    if (rev !== null && isKnown(known, etagOf(rev))) return notModified(rev);
    return read(keyringHash, since, known);
  },

  PUT: (request) => write(request, async () => readJson(request, keyringBody, MAX_KEYRING_BODY_BYTES)),

  PATCH: (request) =>
    write(request, async () => readJson(request, keyringAppendBody, MAX_KEYRING_BODY_BYTES)),

  async DELETE(request) {
    await services.keyrings.remove(requireSecretKey(request, "X-Keyring-Id"));
    return new Response(null, { status: 204 });
  },
});

export const loader = handle;
export const action = handle;

async function read(keyringHash: string, since: number | null, known: string | null): Promise<Response> {
  const keyring = await services.keyrings.read(keyringHash);
  if (!keyring) throw keyringNotFound();
  const { version: rev, sealed } = keyring;
  if (isKnown(known, etagOf(rev))) return notModified(rev);
  await currentRequest().turn();
  const appended = since === null ? null : appendedSince(keyring, since);
  const answer: KeyringAnswer =
    since === null || appended === null ? { rev, sealed } : { rev, since, appended };
  return wholeJson(answer, headersOf(rev));
}

async function write(request: Request, readContent: () => Promise<KeyringContent>): Promise<Response> {
  const keyringHash = requireSecretKey(request, "X-Keyring-Id");
  const expected = revisionIn(request.headers.get("If-Match"));
  if (expected === null) {
    throw new ExpectedError(
      "bad_request",
      'The If-Match header must hold the revision that the change is for, such as "7", or "0" for a new list.',
    );
  }
  const written = await writeKeyring(keyringHash, askerAddress(request), expected, readContent, services);
  const { rev } = written;
  if (written.kind === "stored")
    return Response.json({ rev } satisfies KeyringWritten, { headers: headersOf(rev) });
  const error = {
    code: "keyring_conflict",
    message: "Another device has changed your list of conversations meanwhile.",
  } as const;
  const conflict: KeyringConflict = { error, rev, sealed: written.sealed };
  return wholeJson(conflict, headersOf(rev), 409);
}

async function watch(keyringHash: string): Promise<Response> {
  const { signal } = currentRequest();
  const { membership, replies, enterKeyringWatch: enterWatch } = services;
  const { attend } = membership;
  const { draining } = replies;
  const watched = await watchKeyring(keyringHash, signal, { ...services, enterWatch, attend, draining });
  return eventStream(events(watched), { ...services.streams, signal, onFailure: onStreamFailure });
}

async function* events(revisions: AsyncGenerator<number>): AsyncGenerator<ServerSentEvent> {
  for await (const rev of revisions)
    yield { id: String(rev), data: JSON.stringify({ rev } satisfies KeyringEvent) };
  yield { data: "[DONE]" };
}

function parseSince(since: string | null): number | null {
  if (since === null) return null;
  if (!/^\d{1,10}$/.test(since))
    throw new ExpectedError("bad_request", "The parameter since must be the number of a revision.");
  return Number(since);
}

const etagOf = (rev: number) => `"${rev}"`;
const headersOf = (rev: number) => ({ ETag: etagOf(rev), "Cache-Control": "no-store" });

function notModified(rev: number): Response {
  return new Response(null, { status: 304, headers: headersOf(rev) });
}
