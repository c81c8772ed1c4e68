import { type ComponentProps, type ReactNode, useId, useMemo } from "react";
import { TextField } from "./Field";

/** Typed, with the browser's list of zones offered meanwhile. */
export function TimeZoneField(props: ComponentProps<typeof TextField>): ReactNode {
  const id = useId();
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone"), []);
  return (
    <>
      <TextField list={id} autoComplete="off" {...props} />
      <datalist id={id}>
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
