import { type ReactNode, useId, useRef } from "react";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { automations } from "../../words/automations";
import { kinds as kindWords } from "../../words/kinds";
import { Formatted } from "../inbox/markup";
import { filledIn, inserted, PLACEHOLDERS } from "./template";

interface MessageProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: string;
  maxLength?: number | undefined;
  /** It goes out as a WhatsApp message, and is previewed as one. */
  isChat: boolean;
  onChange: (next: string) => void;
}

const SOMEBODY: Record<string, string> = {
  name: "Ana Torres",
  first_name: "Ana",
  phone: "+52 55 1234 5678",
  email: "ana@example.com",
  birthday: "15/05",
  tags: "vip",
};

/** Text with places for what is known of the contact: each is put in where the cursor is. */
export function MessageField(props: MessageProps): ReactNode {
  const { label, hint, error, value, maxLength, isChat, onChange } = props;
  const t = useWords(automations);
  const tk = useWords(kindWords);
  const area = useRef<HTMLTextAreaElement>(null);
  const pickerId = useId();

  function put(name: string) {
    const element = area.current;
    if (!element) return;
    const [next, at] = inserted(value, `{${name}}`, element.selectionStart, element.selectionEnd);
    onChange(next);
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(at, at);
    });
  }

  return (
    <div className="message-field">
      <Field label={label} hint={hint} error={error}>
        {(ids) => (
          <textarea
            ref={area}
            {...ids}
            className="input input-long"
            rows={4}
            maxLength={maxLength}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </Field>
      <div className="placeholders" role="group" aria-labelledby={pickerId}>
        <span id={pickerId} className="soft">
          {t("put_in")}
        </span>
        {PLACEHOLDERS.map((name) => (
          <Button key={name} small onClick={() => put(name)}>
            {tk(name)}
          </Button>
        ))}
      </div>
      {isChat && (
        <figure className="preview">
          <figcaption className="soft">{t("preview", { name: SOMEBODY["name"]! })}</figcaption>
          <div className="preview-wall">
            {value.trim() === "" ? (
              <p className="soft">{t("preview_empty")}</p>
            ) : (
              <div className="preview-bubble">
                <Formatted text={filledIn(value, SOMEBODY)} />
              </div>
            )}
          </div>
        </figure>
      )}
    </div>
  );
}
