-- name: Dialogues
SELECT d.id, a.name FROM dialogues d JOIN bots.assistants a ON a.id = d.assistant_id WHERE d.workspace_id = $1;
-- name: DialoguesOfAssistants
SELECT a.name, count(*) FROM bots.assistants a JOIN dialogues d ON d.assistant_id = a.id WHERE a.workspace_id = $1 GROUP BY a.name;
-- name: Turns
SELECT t.id, a.name FROM turns t JOIN dialogues d ON d.id = t.dialogue_id JOIN bots.assistants a ON a.id = d.assistant_id WHERE d.workspace_id = $1;
