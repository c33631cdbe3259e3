// What the modules give each other, what stands on a phone, and what the server answers. Only the
// types' checker reads this file (`./run check`); no page loads it.
import type { DBSchema } from "idb";

// A code as it was read: ours, or a maker's number; `foreign` is the host of somebody else's label.
export interface Reading {
  code: string;
  isLabel: boolean;
  foreign?: string | null;
}

// What a text says, or why it says nothing.
export type Understood =
  | (Reading & { problem?: undefined })
  | { problem: string; code?: undefined; isLabel?: undefined; foreign?: undefined };

// A code in a picture, or one that was typed.
export interface Found {
  text: string;
  format?: string;
}

// A scan as the server takes it (docs/api.md).
export interface Scan {
  id: string;
  code: string;
  step: string;
  occurred_at: string;
  device_seq: number;
  location?: string | null;
  handling_unit?: string | null;
  consignment?: string | null;
  act?: string | null;
  receiver?: string | null;
  bound_for?: string | null;
  report?: string | null;
  reason?: string | null;
  condition?: string | null;
  declares?: string | null;
  note?: string | null;
  second_identifier?: string | null;
  evidence?: string[];
  findings?: Record<string, boolean>;
  sighted?: boolean | null;
  answers?: string[];
  salt?: string;
  signature?: string;
}

// What a page gives to be recorded: a scan without what the phone adds.
export interface Said extends Partial<Scan> {
  code: string;
  step: string;
  isLabel: boolean;
  name?: string;
}

// kept: waits for the server; confirmed: answered well; needs: somebody has to look at it.
export type State = "kept" | "confirmed" | "needs";

// What the server said of one scan.
export interface Answer {
  id?: string;
  outcome: string;
  receipt?: Receipt | null;
  flags?: string[];
  gap?: string[];
  discrepancy?: string | null;
  problem?: Problem | null;
}

export interface Receipt {
  hash: string;
  item_seq: number;
  recorded_at: string;
  signature?: string;
}

// A refusal (RFC 9457).
export interface Problem {
  type?: string;
  detail?: string;
  isTooLarge?: boolean;
}

// What people decided about a scan of this phone.
export interface Decision {
  decision: string;
  isWrong: boolean;
}

// One scan on this phone.
export interface Row {
  id: string;
  seq: number;
  made_at: string;
  state: State;
  name: string | null;
  scan: Scan;
  answer: Answer | null;
  answered_at?: string;
  decided?: Decision[];
}

export interface Photo {
  sha: string;
  blob: Blob | null;
  size: number;
  state: "kept" | "sent" | "needs";
  made_at: string;
  of?: string | null;
  why?: string;
}

// A pen's way over the pad: points from 0 to 1 across and down.
export type Stroke = number[][];

// Who signs for one side of an act.
export interface Side {
  person: string;
  position: string;
  strokes: Stroke[];
}

// A handover act as both sides signed it; its JSON is what the phone signs.
export interface Act {
  v: 1;
  id: string;
  made_at: string;
  giver: string;
  receiver: string;
  site: string | null;
  purpose: string;
  giver_person: string;
  giver_position: string;
  giver_strokes: Stroke[] | null;
  receiver_person: string;
  receiver_position: string;
  receiver_strokes: Stroke[] | null;
  units: number;
  lines: { scan: string; code: string; second: boolean; name: string; box?: string }[];
  photos: string[];
  paper?: string;
}

// An act on this phone: `text` is the act's exact JSON.
export interface ActRow {
  id: string;
  made_at: string;
  state: "kept" | "sent" | "aside" | "needs";
  text: string;
  signature: string;
  number: string | null;
  receiver: string;
  many: number;
  why: string | null;
  strays?: string[];
  unbooked?: { line: number; code: string; why: string }[];
}

// A unit of the pile that is handed over; `second` is its maker's number, where it was read. `unit`
// is its own label where it is known, `box` the code of the box that was opened into it, `isListed`
// whether it was taken from a list, or a box's, and nobody scanned it itself.
export interface PileLine {
  code: string;
  isLabel: boolean;
  name: string;
  second: string | null;
  unit?: string;
  box?: string;
  boxName?: string;
  isListed?: boolean;
}

// A code of the pile of which nobody knows yet what it names.
export interface Question {
  code: string;
  isLabel: boolean;
}

// What the server says that a code names (POST /api/v1/field/codes).
export interface Named {
  code: string;
  kind: "unit" | "box" | "blank" | "product" | "unknown";
  unit?: NamedUnit;
  name?: string;
  units?: NamedUnit[];
}

// What a scanned text is for the list of an act (field/pile.js says which `kind` has what).
export interface Meaning {
  kind: string;
  code: string;
  unit?: string;
  name?: string;
  second?: string | null;
  wantsNumber?: boolean;
  units?: Unit[] | null;
  status?: string;
  problem?: string;
  host?: string;
}

// What of a list is not so any more.
export interface ListChange {
  code: string;
  kind: string;
  status?: string;
  box?: string;
}

export interface NamedUnit extends Unit {
  fits: boolean;
}

// An act that is being made: kept on the phone until it is signed or dropped.
export interface Draft {
  stage?: "scan" | "sides" | "sign";
  lines: PileLine[];
  questions: Question[];
  giver: string;
  receiver: string;
  site: string;
  purpose: string;
}

// What another phone exported, and this one brings.
export interface Carried {
  broken?: number; // photos of the file that are not what it says
  id: string;
  device: number;
  name: string;
  scans: Scan[];
  acts?: { text: string; signature: string }[];
  state: "kept" | "sent";
  done: number;
  good: number;
  brought?: { state: string; number?: string; why?: string }[];
}

export interface Site {
  ref: string;
  facts: Record<string, string>;
  until: string;
}

// `premises` is the place that it counts as one with.
export interface Place {
  ref: string;
  premises?: string | null;
  kind: string;
  sector?: string | null;
  name_uk?: string | null;
  until?: string | null;
}

export interface Party {
  ref?: string;
  name: string;
  code?: string | null;
}

// `box` is what it lies in, `apart` whether it was seen by itself elsewhere since, `bound_for` the
// site that its act names.
export interface Unit {
  code: string;
  status: string | null;
  kind?: string;
  name_en?: string | null;
  name_uk?: string | null;
  location?: string | null;
  consignment?: string | null;
  box?: string | null;
  apart?: boolean;
  bound_for?: string | null;
}

// A unit or a box as this phone knows it, with what it recorded of it itself; `inside` are the
// units of a box.
export interface KnownUnit extends Partial<Unit> {
  code: string;
  status: string | null;
  product: string;
  mine: Row[];
  inside?: Unit[];
}

// The panel of answers, as far as it asks: the value of the button that was pressed, or null.
export interface Asking {
  ask<T>(sentence: string, choices: [string, T][], what?: string): Promise<T | null>;
}

// How sure it is that somebody stands before a unit: it was scanned, or its maker's number was.
export interface Sight {
  isScanned: boolean;
  makers: string | null;
}

// A box or pallet with units that the phone takes along (their `box` says which); `complete` where
// those are all in it, `parent` is what it stands on.
export interface TakenBox {
  code: string;
  parent: string | null;
  labels: string[];
  sscc: string | null;
  kind: string;
  name: string;
  complete: boolean;
}

// What the phone takes along (GET /api/v1/field).
export interface Taken {
  steps: string[];
  places: Place[];
  units: Unit[];
  parties: Party[];
  boxes?: TakenBox[];
  papers?: { number: string; codes: string[] }[];
  receipt_key?: string;
  taken_at: number;
  seq?: number; // the newest scan of this phone when it heard
}

// Who this phone is; `ended` is when its access ended.
export interface Device {
  number: number;
  name: string;
  token: string;
  keys: CryptoKeyPair;
  ended?: string;
}

// A step as pages need it: what it may follow, where it leads, what it needs, and what it says of
// the place and of the box (tracker/domain/lifecycle.py).
export interface Step {
  from: string[];
  to: string | null;
  by_location: boolean;
  needs: string[];
  asks: string[];
  second: boolean;
  observes: boolean;
  presence: "none" | "here" | "arrives" | "passes";
  at_receiver: boolean;
  whereabouts: "named" | "named_only" | "its_site" | "on_the_road";
  leaving: "stays" | "ends" | "unsaid" | "enters";
  unpacks: boolean;
  arrives: boolean;
  destination: "kept" | "named" | "ends";
  offer: "known" | "unit" | "row" | "both";
}

// The app's words in one language.
export interface Words {
  said: Record<string, string>;
  many: Record<string, Record<string, string>>;
  steps?: Record<string, Step>;
  // Names of one kind, by the word that they stand for.
  // biome-ignore lint/suspicious/noExplicitAny: beside tables of another shape
  [kind: string]: Record<string, any> | undefined;
}

// A page of the app: its title, its parts, and what is done once they stand and when they go.
export interface Page {
  title: string;
  parts: (Node | string)[];
  ready?: () => unknown;
  leave?: () => unknown;
}

// What every page is given.
export interface Around {
  device: Device;
  go: (address: string) => void;
  again: () => void;
}

// Photos, as a form gathers them.
export type Kept = { scan: Partial<Scan>; photos: Photo[]; problem?: string };

export interface FieldStores extends DBSchema {
  // biome-ignore lint/suspicious/noExplicitAny: one store for single things of many kinds
  self: { key: string; value: any };
  scans: {
    key: string;
    value: Row;
    indexes: {
      state: string;
      seq: number;
      code: string;
      made_at: string;
      queue: [string, number];
    };
  };
  acts: { key: string; value: ActRow };
  photos: { key: string; value: Photo };
  carried: { key: string; value: Carried };
  sites: { key: string; value: Site };
}

// Reads codes in pictures: the browser's own, or the decoder that we serve.
export interface Detector {
  detect(picture: CanvasImageSource): Promise<{ rawValue: string; format: string }[]>;
}

interface DetectorKind {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

declare global {
  var BarcodeDetector: DetectorKind;
}
