/**
 * The calendar and the date formats of HTTP. Pure: `nowMs` is a parameter wherever "now" matters.
 * The wire's own format, rfc3339, is in body.ts.
 */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(${MONTHS.join('|')})`;
const CLOCK = '([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)';
const DAY_NAME = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
/** `GMT` alone is right; what others write of it means the same, and no other zone is read. */
const ZONE = '(?:[Gg][Mm][Tt]|[Uu][Tt][Cc]|[+-]0000)';
const LONG_DAY_NAME = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

/**
 * RFC 9110, 5.6.7. Groups in the order of `fromParts`' callers below; names are case-sensitive
 * there.
 */
const IMF_FIXDATE = new RegExp(`^${DAY_NAME}, ([0-9]{2}) ${MONTH} ([0-9]{4}) ${CLOCK} ${ZONE}$`);
const RFC_850 = new RegExp(`^${LONG_DAY_NAME}, ([0-9]{2})-${MONTH}-([0-9]{2}) ${CLOCK} ${ZONE}$`);
const ASCTIME = new RegExp(`^${DAY_NAME} ${MONTH} ((?:[0-9]| )[0-9]) ${CLOCK} ([0-9]{4})$`);

const CENTURY = 100;
/**
 * RFC 9110, 5.6.7: a two-digit year that seems further ahead than this is of the century before.
 */
const YEARS_AHEAD_MAX = 50;

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** A day of the proleptic Gregorian calendar; `month` and `day` count from 1. */
export function isCalendarDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

type Clock = [hour: string | undefined, minute: string | undefined, second: string | undefined];

function utcMs(year: number, month: number, day: number, [hour, minute, second]: Clock): number | null {
  if (!isCalendarDate(year, month, day)) return null;
  // oxlint-disable-next-line no-restricted-globals -- Date.UTC is arithmetic: it reads no clock
  return Date.UTC(year, month - 1, day, Number(hour), Number(minute), Number(second));
}

function utcYear(ms: number): number {
  // oxlint-disable-next-line no-restricted-globals -- a Date made of an argument reads no clock
  return new Date(ms).getUTCFullYear();
}

function monthNumber(name: string | undefined): number {
  return MONTHS.indexOf(name ?? '') + 1;
}

/**
 * Milliseconds since the epoch of an HTTP-date in any of its three formats; null for anything else,
 * also for days that do not exist. The name of the day is not compared with the date: senders get
 * it wrong and nothing depends on it.
 */
export function parseHttpDate(text: string, nowMs: number): number | null {
  const imf = IMF_FIXDATE.exec(text);
  if (imf !== null) return utcMs(Number(imf[3]), monthNumber(imf[2]), Number(imf[1]), [imf[4], imf[5], imf[6]]);
  const asctime = ASCTIME.exec(text);
  if (asctime !== null) {
    const [, month, day, hour, minute, second, year] = asctime;
    return utcMs(Number(year), monthNumber(month), Number(day), [hour, minute, second]);
  }
  const rfc850 = RFC_850.exec(text);
  if (rfc850 === null) return null;
  const thisYear = utcYear(nowMs);
  const sameCentury = thisYear - (thisYear % CENTURY) + Number(rfc850[3]);
  const year = sameCentury > thisYear + YEARS_AHEAD_MAX ? sameCentury - CENTURY : sameCentury;
  return utcMs(year, monthNumber(rfc850[2]), Number(rfc850[1]), [rfc850[4], rfc850[5], rfc850[6]]);
}
