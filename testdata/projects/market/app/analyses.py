"""Analyses of a user's market, over asyncpg."""

FIELDS = "id, analysis_type, status, created_at"


class Analyses:
    """Select analyses from the database."""

    def __init__(self, pool):
        self.pool = pool

    async def get(self, user_id, analysis_id):
        return await self.pool.fetchrow(
            "SELECT * FROM market_analyses WHERE id = $1 AND user_id = $2", analysis_id, user_id
        )

    async def get_any(self, analysis_id):
        return await self.pool.fetchrow("SELECT * FROM market_analyses WHERE id = $1", analysis_id)

    async def search(self, user_id, status=None, limit: int = 20):
        conditions = ["user_id = $1"]
        params = [user_id]
        if status:
            conditions.append("status = $2")
            params.append(status)
        query = f"SELECT {FIELDS} FROM market_analyses WHERE {' AND '.join(conditions)} ORDER BY created_at DESC LIMIT {limit}"
        return await self.pool.fetch(query, *params)

    async def by_type(self, user_id, kind):
        return await self.pool.fetch(
            f"SELECT {FIELDS} FROM market_analyses WHERE user_id = $1 AND analysis_type = '{kind}'", user_id
        )

    async def update(self, user_id, analysis_id, changes):
        columns = ", ".join(f"{name} = ${n}" for n, name in enumerate(changes, start=3))
        return await self.pool.execute(
            f"UPDATE market_analyses SET {columns} WHERE id = $1 AND user_id = $2",
            analysis_id, user_id, *changes.values(),
        )

    async def purge(self):
        # sqlmoat: cross-tenant old analyses of every user go
        await self.pool.execute("DELETE FROM market_analyses WHERE status = 'failed'")
