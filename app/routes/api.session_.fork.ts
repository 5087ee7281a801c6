import { forkBody, type Committed } from "~/conversation/api";
import { forkSession } from "~/conversation/fork-session";
import { sessionKey } from "~/conversation/session-id";
import { readJson, requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    const { from, messageId } = await readJson(request, forkBody, services.limits.maxBodyBytes);
    const source = (await services.store.read(sessionKey(from)))?.session ?? null;
    const now = new Date().toISOString();
    const { record } = await services.store.update(key, (session) => ({
      session: forkSession(session, { source, messageId, now }),
      result: null,
    }));
    const committed: Committed = { rev: record!.rev };
    return Response.json(committed, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
