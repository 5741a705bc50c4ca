/** What Deno has on `import.meta` and Node before 24.2 lacks: read there, it is `undefined`. For the npm build. */
interface ImportMeta {
  /** Whether the module is the one that the program was started with. */
  main: boolean;
}
