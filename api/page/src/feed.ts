/** Keeps the store filled: REST for what changes slowly, the live stream for ships. */
import { Live, type Notice } from "./live";
import { mmsiText, type Asset, type EscortRequest, type Me, type Plan, type SeaEvent, type Unusual, type Vessel } from "./model";
import { read, readAll, readBytes, send, SignedOut } from "./rest";
import { decodeFrame, type Frame } from "./frame";
import type { Store } from "./store";
import type { Verdict } from "./verdict";
import { language, t } from "./words/words";

const REFRESH_MS = 20_000;
/** The notable ships are read at every refresh; so are all, but above so many only at every tenth. */
const MANY_SHIPS = 2_000;
const ALL_EVERY = 10;
const MOST_PAGES = 400;
const REFRESH_SOON_MS = 2_000;

export class Feed {
  private soon = 0;
  private refreshes = 0;
  private readingAll = false;
  /** As the last notice said; 0 while there is no plan. */
  private planRevision = 0;

  constructor(private readonly store: Store) {}

  /** Signs in by the session's cookie, then reads and listens for good; ends where nobody is signed in. */
  async start(): Promise<void> {
    const { store } = this;
    await this.attempt(async () => {
      store.me = await read<Me>("/v1/me");
      store.exercise ||= Boolean(store.me?.exercise);
    });
    if (store.signedOut) return;
    new Live("/v1/live", {
      onFrame: (frame) => store.apply(frame),
      onNotice: (notice) => this.take(notice),
      onState: (connection, retryAt) => {
        store.connection = connection;
        store.retryAt = retryAt;
        store.changed();
        if (connection === "lost") void this.attempt(async () => void (await read<Me>("/v1/me")));
      },
    }).connect();
    await this.refresh();
    setInterval(() => void this.refresh(), REFRESH_MS);
  }

  /** Records, events and plan anew; the records of the notable ships first, nothing waits for the others. */
  async refresh(): Promise<void> {
    const { store } = this;
    const all = this.refreshes++ % ALL_EVERY === 0 || store.ships.size < MANY_SHIPS;
    await this.attempt(async () => {
      const [vessels, events, requests, plan] = await Promise.all([
        readAll<Vessel>("/v1/vessels?detail=brief&limit=1000&min_band=elevated", "vessels"),
        readAll<SeaEvent>("/v1/events?limit=200", "events", 1),
        readAll<EscortRequest>("/v1/requests", "requests"),
        this.planRevision ? read<Plan>("/v1/plans/current") : null,
      ]);
      for (const vessel of vessels) store.vessels.set(Number(vessel.mmsi), vessel);
      store.happened(events);
      store.requests = new Map(requests.map((request) => [request.id, request]));
      store.plan = plan;
      store.assets = new Map((plan?.assets ?? []).map((asset: Asset) => [asset.id, placed(asset)]));
      if (store.selected) await this.readSelection(store.selected.mmsi);
    });
    if (all) void this.readOthers();
  }

  private async readOthers(): Promise<void> {
    if (this.readingAll) return;
    this.readingAll = true;
    await this.attempt(async () => {
      const vessels = await readAll<Vessel>("/v1/vessels?detail=brief&limit=1000", "vessels", MOST_PAGES);
      for (const vessel of vessels) this.store.vessels.set(Number(vessel.mmsi), vessel);
    });
    this.readingAll = false;
  }

  /** Selects a ship and reads her record, track and events; null lets go. */
  async select(mmsi: number | null): Promise<void> {
    const { store } = this;
    if (mmsi === store.selected?.mmsi) return;
    store.selected = mmsi === null ? null : { mmsi, vessel: null, track: null, events: [], problem: null };
    store.changed();
    if (mmsi !== null) await this.attempt(() => this.readSelection(mmsi));
  }

  private async readSelection(mmsi: number): Promise<void> {
    const root = `/v1/vessels/${mmsiText(mmsi)}`;
    const [vessel, track, events] = await Promise.all([
      read<Vessel>(`${root}?lang=${language}`),
      read<GeoJSON.GeoJSON>(`${root}/track`),
      readAll<SeaEvent>(`${root}/events?limit=100`, "events", 1),
    ]);
    if (this.store.selected?.mmsi !== mmsi) return;
    const problem = vessel ? null : t.notice.noRecord;
    this.store.selected = { mmsi, vessel, track, events, problem };
    this.store.changed();
    if (vessel) await this.readOpinion(root, vessel);
  }

  /** The second opinion may take a moment, and nothing waits for it. */
  private async readOpinion(root: string, vessel: Vessel): Promise<void> {
    const unusual = await read<Unusual>(`${root}/unusual`);
    if (unusual && this.store.selected?.vessel === vessel) {
      this.store.selected = { ...this.store.selected, vessel: { ...vessel, unusual } };
      this.store.changed();
    }
  }

  /** Records an officer's decision, and shows the plan as it then stands. */
  async decide({ verb, tasking, requests }: Verdict, reason: string): Promise<void> {
    const { store } = this;
    try {
      await send(`/v1/plans/current/taskings/${tasking}/${verb}`, { reason, requests });
      store.verdict = null;
      await this.refresh();
    } catch (error) {
      if (error instanceof SignedOut) store.signedOut = true;
      else store.problem = t.notice.notRecorded(error instanceof Error ? error.message : String(error));
      store.changed();
    }
  }

  /** The hazard field as GeoJSON. */
  async hotspots(): Promise<GeoJSON.FeatureCollection | null> {
    let cells: GeoJSON.FeatureCollection | null = null;
    await this.attempt(async () => {
      cells = await read<GeoJSON.FeatureCollection>("/v1/hotspots");
    });
    return cells;
  }

  /** The picture of an instant that is over, ms; of what was heard since another where that is given. */
  async past(at: number, after: number | null): Promise<Frame | null> {
    const since = after === null ? "" : `&after=${new Date(after).toISOString()}`;
    let frame: Frame | null = null;
    await this.attempt(async () => {
      frame = decodeFrame(await readBytes(`/v1/past?at=${new Date(at).toISOString()}${since}`));
    });
    return frame;
  }

  /** A notice comes every second; what it names as new is worth reading soon. */
  private take(notice: Notice): void {
    const { store } = this;
    if (notice.exercise === true) store.exercise = true;
    store.dataAge = notice.data_age_s ?? null;
    store.noticedAt = Date.now();
    store.happened(notice.events ?? []);
    const replanned = notice.plan_revision !== this.planRevision;
    this.planRevision = notice.plan_revision;
    if ((replanned || notice.events?.length) && !this.soon) {
      this.soon = window.setTimeout(() => {
        this.soon = 0;
        void this.refresh();
      }, REFRESH_SOON_MS);
    }
    store.changed();
  }

  /** Runs a reading; what goes wrong is shown, and the next reading tries again. */
  private async attempt(reading: () => Promise<void>): Promise<void> {
    try {
      await reading();
      this.store.problem = null;
    } catch (error) {
      if (error instanceof SignedOut) this.store.signedOut = true;
      else this.store.problem = t.notice.noAnswer(error instanceof Error ? error.message : String(error));
    }
    this.store.changed();
  }
}

/** A scenario with its own distances gives places by number: those cannot be drawn. */
const placed = (asset: Asset): Asset => ({ ...asset, position: Array.isArray(asset.position) ? asset.position : null });
