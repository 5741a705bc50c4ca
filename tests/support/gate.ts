/**
 * A promise that the test resolves itself; `Promise.withResolvers` is missing in Node 20.
 *
 * @module
 */

/** A promise and its two ends. */
export interface Gate<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes a promise that is open. */
export function gate<T = void>(): Gate<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onDone, onFail) => {
    resolve = onDone;
    reject = onFail;
  });
  return { promise, resolve, reject };
}
