import { readFileSync } from 'node:fs';
import { chromium, firefox } from 'playwright-core';

export const PASSWORD = 'correct horse battery';
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Firefox is Debian's, not Playwright's own build: the channel makes Playwright drive it over WebDriver BiDi. */
const browsers = {
  chromium: (more = [], program = CHROMIUM) => chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
  }),
  firefox: (more = {}) => firefox.launch({
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    channel: 'moz-firefox',
    // A mouse: where none is plugged in, Firefox says so to the page, and what shows on hover never does (2 fine, 4 hover).
    firefoxUserPrefs: { 'ui.primaryPointerCapabilities': 6, 'ui.allPointerCapabilities': 6, ...more },
  }),
};

/** A real browser without a window: the one that BROWSER names, else Chromium; with more switches, or more of Firefox's preferences; Chromium also by another program that starts it. */
export function launch(name = process.env.BROWSER ?? 'chromium', more = undefined, program = undefined) {
  if (!Object.hasOwn(browsers, name)) {
    throw new Error(`BROWSER is ${Object.keys(browsers).join(' or ')}, not ${name}.`);
  }
  return browsers[name](more, program);
}

/** A browser whose lid can be closed: all its processes stand still, and its connections stay as they are. */
export async function launchAlone(name) {
  const before = new Set(children());
  const browser = await launch(name);
  // It leads a group of its own.
  const [pid] = children().filter(child => !before.has(child));
  return { browser, close: () => process.kill(-pid, 'SIGSTOP'), open: () => process.kill(-pid, 'SIGCONT') };
}

function children() {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** A person: a browser profile of one's own with one page. What the page reports as wrong is kept. */
export class Person {
  static async come(browser, url, options = {}) {
    const person = new Person();
    person.context = await browser.newContext({ viewport: { width: 1100, height: 720 }, ...options });
    person.errors = [];
    person.url = url;
    person.page = await person.tab();
    return person;
  }

  async tab() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', error => this.errors.push(String(error)));
    page.on('dialog', dialog => {
      this.errors.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', message => /Content Security Policy|Trusted/i.test(message.text()) && this.errors.push(message.text()));
    await page.goto(this.url);
    return page;
  }

  async register(name, displayName = name) {
    const { page } = this;
    await page.getByRole('button', { name: 'Create an account' }).or(page.getByRole('heading', { name: 'Set up this server' })).first().waitFor();
    if (await page.getByRole('button', { name: 'Create an account' }).isVisible()) {
      await page.getByRole('button', { name: 'Create an account' }).click();
    }
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Shown name').fill(displayName);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
  }

  async logIn(name) {
    await this.page.getByLabel('User name').fill(name);
    await this.page.getByLabel('Password').fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Log in' }).click();
    await this.page.getByRole('navigation', { name: 'Conversations' }).waitFor();
  }

  async direct(name) {
    await this.page.getByRole('button', { name: 'New conversation' }).click();
    await this.page.getByLabel('With whom?').fill(name);
    await this.page.getByRole('dialog').getByRole('button', { name: `@${name}` }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'detached' });
    await this.composer.waitFor();
  }

  async group(title, names) {
    const dialog = this.page.getByRole('dialog');
    await this.page.getByRole('button', { name: 'New conversation' }).click();
    await dialog.getByRole('button', { name: 'Group', exact: true }).click();
    await dialog.getByLabel('Title').fill(title);
    for (const name of names) {
      await dialog.getByLabel('Add people').fill(name);
      await dialog.getByRole('button', { name: `@${name}` }).click();
    }
    await dialog.getByRole('button', { name: 'Create group' }).click();
    await this.page.getByRole('heading', { name: title }).waitFor();
    await this.composer.waitFor();
  }

  async say(text) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  get composer() {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get list() {
    return this.page.getByRole('list', { name: 'Messages' });
  }

  conversation(title) {
    return this.page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: title });
  }

  message(text) {
    return this.list.locator('.message', { hasText: text });
  }

  texts() {
    return this.list.locator('.message .text').allTextContents();
  }
}
