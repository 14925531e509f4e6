-- One arm is served already.
SELECT id FROM message WHERE sender_id = $1 OR receiver_id = $1;

-- An arm that nothing serves spoils all.
SELECT id FROM message WHERE receiver_id = $1 OR id % 2 = 0;

-- A page in the long form.
SELECT id FROM message WHERE sent_at < $1 OR (sent_at = $1 AND id < $2);
