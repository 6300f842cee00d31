const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

export const time = (at: string) => clock.format(new Date(at));

export function day(at: string): string {
  const when = new Date(at);
  const daysAgo = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  return daysAgo === 0 ? 'Today' : daysAgo === 1 ? 'Yesterday' : date.format(when);
}

/** For the list: the time today, else the date. */
export function brief(at: string): string {
  const when = new Date(at);
  return when.toDateString() === new Date().toDateString() ? clock.format(when) : short.format(when);
}
