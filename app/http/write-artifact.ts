/**
 * The script of the frame of artifacts: writes the document that its parent sends, once. It is sent as text by
 * `String(writeArtifact)`, so it must refer to nothing outside of itself.
 */
export function writeArtifact(): void {
  // No content policy governs the addresses that peer connections reach.
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"])
    Object.defineProperty(window, name, { value: undefined });
  window.addEventListener("message", ({ source, data }: MessageEvent<{ html?: unknown }>) => {
    if (source !== window.parent || typeof data.html !== "string") return;
    // Also removes this listener.
    document.open();
    document.write(data.html);
    document.close();
  });
}
