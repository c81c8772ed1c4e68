import { expect, test } from "vitest";
import { initials, readablePhone } from "./phone";

test.each([
  ["+525512345678", "+52 55 1234 5678"],
  ["+15550783881", "+1 555 078 3881"],
  ["+5511912345678", "+55 11 91234 5678"],
  ["+59398765432", "+593 9876 5432"],
  ["+491701234567", "+49 17 0123 4567"],
  ["+593123456789", "+593 12345 6789"],
  ["12345", "12345"],
])("%s is read as %s", (phone, text) => {
  expect(readablePhone(phone)).toBe(text);
});

test.each([
  ["Ana Torres", "AT"],
  ["maría de la luz garcía", "MG"],
  ["Cher", "C"],
  ["👋 Zoë", "Z"],
  ["+52 55", "55"],
  ["", "?"],
])("the initials of %j are %s", (name, letters) => {
  expect(initials(name)).toBe(letters);
});
