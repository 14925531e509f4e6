-- tenant app.current_workspace_id=ws1
-- tenant app.current_workspace_id=ws2
INSERT INTO workspace (id, name) VALUES
    ('ws1', 'name a'),
    ('ws2', 'name b');
INSERT INTO parlant_agent (id, workspace_id, name) VALUES
    ('00000000-0000-0000-0002-00000000000a', 'ws1', 'name a'),
    ('00000000-0000-0000-0002-00000000000b', 'ws2', 'name b');
INSERT INTO parlant_session (id, workspace_id, agent_id) VALUES
    ('00000000-0000-0000-0003-00000000000a', 'ws1', '00000000-0000-0000-0002-00000000000a'),
    ('00000000-0000-0000-0003-00000000000b', 'ws2', '00000000-0000-0000-0002-00000000000b');
INSERT INTO parlant_event (id, session_id, "offset", event_type) VALUES
    ('00000000-0000-0000-0004-00000000000a', '00000000-0000-0000-0003-00000000000a', 1, 'customer_message'),
    ('00000000-0000-0000-0004-00000000000b', '00000000-0000-0000-0003-00000000000b', 2, 'customer_message');
INSERT INTO parlant_guideline (id, agent_id, condition, action) VALUES
    ('00000000-0000-0000-0005-00000000000a', '00000000-0000-0000-0002-00000000000a', 'condition a', 'action a'),
    ('00000000-0000-0000-0005-00000000000b', '00000000-0000-0000-0002-00000000000b', 'condition b', 'action b');
INSERT INTO parlant_journey (id, agent_id, title) VALUES
    ('00000000-0000-0000-0006-00000000000a', '00000000-0000-0000-0002-00000000000a', 'title a'),
    ('00000000-0000-0000-0006-00000000000b', '00000000-0000-0000-0002-00000000000b', 'title b');
INSERT INTO parlant_tool (id, workspace_id, name, display_name) VALUES
    ('00000000-0000-0000-0007-00000000000a', 'ws1', 'name a', 'display_name a'),
    ('00000000-0000-0000-0007-00000000000b', 'ws2', 'name b', 'display_name b');
INSERT INTO parlant_journey_state (id, journey_id, name, tool_id) VALUES
    ('00000000-0000-0000-0008-00000000000a', '00000000-0000-0000-0006-00000000000a', 'name a', '00000000-0000-0000-0007-00000000000a'),
    ('00000000-0000-0000-0008-00000000000b', '00000000-0000-0000-0006-00000000000b', 'name b', '00000000-0000-0000-0007-00000000000b');
INSERT INTO parlant_journey_transition (id, journey_id, from_state_id, to_state_id) VALUES
    ('00000000-0000-0000-0009-00000000000a', '00000000-0000-0000-0006-00000000000a', '00000000-0000-0000-0008-00000000000a', '00000000-0000-0000-0008-00000000000a'),
    ('00000000-0000-0000-0009-00000000000b', '00000000-0000-0000-0006-00000000000b', '00000000-0000-0000-0008-00000000000b', '00000000-0000-0000-0008-00000000000b');
INSERT INTO parlant_agent_tool (agent_id, tool_id) VALUES
    ('00000000-0000-0000-0002-00000000000a', '00000000-0000-0000-0007-00000000000a'),
    ('00000000-0000-0000-0002-00000000000b', '00000000-0000-0000-0007-00000000000b');
INSERT INTO parlant_agent_knowledge_base (id, workspace_id, agent_id, title) VALUES
    ('00000000-0000-0000-0011-00000000000a', 'ws1', '00000000-0000-0000-0002-00000000000a', 'title a'),
    ('00000000-0000-0000-0011-00000000000b', 'ws2', '00000000-0000-0000-0002-00000000000b', 'title b');
INSERT INTO parlant_agent_shard_1 (workspace_id, name) VALUES
    ('ws1', 'name a'),
    ('ws2', 'name b');
INSERT INTO parlant_performance_alert (id, workspace_id, query_name, duration_ms) OVERRIDING SYSTEM VALUE VALUES
    (1, 'ws1', 'query_name a', 1),
    (2, 'ws2', 'query_name b', 2);
INSERT INTO parlant_performance_baseline (id, agent_id, query_name, p95_ms) OVERRIDING SYSTEM VALUE VALUES
    (1, '00000000-0000-0000-0002-00000000000a', 'query_name a', 1),
    (2, '00000000-0000-0000-0002-00000000000b', 'query_name b', 2);
