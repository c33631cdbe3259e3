// What the server's half says, as test_modules.py has written it; and modules that npm brought.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

export const vectors = JSON.parse(readFileSync(process.env.VECTORS, "utf-8"));
export const brought = (path) => import(pathToFileURL(`${process.env.MODULES}/${path}`).href);
