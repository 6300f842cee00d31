/** Why this page cannot be told of messages while it is closed, in words for its user; undefined: it can, as far as one can know before trying. */
export function obstacle(): string | undefined {
  if (!window.isSecureContext) {
    return 'Browsers give notifications only to secure pages: open the chat by an address that begins with https.';
  }
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) {
    return /iPhone|iPad/.test(navigator.userAgent)
      ? 'Here a page can notify you only after you have added it to the home screen: Share, then “Add to Home Screen”, and open it from there.'
      : 'This browser cannot be notified while the chat is closed.';
  }
  if (Notification.permission === 'denied') {
    return 'You have forbidden notifications of this page. Allow them in the browser’s settings for the page (beside the address), then come back.';
  }
  return undefined;
}

/** A refusal of the browser, in words. */
export function refusal(failed: unknown): string {
  const reason = failed instanceof Error ? failed.message : String(failed);
  return failed instanceof DOMException && failed.name === 'AbortError' && !reason.includes('permission')
    ? `The browser’s push service cannot be reached (${reason}).`
    : `The browser does not allow it (${reason}). Private windows cannot be notified.`;
}

/** What one's other devices call this one. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const browser = /Firefox|Edg|OPR|Chrome|Safari/.exec(agent)?.[0]?.replace('Edg', 'Edge').replace('OPR', 'Opera') ?? 'Browser';
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0]?.replace('Mac OS', 'macOS');
  return system ? `${browser} on ${system}` : browser;
}
