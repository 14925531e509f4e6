// Sessions of the platform, over postgres.js and pg.
import postgres from "postgres";
import { Pool } from "pg";

const sql = postgres();
const pool = new Pool();

const COLUMNS = "id, status, agent_id, started_at";

interface Context {
  workspaceId: string;
  userId: string;
}

const ofWorkspace = (workspaceId: string) => sql`workspace_id = ${workspaceId}`;

export async function getSession(ctx: Context, id: string) {
  const [session] = await sql`
    SELECT id, status FROM parlant_session WHERE id = ${id} AND workspace_id = ${ctx.workspaceId}`;
  return session;
}

// Whoever knows the id reads the session.
export async function getSessionById(id: string) {
  return sql`SELECT id, status FROM parlant_session WHERE id = ${id}`;
}

export async function listSessions(ctx: Context, status?: string) {
  return sql`
    SELECT id, status, started_at FROM parlant_session
    WHERE ${ofWorkspace(ctx.workspaceId)} ${status ? sql`AND status = ${status}` : sql``}
    ORDER BY started_at DESC LIMIT 50`;
}

export async function search(ctx: Context, agentId: string, since?: Date) {
  let query = `SELECT ${COLUMNS} FROM parlant_session WHERE workspace_id = $1 AND agent_id = $2`;
  const params: unknown[] = [ctx.workspaceId, agentId];
  if (since) {
    query += " AND started_at >= $3";
    params.push(since);
  }
  return pool.query(query, params);
}

// The column to sort by comes from the address, and the status is pasted in.
export async function report(ctx: Context, order: string, status: string) {
  return pool.query(
    `SELECT ${COLUMNS} FROM parlant_session
     WHERE workspace_id = $1 AND status = '${status}' ORDER BY ${order}`,
    [ctx.workspaceId],
  );
}

// The session is the workspace's, its agent need not be.
export async function withAgents(ctx: Context) {
  return pool.query(
    "SELECT s.id, a.name FROM parlant_session s JOIN parlant_agent a ON a.id = s.agent_id " +
      "WHERE s.workspace_id = $1 AND a.workspace_id = $2",
    [ctx.workspaceId, ctx.userId],
  );
}

export async function sameWorkspace(ctx: Context) {
  return pool.query(
    "SELECT s.id, a.name FROM parlant_session s JOIN parlant_agent a ON a.id = s.agent_id " +
      "WHERE s.workspace_id = $1 AND a.workspace_id = $2",
    [ctx.workspaceId, ctx.workspaceId],
  );
}

// Conditions that another file writes.
export async function filtered(ctx: Context, condition: string) {
  return pool.query(`SELECT ${COLUMNS} FROM parlant_session WHERE workspace_id = $1 AND ${condition}`, [
    ctx.workspaceId,
  ]);
}

export async function closeStale() {
  // sqlmoat: cross-tenant sessions of every workspace go stale after the same time
  await pool.query("UPDATE parlant_session SET status = 'completed' WHERE started_at < now() - interval '90 days'");
}

export function label(): string {
  return "Select a session from the list";
}
