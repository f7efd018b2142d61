// Numbers, money and times as people read them; the same forms as the command line's.

const NONE = "–";

/** `950`, `12.3k`, `4.5M`; a dash for what is unknown. */
export function count(number) {
  if (number == null) return NONE;
  const size = Math.abs(number);
  if (size < 1000) return String(Math.round(number));
  if (size < 99_950) return `${(number / 1000).toFixed(1)}k`;
  if (size < 999_500) return `${Math.round(number / 1000)}k`;
  return size < 999_950_000 ? `${(number / 1e6).toFixed(1)}M` : `${(number / 1e9).toFixed(1)}G`;
}

/** All digits, in groups. */
export const exact = (number) => (number == null ? NONE : number.toLocaleString("en-US"));

/** `$0.0123` below a dollar, `$12.30` from there on. */
export function usd(amount) {
  if (amount == null) return "unknown";
  const sign = amount < 0 ? "-" : "";
  const size = Math.abs(amount);
  if (size >= 1) return `${sign}$${size.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (size >= 0.0001) return `${sign}$${size.toFixed(size >= 0.1 ? 3 : 4)}`;
  return size > 0 ? "under $0.0001" : "$0";
}

/** `350 ms`, `2.1 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function span(ms) {
  if (ms == null) return NONE;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return two(whole, 60, "min", "s");
  if (whole < 86_400) return two(Math.floor(whole / 60), 60, "h", "min");
  return two(Math.floor(whole / 3600), 24, "d", "h");
}

/** The same in whole units, for what counts up or down in front of one. */
export function roughly(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} s` : span(seconds * 1000);
}

function two(amount, base, large, small) {
  const rest = amount % base;
  return rest ? `${Math.floor(amount / base)} ${large} ${rest} ${small}` : `${amount / base} ${large}`;
}

/** `12 %`; one decimal below ten. */
export function share(part) {
  if (part == null) return NONE;
  const percent = part * 100;
  const digits = percent > 0 && percent < 9.95 ? 1 : 0;
  return `${percent.toFixed(digits)} %`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** The wall clock's time of an ISO time. */
export const timeOf = (iso) => formatted(clock, iso);
export const dayOf = (iso) => formatted(day, iso);
export const dayAndTime = (iso) => formatted(dayAndClock, iso);
export const wholeTime = (iso) => formatted(whole, iso);

function formatted(form, iso) {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? NONE : form.format(time);
}

/** Today as the ledger names days: 2026-12-01. */
export function today(ms) {
  const date = new Date(ms);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
}

/** `provider/model` of the one who answered, or nothing. */
export const target = (facts) => (facts.provider ? `${facts.provider}/${facts.model}` : "");

/** `1 request`, `2 requests`. */
export const some = (number, noun) => `${exact(number)} ${noun}${number === 1 ? "" : "s"}`;

/** The value in the middle of those below that share of them; null of none. */
export function quantile(values, part) {
  if (!values.length) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

export const MODES = {
  relay: "every byte was passed on as it came",
  patch: "the bytes were passed on but for named edits",
  translate: "request and answer were translated",
};

/** An outcome in a word or two, and how it is to look: ok, busy, warn or bad. */
export function outcome(facts) {
  return (
    {
      ok: ["answered", "ok"],
      open: ["open", "busy"],
      client_error: ["client's fault", "warn"],
      upstream_error: ["failed", "bad"],
      cut: ["cut", "bad"],
      client_gone: ["client left", "warn"],
      rejected: ["refused", "warn"],
    }[facts.outcome] ?? [String(facts.outcome), "bad"]
  );
}
