// What the worker finds where it runs, for the types' checker alone.
interface FieldWorker extends ServiceWorkerGlobalScope {
  BarcodeDetector: { getSupportedFormats(): Promise<string[]> };
}

// The lines that the server puts above it: file -> its SHA-256, the decoder's files, and how to send
// where the browser lets it.
declare const FILES: Record<string, string>;
declare const DECODER: string[];
declare const send: (() => Promise<{ sent: number; problem: string }>) | null;

// Sending in the background (Background Sync), which not every browser has.
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}
interface ServiceWorkerGlobalScopeEventMap {
  sync: SyncEvent;
}
