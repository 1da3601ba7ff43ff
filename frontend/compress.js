/** Writes NAME.br and NAME.gz beside each script, style sheet and drawing of the build; the server sends those to browsers that take them. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = new URL("./dist/assets/", import.meta.url);
/** A file of fewer bytes is sent in one packet anyway. */
const LEAST = 1024;

for (const name of readdirSync(folder)) {
  const content = readFileSync(new URL(name, folder));
  if (!/\.(js|css|svg|json)$/.test(name) || content.length < LEAST) {
    continue;
  }
  const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(new URL(`${name}.br`, folder), brotliCompressSync(content, { params: size }));
  writeFileSync(new URL(`${name}.gz`, folder), gzipSync(content, { level: 9 }));
}
