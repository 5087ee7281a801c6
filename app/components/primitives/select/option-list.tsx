import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { matches } from "~/browser/conversations/matching";
import { pageClock } from "~/browser/page/page-clock";
import { CheckIcon } from "~/components/primitives/more-icons";
import { isComposing } from "~/components/primitives/is-composing";
import { firstWith, groupsOf, stepTo } from "./option-steps";
import type { SelectOption } from "./select";

/** From so many options on they can be searched. */
const SEARCHABLE_FROM = 8;
/** A letter that is typed later begins another word. */
const TYPE_AHEAD_MS = 700;

type Props = {
  /** The id of the list box. */
  id: string;
  label: string;
  options: readonly SelectOption[];
  value: string;
  /** Gives the focus to the list instead of the search field, which would open a phone's keyboard. */
  isTouched: boolean;
  /** Called with the option's index. */
  onChoose: (index: number) => void;
  onClose: () => void;
};

/** ARIA's list box: the focus stays on it, or in its search field, while the arrows move the active option. */
export function OptionList({ id, label, options, value, isTouched, onChoose, onClose }: Props) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(() => options.findIndex((option) => option.value === value));
  const typed = useRef({ text: "", at: 0 });
  const first = useRef<HTMLElement | null>(null);
  const isSearchable = options.length >= SEARCHABLE_FROM;
  const found = indexesOf(options, query);

  useLayoutEffect(() => first.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    document.getElementById(optionId(id, active))?.scrollIntoView({ block: "nearest" });
  }, [id, active]);

  function typeAhead(key: string) {
    const now = pageClock.monotonic();
    const text = (now - typed.current.at < TYPE_AHEAD_MS ? typed.current.text : "") + key;
    typed.current = { text, at: now };
    return firstWith(options, text, active) ?? active;
  }

  function onKeyDown(event: KeyboardEvent) {
    const { key, target } = event;
    const isInField = target instanceof HTMLInputElement;
    const isLetter = key.length === 1 && !isInField && !event.ctrlKey && !event.metaKey && !event.altKey;
    const step = stepTo(key, found.indexOf(active), found.length);
    if (isComposing(event) || (isInField && (key === "Home" || key === "End"))) return;
    if (step !== null) setActive(found[step] ?? -1);
    else if (key === "Enter" || (isLetter && key === " ")) {
      if (found.includes(active)) onChoose(active);
    } else if (key === "Tab") onClose();
    else if (isLetter) setActive(typeAhead(key));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const focusable = {
    "aria-label": label,
    "aria-activedescendant": found.includes(active) ? optionId(id, active) : undefined,
    onKeyDown,
  };
  const takesFocus = { ref: first as never, "data-autofocus": true };
  return (
    <>
      {isSearchable && (
        <input
          {...focusable}
          {...(!isTouched && takesFocus)}
          type="text"
          role="combobox"
          className="options__field"
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls={id}
          placeholder={t("select.search")}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={({ target }) => {
            setQuery(target.value);
            setActive(indexesOf(options, target.value)[0] ?? -1);
          }}
        />
      )}
      <div
        {...focusable}
        {...((isTouched || !isSearchable) && takesFocus)}
        id={id}
        className="options"
        role="listbox"
        tabIndex={-1}
      >
        {groupsOf(options, found).map(([group, indexes]) => (
          <div key={group} {...(group && { role: "group", "aria-label": group })}>
            {group && (
              <div className="options__name" aria-hidden="true">
                {group}
              </div>
            )}
            {indexes.map((index) => (
              <Option
                key={options[index]!.value}
                id={optionId(id, index)}
                option={options[index]!}
                isChosen={options[index]!.value === value}
                isActive={index === active}
                onPoint={() => setActive(index)}
                onChoose={() => onChoose(index)}
              />
            ))}
          </div>
        ))}
      </div>
      <p className="options__none" role="status">
        {found.length === 0 && t("select.none")}
      </p>
    </>
  );
}

type OptionProps = {
  id: string;
  option: SelectOption;
  isChosen: boolean;
  isActive: boolean;
  onPoint: () => void;
  onChoose: () => void;
};

function Option({ id, option, isChosen, isActive, onPoint, onChoose }: OptionProps) {
  const { label, detail, lang } = option;
  return (
    <div
      id={id}
      role="option"
      className="menu__item"
      aria-selected={isChosen}
      data-highlighted={isActive || undefined}
      onPointerMove={onPoint}
      onClick={onChoose}
    >
      <span className="options__words">
        <span lang={lang} dir="auto">
          {label}
        </span>
        {detail && <span className="options__detail">{detail}</span>}
      </span>
      {isChosen && <CheckIcon />}
    </div>
  );
}

function optionId(listId: string, index: number): string {
  return `${listId}-${String(index)}`;
}

/** The indexes of the options that a query finds. */
function indexesOf(options: readonly SelectOption[], query: string): number[] {
  return options.flatMap(({ label, group = "", keywords = "" }, index) =>
    matches(`${label} ${group} ${keywords}`, query) ? index : [],
  );
}
