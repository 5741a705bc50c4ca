/**
 * Finds the project's own files, for the scripts that read all of them.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Folders that are made, not written. */
const MADE = ["node_modules", "npm", "dist"];

/**
 * Lists the files of a folder and of all below it, without those that are made or hidden.
 *
 * @param root The folder.
 * @returns Paths from the folder, with `/`, in the order of their names.
 */
export async function listFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.name.startsWith(".") || MADE.includes(path)) continue;
      if (entry.isDirectory()) await look(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  await look("");
  return found.sort();
}
