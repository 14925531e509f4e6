-- name: Notices
SELECT n.id, r.name FROM notices n JOIN rooms r ON r.id = n.room_id WHERE n.space_id = $1;
-- name: Posts
SELECT p.body FROM posts p JOIN topics t ON t.id = p.topic_id JOIN rooms r ON r.id = t.room_id WHERE r.space_id = $1;
