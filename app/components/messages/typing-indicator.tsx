/** Three dots that breathe while an answer is being written. Screen readers are told in words elsewhere. */
export function TypingIndicator() {
  return (
    <span className="typing" aria-hidden="true">
      <span />
      <span />
      <span />
    </span>
  );
}
