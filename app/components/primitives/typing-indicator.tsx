/** Three pulsing dots while an answer is being written. The announcer says it for screen readers. */
export function TypingIndicator() {
  return (
    <span className="typing" aria-hidden="true">
      <span />
      <span />
      <span />
    </span>
  );
}
