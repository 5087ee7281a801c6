import { useId, type ReactNode } from "react";

type Props = {
  label: string;
  /** Sentences under the field, which screen readers read with it. */
  hint?: ReactNode;
  rows: number;
  maxLength?: number;
  value: string;
  onChange: (value: string) => void;
};

/** A field of several lines in a form of settings. */
export function TextAreaField({ label, hint, onChange, ...field }: Props) {
  const id = useId();
  return (
    <div className="settings__field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="settings__text"
        dir="auto"
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={({ target }) => onChange(target.value)}
        {...field}
      />
      {hint !== undefined && (
        <p className="settings__hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
