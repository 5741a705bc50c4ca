/**
 * A bound on every wait, so that a fault fails a test instead of hanging it.
 *
 * @module
 */

/** What `promise` comes to; fails if that takes longer than anything here should. */
export async function within<T>(promise: Promise<T>, what = "it", ms = 8_000): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms} ms in vain for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again and again until `holds`; for states that nothing tells of. */
export async function until(holds: () => boolean, what: string, ms = 8_000): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > ms) throw new Error(`Waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
