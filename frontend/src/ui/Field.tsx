// A label, something to type into or choose from, a hint and what is wrong with it, tied together for screen readers.

import "./field.css";
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useEffect,
  useId,
} from "react";
import { classes } from "./Button";
import { Icon } from "./Icon";

interface Around {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

interface Ids {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

/** A form that was refused takes one to the first of its fields that are at fault, unless one is in such a field. */
function focusFirstFault(id: string): void {
  const own = document.getElementById(id);
  const faults = [...(own?.closest("form")?.querySelectorAll<HTMLElement>('[aria-invalid="true"]') ?? [])];
  if (own !== null && faults[0] === own && !faults.includes(document.activeElement as HTMLElement)) own.focus();
}

/** For controls of another kind: `children` gets what ties it to the label. */
export function Field({ label, hint, error, children }: Around & { children: (ids: Ids) => ReactNode }): ReactNode {
  const id = useId();
  useEffect(() => {
    if (error !== undefined) focusFirstFault(id);
  }, [id, error]);
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`]
    .filter(Boolean)
    .join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(described ? { "aria-describedby": described } : {}),
        ...(error !== undefined ? { "aria-invalid": true } : {}),
      })}
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          <Icon name="alert" />
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, ...rest }: Around & InputHTMLAttributes<HTMLInputElement>): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => <input type="text" {...rest} {...ids} className={classes("input", rest.className)} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  ...rest
}: Around & TextareaHTMLAttributes<HTMLTextAreaElement>): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => <textarea rows={4} {...rest} {...ids} className={classes("input", "input-long", rest.className)} />}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  error,
  children,
  ...rest
}: Around & SelectHTMLAttributes<HTMLSelectElement>): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <Select {...rest} {...ids}>
          {children}
        </Select>
      )}
    </Field>
  );
}

/** The bare control; give it an aria-label where no Field stands around it. */
export function Select({ children, className, ...rest }: SelectHTMLAttributes<HTMLSelectElement>): ReactNode {
  return (
    <span className={classes("select", className)}>
      <select {...rest}>{children}</select>
      <Icon name="down" />
    </span>
  );
}

export function SearchField({
  label,
  className,
  onClear,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { label: string; onClear?: () => void }): ReactNode {
  return (
    <span className={classes("search", className)}>
      <Icon name="search" />
      <input
        type="search"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        aria-label={label}
        placeholder={label}
        {...rest}
        onKeyDown={(event) => {
          if (event.key === "Escape" && onClear) {
            onClear();
            event.currentTarget.blur();
          }
          rest.onKeyDown?.(event);
        }}
      />
    </span>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  /** The label is read out but not shown: for a row that already names it. */
  isBare?: boolean;
  onChange: (next: boolean) => void;
}

export function Switch({ label, hint, checked, disabled, isBare, onChange }: SwitchProps): ReactNode {
  const id = useId();
  return (
    <label className="switch">
      <span className={isBare ? "unseen" : "switch-text"}>
        <span>{label}</span>
        {hint !== undefined && (
          <small id={id} className="soft">
            {hint}
          </small>
        )}
      </span>
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : id}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}

/** One of a few, all of them visible. */
export function Segmented<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; label: string; count?: number | undefined }[];
  disabled?: boolean;
  onChange: (next: T) => void;
}): ReactNode {
  const name = useId();
  return (
    <fieldset className="segmented" disabled={props.disabled}>
      <legend className="unseen">{props.label}</legend>
      {props.options.map(({ value, label, count }) => (
        <label key={value}>
          <input
            type="radio"
            className="unseen"
            name={name}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          <span>
            {label}
            {count !== undefined && count > 0 && <b className="figures">{count}</b>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
