import type { Conversations } from "./conversations";

const FRAGMENT_PATTERN = /^#c=(.*)$/;

/** The name of a conversation in the fragment of an address; null for a fragment without one. */
export function nameIn(hash: string): string | null {
  return FRAGMENT_PATTERN.exec(hash)?.[1] ?? null;
}

/**
 * The address of a conversation. A fragment is not sent to servers; the name in it is known to this browser alone, and
 * is no way to the session id. A conversation without a message has no name, and the page's own address.
 */
export function addressOf(name: string | undefined): string {
  return name ? `/#c=${name}` : "/";
}

type Dependencies = {
  page: Pick<Window, "history" | "location" | "addEventListener"> & {
    document: Pick<Document, "addEventListener" | "querySelectorAll">;
  };
  conversations: Pick<
    Conversations,
    "getSnapshot" | "subscribe" | "find" | "findByName" | "open" | "openNamed" | "startNew"
  >;
};

/** The state of a history entry, in addition to the fields of the router. */
type Entry = {
  /** The router's number of the entry, counted from the first. */
  idx?: number;
  /** A copy of the entry before, so that Back can close a dialog without leaving the page. */
  isDouble?: boolean | undefined;
};

/**
 * Keeps the address of the page that of its conversation, makes the browser's Back and Forward step through the
 * conversations that this tab has shown, and Back close a dialog first.
 */
export function followAddress({ page, conversations }: Dependencies): void {
  const { history, location } = page;
  let shownId = conversations.getSnapshot().currentId;
  let isTravelling = false;
  const entry = () => (history.state ?? {}) as Entry;
  /** The entry before the last step Back or Forward. */
  let last = entry();

  function put(how: "pushState" | "replaceState", address: string, isDouble?: boolean) {
    const idx = (entry().idx ?? 0) + (how === "pushState" ? 1 : 0);
    try {
      history[how]({ ...entry(), idx, isDouble: isDouble ?? false }, "", address);
    } catch {
      // Browsers limit the rate of changes.
    }
    last = entry();
  }

  /** The address of the page, as `addressOf` writes it. */
  const here = () => addressOf(nameIn(location.hash) ?? undefined);

  function refresh() {
    const { currentId } = conversations.getSnapshot();
    const isAnother = currentId !== shownId;
    shownId = currentId;
    const address = addressOf(conversations.find(currentId)?.name);
    if (isAnother && !isTravelling) put("pushState", address);
    else if (address !== here()) put("replaceState", address, entry().isDouble);
  }

  function travel() {
    const name = nameIn(location.hash);
    isTravelling = true;
    if (name !== null) conversations.openNamed(name);
    // Other fragments are places in the page.
    else if (location.hash === "") conversations.startNew();
    isTravelling = false;
  }

  refresh();
  conversations.subscribe(refresh);
  page.addEventListener("popstate", () => {
    const before = last;
    last = entry();
    const steps = (last.idx ?? 0) - (before.idx ?? 0);
    const dialog = steps < 0 ? topDialog(page.document) : undefined;
    // A dialog that must be answered refuses to close.
    if (dialog?.dispatchEvent(new Event("cancel", { cancelable: true }))) {
      dialog.close();
      history.go(-steps);
      return;
    }
    const wasId = shownId;
    travel();
    if (steps === -1 && before.isDouble && shownId === wasId) history.back();
  });
  page.document.addEventListener(
    "beforetoggle",
    (event) => {
      const { target, newState } = event as ToggleEvent;
      const isDialog = (target as Element).localName === "dialog";
      if (isDialog && newState === "open" && entry().idx === 0) put("pushState", here(), true);
    },
    { capture: true },
  );
}

function topDialog(document: Pick<Document, "querySelectorAll">): HTMLDialogElement | undefined {
  return [...document.querySelectorAll<HTMLDialogElement>("dialog:modal")].at(-1);
}
