import { useSyncExternalStore } from "react";
import type { DiagramColours } from "~/conversation/diagram";

/** The current colours and font of the page. */
export function usePageColours(): DiagramColours {
  return JSON.parse(useSyncExternalStore(subscribe, read, read)) as DiagramColours;
}

/** As a string, so that equal colours are equal values. */
function read(): string {
  const { backgroundColor: ground, color: text, fontFamily } = getComputedStyle(document.body);
  const colours: DiagramColours = { isDark: brightness(ground) < 128, ground, text, fontFamily };
  return JSON.stringify(colours);
}

function subscribe(listener: () => void): () => void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(listener);
  system.addEventListener("change", listener);
  observer.observe(document.documentElement, { attributes: true });
  return () => {
    system.removeEventListener("change", listener);
    observer.disconnect();
  };
}

function brightness(colour: string): number {
  const [red = 255, green = 255, blue = 255] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
