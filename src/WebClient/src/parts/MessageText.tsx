import type { ComponentChildren } from 'preact';

const PIECE = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}])|(@[\p{L}\p{N}_.-]+)/gu;

/** A message's text: always text nodes; addresses of web pages become links, called names stand out. */
export function MessageText({ text, names }: { text: string; names: readonly string[] }) {
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(PIECE)) {
    const [found, link, name] = match;
    const called = name && names.find(one => name.slice(1).toLowerCase().startsWith(one.toLowerCase()));
    if (!link && !called) {
      continue;
    }
    parts.push(text.slice(at, match.index));
    const shown = called ? found.slice(0, called.length + 1) : found;
    parts.push(link
      ? <a href={link} target="_blank" rel="noopener noreferrer nofollow">{link}</a>
      : <strong class="mention">{shown}</strong>);
    at = match.index + shown.length;
  }
  parts.push(text.slice(at));
  return <div class="text" dir="auto">{parts}</div>;
}
