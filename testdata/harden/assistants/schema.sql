CREATE TABLE organizations (id uuid PRIMARY KEY);
CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations,
    UNIQUE (organization_id, id)
);
CREATE SCHEMA bots;
CREATE TABLE bots.assistants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces,
    name text NOT NULL,
    UNIQUE (workspace_id, name)
);
CREATE TABLE models (id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organizations, name text NOT NULL);
CREATE TABLE tools (id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspaces);
CREATE TABLE dialogues (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces,
    organization_id uuid NOT NULL REFERENCES organizations,
    assistant_id uuid NOT NULL REFERENCES bots.assistants,
    model_id uuid REFERENCES models
);
CREATE TABLE turns (id bigint PRIMARY KEY, dialogue_id uuid NOT NULL REFERENCES dialogues ON DELETE CASCADE);
CREATE TABLE plans (id uuid PRIMARY KEY, assistant_id uuid NOT NULL REFERENCES bots.assistants ON DELETE CASCADE);
CREATE TABLE stages (id uuid PRIMARY KEY, plan_id uuid NOT NULL REFERENCES plans ON DELETE CASCADE);
CREATE TABLE moves (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES plans ON DELETE CASCADE,
    origin uuid NOT NULL REFERENCES stages,
    goal uuid NOT NULL REFERENCES stages
);
CREATE TABLE assistant_tools (
    assistant_id uuid NOT NULL REFERENCES bots.assistants ON DELETE CASCADE,
    tool_id uuid NOT NULL REFERENCES tools,
    PRIMARY KEY (assistant_id, tool_id)
);
