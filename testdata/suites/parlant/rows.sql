-- tenant app.workspace_id=a
-- tenant app.workspace_id=b
INSERT INTO workspace (id, name, owner_id) VALUES
    ('a', 'name a', 'owner_id a'),
    ('b', 'name b', 'owner_id b');
INSERT INTO parlant_agent (id, workspace_id, created_by, name) VALUES
    ('00000000-0000-0000-0002-00000000000a', 'a', 'created_by a', 'name a'),
    ('00000000-0000-0000-0002-00000000000b', 'b', 'created_by b', 'name b');
INSERT INTO parlant_session (id, agent_id, workspace_id) VALUES
    ('00000000-0000-0000-0003-00000000000a', '00000000-0000-0000-0002-00000000000a', 'a'),
    ('00000000-0000-0000-0003-00000000000b', '00000000-0000-0000-0002-00000000000b', 'b');
INSERT INTO parlant_event (id, session_id, "offset", event_type, source, content) VALUES
    ('00000000-0000-0000-0004-00000000000a', '00000000-0000-0000-0003-00000000000a', 1, 'customer_message', 'source a', '{}'),
    ('00000000-0000-0000-0004-00000000000b', '00000000-0000-0000-0003-00000000000b', 2, 'customer_message', 'source b', '{}');
INSERT INTO parlant_guideline (id, agent_id, condition, action) VALUES
    ('00000000-0000-0000-0005-00000000000a', '00000000-0000-0000-0002-00000000000a', 'condition a', 'action a'),
    ('00000000-0000-0000-0005-00000000000b', '00000000-0000-0000-0002-00000000000b', 'condition b', 'action b');
INSERT INTO parlant_journey (id, agent_id, title) VALUES
    ('00000000-0000-0000-0006-00000000000a', '00000000-0000-0000-0002-00000000000a', 'title a'),
    ('00000000-0000-0000-0006-00000000000b', '00000000-0000-0000-0002-00000000000b', 'title b');
INSERT INTO parlant_journey_state (id, journey_id, name, state_type) VALUES
    ('00000000-0000-0000-0007-00000000000a', '00000000-0000-0000-0006-00000000000a', 'name a', 'chat'),
    ('00000000-0000-0000-0007-00000000000b', '00000000-0000-0000-0006-00000000000b', 'name b', 'chat');
INSERT INTO parlant_journey_transition (id, journey_id, from_state_id, to_state_id) VALUES
    ('00000000-0000-0000-0008-00000000000a', '00000000-0000-0000-0006-00000000000a', '00000000-0000-0000-0008-00000000000a', '00000000-0000-0000-0008-00000000000a'),
    ('00000000-0000-0000-0008-00000000000b', '00000000-0000-0000-0006-00000000000b', '00000000-0000-0000-0008-00000000000b', '00000000-0000-0000-0008-00000000000b');
INSERT INTO parlant_tool (id, workspace_id, name, display_name, tool_type) VALUES
    ('00000000-0000-0000-0009-00000000000a', 'a', 'name a', 'display_name a', 'tool_type a'),
    ('00000000-0000-0000-0009-00000000000b', 'b', 'name b', 'display_name b', 'tool_type b');
INSERT INTO parlant_agent_tool (id, agent_id, tool_id) VALUES
    ('00000000-0000-0000-0010-00000000000a', '00000000-0000-0000-0002-00000000000a', '00000000-0000-0000-0009-00000000000a'),
    ('00000000-0000-0000-0010-00000000000b', '00000000-0000-0000-0002-00000000000b', '00000000-0000-0000-0009-00000000000b');
INSERT INTO parlant_term (id, agent_id, name, description) VALUES
    ('00000000-0000-0000-0011-00000000000a', '00000000-0000-0000-0002-00000000000a', 'name a', 'description a'),
    ('00000000-0000-0000-0011-00000000000b', '00000000-0000-0000-0002-00000000000b', 'name b', 'description b');
INSERT INTO parlant_agent_knowledge_base (id, agent_id, knowledge_base_id) VALUES
    ('00000000-0000-0000-0012-00000000000a', '00000000-0000-0000-0002-00000000000a', 'knowledge_base_id a'),
    ('00000000-0000-0000-0012-00000000000b', '00000000-0000-0000-0002-00000000000b', 'knowledge_base_id b');
