/**
 * What a proxy keeps, and how it asks only once.
 *
 * @module
 */

export {
  type AdmissionStrategy,
  AdmitAfter,
  type AdmitAfterOptions,
  AdmitAlways,
} from "./admission.ts";
export {
  Cache,
  type CacheChange,
  type CacheListener,
  type CacheOptions,
  type StoreOptions,
} from "./cache.ts";
export { type Entry, EntryList } from "./entry_list.ts";
export { EVICTION_STRATEGIES, type EvictionStrategy, fifo, lru } from "./eviction.ts";
export { SingleFlight } from "./single_flight.ts";
