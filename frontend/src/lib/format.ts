// Moments, numbers and birthdays in the reader's language. Making an Intl formatter is slow, so each is made once.

import { useMemo } from "react";
import { type Language, useLanguage } from "./language";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNKNOWN_YEAR = 9999;

const made = new Map<string, Intl.DateTimeFormat>();

function dateFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  let format = made.get(key);
  if (format === undefined) made.set(key, (format = new Intl.DateTimeFormat(language, options)));
  return format;
}

export function formatsFor(language: Language) {
  const number = new Intl.NumberFormat(language);
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const list = new Intl.ListFormat(language, { type: "conjunction" });

  const clock = (at: Date) => dateFormat(language, { hour: "numeric", minute: "2-digit" }).format(at);

  function date(at: Date, now = new Date()): string {
    const sameYear = at.getFullYear() === now.getFullYear();
    return dateFormat(language, { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }).format(
      at,
    );
  }

  return {
    number: (value: number) => number.format(value),
    bytes(value: number): string {
      const [size, unit] =
        value < 1000 ? [value, "byte"] : value < 1e6 ? [value / 1e3, "kilobyte"] : [value / 1e6, "megabyte"];
      const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 } as const;
      return new Intl.NumberFormat(language, options).format(size);
    },
    share: (value: number) => share.format(value),
    list: (values: string[]) => list.format(values),
    clock,
    date,
    moment: (at: Date) => dateFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(at),

    /** "Today", "Yesterday", "Tuesday", then the date. */
    day(at: Date, now = new Date()): string {
      const days = daysBetween(at, now);
      if (days === 0 || days === 1) {
        const text = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day");
        return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
      }
      if (days > 1 && days < 7) return dateFormat(language, { weekday: "long" }).format(at);
      return dateFormat(language, { dateStyle: "long" }).format(at);
    },

    /** As short as a list needs it: the time today, the weekday this week, then the date. */
    brief(at: Date, now = new Date()): string {
      const days = daysBetween(at, now);
      if (days === 0) return clock(at);
      if (days > 0 && days < 7) return dateFormat(language, { weekday: "short" }).format(at);
      return date(at, now);
    },

    ago(at: Date, now = new Date()): string {
      const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
      const size = Math.abs(seconds);
      if (size < MINUTE) return relative.format(0, "second");
      if (size < HOUR) return relative.format(Math.trunc(seconds / MINUTE), "minute");
      if (size < DAY) return relative.format(Math.trunc(seconds / HOUR), "hour");
      if (size < 30 * DAY) return relative.format(Math.trunc(seconds / DAY), "day");
      return date(at, now);
    },

    /** "23 h 59 min", "4 min", "less than a minute" as 0 min. */
    span(seconds: number): string {
      const unit = (value: number, name: "hour" | "minute") =>
        new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
      const hours = Math.floor(seconds / HOUR);
      const minutes = Math.floor((seconds % HOUR) / MINUTE);
      if (hours === 0) return unit(minutes, "minute");
      return minutes === 0 ? unit(hours, "hour") : `${unit(hours, "hour")} ${unit(minutes, "minute")}`;
    },

    /** How long something took: "0.4 s", "12 s", "3 min", "2 h", "5 days". */
    took(seconds: number): string {
      const [unit, size] =
        seconds < MINUTE
          ? (["second", 1] as const)
          : seconds < HOUR
            ? (["minute", MINUTE] as const)
            : seconds < 2 * DAY
              ? (["hour", HOUR] as const)
              : (["day", DAY] as const);
      const maximumFractionDigits = seconds / size < 10 ? 1 : 0;
      return new Intl.NumberFormat(language, {
        style: "unit",
        unit,
        unitDisplay: "short",
        maximumFractionDigits,
      }).format(seconds / size);
    },

    /** A birthday as the API writes it; the year 9999 says that nobody knows the year. */
    birthday(written: string): string {
      const { year, month, day } = birthdayParts(written);
      const isKnown = year !== null;
      // 2000 was a leap year, so that the 29th of February has somewhere to be.
      const at = new Date(Date.UTC(year ?? 2000, month - 1, day));
      if (isKnown) at.setUTCFullYear(year);
      return dateFormat(language, {
        day: "numeric",
        month: "long",
        ...(isKnown ? { year: "numeric" } : {}),
        timeZone: "UTC",
      }).format(at);
    },

    /** "Spanish" for "es"; what is no code of a language stays as it is. */
    language(code: string): string {
      try {
        return new Intl.DisplayNames([language], { type: "language" }).of(code.replace("_", "-")) ?? code;
      } catch {
        return code;
      }
    },

    /** A day or a shorter period, by the clock of `timeZone`. */
    period: (at: Date, timeZone: string, isDay: boolean) =>
      dateFormat(language, {
        day: "numeric",
        month: "short",
        timeZone,
        ...(isDay ? { weekday: "short" } : { hour: "numeric", minute: "2-digit" }),
      }).format(at),

    /** 0 is Sunday. */
    weekdayName: (day: number) =>
      dateFormat(language, { weekday: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2023, 0, 1 + day))),

    monthName: (month: number) =>
      dateFormat(language, { month: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2000, month - 1, 1))),
  };
}

export type Formats = ReturnType<typeof formatsFor>;

export function useFormats(): Formats {
  const language = useLanguage();
  return useMemo(() => formatsFor(language), [language]);
}

export interface BirthdayParts {
  year: number | null;
  month: number;
  day: number;
}

export function birthdayParts(written: string): BirthdayParts {
  const [year = 0, month = 1, day = 1] = written.split("-").map(Number);
  return { year: year === UNKNOWN_YEAR ? null : year, month, day };
}

export function birthdayText({ year, month, day }: BirthdayParts): string {
  const pad = (value: number, width: number) => String(value).padStart(width, "0");
  return `${pad(year ?? UNKNOWN_YEAR, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

export function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

/** Midnights between the two, by the reader's clock. */
function daysBetween(at: Date, now: Date): number {
  const midnight = (moment: Date) => Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate());
  return Math.round((midnight(now) - midnight(at)) / (DAY * 1000));
}
