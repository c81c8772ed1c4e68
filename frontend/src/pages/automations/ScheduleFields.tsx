import { type ReactNode, useMemo, useState } from "react";
import { fieldProblem } from "../../api/problem";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { SelectField, TextField } from "../../ui/Field";
import { clock as words } from "../../words/clock";
import { type Clock, clockOf, type Mode, MODES, withClock } from "./clock";
import { withKey } from "./draft";
import type { Json, Shape } from "./kinds";

interface ScheduleProps {
  shape: Shape;
  value: Json | null;
  error: unknown;
  onChange: (next: Json | null) => void;
}

/** When the clock starts it; the schema says which of these the trigger has. */
export function ScheduleFields({ shape, value, error, onChange }: ScheduleProps): ReactNode {
  const t = useWords(words);
  const has = (name: string) => shape.properties?.[name] !== undefined;
  const set = (name: string, next: unknown) => onChange(orNothing(withKey(value, name, next)));
  return (
    <>
      {has("every_seconds") && (
        <ClockFields value={value} error={fieldProblem(error, "schedule_config")} onChange={onChange} />
      )}
      {has("time") && (
        <div className="form-row">
          <TextField
            label={t("time")}
            type="time"
            value={String(value?.["time"] ?? "09:00")}
            error={fieldProblem(error, "schedule_config.time")}
            onChange={(event) => event.target.value && set("time", event.target.value)}
          />
          {has("feb29") && (
            <SelectField
              label={t("feb29")}
              value={String(value?.["feb29"] ?? "feb28")}
              onChange={(event) => set("feb29", event.target.value)}
            >
              {(["feb28", "mar1", "leap_only"] as const).map((each) => (
                <option key={each} value={each}>
                  {t(`feb29_${each}`)}
                </option>
              ))}
            </SelectField>
          )}
        </div>
      )}
      {has("tz") && (
        <Zone
          value={value?.["tz"]}
          otherwise={String(shape.properties?.["tz"]?.default ?? "")}
          error={fieldProblem(error, "schedule_config.tz")}
          onChange={(next) => set("tz", next)}
        />
      )}
      <Lateness shape={shape} value={value} error={error} onChange={(next) => onChange(next && orNothing(next))} />
    </>
  );
}

function ClockFields(props: {
  value: Json | null;
  error: string | undefined;
  onChange: (next: Json) => void;
}): ReactNode {
  const t = useWords(words);
  const formats = useFormats();
  // Held here, because a rule being typed may read as another kind of rule for a moment.
  const [clock, setClock] = useState(() => clockOf(props.value));
  function set(changes: Partial<Clock>) {
    const next = { ...clock, ...changes };
    setClock(next);
    props.onChange(withClock(props.value, next));
  }
  const { mode } = clock;
  return (
    <>
      <SelectField
        label={t("mode")}
        error={mode === "cron" || mode === "rrule" || mode === "once" ? undefined : props.error}
        value={mode}
        onChange={(event) => set({ mode: event.target.value as Mode })}
      >
        {MODES.map((each) => (
          <option key={each} value={each}>
            {t(`mode_${each}`)}
          </option>
        ))}
      </SelectField>
      <div className="form-row">
        {mode === "weekly" && (
          <fieldset className="weekdays">
            <legend>{t("weekdays")}</legend>
            <div>
              {[1, 2, 3, 4, 5, 6, 0].map((day) => (
                <label key={day}>
                  <input
                    type="checkbox"
                    className="unseen"
                    checked={clock.weekdays.includes(day)}
                    onChange={() => set({ weekdays: toggled(clock.weekdays, day) })}
                  />
                  <span>{formats.weekdayName(day)}</span>
                </label>
              ))}
            </div>
          </fieldset>
        )}
        {mode === "monthly" && (
          <TextField
            label={t("day")}
            hint={t("day_hint")}
            inputMode="numeric"
            maxLength={2}
            value={clock.day || ""}
            onChange={(event) => set({ day: Number(event.target.value.replace(/\D/g, "")) })}
          />
        )}
        {(mode === "daily" || mode === "weekly" || mode === "monthly") && (
          <TextField
            label={t("time")}
            type="time"
            value={clock.time}
            onChange={(event) => event.target.value && set({ time: event.target.value })}
          />
        )}
        {mode === "every" && <Every clock={clock} set={set} />}
        {mode === "once" && (
          <TextField
            label={t("at")}
            type="datetime-local"
            error={props.error}
            value={clock.at.slice(0, 16)}
            onChange={(event) => set({ at: event.target.value })}
          />
        )}
        {(mode === "cron" || mode === "rrule") && (
          <TextField
            label={t(`mode_${mode}`)}
            hint={t(`${mode}_hint`)}
            error={props.error}
            autoComplete="off"
            spellCheck={false}
            value={clock.written}
            onChange={(event) => set({ written: event.target.value })}
          />
        )}
      </div>
    </>
  );
}

function Every({ clock, set }: { clock: Clock; set: (changes: Partial<Clock>) => void }): ReactNode {
  const t = useWords(words);
  return (
    <>
      <TextField
        label={t("every")}
        inputMode="numeric"
        maxLength={5}
        value={clock.every || ""}
        onChange={(event) => set({ every: Number(event.target.value.replace(/\D/g, "")) })}
      />
      <SelectField
        label={t("unit")}
        value={clock.unit}
        onChange={(event) => set({ unit: event.target.value as Clock["unit"] })}
      >
        {(["minutes", "hours", "days"] as const).map((unit) => (
          <option key={unit} value={unit}>
            {t(`unit_${unit}`)}
          </option>
        ))}
      </SelectField>
    </>
  );
}

function Zone(props: {
  value: unknown;
  /** Whose clock counts where none is named. */
  otherwise: string;
  error: string | undefined;
  onChange: (next: string | undefined) => void;
}): ReactNode {
  const t = useWords(words);
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone"), []);
  const value = typeof props.value === "string" ? props.value : props.otherwise;
  const kind = value === "" ? "workspace" : value === "contact" ? "contact" : "named";
  return (
    <div className="form-row">
      <SelectField
        label={t("zone")}
        error={kind === "named" ? undefined : props.error}
        value={kind}
        onChange={({ target }) =>
          props.onChange(
            target.value === "workspace"
              ? undefined
              : target.value === "contact"
                ? "contact"
                : Intl.DateTimeFormat().resolvedOptions().timeZone,
          )
        }
      >
        {props.otherwise === "" && <option value="workspace">{t("zone_workspace")}</option>}
        <option value="contact">{t("zone_contact")}</option>
        <option value="named">{t("zone_named")}</option>
      </SelectField>
      {kind === "named" && (
        <SelectField
          label={t("zone_name")}
          error={props.error}
          value={value}
          onChange={(event) => props.onChange(event.target.value)}
        >
          {!zones.includes(value) && <option value={value}>{value}</option>}
          {zones.map((zone) => (
            <option key={zone} value={zone}>
              {zone.replaceAll("_", " ")}
            </option>
          ))}
        </SelectField>
      )}
    </div>
  );
}

const GRACE = { PT15M: 900, PT1H: 3600, PT6H: 21_600, PT12H: 43_200 };
const JITTER = { PT0S: 0, PT10M: 600, PT30M: 1800, PT1H: 3600 };

/** What becomes of occurrences that could not be on time. The API asks for version 1 where anything is said of it. */
function Lateness({ shape, value, onChange }: ScheduleProps): ReactNode {
  const t = useWords(words);
  const formats = useFormats();
  function set(name: string, next: string, usual: string) {
    const { v: _, ...rest } = withKey(value, name, next === usual ? undefined : next);
    const isSaid = ["misfire", "grace", "jitter"].some((each) => each in rest);
    onChange(isSaid ? { v: 1, ...rest } : rest);
  }
  const choose = (name: "grace" | "jitter", choices: Record<string, number>, usual: string) => {
    const chosen = String(value?.[name] ?? usual);
    return (
      <SelectField label={t(name)} value={chosen} onChange={(event) => set(name, event.target.value, usual)}>
        {!(chosen in choices) && <option value={chosen}>{chosen}</option>}
        {Object.entries(choices).map(([written, seconds]) => (
          <option key={written} value={written}>
            {seconds === 0 ? t("jitter_none") : formats.span(seconds)}
          </option>
        ))}
      </SelectField>
    );
  };
  return (
    <div className="form-row">
      {shape.properties?.["misfire"] && (
        <SelectField
          label={t("misfire")}
          value={String(value?.["misfire"] ?? "fire_once")}
          onChange={(event) => set("misfire", event.target.value, "fire_once")}
        >
          {(["fire_once", "skip", "catch_up"] as const).map((each) => (
            <option key={each} value={each}>
              {t(`misfire_${each}`)}
            </option>
          ))}
        </SelectField>
      )}
      {shape.properties?.["grace"] && choose("grace", GRACE, "PT1H")}
      {shape.properties?.["jitter"] && choose("jitter", JITTER, "PT0S")}
    </div>
  );
}

const orNothing = (config: Json) => (Object.keys(config).length === 0 ? null : config);

function toggled(days: readonly number[], day: number): number[] {
  const next = days.includes(day) ? days.filter((each) => each !== day) : [...days, day];
  return next.length === 0 ? [...days] : next; // a week without days never comes
}
