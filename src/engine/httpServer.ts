import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { ApiError } from "./apiError.ts";

export interface HttpOptions {
  readonly app: Hono;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Every request must carry it as a bearer token. */
  readonly token: string;
  /** Web pages of these origins may ask too, with the token; none unless given. `*` is every origin, or any part of one. */
  readonly allowedOrigins?: readonly string[];
}

const mostBodyBytes = 16 * 1024 * 1024;

/**
 * Serves the app over HTTP and resolves with its base address once it listens.
 * @throws the system's error (`EADDRINUSE`, `EACCES`, …) when it cannot listen.
 */
export function serveHttp({
  app,
  host,
  port,
  token,
  allowedOrigins = [],
}: HttpOptions): Promise<{ url: string; close(): void }> {
  const guarded = new Hono();
  // A browser asks without the token first whether it may ask.
  if (allowedOrigins.length > 0)
    guarded.use(
      cors({
        origin: (origin) => (allowedOrigins.some((allowed) => isOrigin(origin, allowed)) ? origin : null),
        allowHeaders: ["authorization", "content-type"],
      }),
    );
  guarded.use(async (c, next) => {
    if (isSame((c.req.header("authorization") ?? "").replace(/^bearer /i, "Bearer "), `Bearer ${token}`))
      return next();
    return failed(new ApiError("unauthorized", "The bearer token is missing or wrong."));
  });
  guarded.use(
    bodyLimit({
      maxSize: mostBodyBytes,
      onError: () => failed(new ApiError("invalid-request", "The body is too large.", 413)),
    }),
  );
  guarded.mount("/", app.fetch, { replaceRequest: (request) => request });
  return new Promise((resolve, reject) => {
    const close = (): void => {
      server.close();
      // Idle clients keep their connections; what still runs is cut off.
      if ("closeAllConnections" in server) server.closeAllConnections();
    };
    const server = serve({ fetch: guarded.fetch, hostname: host, port }, (info: AddressInfo) => {
      const name = info.family === "IPv6" ? `[${info.address}]` : info.address;
      resolve({ url: `http://${name}:${info.port}/v1`, close });
    });
    server.once("error", reject);
  });
}

function failed(error: ApiError): Response {
  return Response.json(error.body, { status: error.status });
}

/** Whether `origin` is what `pattern` names. VS Code on the web gives the extensions of each workspace another origin. */
function isOrigin(origin: string, pattern: string): boolean {
  if (pattern === "*") return true;
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/?#]*")}$`).test(origin);
}

/** In a time that tells nothing about the token. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
