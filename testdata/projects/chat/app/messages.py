"""Messages of a channel, over psycopg."""

PAGE = """
    SELECT id, author_id, content, created_at
    FROM messages
    WHERE channel_id = %(channel)s
"""


def page(cursor, channel, before=None):
    query = PAGE
    if before is not None:
        query += " AND created_at < %(before)s"
    query += " ORDER BY created_at DESC LIMIT 50"
    cursor.execute(query, {"channel": channel, "before": before})
    return cursor.fetchall()


def replies(cursor, message):
    cursor.execute("SELECT id, content FROM messages WHERE in_reply_to = %s", (message,))
    return cursor.fetchall()


def find(cursor, words):
    cursor.execute("SELECT id, content FROM messages WHERE content LIKE '%" + words + "%'")
    return cursor.fetchall()


def tasks(cursor, workflows):
    marks = ", ".join(["%s"] * len(workflows))
    cursor.execute(f"SELECT id, description FROM workflow_tasks WHERE workflow_id IN ({marks})", workflows)
    return cursor.fetchall()
