import type { ChatApi, ConversationFold } from '../../sdk/src/index.ts';
import type { FromPage, ToPage } from '../worker/messages.ts';
import { open } from '../state/hooks.ts';
import type { Notifier } from '../state/notifier.ts';
import type { SavedSession } from '../state/session.ts';
import { keep } from '../state/storage.ts';
import { deviceName, obstacle, refusal } from './support.ts';

const LEAVE_WITHIN = 3_000;
const WORKER = '/worker.js';
/** Whose notifications this browser shows; not there: nobody's. */
const OWNER = 'mc.push.owner';

// The page's policy lets nothing but this become the address of a script.
const trusted = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): unknown } } }).trustedTypes
  ?.createPolicy('worker', { createScriptURL: () => WORKER });

/** This browser as a device that is notified while the chat is closed. */
export class PushDevice {
  isOn = false;
  isBusy = false;
  /** Why it is not on although somebody wanted it. */
  trouble: string | undefined;
  readonly #api: ChatApi;
  readonly #session: SavedSession;
  readonly #changes: Notifier;
  readonly #openId: () => string | undefined;
  readonly #told = new Map<string, number>();
  #registration: ServiceWorkerRegistration | undefined;
  #badge = -1;

  constructor(api: ChatApi, session: SavedSession, changes: Notifier, openId: () => string | undefined) {
    this.#api = api;
    this.#session = session;
    this.#changes = changes;
    this.#openId = openId;
  }

  get obstacle(): string | undefined {
    return obstacle();
  }

  /** While the page is there. Who was told before is so still: what browser or server have lost since is made anew. */
  start(): () => void {
    if (!('serviceWorker' in navigator)) {
      return () => undefined;
    }
    const heard = (event: MessageEvent<ToPage>) => this.#heard(event);
    navigator.serviceWorker.addEventListener('message', heard);
    navigator.serviceWorker.startMessages();
    if (keep.get<string>(OWNER) === this.#session.user.id) {
      void this.#turnOn().catch(() => undefined);
    }
    return () => navigator.serviceWorker.removeEventListener('message', heard);
  }

  /** On a click: the browser asks its user. */
  async enable(): Promise<void> {
    await this.#busy(async () => {
      this.trouble = obstacle();
      if (this.trouble) {
        return;
      }
      if (await Notification.requestPermission() !== 'granted') {
        this.trouble = obstacle() ?? 'The browser has not been allowed to notify you. You can try again.';
        return;
      }
      keep.set(OWNER, this.#session.user.id);
      try {
        await this.#turnOn();
      } catch (failed) {
        keep.remove(OWNER);
        this.trouble = failed instanceof DOMException ? refusal(failed) : (failed as Error).message;
      }
    });
  }

  async disable(): Promise<void> {
    await this.#busy(async () => {
      const endpoint = await this.#turnOff();
      const mine = endpoint && (await this.#api.pushSubscriptions()).find(one => one.endpoint === endpoint);
      await (mine && this.#api.removePushSubscription(mine.id));
    });
  }

  /** The session of this browser ends, and with it the server forgets the device. */
  async forget(): Promise<void> {
    // A push service that cannot be reached keeps nobody from leaving: the server sends nothing to a session that is over.
    await Promise.race([this.#turnOff().catch(() => undefined), new Promise(resolve => setTimeout(resolve, LEAVE_WITHIN))]);
    this.#changes.emit();
  }

  /** A page that is there knows what was read before any push can tell. */
  sawAll(conversations: readonly ConversationFold[]): void {
    const worker = this.#registration?.active;
    if (!worker) {
      return;
    }
    let unread = 0;
    for (const { state } of conversations) {
      unread += state.me.unread;
      if (state.me.read > (this.#told.get(state.id) ?? 0)) {
        this.#told.set(state.id, state.me.read);
        this.#tell({ type: 'read', conversationId: state.id, seq: state.me.read });
      }
    }
    if (unread !== this.#badge) {
      this.#badge = unread;
      const { setAppBadge, clearAppBadge } = navigator as { setAppBadge?: (count: number) => Promise<void>; clearAppBadge?: () => Promise<void> };
      void (unread > 0 ? setAppBadge?.call(navigator, unread) : clearAppBadge?.call(navigator))?.catch(() => undefined);
    }
  }

  async #turnOn(): Promise<void> {
    const registration = await navigator.serviceWorker.register((trusted?.createScriptURL('') ?? WORKER) as string, { updateViaCache: 'none' });
    await navigator.serviceWorker.ready;
    this.#registration = registration;
    this.#tell({ type: 'session', session: { token: this.#session.token, userId: this.#session.user.id } });
    const { webPushKey } = await this.#api.pushKeys();
    let subscription = await registration.pushManager.getSubscription();
    if (subscription && encoded(subscription.options.applicationServerKey) !== webPushKey) {
      // The server has lost its keys: what was made for those reaches nobody.
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: webPushKey });
    const { endpoint, keys } = subscription.toJSON();
    await this.#api.putPushSubscription({ kind: 'webpush', endpoint: endpoint!, keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] }, name: deviceName() });
    this.isOn = true;
    this.#changes.emit();
  }

  async #turnOff(): Promise<string | undefined> {
    keep.remove(OWNER);
    this.isOn = false;
    if (!('serviceWorker' in navigator)) {
      return undefined;
    }
    const registration = this.#registration ?? await navigator.serviceWorker.getRegistration('/');
    registration?.active?.postMessage({ type: 'session', session: undefined } satisfies FromPage);
    const subscription = await registration?.pushManager?.getSubscription();
    await subscription?.unsubscribe();
    return subscription?.endpoint;
  }

  #tell(what: FromPage): void {
    this.#registration?.active?.postMessage(what);
  }

  #heard({ data, ports }: MessageEvent<ToPage>): void {
    if (data.type === 'open') {
      open(data.conversationId);
    } else if (data.type === 'look') {
      ports[0]?.postMessage(!document.hidden && (data.conversationId === undefined || this.#openId() === data.conversationId));
    }
  }

  async #busy(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.#changes.emit();
    try {
      await work();
    } finally {
      this.isBusy = false;
      this.#changes.emit();
    }
  }
}

function encoded(key: ArrayBuffer | null): string {
  return key ? btoa(String.fromCharCode(...new Uint8Array(key))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') : '';
}
