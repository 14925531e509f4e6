-- A page of a channel's history, newest first.
SELECT id, author_id, author_type, content, created_at
FROM messages
WHERE channel_id = $1
ORDER BY created_at DESC
LIMIT $2 OFFSET $3;

-- What an agent wrote.
SELECT id, channel_id, content, created_at
FROM messages
WHERE author_id = $1 AND author_type = 'agent'
ORDER BY created_at DESC
LIMIT 50;

-- Messages of one day: the cast stands between the column and its index.
SELECT id, content FROM messages WHERE created_at::date = $1;

-- Messages of one day, as a range.
SELECT id, content FROM messages WHERE created_at >= $1 AND created_at < $2;

-- Messages that contain a word.
SELECT id, channel_id, content FROM messages WHERE content ILIKE '%' || $1 || '%' ORDER BY created_at DESC LIMIT 20;

-- Replies to a message.
SELECT id, content FROM messages WHERE in_reply_to = $1;

-- Channels with the time of their last message.
SELECT c.id, c.name, (SELECT max(m.created_at) FROM messages m WHERE m.channel_id = c.id) AS last_message_at
FROM channels c
WHERE c.name = $1;

INSERT INTO messages (channel_id, author_id, author_type, content, in_reply_to)
VALUES ($1, $2, $3, $4, $5)
RETURNING id, created_at;
