import { useEffect, useState, type ComponentType, type ReactNode } from "react";
import { loadCode } from "~/browser/page/load-code";

type Extra = {
  /** What is there until the code is. */
  placeholder?: ReactNode;
  /** The code could not be loaded: the network, most likely. */
  onFailed: (error: unknown) => void;
};

const parts: (() => void)[] = [];

/** Loads every part, so that all of them are at hand where there is no network. */
export function preloadParts(): void {
  for (const preload of parts) preload();
}

/**
 * A part of the page whose code is loaded when it is first drawn, or before by `preload`. Unlike `React.lazy` it can
 * fail without taking the page along, and be tried again.
 */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | null = null;

  async function preload(): Promise<ComponentType<Props>> {
    return (loaded ??= await loadCode(load));
  }

  function LazyPart({ placeholder = null, onFailed, ...rest }: Props & Extra) {
    const [Part, setPart] = useState(() => loaded);
    useEffect(() => {
      let isGone = false;
      if (!Part) {
        preload().then(
          (component) => !isGone && setPart(() => component),
          (error: unknown) => !isGone && onFailed(error),
        );
      }
      return () => {
        isGone = true;
      };
    }, [Part, onFailed]);
    return Part ? <Part {...(rest as unknown as Props)} /> : placeholder;
  }

  const quietly = () => void preload().catch(() => undefined);
  parts.push(quietly);
  return Object.assign(LazyPart, { preload: quietly });
}
