import { useEffect, useLayoutEffect, useState, type ComponentType, type ReactNode } from "react";
import { loadCode } from "~/browser/page/load-code";
import { loadLaterTexts } from "~/i18n/later-texts";
import { pageClock } from "~/browser/page/page-clock";
import { replayTypedAhead, TypeAhead } from "./overlays/type-ahead";

const RETRY_AFTER_MS = 2_000;

type Extra = {
  /** Shown until the code is loaded. */
  placeholder?: ReactNode;
  /**
   * Called when the code could not be loaded, most likely because of the network. A part that is not unmounted then
   * tries again. The part gets it for its own parts.
   */
  onFailed: (error: unknown) => void;
};

const parts: (() => void)[] = [];

/** Loads every part, so that all of them work without a network. */
export function preloadParts(): void {
  for (const preload of parts) preload();
}

/**
 * A part of the page whose code is loaded on first use, or earlier by `preload`. Unlike with `React.lazy`, a failure
 * does not unmount the page, and loading can be tried again.
 */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | null = null;

  async function preload(): Promise<ComponentType<Props>> {
    const [component] = await loadCode(() => Promise.all([load(), loadLaterTexts()]));
    return (loaded ??= component);
  }

  function LazyPart({ placeholder = null, onFailed, ...rest }: Props & Extra) {
    const [Part, setPart] = useState(() => loaded);
    useEffect(() => {
      if (Part) return;
      let isGone = false;
      let cancelRetry = () => {};
      const load = () =>
        void preload().then(
          (component) => !isGone && setPart(() => component),
          (error: unknown) => {
            if (isGone) return;
            onFailed(error);
            cancelRetry = pageClock.after(RETRY_AFTER_MS, load);
          },
        );
      load();
      return () => {
        isGone = true;
        cancelRetry();
      };
    }, [Part, onFailed]);
    return Part ? <Part {...({ ...rest, onFailed } as unknown as Props)} /> : placeholder;
  }

  const quietly = () => void preload().catch(() => undefined);
  parts.push(quietly);
  return Object.assign(LazyPart, { preload: quietly });
}

/** A lazy part that takes the focus: what is typed while it is loaded is typed into it. */
export function lazyDialog<Props extends { onClose: () => void }>(load: () => Promise<ComponentType<Props>>) {
  const Part = lazyPart(async () => {
    const Loaded = await load();
    return function TypedInto(props: Props) {
      useLayoutEffect(replayTypedAhead, []);
      return <Loaded {...props} />;
    };
  });
  function LazyDialog(props: Props & Extra) {
    return <Part placeholder={<TypeAhead onCancel={props.onClose} />} {...props} />;
  }
  return Object.assign(LazyDialog, { preload: Part.preload });
}
