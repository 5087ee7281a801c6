import type { en } from "./locales/en";

type Receiver = (texts: typeof en) => void;

const receivers = new Set<Receiver>();
let texts: typeof en | null = null;
let loading: Promise<void> | null = null;

/**
 * Loads the English strings that the first view does not need. The parts of the page that are loaded later wait for it,
 * also if they are shown in another language, which may lack a string.
 * @throws what the import throws; a later call tries again
 */
export function loadLaterTexts(): Promise<void> {
  loading ??= import("./locales/en").then(
    ({ en }) => {
      texts = en;
      for (const receive of receivers) receive(en);
    },
    (error: unknown) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

/** Calls a function with these strings once they are loaded. */
export function onLaterTexts(receive: Receiver): void {
  receivers.add(receive);
  if (texts) receive(texts);
}
