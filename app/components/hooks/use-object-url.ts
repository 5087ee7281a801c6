import { useEffect, useState } from "react";

export type ObjectUrl = { url: string | null; hasFailed: boolean };

const NOTHING_YET: ObjectUrl = { url: null, hasFailed: false };

/** An object URL for bytes, loaded on mount and released on unmount. `load` must be memoised. */
export function useObjectUrl(load: (signal: AbortSignal) => Promise<Blob>): ObjectUrl {
  const [loaded, setLoaded] = useState(NOTHING_YET);

  useEffect(() => {
    const gone = new AbortController();
    let url: string | null = null;
    load(gone.signal).then(
      (blob) => {
        if (gone.signal.aborted) return;
        url = URL.createObjectURL(blob);
        setLoaded({ url, hasFailed: false });
      },
      () => {
        if (!gone.signal.aborted) setLoaded({ url: null, hasFailed: true });
      },
    );
    return () => {
      gone.abort();
      if (url) URL.revokeObjectURL(url);
      setLoaded(NOTHING_YET);
    };
  }, [load]);

  return loaded;
}
