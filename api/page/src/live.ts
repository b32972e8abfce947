/** The live stream: binary frames to ships, text frames to notices; comes back by itself. */
import { decodeFrame, type Frame } from "./frame";
import type { SeaEvent } from "./model";
import type { Connection } from "./store";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const SILENCE_MS = 45_000;

/** What the service says beside the ships, once a second. */
export interface Notice {
  type: "notice";
  exercise?: boolean;
  data_age_s?: number | null;
  events?: SeaEvent[];
  /** A number that changes with the plan; 0 while there is none. */
  plan_revision: number;
}

export interface LiveHandlers {
  onFrame(frame: Frame): void;
  onNotice(notice: Notice): void;
  onState(connection: Connection, retryAt: number): void;
}

export class Live {
  private socket: WebSocket | null = null;
  private attempts = 0;
  private silence = 0;

  constructor(
    private readonly path: string,
    private readonly handlers: LiveHandlers,
  ) {}

  connect(): void {
    this.handlers.onState(this.attempts === 0 ? "connecting" : "lost", 0);
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.attempts = 0;
      this.handlers.onState("live", 0);
      this.listenForSilence();
    };
    socket.onmessage = (message: MessageEvent<ArrayBuffer | string>) => this.take(message.data);
    socket.onclose = () => this.retry(socket);
    this.socket = socket;
  }

  private take(data: ArrayBuffer | string): void {
    this.listenForSilence();
    if (typeof data === "string") this.handlers.onNotice(JSON.parse(data) as Notice);
    else this.handlers.onFrame(decodeFrame(data));
  }

  /** A cable can be cut without a close: long silence counts as one. */
  private listenForSilence(): void {
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.socket?.close(), SILENCE_MS);
  }

  private retry(socket: WebSocket): void {
    if (socket !== this.socket) return;
    clearTimeout(this.silence);
    const wait = backoff(this.attempts++, Math.random());
    this.handlers.onState("lost", Date.now() + wait);
    window.setTimeout(() => this.connect(), wait);
  }
}

/** Doubling up to half a minute, spread by `chance` (0..1) so that pages do not return as one. */
export function backoff(attempt: number, chance: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.75 + 0.5 * chance);
}
