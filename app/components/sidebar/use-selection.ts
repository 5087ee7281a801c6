import { useMemo, useRef, useState } from "react";

/** The conversations that are selected in the list. */
export type Selection = {
  /** Null while none can be selected. */
  ids: ReadonlySet<string> | null;
  /** Selects a conversation, or takes it out; begins with the first one. */
  toggle: (id: string) => void;
  /** Makes all from the last toggled one to this one what that one is, in this order. */
  extend: (id: string, order: readonly string[]) => void;
  set: (ids: readonly string[]) => void;
  end: () => void;
};

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string> | null>(null);
  /** The one that was toggled last. */
  const anchor = useRef<string | null>(null);
  return useMemo(() => {
    function toggle(id: string) {
      anchor.current = id;
      setIds((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      });
    }
    function extend(id: string, order: readonly string[]) {
      const [from, to] = [order.indexOf(anchor.current ?? ""), order.indexOf(id)];
      if (from < 0 || to < 0) return toggle(id);
      const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
      setIds((before) => {
        const after = new Set(before);
        const isSelected = after.has(order[from]!);
        for (const each of range)
          if (isSelected) after.add(each);
          else after.delete(each);
        return after;
      });
    }
    return { ids, toggle, extend, set: (wanted) => setIds(new Set(wanted)), end: () => setIds(null) };
  }, [ids]);
}
