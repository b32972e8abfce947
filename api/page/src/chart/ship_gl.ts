/** All ships in one WebGL layer: an instance each, drawn from columns; 50,000 cost a frame some milliseconds. */
import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibre } from "maplibre-gl";
import { bandInk } from "../ink";
import type { Ships } from "../ships";
import { RING_CELL, shipAtlas, shipSizes } from "./icon";

/** Floats an instance: x, y (Mercator, 0..1), turn and cog (radians; turn beyond 9 is unknown), sog (kn), band, open. */
const FLOATS = 7;
const UNKNOWN_TURN = 10;
/** Slower than this a vector says nothing, kn. */
const VECTOR_LEAST_KN = 0.5;
const NM_ROUND = 21_600;

const SPRITES = `#version 300 es
uniform mat4 u_matrix; uniform vec2 u_screen; uniform float u_wrap, u_sizes[6], u_ring;
layout(location = 0) in vec2 a_at; layout(location = 1) in vec2 a_course;
layout(location = 2) in float a_sog; layout(location = 3) in vec2 a_kind;
out vec2 v_cell;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) - 0.5;
  bool still = a_course.x > 9.0;
  float turn = u_ring > 0.5 || still ? 0.0 : a_course.x;
  float size = u_ring > 0.5 ? u_sizes[5] * a_kind.y : u_sizes[int(a_kind.x)];
  vec2 turned = mat2(cos(turn), -sin(turn), sin(turn), cos(turn)) * (corner * vec2(1, -1)) * size;
  vec4 at = u_matrix * vec4(a_at.x + u_wrap, a_at.y, 0, 1);
  gl_Position = at + vec4(turned * 2.0 / u_screen * at.w, 0, 0);
  float column = u_ring > 0.5 ? ${RING_CELL}.0 : a_kind.x * 2.0 + (still ? 1.0 : 0.0);
  v_cell = vec2((column + corner.x + 0.5) / ${RING_CELL + 1}.0, corner.y + 0.5);
}`;
const SPRITE_INK = `#version 300 es
precision mediump float; uniform sampler2D u_atlas; in vec2 v_cell; out vec4 colour;
void main() { colour = texture(u_atlas, v_cell); }`;

const VECTORS = `#version 300 es
uniform mat4 u_matrix; uniform float u_wrap, u_minutes; uniform vec3 u_bands[5];
layout(location = 0) in vec2 a_at; layout(location = 1) in vec2 a_course;
layout(location = 2) in float a_sog; layout(location = 3) in vec2 a_kind;
out vec3 v_colour;
void main() {
  float lat = atan(sinh(3.14159265 * (1.0 - 2.0 * a_at.y)));
  float way = float(gl_VertexID) * a_sog * u_minutes / 60.0 / (${NM_ROUND}.0 * cos(lat));
  v_colour = u_bands[int(a_kind.x)];
  gl_Position = u_matrix * vec4(a_at.x + u_wrap + way * sin(a_course.y), a_at.y - way * cos(a_course.y), 0, 1);
}`;
const VECTOR_INK = `#version 300 es
precision mediump float; in vec3 v_colour; out vec4 colour;
void main() { colour = vec4(v_colour, 1.0) * 0.7; }`;

interface Program {
  made: WebGLProgram;
  /** Where its uniforms are, by name. */
  at: Map<string, WebGLUniformLocation>;
}

export class ShipLayer implements CustomLayerInterface {
  readonly id = "ships";
  readonly type = "custom";
  vectors = true;
  vectorMinutes = 60;

  private map!: MapLibre;
  private gl!: WebGL2RenderingContext;
  private sprites!: Program;
  private lines!: Program;
  private atlas!: WebGLTexture;
  private array!: WebGLVertexArrayObject;
  private buffer!: WebGLBuffer;
  private instances = new Float32Array(0);
  private count = 0;
  private stale = true;
  private shown: Ships | null = null;
  private revision = 0;

  onAdd(map: MapLibre, gl: WebGL2RenderingContext): void {
    Object.assign(this, { map, gl });
    this.sprites = program(gl, SPRITES, SPRITE_INK);
    this.lines = program(gl, VECTORS, VECTOR_INK);
    this.atlas = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.atlas);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, shipAtlas());
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    this.array = gl.createVertexArray();
    this.buffer = gl.createBuffer();
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    [[2, 0], [2, 2], [1, 4], [2, 5]].forEach(([size, offset], location) => {
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size!, gl.FLOAT, false, 4 * FLOATS, 4 * offset!);
      gl.vertexAttribDivisor(location, 1);
    });
    gl.bindVertexArray(null);
  }

  onRemove(): void {
    const { gl } = this;
    gl.deleteTexture(this.atlas);
    gl.deleteBuffer(this.buffer);
    gl.deleteVertexArray(this.array);
    gl.deleteProgram(this.sprites.made);
    gl.deleteProgram(this.lines.made);
  }

  /** Takes the picture as it is now; those of the highest band are drawn last, above the others. */
  set(ships: Ships): void {
    if (ships === this.shown && ships.revision === this.revision) return;
    [this.shown, this.revision] = [ships, ships.revision];
    if (this.instances.length < FLOATS * ships.size) this.instances = new Float32Array(FLOATS * Math.ceil(1.2 * ships.size));
    const to = this.instances;
    let at = 0;
    for (const slot of ships.byBand()) {
      const [heading, cog, sog] = [ships.heading[slot]!, ships.cog[slot]!, ships.sog[slot]!];
      const turn = Number.isNaN(heading) ? cog : heading;
      to[at++] = (180 + ships.lon[slot]!) / 360;
      to[at++] = 0.5 - Math.log(Math.tan(Math.PI / 4 + (ships.lat[slot]! * Math.PI) / 360)) / (2 * Math.PI);
      to[at++] = Number.isNaN(turn) ? UNKNOWN_TURN : (turn * Math.PI) / 180;
      to[at++] = Number.isNaN(cog) ? 0 : (cog * Math.PI) / 180;
      to[at++] = sog >= VECTOR_LEAST_KN && !Number.isNaN(cog) ? sog : 0;
      to[at++] = ships.band[slot]!;
      to[at++] = ships.openEvent[slot]!;
    }
    this.count = ships.size;
    this.stale = true;
    this.map.triggerRepaint();
  }

  render(gl: WebGL2RenderingContext, { defaultProjectionData }: CustomRenderMethodInput): void {
    if (this.count === 0) return;
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    if (this.stale) gl.bufferData(gl.ARRAY_BUFFER, this.instances.subarray(0, FLOATS * this.count), gl.DYNAMIC_DRAW);
    this.stale = false;
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    const matrix = new Float32Array(defaultProjectionData.mainMatrix);
    for (const wrap of this.worlds()) {
      if (this.vectors) this.drawVectors(gl, matrix, wrap);
      this.drawSprites(gl, matrix, wrap);
    }
    gl.bindVertexArray(null);
  }

  private drawVectors(gl: WebGL2RenderingContext, matrix: Float32Array, wrap: number): void {
    const at = this.use(gl, this.lines, matrix, wrap);
    gl.uniform1f(at("u_minutes"), this.vectorMinutes);
    gl.uniform3fv(at("u_bands"), [0, 1, 2, 3, 4].flatMap((band) => rgb(bandInk(band))));
    gl.drawArraysInstanced(gl.LINES, 0, 2, this.count);
  }

  /** Rings of open events, then ships. */
  private drawSprites(gl: WebGL2RenderingContext, matrix: Float32Array, wrap: number): void {
    const at = this.use(gl, this.sprites, matrix, wrap);
    const canvas = this.map.getCanvas();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.atlas);
    gl.uniform1i(at("u_atlas"), 0);
    gl.uniform2f(at("u_screen"), canvas.clientWidth, canvas.clientHeight);
    gl.uniform1fv(at("u_sizes"), shipSizes());
    for (const ring of [1, 0]) {
      gl.uniform1f(at("u_ring"), ring);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.count);
    }
  }

  private use(gl: WebGL2RenderingContext, used: Program, matrix: Float32Array, wrap: number): (name: string) => WebGLUniformLocation | null {
    gl.useProgram(used.made);
    const at = (name: string) => used.at.get(name) ?? null;
    gl.uniformMatrix4fv(at("u_matrix"), false, matrix);
    gl.uniform1f(at("u_wrap"), wrap);
    return at;
  }

  /** The copies of the world that are in sight: 0 is the one from 180 W to 180 E. */
  private worlds(): number[] {
    const bounds = this.map.getBounds();
    const [first, last] = [bounds.getWest(), bounds.getEast()].map((lon) => Math.floor((lon + 180) / 360)) as [number, number];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }
}

function program(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const made = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(`the ships' shader: ${gl.getProgramInfoLog(made)}`);
  const count = gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS) as number;
  const names = Array.from({ length: count }, (_, i) => gl.getActiveUniform(made, i)!.name.replace("[0]", ""));
  return { made, at: new Map(names.map((name) => [name, gl.getUniformLocation(made, name)!])) };
}

const rgb = (colour: string): number[] => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
