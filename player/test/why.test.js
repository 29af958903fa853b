import assert from "node:assert/strict";
import { test } from "node:test";
import { lay } from "../src/python/dropped.js";
import { dropped, excess, LARGEST, MOST } from "../src/why/gather.js";

const file = (size) => /** @type {any} */ ({ size });

test("what is far too much is refused by its size and number alone", () => {
  assert.equal(excess([["x", file(LARGEST)]]), "");
  assert.match(
    excess([
      ["x", file(LARGEST)],
      ["y", file(1)],
    ]),
    /^129 MB: at most 128 MB are read\./,
  );
  assert.equal(excess(Array(MOST).fill(["x", file(1)])), "");
  assert.match(excess(Array(MOST + 1).fill(["x", file(1)])), /^More than 5,000 files/);
  assert.match(excess([]), /no file/);
});

/** An entry of what was dropped: a file, or a folder that lists some of what it has at a time. */
const entry = (path, inside) => ({
  fullPath: path,
  isFile: !inside,
  file: (found) => found(path),
  createReader: () => {
    const left = [...(inside ?? [])];
    return { readEntries: (found) => found(left.splice(0, 2)) };
  },
});

test("folders that are dropped are read to their ends, and no further than what is too much", async () => {
  const files = [1, 2, 3, 4, 5].map((number) => entry(`/r/a/${number}`, null));
  const items = [
    { webkitGetAsEntry: () => entry("/r", [entry("/r/a", files), entry("/r/recording.json", null)]) },
  ];
  const names = (await dropped(/** @type {any} */ ({ items, files: [] }))).map(([name]) => name);
  assert.deepEqual(names, ["r/a/1", "r/a/2", "r/a/3", "r/a/4", "r/a/5", "r/recording.json"]);
  const many = [{ webkitGetAsEntry: () => entry("/m", Array(MOST * 2).fill(entry("/m/x", null))) }];
  assert.equal((await dropped(/** @type {any} */ ({ items: many, files: [] }))).length, MOST + 1);
});

test("where a browser tells no entries, files are taken as they are", async () => {
  const found = await dropped(/** @type {any} */ ({ items: [{}], files: [{ name: "n.tgz" }] }));
  assert.deepEqual(found, [["n.tgz", { name: "n.tgz" }]]);
});

/** A file system as Pyodide has one: folders are maps. */
class Files {
  root = new Map();
  at(path) {
    return path
      .split("/")
      .slice(1)
      .reduce((folder, name) => folder.get(name), this.root);
  }
  up(path) {
    return [
      this.at(path.slice(0, path.lastIndexOf("/"))) ?? this.root,
      path.slice(path.lastIndexOf("/") + 1),
    ];
  }
  mkdirTree(path) {
    let folder = this.root;
    for (const name of path.split("/").slice(1)) {
      if (!folder.has(name)) folder.set(name, new Map());
      folder = folder.get(name);
    }
  }
  writeFile(path, bytes) {
    const [folder, name] = this.up(path);
    folder.set(name, bytes);
  }
  readdir(path) {
    return [".", "..", ...this.at(path).keys()];
  }
  stat(path) {
    return { mode: this.at(path) instanceof Map };
  }
  isDir(mode) {
    return mode;
  }
  unlink(path) {
    const [folder, name] = this.up(path);
    folder.delete(name);
  }
  rmdir(path) {
    assert.equal(this.at(path).size, 0);
    this.unlink(path);
  }
}

/** One for all tests: what lies there is remembered. */
const FS = new Files();

test("files lie under numbers, once, and those of the recording before are gone", async () => {
  const blob = (text) => new Blob([text]);
  const first = {
    serial: 1,
    files: [
      ["../../etc/passwd", blob("a")],
      ["b", blob("b")],
    ],
  };
  assert.deepEqual(await lay(FS, /** @type {any} */ (first)), ["/dropped/1", '["../../etc/passwd","b"]']);
  assert.deepEqual(FS.readdir("/dropped/1"), [".", "..", "0", "1"]);
  FS.mkdirTree("/dropped/1/recording/a");
  FS.writeFile("/dropped/1/recording/a/link.json", new Uint8Array());
  await lay(FS, /** @type {any} */ (first));
  assert.ok(FS.at("/dropped/1/recording/a"));
  await lay(FS, { serial: 2, files: [["c", blob("c")]] });
  assert.deepEqual(FS.readdir("/dropped"), [".", "..", "2"]);
  assert.deepEqual(FS.readdir("/dropped/2"), [".", "..", "0"]);
});

test("a file that cannot be read leaves nothing half laid for the next time", async () => {
  const gone = { arrayBuffer: () => Promise.reject(new Error("it has changed")) };
  await assert.rejects(lay(FS, /** @type {any} */ ({ serial: 3, files: [["x", gone]] })), /it has changed/);
  const again = { serial: 3, files: [["x", new Blob(["x"])]] };
  await lay(FS, /** @type {any} */ (again));
  assert.deepEqual(FS.readdir("/dropped/3"), [".", "..", "0"]);
});
