import { createConversations } from "~/browser/conversations/conversations";
import { createRenames } from "~/browser/conversations/renames";
import { createObservable } from "~/browser/page/observable";
import { pageClock } from "~/browser/page/page-clock";
import { createToasts } from "~/browser/page/toasts";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { newId } from "~/conversation/session/session-id";
import type { ApiClient } from "./api-client";
import { fakeServer } from "./fake-chat";
import { createOpenSessions } from "./open-sessions";
import type { SessionApi, TransferApi } from "./session-api";

/** A tab with its list of conversations and its sessions, each on a server of its own. */
export function fakeSessions() {
  const servers = new Map<string, ReturnType<typeof fakeServer>>();
  const serverOf = (id: string) => servers.get(id) ?? servers.set(id, fakeServer()).get(id)!;
  const session = (id: string): SessionApi & Pick<TransferApi, "noteTab"> => ({
    ...serverOf(id).api,
    // Also if the test replaces them later.
    post: (body) => serverOf(id).api.post(body),
    patch: (body) => serverOf(id).api.patch(body),
    remove: () => serverOf(id).api.remove(),
    noteTab: () => Promise.resolve(),
  });
  const api = { session } as ApiClient;
  const [shared, tab] = [createSafeStorage(fakeStorage), createSafeStorage(fakeStorage)];
  const onOtherTab = () => undefined;
  const conversations = createConversations({
    ...{ shared, tab, newId, onOtherTab, clock: pageClock, claim: null },
    deletions: createObservable([]),
  });
  const toasts = createToasts();
  const renames = createRenames({
    ...{ conversations, toasts },
    requestsOf: (id) => sessions.get(id).requests,
  });
  const sessions = createOpenSessions({
    ...{ api, shared, tab, onOtherTab, conversations, clock: pageClock, random: () => 0.5 },
    page: { addEventListener: () => undefined },
    activity: { isVisible: () => true, isOnline: () => true, subscribe: () => () => undefined },
    maxFileBytes: 1_000,
    defaultSettings: () => ({}),
    beforeFirstMessage: () => Promise.resolve(),
    isRenaming: renames.isRenaming,
    onPending: () => undefined,
    onNews: () => undefined,
    onRead: () => undefined,
  });
  return { api, conversations, sessions, renames, toasts, serverOf };
}
