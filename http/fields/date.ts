/**
 * Dates in HTTP (RFC 9110 §5.6.7).
 *
 * @module
 */

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const MONTH_INDEX: ReadonlyMap<string, number> = new Map(
  MONTHS.map((name, index) => [name.toLowerCase(), index]),
);

// Letter case is not looked at: RFC 9110 wants it exact, but no other reading of "AUG" is possible.
const TIME = "(\\d\\d):(\\d\\d):(\\d\\d)";
const DAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d\\d) ([a-z]{3}) (\\d{4}) ${TIME} gmt$`, "i");
const RFC_850 = new RegExp(
  `^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\\d\\d)-([a-z]{3})-(\\d\\d) ${TIME} gmt$`,
  "i",
);
const ASCTIME = new RegExp(`^${DAY} ([a-z]{3}) ([ \\d]\\d) ${TIME} (\\d{4})$`, "i");

/**
 * Reads a date in one of the three forms; whether the weekday fits is not asked.
 *
 * @param value The field value, without whitespace around it.
 * @param nowMs The time that the two-digit years of the RFC 850 form are near, in milliseconds since 1970.
 * @returns Milliseconds since 1970, or `null` if it is no date.
 */
export function parseHttpDate(value: string, nowMs: number): number | null {
  let parts = IMF_FIXDATE.exec(value);
  if (parts !== null) {
    return utc(parts[3], parts[2], parts[1], parts[4], parts[5], parts[6]);
  }
  parts = ASCTIME.exec(value);
  if (parts !== null) {
    return utc(parts[6], parts[1], parts[2], parts[3], parts[4], parts[5]);
  }
  parts = RFC_850.exec(value);
  if (parts === null) return null;
  // A year that seems more than 50 years ahead is the last one that ended in these digits.
  const thisYear = new Date(nowMs).getUTCFullYear();
  let year = thisYear - thisYear % 100 + Number(parts[3]);
  if (year > thisYear + 50) year -= 100;
  else if (year <= thisYear - 50) year += 100;
  return utc(String(year), parts[2], parts[1], parts[4], parts[5], parts[6]);
}

function utc(
  year: string,
  monthName: string,
  day: string,
  hour: string,
  minute: string,
  second: string,
): number | null {
  const month = MONTH_INDEX.get(monthName.toLowerCase());
  if (month === undefined) return null;
  const numbers = [Number(day), Number(hour), Number(minute), Number(second)];
  // A leap second is read as the second after it.
  if (numbers[1] > 23 || numbers[2] > 59 || numbers[3] > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month, numbers[0]);
  if (date.getUTCMonth() !== month || numbers[0] === 0) return null;
  return date.setUTCHours(numbers[1], numbers[2], numbers[3]);
}

function two(value: number): string {
  return value < 10 ? "0" + value : String(value);
}

/**
 * Writes a date as IMF-fixdate, the only form that is sent; milliseconds are cut off.
 *
 * @param timeMs Milliseconds since 1970, up to the year 9999.
 * @throws {RangeError} If the year has not four digits.
 */
export function formatHttpDate(timeMs: number): string {
  const date = new Date(timeMs);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError(`Expected a time up to the year 9999, found ${timeMs}`);
  }
  return `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${
    String(year).padStart(4, "0")
  } ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} GMT`;
}
