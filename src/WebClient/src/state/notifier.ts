/** Tells views that something changed, at most once a frame of work however much did. */
export class Notifier {
  readonly #listeners = new Set<() => void>();
  #isDue = false;

  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(): void {
    if (this.#isDue) {
      return;
    }
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#listeners.forEach(listener => listener());
    });
  }
}
