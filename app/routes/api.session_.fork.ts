import { forkBody, type Committed } from "~/conversation/api";
import { attachmentId, attachmentParts } from "~/conversation/attachment";
import { forkSession } from "~/conversation/fork-session";
import { askerAddress } from "~/http/admission/client-address";
import { sessionBytes } from "~/conversation/session-size";
import { readJson, requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    const { from, messageId } = await readJson(request, forkBody, services.limits.maxBodyBytes);
    const now = new Date().toISOString();
    const { record } = await services.quotas.beginSession(askerAddress(request), async (reserve) => {
      const source = await services.keys.during(from, async (fromKey) => {
        const session = (await services.store.read(fromKey))?.session ?? null;
        const existing = (await services.store.read(key))?.session ?? null;
        // Refused, if it is, before another conversation has got the files.
        const forked = forkSession(existing, { source: session, messageId, now });
        if (forked === existing) return session;
        const files = forked.messages.flatMap(({ parts }) => attachmentParts(parts));
        reserve(sessionBytes(forked) + files.reduce((sum, { size }) => sum + size, 0));
        // Before the commit, so that no message names a file that is not there.
        await services.attachments.copy(fromKey, key, files.map(attachmentId));
        return session;
      });
      return services.store.update(
        key,
        (session) => ({ session: forkSession(session, { source, messageId, now }), result: null }),
        { asked: "fork" },
      );
    });
    const committed: Committed = { rev: record!.rev };
    return Response.json(committed, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
