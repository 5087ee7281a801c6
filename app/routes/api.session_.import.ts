import type { Committed } from "~/conversation/api";
import { beginSession } from "~/conversation/begin-session";
import { importBody, importSession, MAX_FILE_VALUES } from "~/conversation/conversation-file";
import { askerAddress } from "~/http/admission/client-address";
import { sessionBytes } from "~/conversation/session-size";
import { readJson, requireSessionKey } from "~/http/request-input";
import type { Change } from "~/store/sessions/session-store";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    // Counted before so much is read and looked at, whatever it is.
    const { record } = await services.quotas.beginSession(askerAddress(request), async (reserve) => {
      const { maxImportBytes } = services.limits;
      const file = await readJson(request, importBody, maxImportBytes, MAX_FILE_VALUES);
      const { offers, defaultModelId } = services.models;
      const imported = importSession(file, {
        now: new Date().toISOString(),
        modelFor: (modelId) => (offers.some(({ id }) => id === modelId) ? modelId : defaultModelId),
      });
      const change: Change<null> = (session) => {
        const begun = beginSession(session, imported);
        reserve(begun === session ? 0 : sessionBytes(begun));
        return { session: begun, result: null };
      };
      return services.store.update(key, change, { asked: "import" });
    });
    const committed: Committed = { rev: record!.rev };
    return Response.json(committed, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
