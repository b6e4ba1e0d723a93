const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** The parts of Go's reference time that a layout may name, longest first where one begins another. */
const LAYOUT =
  /January|Jan|Monday|Mon|MST|2006|01|02|03|04|05|06|15|_2|PM|pm|Z07:00|-07:00|-0700|-07|[.,](?:0+|9+)(?!\d)|[12345]/g;

/** A point in time: prints as Go's time.Time does, in JSON it is the RFC 3339 text it was made of. */
export class GoTime {
  readonly #text: string;

  /** @param text RFC 3339, with any number of digits of the second. */
  constructor(text: string) {
    this.#text = text;
  }

  /** `2026-11-23 04:49:15.322451912 +0000 UTC`. */
  toString(): string {
    const parts = this.#parts();
    if (parts === undefined) return this.#text;
    const { date, time, zone } = parts;
    const [offset, name] = zone === "Z" ? ["+0000", "UTC"] : [zone.replace(":", ""), zone.replace(":", "")];
    return `${date} ${time} ${offset} ${name}`;
  }

  toJSON(): string {
    return this.#text;
  }

  /** The result of a method of time.Time; undefined when it has none of that name that templates have a use for. */
  method(name: string): ((...values: readonly unknown[]) => unknown) | undefined {
    const methods: Readonly<Record<string, (...values: readonly unknown[]) => unknown>> = {
      Format: (layout) => this.#format(String(layout)),
      IsZero: () => this.#text.startsWith("0001-01-01T00:00:00"),
      String: () => this.toString(),
      UTC: () => new GoTime(this.#inUtc()),
      Unix: () => Math.floor(Date.parse(this.#text) / 1000),
      UnixMilli: () => Date.parse(this.#text),
      Year: () => Number(this.#format("2006")),
      Month: () => this.#format("January"),
      Day: () => Number(this.#format("2")),
      Weekday: () => this.#format("Monday"),
      Hour: () => Number(this.#format("15")),
      Minute: () => Number(this.#format("4")),
      Second: () => Number(this.#format("5")),
    };
    return Object.hasOwn(methods, name) ? methods[name] : undefined;
  }

  #inUtc(): string {
    const fraction = this.#parts()?.time.split(".")[1];
    return `${new Date(this.#text).toISOString().slice(0, 19)}${fraction === undefined ? "" : `.${fraction}`}Z`;
  }

  #parts() {
    const [, date, time, zone] = /^(\S+?)T([\d:.]+)(.*)$/.exec(this.#text) ?? [];
    return date === undefined || time === undefined || zone === undefined ? undefined : { date, time, zone };
  }

  #format(layout: string): string {
    const parts = this.#parts();
    if (parts === undefined) return this.#text;
    return layout.replaceAll(LAYOUT, (part) => formatPart(part, parts));
  }
}

function formatPart(
  part: string,
  { date, time, zone }: { readonly date: string; readonly time: string; readonly zone: string },
): string {
  const [year = "", month = "", day = ""] = date.split("-");
  const [hour = "", minute = "", seconds = ""] = time.split(":");
  const [second = "", fraction = ""] = seconds.split(".");
  const weekday = DAYS[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? "";
  const monthName = MONTHS[Number(month) - 1] ?? "";
  const twelve = String(Number(hour) % 12 === 0 ? 12 : Number(hour) % 12);
  const offset = zone === "Z" ? "+00:00" : zone;
  const short = (text: string) => String(Number(text));
  if (/^[.,]/.test(part)) {
    const digits = fraction.padEnd(part.length - 1, "0").slice(0, part.length - 1);
    const shown = part.charAt(1) === "0" ? digits : digits.replace(/0+$/, "");
    return shown === "" ? "" : part.charAt(0) + shown;
  }
  const values: Readonly<Record<string, string>> = {
    ...{ January: monthName, Jan: monthName.slice(0, 3), Monday: weekday, Mon: weekday.slice(0, 3) },
    ...{ "2006": year, "06": year.slice(-2), "01": month, "1": short(month), "02": day, "2": short(day) },
    ...{ _2: short(day).padStart(2), "15": hour, "03": twelve.padStart(2, "0"), "3": twelve },
    ...{ "04": minute, "4": short(minute), "05": second, "5": short(second) },
    ...{ PM: Number(hour) < 12 ? "AM" : "PM", pm: Number(hour) < 12 ? "am" : "pm" },
    ...{ MST: zone === "Z" ? "UTC" : offset.replace(":", ""), "Z07:00": zone, "-07:00": offset },
    ...{ "-0700": offset.replace(":", ""), "-07": offset.slice(0, 3) },
  };
  return values[part] ?? part;
}
