// How full the journal is: pages that its records occupy now, so that trimming makes room although the file never shrinks.
import type { Database } from "lmdb";

/** The part of lmdb's statistics that is used here; its types call them `{}`. */
type TreeStats = {
  pageSize: number;
  treeBranchPageCount: number;
  treeLeafPageCount: number;
  overflowPages: number;
  entryCount: number;
};

export type Fullness = {
  /** Takes room for a record of `bytes`: what it may cost at most, for `settle`; null when there is no room. */
  reserve(bytes: number): number | null;
  /** A reserved record is committed or has failed. */
  settle(charge: number): void;
  /** Records were removed: the next `reserve` measures anew. */
  roomMade(): void;
  measure(): { bytes: number; records: number };
  isFull(): boolean;
};

/** How old a measurement may be. It costs about 0.1 ms, whatever the journal's size. */
const maxMeasurementAgeMs = 100;
/** When the journal looks full, room made by another thread is noticed this soon. */
const maxMeasurementAgeWhenFullMs = 10;
/** Reservations between two looks at the clock. */
const reservesPerClock = 32;
/** Bytes reserved since the last measurement after which the next is due, as a share of the bound. */
const maxUnmeasuredShare = 1 / 64;
/** Node header and key of a record within its page. */
const nodeOverheadBytes = 24;
const pageHeaderBytes = 16;

/**
 * Page bytes that a record may take at most: a large one has pages of its own; of the small ones, a page that lmdb
 * splits at its end holds one fewer than would fit.
 */
const chargeOf = (recordBytes: number, pageBytes: number): number => {
  const nodeBytes = recordBytes + nodeOverheadBytes;
  const usableBytes = pageBytes - pageHeaderBytes;
  if (nodeBytes > usableBytes / 2) {
    return Math.ceil((recordBytes + pageHeaderBytes) / pageBytes) * pageBytes + 2 * nodeOverheadBytes;
  }
  return pageBytes / Math.max(1, Math.floor(usableBytes / nodeBytes) - 1);
};

/**
 * Counts tree pages (lmdb keeps the count in the tree's root, so it survives a restart and costs O(1)) plus what was
 * reserved since. Pages freed by trimming are not counted: lmdb reuses them before the file grows.
 */
export const fullnessOf = (records: Database<Buffer, number>, maxBytes: number): Fullness => {
  let pageBytes = 4096;
  // The first reservation asks, hence also after a restart.
  let unasked = reservesPerClock;
  let measuredBytes = 0;
  let measuredAtMs = Number.NEGATIVE_INFINITY;
  let inFlightBytes = 0;
  let sinceBytes = 0;

  const measure = () => {
    records.resetReadTxn();
    const tree = records.getStats() as TreeStats;
    const pages = tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages;
    pageBytes = tree.pageSize;
    measuredBytes = pages * pageBytes;
    measuredAtMs = performance.now();
    // What is in flight may or may not be in the measurement: counting it twice errs on the safe side.
    sinceBytes = inFlightBytes;
    return { bytes: measuredBytes, records: tree.entryCount };
  };
  const hasRoomFor = (charge: number) => measuredBytes + sinceBytes + charge <= maxBytes;
  const isDue = (charge: number) => {
    // Asking the clock costs more than the rest of this.
    if (hasRoomFor(charge) && ++unasked < reservesPerClock) return false;
    unasked = 0;
    const ageMs = performance.now() - measuredAtMs;
    if (!hasRoomFor(charge)) return ageMs > maxMeasurementAgeWhenFullMs;
    return ageMs > maxMeasurementAgeMs || sinceBytes - inFlightBytes > maxBytes * maxUnmeasuredShare;
  };

  return {
    reserve(recordBytes) {
      const charge = chargeOf(recordBytes, pageBytes);
      if (isDue(charge)) measure();
      if (!hasRoomFor(charge)) return null;
      inFlightBytes += charge;
      sinceBytes += charge;
      return charge;
    },
    settle(charge) {
      inFlightBytes -= charge;
    },
    roomMade() {
      measuredAtMs = Number.NEGATIVE_INFINITY;
      unasked = reservesPerClock;
    },
    measure,
    isFull: () => !hasRoomFor(pageBytes),
  };
};
