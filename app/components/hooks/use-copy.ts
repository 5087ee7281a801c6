import { useEffect, useState } from "react";
import { copyImage } from "~/browser/page/copy-image";
import { copyText } from "~/browser/page/copy-text";
import { pageClock } from "~/browser/page/page-clock";

const SHOWN_MS = 2_000;

/** A text, or a picture in PNG. */
export type Copied = string | Promise<Blob>;

/** Copies a text or a picture, with the result for a moment. */
export function useCopy(content: () => Copied) {
  const [state, setState] = useState<"ready" | "copied" | "failed">("ready");
  useEffect(() => {
    if (state === "ready") return;
    return pageClock.after(SHOWN_MS, () => setState("ready"));
  }, [state]);
  function copy() {
    const copied = content();
    const attempt = typeof copied === "string" ? copyText(copied) : copyImage(copied);
    void attempt.then((isCopied) => setState(isCopied ? "copied" : "failed"));
  }
  return { state, copy };
}
