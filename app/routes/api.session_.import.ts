import type { Committed } from "~/conversation/api";
import { beginSession } from "~/conversation/begin-session";
import { importBody, importSession, MAX_FILE_VALUES } from "~/conversation/conversation-file";
import { askerAddress } from "~/http/client-address";
import { sessionSize } from "~/conversation/session-size";
import { readJson, requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    // Before so much is read and looked at, whatever it is.
    const written = await services.quotas.beginSession(askerAddress(request));
    const { maxImportBytes } = services.limits;
    const file = await readJson(request, importBody, maxImportBytes, MAX_FILE_VALUES);
    const { offers, defaultModelId } = services.models;
    const imported = importSession(file, {
      now: new Date().toISOString(),
      modelFor: (modelId) => (offers.some(({ id }) => id === modelId) ? modelId : defaultModelId),
    });
    const { record } = await services.store.update(
      key,
      (session) => ({ session: beginSession(session, imported), result: null }),
      { asked: "import" },
    );
    written(sessionSize(imported.messages).bytes);
    const committed: Committed = { rev: record!.rev };
    return Response.json(committed, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
