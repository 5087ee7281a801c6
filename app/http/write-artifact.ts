/**
 * The script of the frame of artifacts: writes the document that its parent sends, once. It is sent as text by
 * `String(writeArtifact)`, so it must refer to nothing outside of itself.
 */
export function writeArtifact(): void {
  // No content policy governs the addresses that peer connections reach, nor frames with `srcdoc`, in which there would
  // be another constructor. Such a frame loads in a later task: an observer removes it before.
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"])
    Object.defineProperty(window, name, { value: undefined });
  const { apply } = Reflect;
  const { write, getElementsByTagNameNS } = Document.prototype;
  const { remove, attachShadow, insertAdjacentHTML } = Element.prototype;
  const { querySelectorAll } = DocumentFragment.prototype;
  const listOf = Array.from;
  const frames = ["iframe", "frame"].map((name) => apply(getElementsByTagNameNS, document, ["*", name]));
  const observe = (root: Document | ShadowRoot, found: () => ArrayLike<Element>) =>
    new MutationObserver(() => {
      for (const frame of listOf(found())) apply(remove, frame, []);
    }).observe(root, { childList: true, subtree: true });
  observe(document, () => [...listOf(frames[0]!), ...listOf(frames[1]!)]);

  // A MutationObserver does not see into shadow trees, so each of them gets one of its own.
  Element.prototype.attachShadow = function (init) {
    const root = apply(attachShadow, this, [init]) as ShadowRoot;
    observe(root, () => apply(querySelectorAll, root, ["*|iframe, *|frame"]));
    return root;
  };
  // The parser makes shadow trees of markup without a call of attachShadow (`shadowrootmode`). So the methods that parse
  // such markup are removed, and what writes into the document while it is parsed inserts in its place instead.
  for (const { prototype } of [Element, ShadowRoot, Document])
    for (const name of Object.getOwnPropertyNames(prototype).filter((each) => each.includes("HTMLUnsafe")))
      Reflect.deleteProperty(prototype, name);
  Document.prototype.write = Document.prototype.writeln = function (...text: unknown[]) {
    const [at, place] = this.currentScript
      ? [this.currentScript, "beforebegin" as const]
      : [this.body, "beforeend" as const];
    apply(insertAdjacentHTML, at, [place, text.join("")]);
  };

  window.addEventListener("message", ({ source, data }: MessageEvent<{ html?: unknown }>) => {
    if (source !== window.parent || typeof data.html !== "string") return;
    // Also removes this listener.
    document.open();
    apply(write, document, [data.html.replaceAll(/shadowrootmode/gi, "data-$&")]);
    document.close();
  });
}
