/**
 * Settings under one name.
 *
 * @module
 */

import { DEFAULT_POLICY, type PolicyOptions } from "../policy/options.ts";

/** Names of presets. */
export type HttpPreset = "classic";

/** What a preset stands for; settings of their own come before it. */
export interface PresetSettings {
  readonly cacheDir?: string;
  readonly cacheEntries?: number;
  readonly admitAfter?: number;
  readonly policy: PolicyOptions;
}

/** For a response that is kept until another takes its room. */
const TEN_YEARS_SECONDS = 10 * 365 * 24 * 3600;

/**
 * What a preset stands for.
 *
 * `classic` is a small cache of the nineties: three files in a folder, each from the second request within ten minutes
 * on, of responses that say `must-revalidate`, and never used without asking the origin by If-Modified-Since.
 */
export function presetSettings(preset: HttpPreset | undefined): PresetSettings {
  if (preset === undefined) return { policy: DEFAULT_POLICY };
  return {
    cacheDir: "cache",
    cacheEntries: 3,
    admitAfter: 2,
    policy: {
      ...DEFAULT_POLICY,
      keepStaleSeconds: TEN_YEARS_SECONDS,
      onlyMustRevalidate: true,
      alwaysValidate: true,
      validateByDate: true,
    },
  };
}
