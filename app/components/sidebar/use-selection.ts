import { useMemo, useState } from "react";

/** The conversations that are selected in the list. */
export type Selection = {
  /** Null while none can be selected. */
  ids: ReadonlySet<string> | null;
  /** Selects a conversation, or takes it out; begins with the first one. */
  toggle: (id: string) => void;
  set: (ids: readonly string[]) => void;
  end: () => void;
};

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string> | null>(null);
  return useMemo(
    () => ({
      ids,
      toggle: toggleIn(setIds),
      set: (wanted) => setIds(new Set(wanted)),
      end: () => setIds(null),
    }),
    [ids],
  );
}

function toggleIn(setIds: (change: (before: ReadonlySet<string> | null) => ReadonlySet<string>) => void) {
  return (id: string) =>
    setIds((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
}
