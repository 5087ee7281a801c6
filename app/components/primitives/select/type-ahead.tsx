import { useLayoutEffect, useRef } from "react";

let typed = "";

/** An unseen field that has the focus while the code of the real one is loaded, so that no key is lost. */
export function TypeAhead({ label }: { label: string }) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    typed = "";
    field.current?.focus();
  }, []);
  return (
    <input
      ref={field}
      className="visually-hidden"
      aria-label={label}
      onChange={({ target }) => (typed = target.value)}
    />
  );
}

/** What was typed meanwhile, once. */
export function takeTypedAhead(): string {
  const taken = typed;
  typed = "";
  return taken;
}
