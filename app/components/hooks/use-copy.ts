import { useEffect, useState } from "react";
import { copyText } from "~/browser/page/copy-text";
import { pageClock } from "~/browser/page/page-clock";

const SHOWN_MS = 2_000;

/** Copies a text, with the result for a moment. */
export function useCopy(text: () => string) {
  const [state, setState] = useState<"ready" | "copied" | "failed">("ready");
  useEffect(() => {
    if (state === "ready") return;
    return pageClock.after(SHOWN_MS, () => setState("ready"));
  }, [state]);
  const copy = () => void copyText(text()).then((isCopied) => setState(isCopied ? "copied" : "failed"));
  return { state, copy };
}
