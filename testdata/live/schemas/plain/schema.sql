-- Plain references: a row may refer to any tenant's row.
CREATE TABLE workspace (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    plan text NOT NULL DEFAULT 'free' CHECK (plan IN ('free', 'pro'))
);

CREATE TABLE country (
    id integer PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE agent (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspace (id),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused')),
    country_id integer REFERENCES country (id),
    hits integer NOT NULL DEFAULT 0,
    deleted_at timestamptz,
    UNIQUE (workspace_id, name)
);

CREATE TABLE tool (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspace (id),
    name text NOT NULL,
    enabled boolean NOT NULL DEFAULT true
);

CREATE TABLE agent_tool (
    agent_id uuid NOT NULL REFERENCES agent (id),
    tool_id uuid NOT NULL REFERENCES tool (id),
    enabled boolean NOT NULL DEFAULT true,
    PRIMARY KEY (agent_id, tool_id)
);

CREATE TABLE session (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspace (id),
    agent_id uuid NOT NULL REFERENCES agent (id),
    reviewer_id uuid REFERENCES agent (id),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    started_at timestamptz NOT NULL DEFAULT now(),
    cost integer
);

CREATE TABLE event (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid NOT NULL REFERENCES session (id),
    position integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('message', 'call')),
    body text,
    UNIQUE (session_id, position)
);

CREATE TABLE reaction (
    event_id uuid NOT NULL REFERENCES event (id),
    emoji text NOT NULL,
    weight integer NOT NULL DEFAULT 1,
    PRIMARY KEY (event_id, emoji)
);
