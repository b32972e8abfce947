/** Pencil and projection of the flat chart: a canvas that shows a part of the Mercator world. */
import { ink } from "../ink";
import type { Position } from "../model";
import { fromWorld, TILE_PX, toWorld } from "./mercator";

const SHAPES = new Map<string, Path2D>();
const shape = (path: string) => SHAPES.get(path) ?? SHAPES.set(path, new Path2D(path)).get(path)!;

export class FlatPen {
  readonly canvas = document.createElement("canvas");
  private readonly pen = this.canvas.getContext("2d")!;

  /** `centreAt` is in world units. */
  constructor(
    public centreAt: Position,
    public zoom: number,
  ) {}

  get scale(): number {
    return TILE_PX * 2 ** this.zoom;
  }

  project(position: Position): Position {
    const [x, y] = toWorld(position);
    return [
      this.canvas.clientWidth / 2 + (x - this.centreAt[0]) * this.scale,
      this.canvas.clientHeight / 2 + (y - this.centreAt[1]) * this.scale,
    ];
  }

  unproject(x: number, y: number): Position {
    return fromWorld([
      this.centreAt[0] + (x - this.canvas.clientWidth / 2) / this.scale,
      this.centreAt[1] + (y - this.canvas.clientHeight / 2) / this.scale,
    ]);
  }

  /** A fresh sheet of the canvas's present size. */
  clear(): void {
    const { canvas, pen } = this;
    canvas.width = canvas.clientWidth * devicePixelRatio;
    canvas.height = canvas.clientHeight * devicePixelRatio;
    pen.scale(devicePixelRatio, devicePixelRatio);
    pen.fillStyle = ink("sea");
    pen.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  }

  /** Draws what follows faint, or not. */
  set strength(alpha: number) {
    this.pen.globalAlpha = alpha;
  }

  /** Paints a path of world units with lines of even width. */
  world(path: Path2D, ink: { fill?: string; line?: string }, width = 0.9): void {
    const { pen, canvas, scale } = this;
    pen.save();
    pen.translate(canvas.clientWidth / 2 - this.centreAt[0] * scale, canvas.clientHeight / 2 - this.centreAt[1] * scale);
    pen.scale(scale, scale);
    pen.lineWidth = width / scale;
    if (ink.fill) {
      pen.fillStyle = ink.fill;
      pen.fill(path, "evenodd");
    }
    if (ink.line) {
      pen.strokeStyle = ink.line;
      pen.stroke(path);
    }
    pen.restore();
  }

  glyph(path: string, at: Position, size: number, turnDeg: number, fill: string | null): void {
    const { pen } = this;
    pen.save();
    pen.translate(...this.project(at));
    pen.rotate((turnDeg * Math.PI) / 180);
    pen.scale(size / 24, size / 24);
    pen.translate(-12, -12);
    pen.strokeStyle = fill ? ink("sea") : ink("ring");
    pen.stroke(shape(path));
    if (fill) {
      pen.fillStyle = fill;
      pen.fill(shape(path));
    }
    pen.restore();
  }

  label(text: string, at: Position, colour: string): void {
    const [x, y] = this.project(at);
    this.pen.font = '11px "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';
    this.pen.strokeStyle = ink("sea");
    this.pen.lineWidth = 2.5;
    this.pen.strokeText(text, x + 12, y + 4);
    this.pen.fillStyle = colour;
    this.pen.fillText(text, x + 12, y + 4);
  }
}
