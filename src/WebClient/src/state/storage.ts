/** The browser's storage, or, where that is denied or full, memory that lasts for the visit. */
export class Keep {
  isDenied = false;
  readonly #memory = new Map<string, string>();

  constructor() {
    try {
      localStorage.setItem('mc.probe', '1');
      localStorage.removeItem('mc.probe');
    } catch {
      this.isDenied = true;
    }
  }

  get<T>(key: string): T | undefined {
    try {
      const text = this.#memory.get(key) ?? (this.isDenied ? null : localStorage.getItem(key));
      return text ? (JSON.parse(text) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  set(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    try {
      localStorage.setItem(key, text);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, text);
    }
  }

  remove(key: string): void {
    this.#memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // Then it was never in there.
    }
  }

  keys(prefix: string): string[] {
    const keys = new Set(this.#memory.keys());
    if (!this.isDenied) {
      Object.keys(localStorage).forEach(key => keys.add(key));
    }
    return [...keys].filter(key => key.startsWith(prefix)).sort();
  }
}

export const keep = new Keep();
