-- migrate:up
CREATE TABLE spaces (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE people (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE space_members (
    space_id uuid NOT NULL REFERENCES spaces,
    person_id bigint NOT NULL REFERENCES people,
    PRIMARY KEY (space_id, person_id)
);
CREATE TABLE rooms (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    space_id uuid NOT NULL REFERENCES spaces,
    name text NOT NULL
);
CREATE TABLE topics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
    subject text NOT NULL
);
CREATE TABLE posts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    topic_id uuid NOT NULL REFERENCES topics ON DELETE CASCADE,
    author_id bigint NOT NULL REFERENCES people,
    answers uuid REFERENCES posts,
    body text NOT NULL
);
CREATE TABLE likes (
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    person_id bigint NOT NULL REFERENCES people,
    PRIMARY KEY (post_id, person_id)
);
CREATE TABLE drafts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    space_id uuid REFERENCES spaces,
    body text NOT NULL
);
CREATE TABLE notices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    space_id uuid NOT NULL REFERENCES spaces,
    draft_id uuid REFERENCES drafts,
    room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE
);
-- migrate:down
DROP TABLE notices, drafts, likes, posts, topics, rooms, space_members, people, spaces;
